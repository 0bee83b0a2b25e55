"""Things in a picture, as masks: what differs from its ground, is no shadow, and is of one colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .background import Background
from .colour import Array

__all__ = ["Mask", "Region", "on_smooth_ground"]

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]


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
    least = max(12.0, 5e-4 * height * width / sensitivity)
    chroma = np.hypot(ground.residual[..., 1], ground.residual[..., 2])
    quiet = float(np.median(chroma)) * 1.4826 + 0.5
    low = max(4.0, 4 * quiet) / sensitivity
    coloured = ndimage.binary_opening(_hysteresis(chroma, low, 2.2 * low))
    coloured = _tightened(coloured, chroma)
    colours = _by_hue(picture, ground.residual, coloured, least)
    regions = [piece for mask in colours for piece in _apart(mask, least)]
    taken = np.zeros((height, width), dtype=bool)
    for mask in regions:
        taken |= mask
    regions += _outlined(picture, ground, taken, least, sensitivity)
    return [Region.of(mask) for mask in regions]


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
    return ndimage.binary_opening(result)  # type: ignore[no-any-return]


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
    return _swallowed(pieces, least)


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


def _apart(mask: Mask, least: float) -> list[Mask]:
    """Split what is plainly two things of one colour that touch: two deep cores with a narrow neck."""
    from scipy import ndimage
    from skimage.segmentation import watershed

    area = int(mask.sum())
    if area < 2 * least or _solidity(mask) > 0.9:
        return [mask]
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), 1.0)
    for level in np.linspace(0.45, 0.85, 5):
        cores, count = ndimage.label(depth > level * depth.max())
        if count < 2:
            continue
        split = watershed(-depth, cores.astype(np.int32), mask=mask)
        parts = [split == k for k in range(1, count + 1)]
        if all(p.sum() > max(2 * least, 0.12 * area) for p in parts):
            return parts
    return [mask]


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
        found.append(mask)
    return found


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
        return darker and (even or steep < 5 or _solidity(mask) < 0.75)
    return darker and even and steep < 3.0


def _solidity(mask: Mask) -> float:
    from skimage.morphology import convex_hull_image

    return float(mask.sum()) / max(1, int(convex_hull_image(mask).sum()))
