"""The scene as plain data: what is in it, where it stands, and where it is in the picture."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
from looks import light_facts, material_facts, numbers, rows, world_facts
from mathutils import Vector

__all__ = ["scene_facts"]

MESH_LIKE = {"MESH", "CURVE", "SURFACE", "META", "FONT"}
MOST_POINTS = 5000
MOST = {"objects": 2000, "materials": 500, "lights": 500, "collections": 500}
MOST_OF_OBJECT = 50


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
        "parent": item.parent.name if item.parent else None,
        "materials": [slot.material.name for slot in item.material_slots if slot.material][:MOST_OF_OBJECT],
        "location": numbers(live.matrix_world.translation),
        "matrix_world": rows(live.matrix_world),
        "dimensions": numbers(live.dimensions),
        "bbox_world": [numbers(live.matrix_world @ Vector(corner)) for corner in live.bound_box],
        "bbox_image": None,
        "polygons": 0,
    }
    if item.type in MESH_LIKE:
        points, told["polygons"] = _mesh(live)
        world = points @ matrix[:3, :3].T + matrix[:3, 3]
        told["bbox_image"] = _pixel_box(world, to_clip, *size)
    return told


def _camera(camera: Any, projection: Any) -> dict[str, Any]:
    lens = camera.data
    flat = lens.type == "PERSP"
    return {
        "name": camera.name,
        "type": lens.type,
        "matrix_world": rows(camera.matrix_world),
        "projection": rows(projection),
        "lens_mm": float(lens.lens),
        "sensor_width_mm": float(lens.sensor_width),
        "sensor_height_mm": float(lens.sensor_height),
        "sensor_fit": lens.sensor_fit,
        "fov_x_deg": math.degrees(2 * math.atan(1 / projection[0, 0])) if flat else None,
        "fov_y_deg": math.degrees(2 * math.atan(1 / projection[1, 1])) if flat else None,
        "ortho_scale": float(lens.ortho_scale) if lens.type == "ORTHO" else None,
        "shift": numbers([lens.shift_x, lens.shift_y]),
        "clip": numbers([lens.clip_start, lens.clip_end]),
        "depth_of_field": {"focus_m": float(lens.dof.focus_distance), "f_stop": float(lens.dof.aperture_fstop)}
        if lens.dof.use_dof
        else None,
    }


def _render(scene: Any) -> dict[str, Any]:
    view = scene.view_settings
    return {
        "engine": scene.render.engine,
        "size": [scene.render.resolution_x, scene.render.resolution_y],
        "view_transform": view.view_transform,
        "look": view.look,
        "exposure": float(view.exposure),
        "gamma": float(view.gamma),
        "film_transparent": bool(scene.render.film_transparent),
        "frame": int(scene.frame_current),
    }


def _collections(scene: Any) -> list[dict[str, Any]]:
    shown = [scene.collection, *scene.collection.children_recursive]
    return [
        {
            "name": one.name,
            "visible": not one.hide_render,
            "objects": [item.name for item in list(one.objects)[:MOST_OF_OBJECT]],
            "count": len(one.objects),
        }
        for one in shown[: MOST["collections"]]
    ]


def scene_facts(scene: Any, seen: dict[str, int] | None = None) -> dict[str, Any]:
    """Describe the scene as it is rendered.

    At most 2,000 objects and 500 each of materials, lights and collections are told, so that the answer stays small;
    how many were left out is told as well.

    Args:
        scene: The scene, with its camera and size set.
        seen: Pixels by name of object, where they are known.

    Returns:
        ``objects``, ``camera``, ``lights``, ``materials``, ``world``, ``collections``, ``render``, ``polygons`` (of
        the objects told), ``left_out``, ``warnings``: JSON data; metres, degrees, pixels, watts, linear colours.
    """
    graph = bpy.context.evaluated_depsgraph_get()
    size = scene.render.resolution_x, scene.render.resolution_y
    camera = scene.camera.evaluated_get(graph)
    projection = np.array(camera.calc_matrix_camera(graph, x=size[0], y=size[1]))
    to_clip = projection @ np.array(camera.matrix_world.normalized().inverted())
    shown = [item for item in scene.objects if item.type not in {"CAMERA", "LIGHT"}]
    lamps = [item for item in scene.objects if item.type == "LIGHT" and not item.hide_render]
    objects = [_object(item, graph, to_clip, size) for item in shown[: MOST["objects"]]]
    if seen is not None:
        for told in objects:
            told["pixels"] = seen.get(told["name"], 0)
    used = {name for told in objects for name in told["materials"]}
    materials = [material for material in bpy.data.materials if material.name in used]
    warnings = [
        f"{told['name']} is outside the picture"
        for told in objects
        if told["type"] in MESH_LIKE and told["visible"] and told["polygons"] and told["bbox_image"] is None
    ]
    if not lamps:
        warnings.append("the scene has no light objects; only the world and emission light it")
    collections = 1 + len(scene.collection.children_recursive)
    counts = {"objects": shown, "materials": materials, "lights": lamps, "collections": range(collections)}
    return {
        "objects": objects,
        "camera": _camera(camera, projection),
        "lights": [light_facts(item, item.evaluated_get(graph)) for item in lamps[: MOST["lights"]]],
        "materials": [material_facts(material) for material in materials[: MOST["materials"]]],
        "world": world_facts(scene.world),
        "collections": _collections(scene),
        "render": _render(scene),
        "polygons": sum(told["polygons"] for told in objects),
        "left_out": {name: max(0, len(all_of) - MOST[name]) for name, all_of in counts.items()},
        "warnings": warnings[:MOST_OF_OBJECT],
    }
