"""Where the picture is taken from: the program's camera, that camera turned about the scene, or the top."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

__all__ = ["NoCamera", "place_camera"]

STEEPEST = math.radians(89.5)
FLAT = 0.02


class NoCamera(Exception):
    """The scene has no camera to render with."""


def _boxes(scene: Any) -> list[Any]:
    """(2, 3) world bounds of each visible mesh-like object, after modifiers."""
    graph = bpy.context.evaluated_depsgraph_get()
    boxes = []
    for item in scene.objects:
        if item.type not in {"MESH", "CURVE", "SURFACE", "META", "FONT"} or item.hide_render:
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


def _new_camera(scene: Any, data: Any, matrix: Any) -> None:
    camera = bpy.data.objects.new("View", data)
    scene.collection.objects.link(camera)
    camera.matrix_world = matrix
    scene.camera = camera
    bpy.context.view_layer.update()


def place_camera(scene: Any, view: dict[str, Any]) -> None:
    """Choose the scene's camera for a view.

    ``orbit`` keeps the lens and turns the camera as a rigid body about the middle of what the picture is about: its
    bounds without flat things more than twice as large as all the rest, and without what encloses the camera. ``top`` looks straight
    down at the same bounds with a parallel projection.

    Args:
        scene: The scene; its camera is replaced unless ``kind`` is ``camera``.
        view: ``kind``, ``azimuth`` and ``elevation`` in degrees.

    Raises:
        NoCamera: The program made no camera and the view needs it.
    """
    camera = scene.camera
    if camera is not None and camera.type != "CAMERA":
        camera = None
    if view["kind"] != "top" and camera is None:
        raise NoCamera("the scene has no camera")
    if view["kind"] == "camera":
        return
    bpy.context.view_layer.update()
    world = None if camera is None else camera.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world
    bounds = _of_interest(_boxes(scene), None if world is None else np.array(world.translation))
    centre = Vector(bounds.mean(0))
    if view["kind"] == "top":
        size = np.maximum(bounds[1] - bounds[0], 1e-3)
        data = bpy.data.cameras.new("View")
        data.type = "ORTHO"
        width, height = scene.render.resolution_x, scene.render.resolution_y
        per_pixel = max(size[0] / width, size[1] / height)
        data.ortho_scale = 1.1 * per_pixel * max(width, height)
        height_above = float(size.max()) + 1.0
        data.clip_end = max(data.clip_end, 4 * height_above)
        _new_camera(scene, data, Matrix.Translation((centre.x, centre.y, bounds[1][2] + height_above)))
        return
    offset = world.translation - centre
    flat = math.hypot(offset.x, offset.y)
    now = math.atan2(offset.z, flat)
    steepest = max(STEEPEST, abs(now))
    wanted = max(-steepest, min(steepest, now + math.radians(view["elevation"])))
    across = Vector((offset.y, -offset.x, 0.0)) if flat > 1e-9 else world.to_3x3() @ Vector((-1.0, 0.0, 0.0))
    turn = Matrix.Rotation(math.radians(view["azimuth"]), 4, "Z") @ Matrix.Rotation(wanted - now, 4, across)
    moved = Matrix.Translation(centre) @ turn @ Matrix.Translation(-centre) @ world
    _new_camera(scene, camera.data.copy(), moved)
