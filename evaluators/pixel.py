"""Pixel by pixel: exact, but blind to what a small misplacement is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .pictures import Bytes, Floats, PerTarget, as_render, blurred, flat, shrunk

__all__ = ["PixelEvaluator"]

BLURS = (1 / 256, 4 / 256, 16 / 256)


class PixelEvaluator:
    """Measures ``mse``, ``mae``, ``psnr`` at the render's size, and ``multiscale``.

    ``multiscale`` is the mean RMSE of the pictures blurred by 1, 4 and 16 px per 256 px of the longer side: where an
    object stands a little off, the wider blurs still say in which direction it gets better.

    Args:
        cap_db: PSNR of identical pictures, which would be infinite.
    """

    def __init__(self, *, cap_db: float = 100.0) -> None:
        self._cap = cap_db
        self._plain: PerTarget[Floats] = PerTarget(lambda target: _unit(target.over()))
        self._blurred: PerTarget[list[Floats]] = PerTarget(lambda target: _pyramid(shrunk(as_render(target))[0]))

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return (
            Metric("mse", "1", 0.0, 1.0, "lower", "mean squared error of sRGB values in 0..1"),
            Metric("mae", "1", 0.0, 1.0, "lower", "mean absolute error of sRGB values in 0..1"),
            Metric("psnr", "dB", 0.0, self._cap, "higher", "-10 log10 mse, capped for identical pictures"),
            Metric("multiscale", "1", 0.0, 1.0, "lower", "mean RMSE over a Gaussian scale space (Lindeberg 1994)"),
        )

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        height, width = render.shape[:2]
        off = _unit(flat(render)) - self._plain.at(target, width, height)
        mse = float(np.mean(np.square(off), dtype=np.float64))
        pairs = zip(_pyramid(shrunk(render)[0]), self._blurred.at(target, width, height), strict=True)
        residuals = [np.sqrt(np.mean(np.square(ours - theirs), dtype=np.float64)) for ours, theirs in pairs]
        return {
            "mse": mse,
            "mae": float(np.mean(np.abs(off), dtype=np.float64)),
            "psnr": min(self._cap, -10 * float(np.log10(max(mse, 1e-30)))),
            "multiscale": float(np.mean(residuals)),
        }


def _unit(image: Bytes) -> Floats:
    return image.astype(np.float32) / np.float32(255)


def _pyramid(image: Bytes) -> list[Floats]:
    return [blurred(_unit(image), share) for share in BLURS]
