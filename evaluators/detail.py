"""Detail and contrast: what tells the right scene, misplaced, from well-aligned grey mush."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .gradients import energy, gradients, luminance
from .pictures import Bytes, Floats, PerTarget, as_render, shrunk, similar

__all__ = ["DetailEvaluator"]


class DetailEvaluator:
    """Measures ``detail`` and ``contrast``.

    Both cut the picture into blocks, sort the blocks' amounts and compare the two sorted lists by the sum of lesser
    over the sum of greater values. Sorting makes them blind to place: they ask how much there is, not where.
    ``detail`` takes the mean gradient of luma, ``contrast`` the standard deviation of luma and, a third each, of the
    two colour differences. Where the target has alpha only the inside of each silhouette counts, so that the
    outline against the ground does not hide what is missing within.

    Args:
        blocks: Blocks along the longer side; fewer on small pictures, so that each has at least 4 px.
    """

    def __init__(self, *, blocks: int = 16) -> None:
        self._blocks = blocks
        self._target: PerTarget[tuple[Floats, Floats]] = PerTarget(
            lambda target: self._features(*_parts(as_render(target), target))
        )

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        ratio = "Ruzicka similarity of sorted block"
        return (
            Metric("detail", "1", 0.0, 1.0, "higher", f"{ratio} gradients (this project)"),
            Metric("contrast", "1", 0.0, 1.0, "higher", f"{ratio} standard deviations (this project; Peli 1990)"),
        )

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        height, width = render.shape[:2]
        theirs = self._target.at(target, width, height)
        ours = self._features(*_parts(render, target))
        # About a hundredth of a grey level per block: two plain pictures are alike.
        floor = 4e-5 * ours[0].size
        return {name: similar(a, b, floor) for name, a, b in zip(("detail", "contrast"), ours, theirs, strict=True)}

    def _features(self, image: Bytes, alpha: Floats | None) -> tuple[Floats, Floats]:
        luma = luminance(image)
        size = energy(*gradients(luma))
        weight = np.ones_like(luma) if alpha is None else _inside(alpha)
        side = max(4, -(-max(luma.shape) // self._blocks))
        red, green, blue = (image[..., k].astype(np.float32) / np.float32(255) for k in range(3))
        share = _block_sums(weight, side)
        detail = _block_sums(size * weight, side)
        variance = np.zeros_like(share)
        for channel, part in ((luma, 1.0), (red - green, 1 / 3), ((red + green) / 2 - blue, 1 / 3)):
            mean = _block_sums(channel * weight, side) / np.maximum(share, 1e-6)
            square = _block_sums(np.square(channel) * weight, side) / np.maximum(share, 1e-6)
            variance = variance + np.float32(part) * np.maximum(0, square - np.square(mean))
        # Blocks count by the share of them that is inside.
        area = float(side * side)
        return np.sort(detail / area, axis=None), np.sort(np.sqrt(variance) * share / area, axis=None)


def _parts(render: Bytes, target: Target) -> tuple[Bytes, Floats | None]:
    colours, cover = shrunk(render)
    return colours, None if target.alpha is None else cover


def _inside(alpha: Floats) -> Floats:
    """Give 1 well inside a silhouette and 0 elsewhere: the mixed pixels of the outline are left out."""
    from scipy.ndimage import minimum_filter

    inside: Floats = (minimum_filter(alpha, 5, mode="nearest") > 0.9).astype(np.float32)
    return inside


def _block_sums(values: Floats, side: int) -> Floats:
    rows = np.add.reduceat(values, np.arange(0, values.shape[0], side), axis=0)
    sums: Floats = np.add.reduceat(rows, np.arange(0, values.shape[1], side), axis=1)
    return sums
