"""How far from the outline of what is there: a picture of numbers that still answers where outlines do not overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seig_search.tuning.residual_image import Floats

__all__ = ["outline_distance"]

REACH = 0.2
"""Share of the longer side at which a distance counts by half of what it would near the outline: what is far off must not outweigh what is nearly right."""

CELLS = 80
"""Along the longer side; the field is smooth, and distances are as exact on a coarse grid."""


def outline_distance(cover: npt.NDArray[np.uint8]) -> Floats:
    """Give signed distances from the outline, on a grid.

    The outline is where coverage passes through a half, between pixels by linear interpolation (as in marching squares), so that moving a thing by a
    fraction of a pixel shows. Far distances saturate, d / (1 + |d|), and never quite: what is far off still pulls.

    Args:
        cover: (H, W) uint8, alpha.

    Returns:
        (h, w), in -1..1: positive inside. Where there is no outline, 1 or -1 everywhere.
    """
    from scipy.spatial import cKDTree

    share = cover / 255 - 0.5
    longer = max(share.shape)
    step = max(1, longer // CELLS)
    rows, columns = (np.arange(step // 2, side, step) for side in share.shape)
    sign = np.where(share[np.ix_(rows, columns)] >= 0, 1.0, -1.0)
    outline = np.concatenate([_crossings(share), _crossings(share.T)[:, ::-1]])
    if not len(outline):
        return sign
    places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)
    distance = cKDTree(outline).query(places)[0] / longer / REACH
    return np.asarray(sign * distance / (1 + distance), np.float64)


def _crossings(share: Floats) -> Floats:
    """Give where signs change between neighbours in a row, as (N, 2) of row and column."""
    here, there = share[:, :-1], share[:, 1:]
    rows, columns = np.nonzero((here >= 0) != (there >= 0))
    one, other = here[rows, columns], there[rows, columns]
    return np.stack([rows, columns + one / (one - other)], axis=-1)
