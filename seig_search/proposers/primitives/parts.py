"""Parts of a picture by colour: superpixels, merged while they are alike and no edge runs between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .colour import Array
from .masks import Mask, Region
from .merging import unite_alike, unite_slivers

__all__ = ["colour_parts", "things_among"]

Labels = npt.NDArray[np.int32]


def colour_parts(picture: Array, inside: Mask | None, sensitivity: float = 1.0, pieces: int = 350) -> list[Region]:
    """Divide a picture, or what is inside a mask, into parts of like colour.

    Args:
        picture: (H, W, 3) Lab.
        inside: (H, W) where to look; None for everywhere.
        sensitivity: Above 1 gives more, smaller parts.
        pieces: Superpixels to begin with.

    Returns:
        Connected parts that do not overlap, largest first.
    """
    from scipy import ndimage
    from skimage.segmentation import slic

    height, width, _ = picture.shape
    where = np.ones((height, width), dtype=bool) if inside is None else inside
    if not where.any():
        return []
    count = int(np.clip(pieces * where.mean(), 12, pieces))
    scaled = picture * (0.7, 1.0, 1.0) / 100
    labels = slic(
        scaled,
        n_segments=count,
        compactness=0.08,
        convert2lab=False,
        mask=None if inside is None else where,
        start_label=1,
        channel_axis=-1,
        max_num_iter=5,
    ).astype(np.int32)
    merged = _merged(labels, picture * (0.45, 1.0, 1.0), 9.0 / sensitivity)
    least = max(9.0, 1.5e-3 * float(where.sum()) / sensitivity)
    found: list[Mask] = []
    for label in np.unique(merged[merged > 0]):
        islands, islands_count = ndimage.label(merged == label)
        sizes = np.bincount(islands.ravel())
        found += [islands == k for k in range(1, islands_count + 1) if sizes[k] >= least]
    if inside is not None:
        found = unite_slivers(unite_alike(picture, found, 7.0 / sensitivity))
    return sorted((Region.of(mask) for mask in found), key=lambda region: -region.area)


def _merged(labels: Labels, picture: Array, limit: float) -> Labels:
    """Merge the most alike neighbours until none is closer than ``limit``."""
    count = int(labels.max()) + 1
    area = np.bincount(labels.ravel(), minlength=count).astype(float)
    mean = (
        np.stack([np.bincount(labels.ravel(), picture[..., c].ravel(), minlength=count) for c in range(3)], axis=-1)
        / np.maximum(area, 1)[:, None]
    )
    edges = _borders(labels, picture)
    pairs = np.array(list(edges), dtype=np.int64).reshape(-1, 2)
    length = np.array([edges[pair][0] for pair in edges])
    step = np.array([edges[pair][1] for pair in edges])
    root = np.arange(count)
    typical = float(np.median(area[1:])) if count > 1 else 1.0
    while len(pairs):
        a, b = pairs[:, 0], pairs[:, 1]
        far = np.linalg.norm(mean[a] - mean[b], axis=1)
        small = np.minimum(1.0, np.sqrt(np.minimum(area[a], area[b]) / typical))
        cost = (0.55 * far + 0.45 * step / np.maximum(length, 1)) * (0.35 + 0.65 * small)
        best = int(cost.argmin())
        if cost[best] > limit:
            break
        keep, gone = int(a[best]), int(b[best])
        total = area[keep] + area[gone]
        mean[keep] = (mean[keep] * area[keep] + mean[gone] * area[gone]) / total
        area[keep] = total
        root[root == gone] = keep
        pairs = np.where(pairs == gone, keep, pairs)
        pairs, length, step = _united(pairs, length, step)
    result: Labels = root[labels].astype(np.int32)
    return result


def _borders(labels: Labels, picture: Array) -> dict[tuple[int, int], tuple[float, float]]:
    """Give each pair of neighbours the length of their border and the sum of the colour steps across it."""
    found: dict[tuple[int, int], tuple[float, float]] = {}
    for axis in (0, 1):
        one = np.take(labels, range(labels.shape[axis] - 1), axis=axis).ravel()
        two = np.take(labels, range(1, labels.shape[axis]), axis=axis).ravel()
        # Two pixels apart, since edges are blurred over more than one.
        jump = np.linalg.norm(np.roll(picture, -1, axis) - np.roll(picture, 1, axis), axis=-1)
        jump = np.take(jump, range(labels.shape[axis] - 1), axis=axis).ravel()
        differ = (one != two) & (one > 0) & (two > 0)
        low, high = np.minimum(one, two)[differ], np.maximum(one, two)[differ]
        keys, inverse = np.unique(low.astype(np.int64) << 32 | high, return_inverse=True)
        lengths, sums = np.bincount(inverse), np.bincount(inverse, jump[differ])
        for key, length, total in zip(keys, lengths, sums, strict=True):
            pair = (int(key >> 32), int(key & 0xFFFFFFFF))
            before = found.get(pair, (0.0, 0.0))
            found[pair] = (before[0] + float(length), before[1] + float(total))
    return found


def _united(pairs: npt.NDArray[np.int64], length: Array, step: Array) -> tuple[npt.NDArray[np.int64], Array, Array]:
    """Sort each pair, drop what now borders itself, and add up pairs that became one."""
    pairs = np.sort(pairs, axis=1)
    apart = pairs[:, 0] != pairs[:, 1]
    pairs, length, step = pairs[apart], length[apart], step[apart]
    keys, inverse = np.unique(pairs[:, 0] << 32 | pairs[:, 1], return_inverse=True)
    united = np.column_stack([keys >> 32, keys & 0xFFFFFFFF])
    lengths: Array = np.bincount(inverse, length, len(keys)).astype(np.float64)
    steps: Array = np.bincount(inverse, step, len(keys)).astype(np.float64)
    return united.astype(np.int64), lengths, steps


def things_among(parts: list[Region]) -> tuple[list[Region], list[Region]]:
    """Tell things from what is behind them, which reaches along the picture's border.

    Returns:
        Things, and background parts.
    """
    things: list[Region] = []
    behind: list[Region] = []
    for part in parts:
        mask = part.mask
        height, width = mask.shape
        rim = int(mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum())
        share = rim / (2 * (height + width))
        # A thing may be cut by the border, but then most of its own outline is not.
        around = 2 * float(np.sqrt(np.pi * part.area))
        if share > 0.12 or (rim / around > 0.35 and rim > 4):
            behind.append(part)
        else:
            things.append(part)
    return things, behind
