"""Edges: are they there, do they run the same way, are they where they should be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .gradients import energy, gradients, luminance
from .pictures import Bytes, Floats, PerTarget, as_render, blurred, shrunk

__all__ = ["EdgesEvaluator"]

BLURS = (2 / 256, 6 / 256, 16 / 256)


class EdgesEvaluator:
    """Measures ``edges``, ``orientation`` and ``edge_energy``.

    ``edges`` splits the luminance gradient into four orientations, blurs each by 2, 6 and 16 px per 256 px of the
    longer side, and takes 2 sum(ab) / (sum(aa) + sum(bb)) at every blur: the wide ones forgive misplacement, and
    edges that are too weak or too strong cost as much as those that run the wrong way. ``orientation`` is the cosine
    of the same maps, sum(ab) / sqrt(sum(aa) sum(bb)), which asks where edges are and how they run, and not how strong
    they are. ``edge_energy`` is the ratio of the whole gradient, the lesser over the greater.
    """

    def __init__(self) -> None:
        self._target: PerTarget[tuple[float, list[Floats]]] = PerTarget(
            lambda target: _features(shrunk(as_render(target))[0])
        )

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return (
            Metric("edges", "1", 0.0, 1.0, "higher", "Dice (1945) of blurred oriented gradients (Dalal, Triggs 2005)"),
            Metric("orientation", "1", 0.0, 1.0, "higher", "cosine of blurred oriented gradients (Dalal, Triggs 2005)"),
            Metric("edge_energy", "1", 0.0, 1.0, "higher", "ratio of mean gradient magnitudes"),
        )

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        height, width = render.shape[:2]
        whole, maps = self._target.at(target, width, height)
        ours, ours_maps = _features(shrunk(render)[0])
        agreement = [_agreement(a, b) for a, b in zip(ours_maps, maps, strict=True)]
        # A hundredth of a grey level per pixel: two pictures without edges agree.
        floor = 4e-5
        return {
            "edges": float(np.mean([dice for dice, _ in agreement])),
            "orientation": float(np.mean([cosine for _, cosine in agreement])),
            "edge_energy": float((min(ours, whole) + floor) / (max(ours, whole) + floor)),
        }


def _features(image: Bytes) -> tuple[float, list[Floats]]:
    across, down = gradients(luminance(image))
    size = energy(across, down)
    safe = np.maximum(size, 1e-6)
    straight, diagonal = np.square(across) / safe, across * down / safe
    # m cos², m sin², and the same turned by 45°: smooth in the angle and never negative, so blurs do not cancel.
    oriented = np.stack([straight, size - straight, size / 2 + diagonal, size / 2 - diagonal], axis=-1)
    return float(size.mean(dtype=np.float64)), [blurred(oriented, share) for share in BLURS]


def _agreement(ours: Floats, theirs: Floats) -> tuple[float, float]:
    """Give Dice's coefficient and the cosine; two pictures without edges agree, one without disagrees."""
    floor = 1e-9 * ours.size
    common = float(np.sum(ours * theirs, dtype=np.float64))
    own, other = (float(np.sum(np.square(maps), dtype=np.float64)) for maps in (ours, theirs))
    dice = (2 * common + floor) / (own + other + floor)
    cosine = (common + floor) / (np.sqrt(own + floor) * np.sqrt(other + floor))
    return min(1.0, max(0.0, dice)), min(1.0, max(0.0, float(cosine)))
