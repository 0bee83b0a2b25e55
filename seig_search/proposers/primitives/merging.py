"""Pieces of a picture that are one thing under different light, united."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .colour import Array, from_lab, lab, luminance
from .masks import Mask, solidity

__all__ = ["shade_distance", "unite_alike", "unite_slivers"]


def shade_distance(one: Array, two: Array) -> float:
    """Tell how far two Lab colours are from being one surface in different light.

    The brighter is dimmed to the luminance of the darker; what is left between them in a and b counts fully,
    the difference of lightness a little.
    """
    a, b = sorted((from_lab(one), from_lab(two)), key=lambda rgb: float(luminance(rgb)))
    dimmed = b * (float(luminance(a)) + 1e-5) / (float(luminance(b)) + 1e-5)
    apart = (lab(a) - lab(dimmed))[1:]
    return float(np.hypot(*apart)) + 0.1 * abs(float(one[0] - two[0]))


def unite_alike(picture: Array, pieces: Sequence[Mask], limit: float = 9.0) -> list[Mask]:
    """Unite neighbours whose colours are nearly one surface's.

    Args:
        picture: (H, W, 3) Lab.
        pieces: Masks that do not overlap.
        limit: Greatest ``shade_distance`` to unite.
    """
    from scipy import ndimage

    kept: list[Mask] = []
    for piece in sorted(pieces, key=lambda m: -int(m.sum())):
        near = ndimage.binary_dilation(piece, iterations=2)
        colour = np.median(picture[piece], axis=0)
        border = 0.5 * float(np.sqrt(piece.sum()))
        for index, other in enumerate(kept):
            touching = float((near & other).sum()) > border
            if touching and shade_distance(np.median(picture[other], axis=0), colour) < limit:
                kept[index] = other | piece
                break
        else:
            kept.append(piece)
    return kept


def unite_slivers(pieces: Sequence[Mask]) -> list[Mask]:
    """Give bent, thin pieces (rims, reflections, shaded edges) to the neighbour that they share most border with."""
    from scipy import ndimage

    kept: list[Mask] = []
    for piece in sorted(pieces, key=lambda m: -int(m.sum())):
        area = int(piece.sum())
        depth = float(ndimage.distance_transform_edt(piece).max())
        near = ndimage.binary_dilation(piece, iterations=2)
        shares = [int((near & other).sum()) for other in kept]
        best = int(np.argmax(shares)) if shares else -1
        thin = depth**2 / area < 0.085 and solidity(piece) < 0.72
        if best >= 0 and shares[best] and thin:
            kept[best] = kept[best] | piece
        else:
            kept.append(piece)
    return kept
