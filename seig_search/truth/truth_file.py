"""A scene from a JSON file: a truth beside a picture, as of CLEVR, or facts of a render."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seig_search.errors import UsageError
from seig_search.truth.facts_scene import LIGHT_TYPES, scene_of_facts, shape_of_name
from seig_search.truth.scene_truth import Array, SceneTruth, TruthCamera, TruthLight, TruthObject, with_solids_told

__all__ = ["scene_of_file", "scene_of_truth"]

SHAPES = {"SmoothCube": "cube", "SmoothCylinder": "cylinder", "Sphere": "sphere"}
UNPAINTED = (0.8, 0.8, 0.8)
EXPECTED = (
    'a truth file ({"resolution", "camera": {"matrix_world", "lens_mm", "sensor_width_mm"}, "lights", "objects"}), '
    "or what 'seig render PROGRAM --out PICTURE.png --json' prints"
)


def scene_of_file(path: Path) -> SceneTruth:
    """Read a scene from a JSON file.

    Args:
        path: A truth file (see ``scene_of_truth``), scene facts, or an object that holds them as ``facts``.

    Raises:
        UsageError: There is no such file, or it is neither.
    """
    try:
        data: Any = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UsageError(f"there is no scene file {path}; expected {EXPECTED}") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"cannot read the scene file {path}: {error}; expected {EXPECTED}") from error
    if isinstance(data, dict):
        if isinstance(data.get("facts"), dict):
            return scene_of_facts(data["facts"], path.stem)
        if "resolution" in data:
            return scene_of_truth(data, path.stem)
        if "materials" in data and "objects" in data:
            return scene_of_facts(data, path.stem)
    raise UsageError(f"{path} holds no scene; expected {EXPECTED}")


def scene_of_truth(data: Mapping[str, Any], name: str) -> SceneTruth:
    """Read a truth file's data, such as those of CLEVR scenes (Johnson et al. 2017) beside the examples.

    Args:
        data: ``resolution`` (width, height), ``camera`` (``matrix_world``, ``lens_mm``, ``sensor_width_mm`` across
            the longer side), ``lights`` (``type``, ``energy``, ``color``, ``matrix_world``) and ``objects``
            (``name``, ``matrix_world``, ``dimensions``, ``color_linear``, and ``centre`` in metres unless it is one
            of CLEVR's shapes, whose origins are their middles).
        name: For people.

    Raises:
        UsageError: A part is missing or makes no sense.
    """
    try:
        camera = data["camera"]
        fov = 2 * math.degrees(math.atan(float(camera.get("sensor_width_mm", 36.0)) / 2 / float(camera["lens_mm"])))
        seen = TruthCamera(camera["matrix_world"], fov)
        objects = [_object(item) for item in data["objects"]]
        lights = tuple(_light(item) for item in data.get("lights", ()))
    except (AttributeError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise UsageError(
            f"the truth of {name} lacks a part or holds a wrong one ({error!r}); expected {EXPECTED}"
        ) from error
    return SceneTruth(name, seen, with_solids_told(objects, seen.position), lights)


def _object(item: Mapping[str, Any]) -> TruthObject:
    matrix = np.asarray(item["matrix_world"], dtype=float)
    axes = matrix[:3, :3] / np.maximum(np.linalg.norm(matrix[:3, :3], axis=0), 1e-12)
    shape = next((told for prefix, told in SHAPES.items() if item["name"].startswith(prefix)), None)
    centre = matrix[:3, 3] if shape is not None else item.get("centre")
    if centre is None:
        raise UsageError(
            f"the truth file tells where the origin of {item['name']!r} is, not its middle; add its 'centre' in metres, "
            "or give the program or .blend file of the scene instead"
        )
    return TruthObject(
        item["name"],
        centre,
        axes * np.asarray(item["dimensions"], dtype=float),
        _colour(item),
        shape or shape_of_name(item["name"]),
    )


def _colour(item: Mapping[str, Any]) -> Array | None:
    rows = item.get("color_linear") or ()
    # The viewport's colour of a material that nobody gave one says nothing.
    if not rows or np.allclose(rows[0][:3], UNPAINTED):
        return None
    return np.asarray(rows[0][:3], dtype=float)


def _light(item: Mapping[str, Any]) -> TruthLight:
    if item["type"] not in LIGHT_TYPES:
        raise UsageError(
            f"the light {item['name']!r} is of type {item['type']!r}; expected one of {', '.join(LIGHT_TYPES)}"
        )
    matrix = np.asarray(item["matrix_world"], dtype=float)
    return TruthLight(
        item["name"], item["type"], matrix[:3, 3], -matrix[:3, 2], float(item["energy"]), np.asarray(item["color"])[:3],
        float(item.get("cone_deg") or 180.0),
    )  # fmt: skip
