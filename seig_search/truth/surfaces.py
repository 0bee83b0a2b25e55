"""Surface samples: of plain shapes where only a box is known, and drawn from what is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.truth.scene_truth import Array, Surface, TruthObject

__all__ = ["drawn", "surface_of"]

STEPS = 24


def surface_of(item: TruthObject) -> Surface:
    """Give an object's surface: its samples, or else those of a sphere, cylinder or box that fills its oriented box.

    Args:
        item: The object; another shape than ``sphere`` and ``cylinder`` counts as a box.

    Returns:
        Its samples, at least one.
    """
    if item.surface is not None:
        return item.surface
    if item.shape == "sphere":
        patches = [_sphere()]
    elif item.shape == "cylinder":
        patches = _cylinder()
    else:
        patches = _box()
    # A patch is a grid of corners in -1..1; its cells become points with their areas in the world.
    parts = [_cells(item.centre + corners @ (item.edges / 2).T) for corners in patches]
    points, areas = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    filled = areas > 0
    if not filled.any():
        return Surface(item.centre[None], np.array([1e-12]))
    return Surface(points[filled], areas[filled])


def _cells(corners: Array) -> tuple[Array, Array]:
    """Middles (N, 3) and areas (N,) of the cells of a (rows, columns, 3) grid of corners."""
    a, b, c, d = corners[:-1, :-1], corners[1:, :-1], corners[1:, 1:], corners[:-1, 1:]
    areas = np.linalg.norm(np.cross(c - a, d - b), axis=-1) / 2
    return ((a + b + c + d) / 4).reshape(-1, 3), areas.ravel()


def _sphere() -> Array:
    around, up = np.meshgrid(np.linspace(0, 2 * np.pi, 2 * STEPS + 1), np.linspace(-np.pi / 2, np.pi / 2, STEPS + 1))
    return np.stack([np.cos(around) * np.cos(up), np.sin(around) * np.cos(up), np.sin(up)], axis=-1)


def _cylinder() -> list[Array]:
    around, along = np.meshgrid(np.linspace(0, 2 * np.pi, 2 * STEPS + 1), np.linspace(-1, 1, STEPS + 1))
    side = np.stack([np.cos(around), np.sin(around), along], axis=-1)
    out = (along + 1) / 2
    caps = [np.stack([out * np.cos(around), out * np.sin(around), np.full_like(out, z)], axis=-1) for z in (-1.0, 1.0)]
    return [side, *caps]


def _box() -> list[Array]:
    u, v = np.meshgrid(np.linspace(-1, 1, STEPS + 1), np.linspace(-1, 1, STEPS + 1))
    patches = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            face = [u, v]
            face.insert(axis, np.full_like(u, side))
            patches.append(np.stack(face, axis=-1))
    return patches


def drawn(items: Sequence[TruthObject], count: int, seed: int) -> Array:
    """Draw points from the surfaces of objects, every piece of area with the same chance.

    Args:
        items: At least one.
        count: How many points, at least 1.
        seed: Of the draws; the same objects and seed give the same points.

    Returns:
        (count, 3) metres.
    """
    surfaces = [surface_of(item) for item in sorted(items, key=lambda item: item.centre.tolist())]
    points = np.concatenate([surface.points for surface in surfaces])
    areas = np.concatenate([surface.areas for surface in surfaces])
    # Systematic sampling: evenly spread over the area, one random offset.
    offset = np.random.default_rng(seed).uniform()
    steps = (np.arange(count) + offset) / count
    chosen = np.searchsorted(np.cumsum(areas) / areas.sum(), steps, side="right")
    result: Array = points[np.minimum(chosen, len(points) - 1)]
    return result
