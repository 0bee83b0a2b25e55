"""Structural similarity, at one scale and at several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .pictures import Bytes, Floats, PerTarget, flat

__all__ = ["StructureEvaluator"]

WINDOW = 11
SIGMA = 1.5
LIGHT, STRUCTURE = 0.01**2, 0.03**2
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of Wang et al. 2003, fine to coarse."""


class StructureEvaluator:
    """Measures ``ssim`` and ``ms_ssim`` as in their papers: Gaussian window of 1.5 px (11 x 11), mean over R, G, B.

    ``ssim`` is that of the whole picture, with the biased covariance. ``ms_ssim`` multiplies the structure terms of
    five scales, each half the size of the one before, and the light term of the coarsest, each to its exponent;
    negative terms count as 0. Where the coarser scales would be smaller than the window (a side of 160 px or less),
    those that fit are used, their exponents brought to the same sum. On pictures with a side below 11 px the window
    shrinks to the greatest odd size that fits; below 3 px the family gives nothing.
    """

    def __init__(self) -> None:
        self._scales: PerTarget[list[tuple[Floats, Floats, Floats]]] = PerTarget(
            lambda target: [_moments(image) for image in _pyramid(_unit(target.over()))]
        )

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return (
            Metric("ssim", "1", -1.0, 1.0, "higher", "Wang et al. 2004, IEEE TIP 13(4)"),
            Metric("ms_ssim", "1", 0.0, 1.0, "higher", "Wang, Simoncelli, Bovik 2003, Asilomar"),
        )

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        height, width = render.shape[:2]
        if min(height, width) < 3:
            return {}
        ours = [_moments(image) for image in _pyramid(_unit(flat(render)))]
        pairs = list(zip(ours, self._scales.at(target, width, height), strict=True))
        ssim = 0.0
        used = SCALES[: len(pairs)]
        exponents = [exponent / sum(used) * sum(SCALES) for exponent in used]
        # One channel after the other: the exponents make the mean over them another than that of one product.
        product = np.ones(3)
        for index, (one, other) in enumerate(pairs):
            whole, structure = _similarity(one, other)
            ssim = ssim if index else float(whole.mean())
            last = index == len(pairs) - 1
            product *= np.maximum(0.0, whole if last else structure) ** exponents[index]
        return {"ssim": ssim, "ms_ssim": min(1.0, float(product.mean()))}


def _unit(image: Bytes) -> Floats:
    return image.astype(np.float32) / np.float32(255)


def _pyramid(image: Floats) -> list[Floats]:
    levels = [image]
    while len(levels) < len(SCALES) and min(-(-side // 2) for side in image.shape[:2]) >= WINDOW:
        image = _halved(image)
        levels.append(image)
    return levels


def _halved(image: Floats) -> Floats:
    """Average two by two; an odd side gets a row of zeros before it, as the reference implementations have it."""
    rows, columns = (side % 2 for side in image.shape[:2])
    if rows or columns:
        image = np.pad(image, ((rows, 0), (columns, 0), (0, 0)))
    quarter: Floats = (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) * np.float32(0.25)
    return quarter


def _moments(image: Floats) -> tuple[Floats, Floats, Floats]:
    """Give a picture, its local mean and its local mean square, the latter two where the whole window fits."""
    return image, _filtered(image), _filtered(np.square(image))


def _similarity(
    one: tuple[Floats, Floats, Floats], other: tuple[Floats, Floats, Floats]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the mean similarity, and the mean of its structure term alone, by channel."""
    image, mean, square = one
    other_image, other_mean, other_square = other
    product = mean * other_mean
    covariance = _filtered(image * other_image) - product
    mean, other_mean = np.square(mean), np.square(other_mean)
    spread = (square - mean) + (other_square - other_mean)
    structure = (2 * covariance + STRUCTURE) / (spread + STRUCTURE)
    whole = structure * (2 * product + LIGHT) / (mean + other_mean + LIGHT)
    return whole.mean(axis=(0, 1), dtype=np.float64), structure.mean(axis=(0, 1), dtype=np.float64)


def _filtered(image: Floats) -> Floats:
    from scipy.ndimage import correlate1d

    least = min(image.shape[:2])
    if least >= WINDOW:
        steps = np.arange(WINDOW) - WINDOW // 2
        window = np.exp(-0.5 * np.square(steps / SIGMA))
    else:
        window = np.ones(least - 1 + least % 2)
    window = window / window.sum()
    margin = len(window) // 2
    height, width = image.shape[:2]
    rows = correlate1d(image, window, axis=0, mode="constant")[margin : height - margin]
    inner: Floats = correlate1d(rows, window, axis=1, mode="constant")[:, margin : width - margin]
    return inner
