"""A scene from the facts that a render brings back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from seig_search.errors import UsageError
from seig_search.truth.scene_truth import Array, SceneTruth, TruthCamera, TruthLight, TruthObject, with_solids_told

__all__ = ["LIGHT_TYPES", "scene_of_facts", "shape_of_name"]

SHAPED = {"MESH", "CURVE", "SURFACE", "META", "FONT"}
LIGHT_TYPES = ("SUN", "POINT", "SPOT", "AREA")
SHAPES = {
    "cube": ("cube", "box", "block", "brick"),
    "sphere": ("sphere", "ball"),
    "cylinder": ("cylinder", "column"),
}


def shape_of_name(name: str) -> str | None:
    """Read ``cube``, ``sphere`` or ``cylinder`` from an object's name, as in ``RedBall_2``; None if no word tells."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)]
    told = {shape for shape, names in SHAPES.items() for word in words if word in names}
    return told.pop() if len(told) == 1 else None


def scene_of_facts(facts: Mapping[str, Any], name: str) -> SceneTruth:
    """Read a scene from the ``facts`` pass of a render.

    Args:
        facts: See ``seig_search.render.RenderResult``.
        name: For people.

    Returns:
        Its visible objects that have a shape, with base colours where their first material is plain; without
        surface samples, which facts do not hold.

    Raises:
        UsageError: The facts lack a part, or a number in them makes no sense.
    """
    try:
        colours = {item["name"]: _base_colour(item) for item in facts["materials"]}
        objects = [
            _object(item, colours)
            for item in facts["objects"]
            if item["type"] in SHAPED and item["visible"] and item["polygons"]
        ]
        camera = facts["camera"]
        fields = [camera["fov_x_deg"], camera["fov_y_deg"]]
        seen = TruthCamera(camera["matrix_world"], None if None in fields else max(fields))
        lights = [_light(item) for item in facts["lights"]]
        world = _world(facts.get("world"))
        left_out = sum(facts.get("left_out", {}).values())
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"the scene facts of {name} lack a part or hold a wrong one ({error!r}); expected what "
            "'seig render PROGRAM --out PICTURE.png --json' prints"
        ) from error
    notes = (f"{left_out} objects, materials or lights are more than facts tell and were left out",) if left_out else ()
    return SceneTruth(name, seen, with_solids_told(objects, seen.position), tuple(lights), world, notes)


def _base_colour(material: Mapping[str, Any]) -> Array | None:
    if "base_color" not in material or "base_color" in material["textured"]:
        return None
    return np.asarray(material["base_color"], dtype=float)


def _object(item: Mapping[str, Any], colours: Mapping[str, Array | None]) -> TruthObject:
    corners = np.asarray(item["bbox_world"], dtype=float)
    # Blender's order of a box's corners: 0 is the least, 4, 3 and 1 are its neighbours along x, y and z.
    edges = np.stack([corners[4] - corners[0], corners[3] - corners[0], corners[1] - corners[0]], axis=1)
    rgb = colours.get(item["materials"][0]) if item["materials"] else None
    return TruthObject(item["name"], corners.mean(axis=0), edges, rgb, shape_of_name(item["name"]))


def _light(item: Mapping[str, Any]) -> TruthLight:
    if item["type"] not in LIGHT_TYPES:
        raise ValueError(f"light type {item['type']!r}")
    return TruthLight(
        item["name"], item["type"], item["location"], item["direction"], float(item["energy"]), item["color"],
        float(item.get("cone", 180.0)),
    )  # fmt: skip


def _world(world: Mapping[str, Any] | None) -> Array | None:
    """Radiance of a world; None if a texture makes it."""
    if world is None:
        return np.zeros(3)
    if "color" not in world or world["textured"]:
        return None
    return np.asarray(world["color"], dtype=float) * float(world["strength"])
