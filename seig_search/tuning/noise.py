"""How much of a gain is chance: two renders of one program differ when their paths are drawn anew."""

from __future__ import annotations

import math

from seig_search.metrics import Metrics, Scorer
from seig_search.stages import Stage

__all__ = ["Noise"]


class Noise:
    """Estimates by how much a score differs by chance, from programs that were rendered under two seeds.

    Candidates are compared under one seed, but once a change has moved an edge or a shadow, its pixels draw other
    paths, so a gain within the spread says nothing. The estimate is pooled over all programs heard: the
    variance of a score is half the mean square of its differences between the two seeds.

    Args:
        sigmas: How many standard deviations of a difference of two scores a gain must be worth; 0 asks for nothing.
    """

    def __init__(self, sigmas: float) -> None:
        self.sigmas = sigmas
        self._pairs: list[tuple[Metrics, Metrics]] = []
        self._heard: set[Stage] = set()

    def wants(self, stage: Stage) -> bool:
        """Whether it has not heard of a program in this stage yet."""
        return self.sigmas > 0 and stage not in self._heard

    def hear(self, stage: Stage, one: Metrics, other: Metrics) -> None:
        """Take in what was measured of one program under two seeds, at guard fidelity."""
        self._heard.add(stage)
        self._pairs.append((one, other))

    def spread(self, scorer: Scorer, stage: Stage) -> float:
        """Give the standard deviation of one score in a stage's weights; 0 as long as nothing was heard."""
        if not self._pairs:
            return 0.0
        squares = [
            (scorer.score(one, stage).value - scorer.score(other, stage).value) ** 2 for one, other in self._pairs
        ]
        return math.sqrt(sum(squares) / len(squares) / 2)

    def least_gain(self, scorer: Scorer, stage: Stage) -> float:
        """Give the gain between two programs that chance does not explain."""
        return self.sigmas * math.sqrt(2) * self.spread(scorer, stage)
