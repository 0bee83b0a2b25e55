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
    """Measures ``colour`` and ``deltae``.

    ``colour`` is the Hellinger distance of joint L*a*b* histograms (5 x 10 x 10 units a bin, smoothed by one bin), so
    it does not care where things are. Where the target has alpha, pixels count by their alpha, on both sides: a plain
    ground says nothing then. ``deltae`` is the mean CIE 1976 difference of the L*a*b* pictures blurred by 1, 4 and
    16 px per 256 px of the longer side.
    """

    def __init__(self) -> None:
        self._target: PerTarget[tuple[Floats, list[Floats]]] = PerTarget(_features)

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return (
            Metric("colour", "1", 0.0, 1.0, "lower", "Hellinger distance of L*a*b* histograms (Comaniciu et al. 2003)"),
            Metric("deltae", "ΔE*ab", 0.0, 400.0, "lower", "CIE 1976, mean over a Gaussian scale space"),
        )

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        height, width = render.shape[:2]
        histogram, pyramid = self._target.at(target, width, height)
        colours, cover = shrunk(render, SIDE)
        ours = lab(colours)
        weight = None if target.alpha is None else cover
        overlap = float(np.sum(np.sqrt(_histogram(ours, weight) * histogram), dtype=np.float64))
        differences = [
            np.mean(np.sqrt(np.sum(np.square(blurred(ours, share) - theirs), axis=-1)), dtype=np.float64)
            for share, theirs in zip(BLURS, pyramid, strict=True)
        ]
        # Below 1e-6 the overlap is rounding.
        distance = max(0.0, 1 - overlap)
        return {
            "colour": float(np.sqrt(distance)) if distance > 1e-6 else 0.0,
            "deltae": float(np.mean(differences)),
        }


def _features(target: Target) -> tuple[Floats, list[Floats]]:
    colours, cover = shrunk(as_render(target), SIDE)
    values = lab(colours)
    weight = None if target.alpha is None else cover
    return _histogram(values, weight), [blurred(values, share) for share in BLURS]


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
