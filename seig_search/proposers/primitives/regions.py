"""Things in a picture, as masks: what differs from its ground, is no shadow, and is of one colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .background import Background
from .colour import Array
from .masks import Mask, Region, solidity
from .merging import unite_alike

__all__ = ["on_smooth_ground"]

Labels = npt.NDArray[np.int32]


def on_smooth_ground(picture: Array, ground: Background, sensitivity: float = 1.0) -> list[Region]:
    """Find the things that stand on a smooth ground.

    Coloured things differ in chroma, which shadows hardly do; grey ones have a closed, sharp outline.

    Args:
        picture: (H, W, 3) Lab.
        ground: Its background.
        sensitivity: Above 1 finds fainter and smaller things.

    Returns:
        Regions that do not overlap.
    """
    from scipy import ndimage

    height, width, _ = picture.shape
    least = max(12.0, 8e-4 * height * width / sensitivity)
    chroma = np.hypot(ground.residual[..., 1], ground.residual[..., 2])
    # What is nearly black has no colour to speak of.
    chroma = np.where((picture[..., 0] < 14) & (ground.lab[..., 0] > 35), 0.4 * chroma, chroma)
    quiet = float(np.median(chroma)) * 1.4826 + 0.5
    low = max(4.0, 4 * quiet) / sensitivity
    coloured = ndimage.binary_opening(_hysteresis(chroma, low, 2.2 * low))
    coloured = _tightened(coloured, chroma)
    colours = _by_hue(picture, ground.residual, coloured, least)
    regions = list(colours)
    taken = np.zeros((height, width), dtype=bool)
    for mask in regions:
        taken |= mask
    regions = [mask for mask in regions if not _is_cast(mask, regions, ground)]
    regions += _outlined(picture, ground, taken, least, sensitivity)
    regions = [mask for mask in regions if not _is_fringe(mask, regions, picture, ground)]
    return [Region.of(_without_spurs(mask)) for mask in regions]


def _without_spurs(mask: Mask) -> Mask:
    """Cut off what is thin for a thing of this size."""
    from scipy import ndimage

    if solidity(mask) > 0.965:
        return mask
    reach = max(1, round(0.03 * float(np.sqrt(mask.sum()))))
    opened = ndimage.binary_opening(mask, structure=np.ones((3, 3), dtype=bool), iterations=reach)
    labels, count = ndimage.label(opened)
    if not count:
        return mask
    largest: Mask = labels == int(np.bincount(labels.ravel())[1:].argmax()) + 1
    return largest if largest.sum() > 0.7 * mask.sum() else mask


def _is_fringe(mask: Mask, masks: list[Mask], picture: Array, ground: Background) -> bool:
    """Whether a region is no thing: blurred all around, or a thin rim or a shadow at the foot of a larger one."""
    from scipy import ndimage

    area = int(mask.sum())
    others = np.zeros_like(mask)
    larger = others.copy()
    for other in masks:
        if other is not mask:
            others |= other
            larger |= other if other.sum() > area else False
    rim = ndimage.binary_dilation(mask, iterations=2) & ~ndimage.binary_erosion(mask, iterations=2)
    rim &= ~ndimage.binary_dilation(others, iterations=3)
    if rim.any():
        steep = np.hypot.reduce([ndimage.gaussian_gradient_magnitude(picture[..., c], 1.0)[rim] for c in range(3)])
        if float(np.quantile(steep, 0.6)) < 1.7:
            return True
    if not (ndimage.binary_dilation(mask, iterations=7) & larger).any():
        return False
    depth = float(ndimage.distance_transform_edt(mask).max())
    return depth**2 / area < 0.085


def _is_cast(mask: Mask, masks: list[Mask], ground: Background) -> bool:
    """Whether a region is a shadow that starts at the foot of a larger one: darker than the ground, of its colour."""
    from scipy import ndimage

    darker = float(np.median(ground.residual[..., 0][mask])) < -8
    colour = float(np.median(np.hypot(ground.residual[..., 1], ground.residual[..., 2])[mask]))
    if not darker or colour > 14:
        return False
    reach = ndimage.binary_dilation(mask, iterations=7)
    for other in masks:
        if other is mask or other.sum() < mask.sum() or not (reach & other).any():
            continue
        rows = np.flatnonzero(other.any(axis=1))
        low = rows[0] + 0.55 * (rows[-1] - rows[0])
        if np.flatnonzero(mask.any(axis=1)).mean() > low:
            return True
    return False


def _hysteresis(values: Array, low: float, high: float) -> Mask:
    from scipy import ndimage

    labels, _ = ndimage.label(values > low)
    keep = np.unique(labels[values > high])
    result: Mask = np.isin(labels, keep[keep > 0])
    return result


def _tightened(mask: Mask, strength: Array) -> Mask:
    """Cut the glow around each piece: what is much weaker than the piece itself."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    result = np.zeros_like(mask)
    for index, window in enumerate(ndimage.find_objects(labels), start=1):
        if index > count or window is None:
            continue
        piece = labels[window] == index
        # A local level, so that a strong neighbour does not cut a weak thing it touches.
        reach = ndimage.maximum_filter(np.where(piece, strength[window], 0), size=9)
        core = piece & (strength[window] > 0.38 * reach)
        result[window] |= ndimage.binary_fill_holes(core)
    return ndimage.binary_opening(result)


