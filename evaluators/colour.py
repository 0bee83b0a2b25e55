"""Colour: which ones there are, and roughly where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .pictures import Bytes, Floats, PerTarget, as_render, blurred, shrunk

__all__ = ["ColourEvaluator", "lab"]

BINS = 20
SIDE = 128
BLURS = (1 / 256, 4 / 256, 16 / 256)
CELLS = 8
LEVELS = 256
# Ranges of L*, a* and b*: sRGB reaches -86..98 and -108..94.
LOW, HIGH = np.array([0.0, -110.0, -110.0], np.float32), np.array([100.0, 110.0, 110.0], np.float32)

_STEPS = np.arange(256) / 255
_LINEAR: Floats = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
# Rows divided by their sums: white comes out as (1, 1, 1), as CIE L*a*b* wants it.
_TO_WHITE: Floats = (_TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)).T.astype(np.float32)


def lab(image: Bytes) -> Floats:
    """Convert sRGB to CIE L*a*b* (D65).

    Args:
        image: (H, W, 3) uint8.

    Returns:
        (H, W, 3) float32; L 0..100.
    """
    xyz = _LINEAR[image] @ _TO_WHITE
    bent = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * np.float32(841 / 108) + np.float32(4 / 29))
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    values: Floats = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)
    return values


class ColourEvaluator:
    """Measures ``colour``, ``colour_emd``, ``deltae`` and ``deltae_regional``.

    ``colour`` is the Hellinger distance of joint L*a*b* histograms (5 x 10 x 10 units a bin, smoothed by one bin), so
    it does not care where things are. Where the target has alpha, pixels count by their alpha, on both sides: a plain
    ground says nothing then. ``colour_emd`` compares the same pixels by the earth mover's distance: how far colours
    would have to move, the root of the sum of squares over L*, a* and b* taken each by itself, so that a hue that is
    far off costs more than one nearby, where ``colour`` calls both different. ``deltae`` is the mean CIE 1976
    difference of the L*a*b* pictures blurred by 1, 4 and 16 px per 256 px of the longer side; ``deltae_regional`` that
    of the mean colours in a grid of 8 cells along it.
    """

    def __init__(self) -> None:
        self._target: PerTarget[_Colours] = PerTarget(lambda target: _Colours(as_render(target), target))

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return (
            Metric("colour", "1", 0.0, 1.0, "lower", "Hellinger distance of L*a*b* histograms (Comaniciu et al. 2003)"),
            Metric(
                "colour_emd", "ΔE*ab", 0.0, 400.0, "lower", "earth mover's distance (Rubner et al. 2000), by channel"
            ),
            Metric("deltae", "ΔE*ab", 0.0, 400.0, "lower", "CIE 1976, mean over a Gaussian scale space"),
            Metric("deltae_regional", "ΔE*ab", 0.0, 400.0, "lower", "CIE 1976 of the mean colours of cells"),
        )

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        height, width = render.shape[:2]
        theirs = self._target.at(target, width, height)
        ours = _Colours(render, target)
        overlap = float(np.sum(np.sqrt(ours.histogram * theirs.histogram), dtype=np.float64))
        # Below 1e-6 the overlap is rounding.
        distance = max(0.0, 1 - overlap)
        return {
            "colour": float(np.sqrt(distance)) if distance > 1e-6 else 0.0,
            "colour_emd": _moved(ours.ranks, theirs.ranks),
            "deltae": float(np.mean([_delta(a, b) for a, b in zip(ours.pyramid, theirs.pyramid, strict=True)])),
            "deltae_regional": _delta(ours.cells, theirs.cells),
        }


class _Colours:
    """What is compared: a joint histogram, one cumulative histogram a channel, blurred pictures, means of cells."""

    def __init__(self, render: Bytes, target: Target) -> None:
        colours, cover = shrunk(render, SIDE)
        values = lab(colours)
        weight = None if target.alpha is None else cover
        self.histogram = _histogram(values, weight)
        self.ranks = _ranks(values, weight)
        self.pyramid = [blurred(values, share) for share in BLURS]
        side = max(1, -(-max(values.shape[:2]) // CELLS))
        sums = np.add.reduceat(
            np.add.reduceat(values, np.arange(0, values.shape[0], side), 0), np.arange(0, values.shape[1], side), 1
        )
        counts = np.multiply.outer(_lengths(values.shape[0], side), _lengths(values.shape[1], side))
        self.cells: Floats = (sums / counts[..., None]).astype(np.float32)


def _lengths(whole: int, side: int) -> Floats:
    return np.diff(np.append(np.arange(0, whole, side), whole)).astype(np.float32)


def _delta(one: Floats, other: Floats) -> float:
    return float(np.mean(np.sqrt(np.sum(np.square(one - other), axis=-1)), dtype=np.float64))


def _ranks(colours: Floats, weight: Floats | None) -> Floats:
    """Count each channel in LEVELS steps, cumulated: (3, LEVELS), ending in 1; all 0 where nothing has weight."""
    steps = np.clip((colours - LOW) * (LEVELS / (HIGH - LOW)), 0, LEVELS - 1).astype(np.int32)
    flat = None if weight is None else weight.ravel()
    counts = np.stack([np.bincount(steps[..., k].ravel(), flat, LEVELS) for k in range(3)])
    totals = counts.sum(axis=1, keepdims=True)
    shares: Floats = (np.cumsum(counts, axis=1) / np.maximum(totals, 1e-9)).astype(np.float32)
    return shares


def _moved(ours: Floats, theirs: Floats) -> float:
    """Give how far the one would have to be moved to be the other, in units of L*a*b*; nothing there at all is as far as can be."""
    steps = (HIGH - LOW) / LEVELS
    return float(np.sqrt(np.sum(np.square(np.abs(ours - theirs).sum(axis=1, dtype=np.float64) * steps))))


def _histogram(colours: Floats, weight: Floats | None) -> Floats:
    """Count colours in (BINS, BINS, BINS) cells summing to 1; all 0 where nothing has weight."""
    from scipy.ndimage import gaussian_filter

    scale, shift = np.array([BINS / 100, 0.1, 0.1], np.float32), np.array([0, BINS / 2, BINS / 2], np.float32)
    cell = np.clip((colours * scale + shift).astype(np.int32), 0, BINS - 1)
    index = (cell[..., 0] * BINS + cell[..., 1]) * BINS + cell[..., 2]
    counts = np.bincount(index.ravel(), None if weight is None else weight.ravel(), BINS**3)
    total = counts.sum()
    if total <= 0:
        return np.zeros((BINS, BINS, BINS), np.float32)
    share = (counts / total).astype(np.float32).reshape(BINS, BINS, BINS)
    smooth: Floats = gaussian_filter(share, 1.0, truncate=3.0, mode="reflect")
    smooth /= smooth.sum()
    return smooth
