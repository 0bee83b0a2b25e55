"""Silhouette: the outline of what is there, for targets with alpha."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .pictures import Bytes, Floats, PerTarget, as_render, shrunk, similar

__all__ = ["SilhouetteEvaluator"]

TOLERANCES = (0.008, 0.02, 0.05)


class SilhouetteEvaluator:
    """Measures ``silhouette`` and ``boundary``; gives nothing for a target without alpha.

    ``silhouette`` is the intersection over union of the two alphas, counted in parts of a pixel. ``boundary`` is the
    F-measure of the outlines, the mean over tolerances of 0.8, 2 and 5 % of the picture's diagonal.
    """

    def __init__(self) -> None:
        self._alpha: PerTarget[Floats] = PerTarget(_alpha)
        self._outline: PerTarget[tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]] = PerTarget(
            lambda target: _outline(_alpha(target))
        )

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return (
            Metric("silhouette", "1", 0.0, 1.0, "higher", "intersection over union of alpha (Jaccard 1912)"),
            Metric("boundary", "1", 0.0, 1.0, "higher", "boundary F-measure (Perazzi et al. 2016), three tolerances"),
        )

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        if target.alpha is None:
            return [{} for _ in renders]
        return [self._one(render, target) for render in renders]

    def _one(self, render: Bytes, target: Target) -> Metrics:
        height, width = render.shape[:2]
        ours = shrunk(render)[1]
        line, distance = _outline(ours)
        their_line, their_distance = self._outline.at(target, width, height)
        return {
            "silhouette": similar(ours, self._alpha.at(target, width, height), 1e-6),
            "boundary": _f_measure(line, distance, their_line, their_distance),
        }


def _alpha(target: Target) -> Floats:
    return shrunk(as_render(target))[1]


def _outline(alpha: Floats) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Find the outline's pixels, and every pixel's distance to the nearest of them (infinite where there is none)."""
    from scipy.ndimage import binary_erosion, distance_transform_edt

    solid = alpha >= 0.5
    line = solid & ~binary_erosion(solid, border_value=1)
    if not line.any():
        return line, np.full(line.shape, np.inf)
    return line, np.asarray(distance_transform_edt(~line), np.float64)


def _f_measure(
    ours: npt.NDArray[np.bool_],
    our_distance: npt.NDArray[np.float64],
    theirs: npt.NDArray[np.bool_],
    their_distance: npt.NDArray[np.float64],
) -> float:
    if not ours.any() or not theirs.any():
        return 1.0 if ours.any() == theirs.any() else 0.0
    diagonal = float(np.hypot(ours.shape[0], ours.shape[1]))
    values = []
    for tolerance in TOLERANCES:
        reach = max(1.0, tolerance * diagonal)
        precision = float(np.mean(their_distance[ours] <= reach))
        recall = float(np.mean(our_distance[theirs] <= reach))
        values.append(2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0)
    return float(np.mean(values))
