"""Where the picture is taken from, and of what; the scene is as it was when the view is left."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np
from changes import Changes
from mathutils import Matrix, Vector

__all__ = ["NoCamera", "NoSuchObject", "NothingToShow", "ViewFailed", "placed_view"]

SHAPED = {"MESH", "CURVE", "SURFACE", "META", "FONT", "VOLUME", "CURVES", "POINTCLOUD"}
STEEPEST = math.radians(89.5)
FLAT = 0.02
LENS_MM, SENSOR_MM = 50.0, 36.0
MARGIN = 1.05


class ViewFailed(Exception):
    """The scene has not what the view needs.

    Attributes:
        hint: What to do about it.
    """

    hint = ""


class NoCamera(ViewFailed):
    """The scene has no camera to render with."""

    hint = "make a camera object and set bpy.context.scene.camera"


class NoSuchObject(ViewFailed):
    """No object of the scene has the name."""


class NothingToShow(ViewFailed):
    """The object has no shape."""


def _boxes(items: Iterable[Any]) -> list[Any]:
    """(2, 3) world bounds of each visible object with a shape, after modifiers."""
    graph = bpy.context.evaluated_depsgraph_get()
    boxes = []
    for item in items:
        if item.type not in SHAPED or item.hide_render:
            continue
        live = item.evaluated_get(graph)
        corners = np.array([live.matrix_world @ Vector(corner) for corner in live.bound_box])
        if np.isfinite(corners).all():
            boxes.append(np.stack([corners.min(0), corners.max(0)]))
    return boxes


def _of_interest(boxes: list[Any], eye: Any) -> Any:
    """(2, 3) bounds of what the picture is about: without floors, walls and domes around the camera."""
    kept = [box for box in boxes if eye is None or not ((box[0] < eye).all() and (eye < box[1]).all())]
    solid = [box for box in kept if np.ptp(box, axis=0).min() >= FLAT * np.ptp(box, axis=0).max()]
    if solid:
        reach = 2 * (np.max([box[1] for box in solid], 0) - np.min([box[0] for box in solid], 0)).max()
        kept = [box for box in kept if np.ptp(box, axis=0).max() <= reach]
    if not (kept or boxes):
        return np.array([[-1.0] * 3, [1.0] * 3])
    chosen = np.stack(kept or boxes)
    return np.stack([chosen[:, 0].min(0), chosen[:, 1].max(0)])


def _use_camera(scene: Any, data: Any, matrix: Any, changes: Changes) -> None:
    camera = bpy.data.objects.new("View", data)
    scene.collection.objects.link(camera)
    camera.matrix_world = matrix

    def remove() -> None:
        bpy.data.objects.remove(camera)
        bpy.data.cameras.remove(data)

    changes.later(remove)
    changes.set(scene, "camera", camera)
    bpy.context.view_layer.update()


def _own_camera(scene: Any) -> Any:
    camera = scene.camera
    return camera if camera is not None and camera.type == "CAMERA" else None


def _world(camera: Any) -> Any:
    return camera.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world


def _interesting(scene: Any) -> Any:
    camera = _own_camera(scene)
    return _of_interest(_boxes(scene.objects), None if camera is None else np.array(_world(camera).translation))


def _from_above(scene: Any, changes: Changes) -> None:
    bounds = _interesting(scene)
    size = np.maximum(bounds[1] - bounds[0], 1e-3)
    centre = bounds.mean(0)
    data = bpy.data.cameras.new("View")
    data.type = "ORTHO"
    width, height = scene.render.resolution_x, scene.render.resolution_y
    per_pixel = max(size[0] / width, size[1] / height)
    data.ortho_scale = 1.1 * per_pixel * max(width, height)
    height_above = float(size.max()) + 1.0
    data.clip_end = max(data.clip_end, 4 * height_above)
    place = (centre[0], centre[1], bounds[1][2] + height_above)
    _use_camera(scene, data, Matrix.Translation(place), changes)


def _turned(scene: Any, view: dict[str, Any], changes: Changes) -> None:
    camera = _own_camera(scene)
    world = _world(camera)
    centre = Vector(_interesting(scene).mean(0))
    offset = world.translation - centre
    flat = math.hypot(offset.x, offset.y)
    now = math.atan2(offset.z, flat)
    steepest = max(STEEPEST, abs(now))
    wanted = max(-steepest, min(steepest, now + math.radians(view["elevation"])))
    across = Vector((offset.y, -offset.x, 0.0)) if flat > 1e-9 else world.to_3x3() @ Vector((-1.0, 0.0, 0.0))
    turn = Matrix.Rotation(math.radians(view["azimuth"]), 4, "Z") @ Matrix.Rotation(wanted - now, 4, across)
    moved = Matrix.Translation(centre) @ turn @ Matrix.Translation(-centre) @ world
    _use_camera(scene, camera.data.copy(), moved, changes)


def _framing(scene: Any, bounds: Any, view: dict[str, Any], changes: Changes) -> None:
    """Look at bounds from a direction, so that the sphere around them just fits."""
    width, height = scene.render.resolution_x, scene.render.resolution_y
    centre = Vector(bounds.mean(0))
    radius = max(float(np.linalg.norm(bounds[1] - bounds[0])) / 2, 1e-3)
    half = math.atan(SENSOR_MM / 2 / LENS_MM * min(width, height) / max(width, height))
    distance = MARGIN * radius / math.sin(half)
    elevation = max(-STEEPEST, min(STEEPEST, math.radians(view["elevation"])))
    azimuth = math.radians(view["azimuth"])
    turn = Matrix.Rotation(azimuth, 4, "Z") @ Matrix.Rotation(math.pi / 2 - elevation, 4, "X")
    data = bpy.data.cameras.new("View")
    data.lens, data.sensor_width, data.sensor_fit = LENS_MM, SENSOR_MM, "AUTO"
    data.clip_start, data.clip_end = distance / 1000, max(1000.0, 4 * distance)
    _use_camera(scene, data, Matrix.Translation(centre) @ turn @ Matrix.Translation((0, 0, distance)), changes)


def _isolated(scene: Any, view: dict[str, Any], changes: Changes) -> None:
    item = scene.objects.get(view["name"])
    if item is None:
        names = [one.name for one in scene.objects]
        close = difflib.get_close_matches(view["name"], names, n=3, cutoff=0.4) or sorted(names)[:20]
        raise NoSuchObject(f"no object is named {view['name']!r}; there are {', '.join(map(repr, close))}")
    kept = {item, *item.children_recursive}
    shown = [one for one in kept if one.type in SHAPED]
    if not shown:
        raise NothingToShow(f"{item.name!r} is of type {item.type}: it has no shape to show")
    changes.set(item, "hide_render", False)
    for one in scene.objects:
        if one not in kept and one.type != "LIGHT":
            changes.set(one, "hide_render", True)
    bpy.context.view_layer.update()
    boxes = _boxes(shown)
    if not boxes:
        raise NothingToShow(f"{item.name!r} has nothing that is rendered")
    stack = np.stack(boxes)
    _framing(scene, np.stack([stack[:, 0].min(0), stack[:, 1].max(0)]), view, changes)


def placed_view(scene: Any, view: dict[str, Any]) -> Changes:
    """Choose the scene's camera for a view, and hide what it does not show.

    ``orbit`` keeps the lens and turns the camera as a rigid body about the middle of what the picture is about: its
    bounds without flat things more than twice as large as all the rest, and without what encloses the camera. ``top``
    looks straight down at the same bounds with a parallel projection. ``turntable`` frames them with a 50 mm lens
    from an azimuth and elevation, ``object`` frames one object in the same way.

    Args:
        scene: The scene; its size is set.
        view: ``kind``; ``azimuth`` and ``elevation`` in degrees; ``name``.

    Returns:
        A context manager that brings the scene back at its end.

    Raises:
        ViewFailed: The scene has not what the view needs; nothing is changed.
    """
    kind = view["kind"]
    if kind in ("camera", "orbit") and _own_camera(scene) is None:
        raise NoCamera("the scene has no camera")
    changes = Changes()
    if kind == "camera":
        return changes
    bpy.context.view_layer.update()
    try:
        if kind == "top":
            _from_above(scene, changes)
        elif kind == "orbit":
            _turned(scene, view, changes)
        elif kind == "turntable":
            _framing(scene, _interesting(scene), view, changes)
        else:
            _isolated(scene, view, changes)
    except BaseException:
        changes.__exit__()
        raise
    return changes
