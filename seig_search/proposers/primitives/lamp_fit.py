"""Solves for the lights that make an even ground look as it does: a non-negative least-squares problem."""

from __future__ import annotations

import numpy as np

from seig_search.camera import GivenCamera

from .colour import Array, luminance
from .masks import Mask
from .scene import Lamp

__all__ = ["fit_lamps"]

AMBIENT_SHARE = 0.2
MOST_LAMPS = 3


def fit_lamps(
    light: Array, bare: Mask, camera: GivenCamera, albedo: float, towards: float, side: float
) -> tuple[tuple[Lamp, ...], float] | None:
    """Explain how the ground's brightness falls off by a few lamps on a dome, and light from everywhere.

    Args:
        light: (H, W, 3) linear RGB of the target.
        bare: (H, W) where it shows the ground, unshadowed or not.
        camera: The camera.
        albedo: The ground's albedo as a luminance.
        towards: Degrees, the azimuth of the camera.
        side: -1 (lit from the left) .. 1 (from the right), as things' shading tells.

    Returns:
        Lamps and the ambient strength; None where the ground tells nothing.
    """
    from scipy.optimize import nnls

    height, width = bare.shape
    rows, columns = np.nonzero(bare)
    if len(rows) < 200:
        return None
    some = np.linspace(0, len(rows) - 1, 700).astype(int)
    origin, rays = camera.rays(np.column_stack([columns[some] + 0.5, rows[some] + 0.5]), width, height)
    reach = np.where(rays[:, 2] < -0.03, -origin[2] / np.minimum(rays[:, 2], -1e-6), np.inf)
    distance = float(np.linalg.norm(origin))
    seen = np.isfinite(reach) & (reach > 0) & (reach < 8 * distance)
    if seen.sum() < 100:
        return None
    spots = origin + rays[seen] * reach[seen, None]
    wanted = luminance(light[rows[some], columns[some]])[seen] / max(albedo, 1e-3)
    low, middle, high = (float(v) for v in np.quantile(wanted, [0.25, 0.5, 0.85]))
    if high - low < 0.14 * middle:
        return _sunlight(float(np.median(wanted)), towards + 60 * side)
    lamps = [
        Lamp("Key", "area", towards + turn, elevation, 1.0, 0.2 * distance, far * distance)
        for turn in range(-150, 181, 30)
        for elevation in (30.0, 48.0, 66.0, 85.0)
        for far in (0.6, 0.85, 1.3)
    ]
    columns_of = np.stack([_falloff(lamp, spots) for lamp in lamps], axis=1)
    # What the shading of things says weighs a little: lamps on the wrong side are dearer.
    angles = np.radians([lamp.azimuth - towards for lamp in lamps])
    cost = 1 + 0.25 * (1 - side * np.sin(angles)) + 0.3 * (np.cos(angles) < -0.3)
    weight = 1 / np.sqrt(wanted + 0.05)
    scale = columns_of.mean(axis=0)
    system = np.column_stack([columns_of / scale / cost, np.ones(len(spots))]) * weight[:, None]
    goal = (wanted - AMBIENT_SHARE * float(np.median(wanted))) * weight
    power = nnls(system, goal)[0]
    best = np.argsort(power[:-1])[::-1][:MOST_LAMPS]
    best = best[power[best] > 0.08 * power.sum()]
    if not len(best):
        return None
    again = nnls(np.column_stack([system[:, best], system[:, -1]]), goal)[0]
    names = ("Key", "Fill", "Back")
    found = [(float(again[k] / scale[i] / cost[i]), lamps[i]) for k, i in enumerate(best) if again[k] > 1e-6]
    chosen = tuple(
        Lamp(name, "area", lamp.azimuth, lamp.elevation, watts, lamp.size, lamp.distance)
        for name, (watts, lamp) in zip(names, found, strict=False)
    )
    return (chosen, float(again[-1]) + AMBIENT_SHARE * float(np.median(wanted))) if chosen else None


def _sunlight(level: float, azimuth: float) -> tuple[tuple[Lamp, ...], float]:
    """A sun and a sky that light level ground evenly: pi times the radiance is what it receives."""
    elevation = 50.0
    energy = 0.65 * level * np.pi / np.sin(np.radians(elevation))
    return (Lamp("Key", "sun", azimuth, elevation, float(energy), 5.0, 20.0),), 0.35 * level


def _falloff(lamp: Lamp, spots: Array) -> Array:
    """What an area lamp of 1 W that looks at the origin adds to level spots, per unit of albedo."""
    a, e = np.radians(lamp.azimuth), np.radians(lamp.elevation)
    away = np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)])
    way = lamp.distance * away - spots
    far = np.linalg.norm(way, axis=1)
    falling = way[:, 2] / far
    leaving = np.maximum(0.0, way @ away / far)
    result: Array = falling * leaving / (np.pi * far) ** 2
    return result
