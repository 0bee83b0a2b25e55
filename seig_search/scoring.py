"""Several evaluators as one: their metrics merged, and held to what they declare."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seig_search.errors import SeigError, UsageError
from seig_search.features import Features, joined_features
from seig_search.metrics import Evaluator, Metric
from seig_search.target import Target

if TYPE_CHECKING:
    from seig_search.scoring_actor import RemoteMeasurer

__all__ = ["Measurer", "require_all", "score_images"]


class Measurer:
    """Measures renders by every evaluator it holds.

    Args:
        evaluators: In the order in which their metrics are listed.

    Attributes:
        at_once: How many threads may measure at once.
        evaluators: Who measures.
        specs: Every metric by name.
        missing: Metrics that cannot be measured here, for want of weights or of a package, with what helps.
        features: What the evaluators that offer features see in a picture, for tuners; None if none does.

    Raises:
        UsageError: Two evaluators declare one name, or there is no evaluator.
    """

    at_once = 1

    def __init__(self, evaluators: Sequence[Evaluator]) -> None:
        if not evaluators:
            raise UsageError("no evaluator is set, so no render could be measured; name at least one, as in pixel")
        self.specs: dict[str, Metric] = {}
        self.missing: dict[str, str] = {}
        self.evaluators = tuple(evaluators)
        # A tuner asks for features while others measure, and networks share a process-wide number of threads.
        self._lock = threading.Lock()
        self.features = _one_at_a_time(joined_features(self.evaluators), self._lock)
        owners: dict[str, str] = {}
        for evaluator in self.evaluators:
            owner = type(evaluator).__name__
            self.missing |= getattr(evaluator, "missing", {})
            for metric in evaluator.metrics:
                if metric.name in owners:
                    raise UsageError(
                        f"the metric {metric.name!r} is measured by both {owners[metric.name]} and {owner}; "
                        "leave one of the two out"
                    )
                owners[metric.name] = owner
                self.specs[metric.name] = metric

    def measure(self, renders: Sequence[npt.NDArray[np.uint8]], target: Target) -> list[dict[str, float]]:
        """Measure each render by every evaluator.

        Args:
            renders: Each (H, W, 4) uint8, straight alpha.
            target: The target.

        Returns:
            One mapping per render, in order; metrics that do not apply to the target are left out.

        Raises:
            SeigError: An evaluator gave a value that is not finite, or a name that it did not declare, or the
                wrong number of answers.
        """
        merged: list[dict[str, float]] = [{} for _ in renders]
        for evaluator in self.evaluators:
            owner = type(evaluator).__name__
            declared = {metric.name for metric in evaluator.metrics}
            with self._lock:
                answers = evaluator.evaluate(renders, target)
            if len(answers) != len(renders):
                raise SeigError(f"the evaluator {owner} gave {len(answers)} answers for {len(renders)} renders")
            for values, answer in zip(merged, answers, strict=True):
                for name, value in answer.items():
                    if name not in declared:
                        raise SeigError(f"the evaluator {owner} gave {name!r}, which its metrics do not declare")
                    if not math.isfinite(value):
                        raise SeigError(f"the evaluator {owner} gave {name} = {value}; every value must be finite")
                    values[name] = float(value)
        return merged


def _one_at_a_time(features: Features | None, lock: threading.Lock) -> Features | None:
    if features is None:
        return None

    def locked(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        with lock:
            return features(picture)

    return locked


def require_all(measurer: Measurer | RemoteMeasurer) -> None:
    """Refuse to go on with metrics that cannot be measured here: a run's scores must not depend on what is installed.

    Args:
        measurer: What a run measures with.

    Raises:
        UsageError: Some are missing; it says of each what helps.
    """
    if measurer.missing:
        told = "; ".join(f"{name}: {why}" for name, why in sorted(measurer.missing.items()))
        raise UsageError(f"the settings ask for metrics that cannot be measured here: {told}")


def score_images(render: npt.NDArray[np.uint8], target: Target, evaluators: Sequence[Evaluator]) -> dict[str, float]:
    """Measure one render; see ``Measurer``.

    Args:
        render: (H, W, 4) uint8, straight alpha.
        target: The target.
        at_once: How many threads may measure at once.
        evaluators: Who measures.

    Returns:
        Values by metric name.
    """
    return Measurer(evaluators).measure([render], target)[0]
