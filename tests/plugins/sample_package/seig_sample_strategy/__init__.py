"""A search strategy and an evaluator for seig-search, found through entry points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seig_search.candidate import Ask, Outcome, StageStart
from seig_search.errors import UsageError
from seig_search.metrics import Metric
from seig_search.strategies import Ledger
from seig_search.target import Target

__all__ = ["Brightness", "RandomWalk"]


class RandomWalk:
    """Walk from candidate to candidate, whatever their score, and jump back to the best one now and then.

    Args:
        jump: Probability of expanding the best candidate rather than the newest, 0..1.
    """

    def __init__(self, jump: float = 0.2) -> None:
        if not 0.0 <= jump <= 1.0:
            raise UsageError(f"jump is a probability, 0..1, got {jump}")
        self.jump = jump

    def begin(self, start: StageStart, rng: np.random.Generator) -> None:
        """Stand on the best root."""
        self._ledger = Ledger(start)
        self._rng = rng
        self._here = self._ledger.best.id

    def ask(self, n: int) -> Sequence[Ask]:
        """Wish for expansions of where the walk stands, or of the best."""
        asks = []
        for _ in range(min(n, self._ledger.left)):
            jumps = self._rng.uniform() < self.jump
            asks.append(self._ledger.ask(self._ledger.best.id if jumps else self._here))
        return asks

    def tell(self, outcome: Outcome) -> None:
        """Step onto the candidate if it can be expanded."""
        if self._ledger.tell(outcome) and outcome.candidate in self._ledger.nodes:
            self._here = outcome.candidate


class Brightness:
    """Measure ``brightness``: how far the mean brightness is from the target's."""

    metrics = (Metric("brightness", "1", 0.0, 1.0, "lower", "absolute difference of the mean sRGB value"),)

    def evaluate(self, renders: Sequence[npt.NDArray[np.uint8]], target: Target) -> list[dict[str, float]]:
        """Measure each render over white, as the target is."""
        wanted = float(target.over().mean())
        found = []
        for render in renders:
            alpha = render[..., 3:] / 255.0
            over_white = render[..., :3] * alpha + 255.0 * (1.0 - alpha)
            found.append({"brightness": abs(float(over_white.mean()) - wanted) / 255.0})
        return found
