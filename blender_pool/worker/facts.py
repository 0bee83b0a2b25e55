"""The scene as plain data: what is in it, where it stands, and where it is in the picture."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

__all__ = ["scene_facts"]

MESH_LIKE = {"MESH", "CURVE", "SURFACE", "META", "FONT"}
MOST_POINTS = 5000


def _numbers(values: Any) -> list[float]:
    """Plain floats; what is not finite becomes 0, since JSON has no word for it."""
    return [float(value) if math.isfinite(value) else 0.0 for value in values]


def _rows(matrix: Any) -> list[list[float]]:
    return [_numbers(row) for row in matrix]


def _mesh(live: Any) -> tuple[Any, int]:
    """((N, 3) local vertices, at most 5000 of them; polygon count) of an evaluated object."""
    try:
        mesh = live.to_mesh()
    except RuntimeError:
        return np.zeros((0, 3)), 0
    if mesh is None:
        return np.zeros((0, 3)), 0
    points = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    polygons = len(mesh.polygons)
    live.to_mesh_clear()
    points = points.reshape(-1, 3).astype(float)
    if len(points) > MOST_POINTS:
        points = points[np.linspace(0, len(points) - 1, MOST_POINTS).astype(int)]
    return points, polygons


def _pixel_box(points: Any, to_clip: Any, width: int, height: int) -> list[float] | None:
    """[x0, y0, x1, y1] of the points before the camera, y down, clipped to the image; None if outside."""
    if not len(points):
        return None
    clip = np.column_stack([points, np.ones(len(points))]) @ to_clip.T
    clip = clip[clip[:, 3] > 1e-6]
    if not len(clip):
        return None
    x = (clip[:, 0] / clip[:, 3] + 1) / 2 * width
    y = (1 - clip[:, 1] / clip[:, 3]) / 2 * height
    low = np.maximum([x.min(), y.min()], 0.0)
    high = np.minimum([x.max(), y.max()], [width, height])
    if not np.isfinite([*low, *high]).all() or (low >= high).any():
        return None
    return [float(value) for value in (*low, *high)]


def _object(item: Any, graph: Any, to_clip: Any, size: tuple[int, int]) -> dict[str, Any]:
    live = item.evaluated_get(graph)
    matrix = np.array(live.matrix_world)
    told = {
        "name": item.name,
        "type": item.type,
        "visible": not item.hide_render,
        "materials": [slot.material.name for slot in item.material_slots if slot.material],
        "location": _numbers(live.matrix_world.translation),
        "dimensions": _numbers(live.dimensions),
        "bbox_world": [_numbers(live.matrix_world @ Vector(corner)) for corner in live.bound_box],
        "bbox_image": None,
        "polygons": 0,
    }
    if item.type in MESH_LIKE:
        points, told["polygons"] = _mesh(live)
        world = points @ matrix[:3, :3].T + matrix[:3, 3]
        told["bbox_image"] = _pixel_box(world, to_clip, *size)
    return told


def scene_facts(scene: Any) -> dict[str, Any]:
    """Describe the scene as it is rendered.

    Args:
        scene: The scene, with its camera and size set.

    Returns:
        ``objects``, ``camera``, ``lights``, ``polygons``, ``warnings``: JSON data; metres, degrees, pixels.
    """
    graph = bpy.context.evaluated_depsgraph_get()
    width, height = scene.render.resolution_x, scene.render.resolution_y
    camera = scene.camera.evaluated_get(graph)
    lens = camera.data
    projection = np.array(camera.calc_matrix_camera(graph, x=width, y=height))
    to_clip = projection @ np.array(camera.matrix_world.normalized().inverted())
    shown = [item for item in scene.objects if item.type not in {"CAMERA", "LIGHT"}]
    objects = [_object(item, graph, to_clip, (width, height)) for item in shown]
    lights = []
    for item in scene.objects:
        if item.type == "LIGHT" and not item.hide_render:
            live = item.evaluated_get(graph)
            lights.append(
                {
                    "name": item.name,
                    "type": item.data.type,
                    "energy": float(item.data.energy),
                    "color": _numbers(item.data.color),
                    "location": _numbers(live.matrix_world.translation),
                    "matrix_world": _rows(live.matrix_world),
                }
            )
    warnings = [
        f"{told['name']} is outside the picture"
        for told in objects
        if told["type"] in MESH_LIKE and told["visible"] and told["polygons"] and told["bbox_image"] is None
    ]
    if not lights:
        warnings.append("the scene has no light objects; only the world and emission light it")
    return {
        "objects": objects,
        "camera": {
            "type": lens.type,
            "matrix_world": _rows(camera.matrix_world),
            "lens_mm": float(lens.lens),
            "sensor_width_mm": float(lens.sensor_width),
            "sensor_height_mm": float(lens.sensor_height),
            "sensor_fit": lens.sensor_fit,
            "fov_x_deg": math.degrees(2 * math.atan(1 / projection[0, 0])) if lens.type == "PERSP" else None,
            "shift": [float(lens.shift_x), float(lens.shift_y)],
        },
        "lights": lights,
        "polygons": sum(told["polygons"] for told in objects),
        "warnings": warnings,
    }
