"""Masks of a picture, and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Mask", "Region", "solidity"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Region:
    """One thing's visible part.

    Args:
        mask: (H, W) where it is seen.
        box: Left, top, right, bottom in pixels; right and bottom are exclusive.
    """

    mask: Mask
    box: tuple[int, int, int, int]

    @classmethod
    def of(cls, mask: Mask) -> Region:
        """Make a region of a mask that is not empty."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        return cls(mask, (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))

    @property
    def area(self) -> int:
        """Pixels."""
        return int(self.mask.sum())


def solidity(mask: Mask) -> float:
    """Give a mask's area over that of its convex hull, 0..1."""
    from skimage.morphology import convex_hull_image

    return float(mask.sum()) / max(1, int(convex_hull_image(mask).sum()))
