"""The line where ground and sky, or table and wall, meet."""

from __future__ import annotations

import numpy as np

from .background import Background, fit_background
from .colour import Array

__all__ = ["find_horizon", "fit_halves"]


def find_horizon(picture: Array) -> int | None:
    """Find a level line on which the picture's margins change colour at once.

    Args:
        picture: (H, W, 3) Lab.

    Returns:
        The first row below the line, or None.
    """
    height, width, _ = picture.shape
    if height < 24 or width < 24:
        return None
    margin = max(3, width // 16)
    rows = np.arange(4, int(0.75 * height))
    steps = []
    for columns in (slice(0, margin), slice(width - margin, width)):
        strip = np.median(picture[:, columns], axis=1)
        above = np.stack([strip[r - 4 : r - 1].mean(axis=0) for r in rows])
        below = np.stack([strip[r + 1 : r + 4].mean(axis=0) for r in rows])
        steps.append(np.linalg.norm(below - above, axis=1))
    both = np.minimum(steps[0], steps[1])
    best = int(both.argmax())
    row = int(rows[best])
    if both[best] < 9 or both[best] < 6 * float(np.median(both)) + 2:
        return None
    # Most of the picture's width must change there, not only its margins.
    across = np.linalg.norm(picture[row + 1 : row + 4].mean(axis=0) - picture[row - 4 : row - 1].mean(axis=0), axis=1)
    return row if float(np.mean(across > 0.4 * both[best])) > 0.6 else None


def fit_halves(picture: Array, row: int) -> Background:
    """Fit what is above and below a horizon each by its own."""
    halves = [fit_background(picture[:row], degree=2), fit_background(picture[row:])]
    return Background(
        np.concatenate([half.lab for half in halves]),
        np.concatenate([half.residual for half in halves]),
        max(half.noise for half in halves),
        float(np.average([half.seen for half in halves], weights=[row, len(picture) - row])),
    )
