"""Structural similarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .pictures import Bytes, Floats, PerTarget, flat

__all__ = ["StructureEvaluator"]


class StructureEvaluator:
    """Measures ``ssim`` as in its paper: Gaussian window of 1.5 px (11 x 11), biased covariance, mean over R, G, B.

    On pictures with a side below 11 px the window shrinks to the greatest odd size that fits; below 3 px the
    family gives nothing.
    """

    def __init__(self) -> None:
        self._flat: PerTarget[Floats] = PerTarget(lambda target: _unit(target.over()))

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return (Metric("ssim", "1", -1.0, 1.0, "higher", "Wang et al. 2004, IEEE TIP 13(4); scikit-image"),)

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        from skimage.metrics import structural_similarity

        height, width = render.shape[:2]
        least = min(height, width)
        if least < 3:
            return {}
        ours, theirs = _unit(flat(render)), self._flat.at(target, width, height)
        fits = least >= 11
        # 32-bit floats halve the cost and change the value by less than 1e-4.
        window = {"gaussian_weights": True, "sigma": 1.5} if fits else {"win_size": least - 1 + least % 2}
        value = structural_similarity(
            ours, theirs, channel_axis=2, data_range=1.0, use_sample_covariance=False, **window
        )
        return {"ssim": float(value)}


def _unit(image: Bytes) -> Floats:
    return image.astype(np.float32) / np.float32(255)
