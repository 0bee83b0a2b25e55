"""Named measurements of a render against its target, and the seam of those who make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from seig_search.stages import Stage
from seig_search.target import Target

__all__ = ["Evaluator", "Metric", "Metrics", "Score", "Scorer", "for_tuning", "since"]

Metrics: TypeAlias = Mapping[str, float]
"""Values by metric name. A metric that does not apply to a target (silhouette without alpha) is left out."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means.

    Args:
        name: Lower case, as in ``psnr``.
        unit: ``dB``, ``1``, ``px``, ...
        low: Least possible value.
        high: Greatest possible value (may be infinite).
        better: ``higher`` or ``lower``.
        source: Where the definition comes from.
    """

    name: str
    unit: str
    low: float
    high: float
    better: Literal["higher", "lower"]
    source: str


class Evaluator(Protocol):
    """Turns (render, target) into named metrics, a batch at a time.

    An evaluator that needs weights or packages which may not be there also has ``missing``: a mapping from metrics
    that it cannot measure here to a sentence that says what helps. It leaves them out of its answers. One that sees
    with a network may offer its ``features`` to tuners; see ``seig_search.features``.
    """

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        ...

    def evaluate(self, renders: Sequence[npt.NDArray[np.uint8]], target: Target) -> list[Metrics]:
        """Measure each render.

        Args:
            renders: Each (H, W, 4) uint8, display-referred RGBA with straight alpha; sizes may differ.
            target: The target; it is brought to each render's size.

        Returns:
            One mapping per render, in order, every value finite.
        """
        ...


@dataclass(frozen=True, slots=True)
class Score:
    """One number to select by, and what it is made of.

    Args:
        value: 0..1, higher is better.
        terms: Each weighted term's contribution, summing to ``value``.
    """

    value: float
    terms: Mapping[str, float] = field(default_factory=dict)


class Scorer(Protocol):
    """Weighs metrics per stage, and holds guards."""

    @property
    def needs(self) -> Sequence[str]:
        """Names of the metrics it reads."""
        ...

    def score(self, metrics: Metrics, stage: Stage) -> Score:
        """Weigh the metrics for a stage; terms whose metric does not apply are left out and the rest renormalised."""
        ...

    def overall(self, metrics: Metrics) -> Score:
        """Weigh the metrics for the whole picture; reports and the choice of the result use it."""
        ...

    def broken_guards(self, before: Metrics, after: Metrics, stage: Stage) -> list[str]:
        """Name what got worse than its tolerance, as readable sentences; empty means that ``after`` may be accepted."""
        ...


def since(scorer: Scorer, before: Metrics) -> Scorer:
    """Give the scorer as it looks on changes of a given candidate.

    A search climbs whatever is rewarded. A scorer that takes something off for what a picture lacks may have a method
    ``since(before)`` that gives a scorer which takes it off only for what a change loses: adding things in no matter what
    place must not pay. One without it is given back as it is.

    Args:
        scorer: The scorer.
        before: Metrics of the candidate to be bettered.
    """
    anchored = getattr(scorer, "since", None)
    return anchored(before) if anchored else scorer


def for_tuning(scorer: Scorer) -> Scorer:
    """Give the scorer as it guards changes of nothing but numbers.

    An edit may lose a little of one thing to gain much of another. A tuner finds such bargains by the hundred, so a scorer may
    have a method ``for_tuning()`` that gives one with stricter guards. One without it is given back as it is.

    Args:
        scorer: The scorer.
    """
    strict = getattr(scorer, "for_tuning", None)
    return strict() if strict else scorer
