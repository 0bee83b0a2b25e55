"""The surface of the ground: one colour, or streaks whose direction the picture tells."""

from __future__ import annotations

import numpy as np

from seig_search.camera import GivenCamera

from .colour import Array, Colour, luminance
from .masks import Mask
from .solids import Finish

__all__ = ["dark_edge", "ground_finish"]

STREAKS = 14.0
"""Streaks across as many metres as the camera is away."""


def ground_finish(light: Array, behind: Mask, textured: bool, plain: Colour, camera: GivenCamera) -> Finish:
    """Guess the ground's surface; its colours are what is seen, not yet divided by the light.

    Args:
        light: (H, W, 3) linear RGB of the target.
        behind: (H, W) where it shows no thing.
        textured: Whether the ground has a pattern.
        plain: Its colour if it has none.
        camera: The camera.
    """
    if not textured or behind.sum() < 50:
        return Finish(plain, 0.8)
    bright = luminance(light)
    # Much darker parts are most likely no ground at all.
    usual = behind & (bright > 0.35 * float(np.median(bright[behind])))
    low, middle, high = np.quantile(bright[usual], [0.3, 0.45, 0.8])
    parts = (bright <= low, (bright >= middle) & (bright <= high))
    dark, pale = (np.median(light[usual & part], axis=0) for part in parts)
    reach = float(np.linalg.norm(camera.matrix[:3, 3]))
    return Finish(_colour(pale), 0.5, 0.0, "wood", _colour(dark), STREAKS / reach, _grain(bright, usual, camera))


def dark_edge(light: Array, behind: Mask) -> Mask | None:
    """Find where a table ends and the dark begins: the largest dark part of the background, at the picture's border.

    Returns:
        (H, W), or None.
    """
    from scipy import ndimage

    if not behind.any():
        return None
    bright = luminance(light)
    dark = ndimage.binary_opening(behind & (bright < 0.2 * float(np.median(bright[behind]))), iterations=2)
    labels, _ = ndimage.label(dark)
    at_border = np.unique(np.concatenate([labels[:3].ravel(), labels[:, :3].ravel(), labels[:, -3:].ravel()]))
    pieces: list[Mask] = [labels == label for label in at_border[at_border > 0]]
    largest = max(pieces, key=lambda piece: int(piece.sum()), default=None)
    return largest if largest is not None and 0.015 < float(largest.mean()) < 0.4 else None


def _colour(rgb: Array) -> Colour:
    return float(rgb[0]), float(rgb[1]), float(rgb[2])


def _grain(bright: Array, where: Mask, camera: GivenCamera) -> float:
    """Find the direction of streaks on the ground, in degrees, from the structure tensor of the picture."""
    from scipy import ndimage

    height, width = bright.shape
    inner = ndimage.binary_erosion(where, iterations=4)
    inner = inner if inner.sum() > 50 else where
    down, right = (ndimage.gaussian_filter(bright, 1.2, order=order) for order in ((1, 0), (0, 1)))
    xx, yy, xy = (float((a * b)[inner].sum()) for a, b in ((right, right), (down, down), (right, down)))
    along = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    rows, columns = np.nonzero(inner)
    middle = np.array([columns.mean(), 0.5 * (rows.mean() + height)])
    ends = middle + np.outer([-0.03, 0.03], [np.cos(along), np.sin(along)]) * max(height, width)
    origin, rays = camera.rays(ends, width, height)
    if np.any(rays[:, 2] > -1e-3):
        return 0.0
    spots = origin - rays * (origin[2] / rays[:, 2])[:, None]
    x, y, _ = spots[1] - spots[0]
    return float((np.degrees(np.arctan2(y, x)) + 90) % 180 - 90)