def _by_hue(picture: Array, residual: Array, mask: Mask, least: float) -> list[Mask]:
    """Split a mask into connected pieces of one hue."""
    from scipy import ndimage

    if not mask.any():
        return []
    hue = np.arctan2(residual[..., 2], residual[..., 1])
    strength = np.hypot(residual[..., 1], residual[..., 2])
    bins = 72
    index = np.floor((hue + np.pi) / (2 * np.pi) * bins).astype(int) % bins
    histogram = np.bincount(index[mask], weights=np.minimum(strength[mask], 40), minlength=bins)
    smooth = ndimage.gaussian_filter1d(histogram, 1.6, mode="wrap")
    peaks = [
        b
        for b in range(bins)
        if smooth[b] == max(smooth[(b + d) % bins] for d in range(-3, 4)) and smooth[b] > 0.004 * smooth.sum()
    ]
    centres = (np.array(peaks) + 0.5) / bins * 2 * np.pi - np.pi
    away = np.abs(np.angle(np.exp(1j * (hue[..., None] - centres))))
    # Weak colours (highlights, dark sides) have no reliable hue: they follow their surroundings.
    sure = mask & (strength > 7)
    labels = np.where(sure, away.argmin(axis=-1) + 1, 0).astype(np.int32)
    pieces: list[Mask] = []
    for peak in range(1, len(peaks) + 1):
        parts, count = ndimage.label(ndimage.binary_opening(labels == peak))
        sizes = np.bincount(parts.ravel(), minlength=count + 1)
        pieces += [parts == k for k in range(1, count + 1) if sizes[k] >= 0.5 * least]
    return _grown(picture, mask, pieces, least)


def _grown(picture: Array, mask: Mask, seeds: list[Mask], least: float) -> list[Mask]:
    """Let the seeds share out the mask along its edges, and drop what stays small."""
    from scipy import ndimage
    from skimage.segmentation import watershed

    if not seeds:
        return []
    labels = np.zeros(mask.shape, dtype=np.int32)
    for index, seed in enumerate(seeds, start=1):
        labels[seed] = index
    edges = sum(ndimage.gaussian_gradient_magnitude(picture[..., c], 1.0) for c in range(3))
    grown = watershed(edges, labels, mask=mask)
    sizes = np.bincount(grown.ravel(), minlength=len(seeds) + 1)
    pieces = [grown == k for k in range(1, len(seeds) + 1) if sizes[k]]
    return _swallowed(unite_alike(picture, pieces), least)


def _swallowed(pieces: list[Mask], least: float) -> list[Mask]:
    """Give pieces that are tiny, or that lie inside another (reflections), to the one that surrounds them."""
    from scipy import ndimage

    pieces = sorted(pieces, key=lambda m: -int(m.sum()))
    kept: list[Mask] = []
    for piece in pieces:
        rim = ndimage.binary_dilation(piece, iterations=2) & ~piece
        shares = [float((rim & other).sum()) / max(1, int(rim.sum())) for other in kept]
        best = int(np.argmax(shares)) if shares else -1
        surrounded = best >= 0 and shares[best] > (0.3 if piece.sum() < 2 * least else 0.62)
        if surrounded:
            kept[best] = kept[best] | piece
        elif piece.sum() >= least:
            kept.append(piece)
    return [ndimage.binary_fill_holes(ndimage.binary_closing(m)) for m in kept]


def _outlined(picture: Array, ground: Background, taken: Mask, least: float, sensitivity: float) -> list[Mask]:
    """Find grey things: closed sharp outlines apart from the coloured ones."""
    from scipy import ndimage

    edges = ndimage.gaussian_gradient_magnitude(picture[..., 0], 1.0)
    offset = ground.residual[..., 0]
    near = ndimage.binary_dilation(taken, iterations=3)
    sharp = _hysteresis(np.where(near, 0, edges), 1.8 / sensitivity, 4.5 / sensitivity)
    different = np.abs(offset) > max(9.0, 4 * ground.noise) / sensitivity
    outline = ndimage.binary_closing(sharp | (different & ~near & (edges > 1.2)), iterations=2)
    filled = ndimage.binary_opening(ndimage.binary_fill_holes(outline), iterations=2)
    # The blurred edge lies half outside the thing.
    labels, count = ndimage.label(ndimage.binary_erosion(filled))
    found: list[Mask] = []
    for index in range(1, count + 1):
        mask = labels == index
        if mask.sum() < least or _is_shadow(mask, offset, edges, near):
            continue
        found.append(_without_shadow(mask, offset))
    return found


def _without_shadow(mask: Mask, offset: Array) -> Mask:
    """Cut off the softer shadow that an outline took in: what is much nearer to the ground than the thing itself."""
    from scipy import ndimage

    core = ndimage.binary_erosion(mask, iterations=3)
    level = float(np.median(offset[core])) if core.any() else 0.0
    if level > -8:
        return mask
    kept: Mask = ndimage.binary_fill_holes(mask & ((offset < 0.6 * level) | (offset > 2)))
    kept = ndimage.binary_opening(kept)
    return kept if kept.sum() > 0.5 * mask.sum() else mask


def _is_shadow(mask: Mask, offset: Array, edges: Array, near: Mask) -> bool:
    """Whether a grey region is only the ground made darker: even inside, soft, or part of a taken thing's foot."""
    from scipy import ndimage

    inside = ndimage.binary_erosion(mask, iterations=2)
    inside = inside if inside.any() else mask
    rim = ndimage.binary_dilation(mask, iterations=2) & ~ndimage.binary_erosion(mask, iterations=2)
    touching = float((rim & near).sum()) / max(1, int(rim.sum()))
    darker = float(np.median(offset[inside])) < 0
    even = float(np.std(offset[inside])) < 5.0
    steep = float(np.mean(edges[rim & ~near])) if (rim & ~near).any() else 0.0
    bright_part = float(np.mean(offset[mask] > 3))
    if bright_part > 0.25:
        return False
    if touching > 0.08:
        return darker and (even or steep < 5 or solidity(mask) < 0.75)
    return darker and even and steep < 3.0
