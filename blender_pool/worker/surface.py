"""Points drawn on the surfaces of a scene: its shape as numbers, for those who look at it from elsewhere."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

__all__ = ["COLUMNS", "surface_points"]

COLUMNS = 8
SHAPED = {"MESH", "CURVE", "SURFACE", "META", "FONT"}
EVEN = 0.5
"""Share of the points that objects get alike; the rest goes by how large they look."""
COARSE = 0.15
NEARER = (1.0, 0.5, 0.25)
MOST_TRIANGLES = 200_000
HUGE = 8.0


def _triangles(live: Any, matrix: Any) -> tuple[Any, Any, Any] | None:
    """World corners (T, 3, 3), normals at them (T, 3, 3), material slot (T,) of an evaluated object."""
    try:
        mesh = live.to_mesh()
    except RuntimeError:
        return None
    if mesh is None:
        return None
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    if not count:
        live.to_mesh_clear()
        return None
    at = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", at)
    normals = np.empty(len(mesh.loops) * 3, np.float32)
    mesh.corner_normals.foreach_get("vector", normals)
    vertices, loops = np.empty(count * 3, np.int32), np.empty(count * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", vertices)
    mesh.loop_triangles.foreach_get("loops", loops)
    slots = np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("material_index", slots)
    live.to_mesh_clear()
    turn = np.array(matrix)[:3, :3]
    corners = (at.reshape(-1, 3).astype(float) @ turn.T + np.array(matrix)[:3, 3])[vertices].reshape(-1, 3, 3)
    try:
        upright = np.linalg.inv(turn).T
    except np.linalg.LinAlgError:
        return None
    facing = (normals.reshape(-1, 3).astype(float) @ upright.T)[loops].reshape(-1, 3, 3)
    if not np.isfinite(corners).all():
        return None
    return _in_order(corners, facing, slots)


def _in_order(corners: Any, normals: Any, slots: Any) -> tuple[Any, Any, Any]:
    """Put corners and triangles into an order of their own: Blender's may differ from build to build of the same mesh."""
    turned = np.lexsort(np.moveaxis(corners, 2, 0)[::-1], axis=1)[..., None]
    corners, normals = np.take_along_axis(corners, turned, axis=1), np.take_along_axis(normals, turned, axis=1)
    order = np.lexsort((slots, *corners.reshape(-1, 9).T))
    return corners[order], normals[order], slots[order]


def _split(corners: Any, normals: Any, slots: Any, focus: Any, distance: float) -> tuple[Any, Any, Any]:
    """Split triangles in four until none is large for where it is."""
    done: list[tuple[Any, Any, Any]] = []
    total = 0
    while len(corners):
        longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
        away = np.linalg.norm(corners.mean(axis=1) - focus, axis=1)
        large = longest > COARSE * (distance + away)
        if total + 4 * large.sum() > MOST_TRIANGLES:
            large[:] = False
        done.append((corners[~large], normals[~large], slots[~large]))
        total += int((~large).sum())
        corners, normals, slots = corners[large], normals[large], slots[large]
        if not len(corners):
            break
        pieces = []
        for values in (corners, normals):
            a, b, c = values[:, 0], values[:, 1], values[:, 2]
            ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
            four = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
            pieces.append(np.concatenate([np.stack(piece, axis=1) for piece in four]))
        corners, normals, slots = pieces[0], pieces[1], np.tile(slots, 4)
    whole = [np.concatenate(part) for part in zip(*done, strict=True)]
    return whole[0], whole[1], whole[2]


def _area(corners: Any) -> Any:
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.linalg.norm(cross, axis=1) / 2


def surface_points(scene: Any, count: int) -> tuple[Any, list[str]]:
    """Draw points on all visible surfaces: dense about what the scene is about, sparse far from it.

    Where a camera may stand is not known to whoever asks, so the density falls off about the middle of the objects as a camera sees it
    that goes about them at its present distance. Equal scenes give equal points.

    Args:
        scene: The scene, with its camera set.
        count: How many points.

    Returns:
        (count, 8) float32: place and unit normal in world space, number of the object, which of the object's
        materials; and the objects' names. All 0 where there is no surface.
    """
    graph = bpy.context.evaluated_depsgraph_get()
    found: list[tuple[str, Any, Any, Any]] = []
    for instance in graph.object_instances:
        item = instance.object
        owner = instance.parent if instance.is_instance and instance.parent else item
        if item.type not in SHAPED or owner.original.hide_render or not instance.show_self:
            continue
        parts = _triangles(item, instance.matrix_world)
        if parts is not None:
            # As the facts of an object list them: the slots that have a material.
            slots = np.cumsum([slot.material is not None for slot in item.material_slots] or [True]) - 1
            paints = np.maximum(slots, 0)[np.clip(parts[2], 0, len(slots) - 1)]
            found.append((owner.original.name, parts[0], parts[1], paints))
    points = np.zeros((count, COLUMNS), np.float32)
    if not found:
        return points, []
    middles = (
        np.array([corners.reshape(-1, 3).min(0) + corners.reshape(-1, 3).max(0) for _, corners, _, _ in found]) / 2
    )
    sizes = np.array([np.ptp(corners.reshape(-1, 3), axis=0).max() for _, corners, _, _ in found])
    # Floors and domes are not what it is about.
    inner = sizes <= HUGE * np.median(sizes)
    focus = np.average(middles[inner], axis=0, weights=1 / np.maximum(sizes[inner], 1e-9))
    distance = max(float(np.linalg.norm(np.array(scene.camera.matrix_world.translation) - focus)), 1e-6)
    names = list(dict.fromkeys(name for name, _, _, _ in found))
    triangles, weights, shares = [], [], []
    for name, *whole in found:
        corners, normals, paints = _split(*whole, focus, distance)
        away = np.linalg.norm(corners.mean(axis=1) - focus, axis=1)
        # Cameras may come nearer than the present one, but not much beyond it.
        weight = _area(corners) * sum((away**2 + near**2) ** -1.5 * near for near in distance * np.array(NEARER))
        triangles.append((corners, normals, paints, np.full(len(corners), names.index(name))))
        weights.append(weight)
        shares.append(weight.sum())
    share = np.array(shares)
    share = np.where(share > 0, EVEN / max(1, (share > 0).sum()) + (1 - EVEN) * share / max(share.sum(), 1e-30), 0)
    weight = np.concatenate([w * (s / max(w.sum(), 1e-30)) for w, s in zip(weights, share, strict=True)])
    if not weight.sum() > 0:
        return points, names
    corners, normals, paints, owners = (np.concatenate(part) for part in zip(*triangles, strict=True))
    rng = np.random.default_rng(0)
    # One draw in each of so many equal parts: even, without a pattern.
    steps = (np.arange(count) + rng.random(count)) / count * weight.sum()
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), steps), len(weight) - 1)
    u, v = rng.random((2, count, 1))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    for place, values in ((0, corners), (3, normals)):
        a, b, c = (values[chosen, k] for k in range(3))
        points[:, place : place + 3] = a + u * (b - a) + v * (c - a)
    points[:, 3:6] /= np.maximum(np.linalg.norm(points[:, 3:6], axis=1, keepdims=True), 1e-12)
    points[:, 6], points[:, 7] = owners[chosen], paints[chosen]
    return points, names
