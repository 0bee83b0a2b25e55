"""Hill climbing: always expand the best candidate so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.candidate import Ask, Outcome, StageStart, Status

from .ledger import Ledger, at_least

__all__ = ["Greedy"]


class Greedy:
    """Expand the best candidate so far, and move on as soon as a better one is told.

    With ``k=1`` this is the one trajectory per stage of SEIG (arXiv 2606.02580), where edits that made things worse
    are reverted; a larger ``k`` keeps the workers busy with several attempts at the same candidate. Expansions of a
    candidate that is no longer the best are still heard, and count.

    Args:
        k: How many expansions of one candidate may be under way at once, at least 1.
        patience: Stop after so many outcomes in a row that brought nothing better, at least 1; None for no such stop.
            Failures (rejected, broken, lost) say nothing about the candidate, so they do not count.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(self, k: int = 8, patience: int | None = 30) -> None:
        at_least(1, k=k, patience=patience)
        self.k = k
        self.patience = patience

    def begin(self, start: StageStart, rng: np.random.Generator) -> None:
        """Take the roots; nothing here is random."""
        self._ledger = Ledger(start)
        self._best = self._ledger.best
        self._stale = 0

    def ask(self, n: int) -> Sequence[Ask]:
        """Wish for expansions of the best candidate, up to ``k`` under way."""
        if self.patience is not None and self._stale >= self.patience:
            return []
        room = self.k - self._ledger.under_way(self._best.id)
        return [self._ledger.ask(self._best.id) for _ in range(min(n, room, self._ledger.left))]

    def tell(self, outcome: Outcome) -> None:
        """Move to the candidate if it is better."""
        if not self._ledger.tell(outcome):
            return
        best = self._ledger.best
        if best.score > self._best.score:
            self._stale = 0
        elif outcome.status.scored or outcome.status is Status.SURPLUS:
            self._stale += 1
        self._best = best
