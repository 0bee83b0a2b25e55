"""More points on what is flat: tables, floors and walls are so large that few of the points drawn on surfaces are in sight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seig_search.tuning.motion import CAMERA, Motions
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.residual_image import Floats
from seig_search.tuning.scene_look import SceneLook

__all__ = ["with_flat_ground"]

FLAT = 1e-3
"""How far points may be from their plane, as a share of their extent."""
LEAST = 12
FAR = 1e9


def with_flat_ground(look: SceneLook, motions: Motions, t: Floats, width: int, height: int) -> SceneLook:
    """Add a point of a flat thing's plane for each pixel that shows it, or nothing although the thing lies there.

    Args:
        look: The scene with its surface.
        motions: What numbers do.
        t: (n,) how far each number was moved in ``look``.
        width: Of the picture, in px.
        height: Likewise.

    Returns:
        The scene with more points, or as it was if nothing in it is flat.
    """
    if look.surface is None:
        return look
    from scipy.spatial import Delaunay

    surface = look.surface.reshape(-1, 8)
    picture = PointPicture(look, motions, t)
    shown = picture.shown(t, width, height)
    owners = np.where(shown >= 0, picture.owners[shown], -1)
    more = []
    for owner in np.unique(surface[:, 6].astype(int)):
        own = surface[surface[:, 6].astype(int) == owner]
        points = own[:, :3].astype(np.float64)
        if len(own) < LEAST or len(np.unique(own[:, 7])) > 1:
            continue
        middle = points.mean(axis=0)
        _, sizes, axes = np.linalg.svd(points - middle, full_matrices=False)
        if sizes[2] > FLAT * sizes[1]:
            continue
        row, column = np.nonzero((owners == owner) | (owners == -1))
        hits = _on_plane(motions, t, (column + 0.5) / width, (row + 0.5) / height, middle, axes[2])
        within, there = (points - middle) @ axes[:2].T, (hits - middle) @ axes[:2].T
        # Not a number is nowhere.
        kept = Delaunay(within).find_simplex(np.nan_to_num(there, nan=FAR, posinf=FAR, neginf=-FAR)) >= 0
        added = np.tile(own[0], (int(kept.sum()), 1))
        added[:, :3] = hits[kept]
        more.append(added)
    return replace(look, surface=np.concatenate([surface, *more])) if more else look


def _on_plane(motions: Motions, t: Floats, x: Floats, y: Floats, middle: Floats, normal: Floats) -> Floats:
    """Tell where the rays of pixels meet a plane, (N, 3); not a number where they do not, or only behind the camera."""
    back = np.linalg.inv(motions.projection(t) @ np.linalg.inv(motions.matrix(CAMERA, t)))
    ends = []
    for deep in (-1.0, 0.5):
        seen = np.stack([2 * x - 1, 1 - 2 * y, np.full_like(x, deep), np.ones_like(x)])
        there = back @ seen
        ends.append((there[:3] / there[3]).T)
    way = ends[1] - ends[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        far = ((middle - ends[0]) @ normal) / (way @ normal)
        hits: Floats = ends[0] + np.where(far > 0, far, np.nan)[:, None] * way
    return hits
