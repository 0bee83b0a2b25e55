"""Things of one colour that touch, told apart."""

from __future__ import annotations

import numpy as np

from .colour import Array
from .masks import Mask, solidity

__all__ = ["split_apart"]


def split_apart(picture: Array, mask: Mask) -> list[Mask]:
    """Split a mask into what may be several things of one colour that touch: cores between edges, narrow necks.

    Args:
        picture: (H, W, 3) Lab.
        mask: (H, W).

    Returns:
        The parts; the mask alone where nothing suggests a split.
    """
    from scipy import ndimage
    from skimage.segmentation import watershed

    area = int(mask.sum())
    edges = ndimage.gaussian_gradient_magnitude(picture[..., 0], 1.0)
    for barrier in (edges > 7, np.zeros_like(mask)):
        depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask & ~barrier), 1.0)
        for level in np.linspace(0.3, 0.85, 6):
            cores, count = ndimage.label(depth > level * depth.max())
            if not 2 <= count <= 4:
                continue
            split = watershed(edges - depth, cores.astype(np.int32), mask=mask)
            parts = [split == k for k in range(1, count + 1)]
            whole = sum(solidity(p) * p.sum() for p in parts) / area
            if all(p.sum() > max(24, 0.06 * area) for p in parts) and whole > solidity(mask) + 0.03:
                return parts
    return [mask]
