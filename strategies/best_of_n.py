"""Independent attempts at the roots, in one round: the baseline every other strategy has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.candidate import Ask, Outcome, StageStart

from .ledger import Ledger, at_least

__all__ = ["BestOfN"]


class BestOfN:
    """Expand every root ``n`` times and nothing else; whoever runs the stage takes the best.

    The roots take turns, so that a stage with fewer expansions than wished still gives each its share. All asks can be
    under way at once.

    Args:
        n: Expansions per root, at least 1; None for as many as the stage allows.

    Raises:
        UsageError: ``n`` is out of its range.
    """

    def __init__(self, n: int | None = None) -> None:
        at_least(1, n=n)
        self.n = n

    def begin(self, start: StageStart, rng: np.random.Generator) -> None:
        """Take the roots; nothing here is random."""
        self._ledger = Ledger(start)
        self._roots = [root.id for root in self._ledger.roots]
        self._wanted = start.expansions if self.n is None else self.n * len(self._roots)
        self._asked = 0

    def ask(self, n: int) -> Sequence[Ask]:
        """Wish for the next ``n`` expansions, root by root in turn."""
        count = max(0, min(n, self._wanted - self._asked, self._ledger.left))
        turns = range(self._asked, self._asked + count)
        self._asked += count
        return [self._ledger.ask(self._roots[turn % len(self._roots)]) for turn in turns]

    def tell(self, outcome: Outcome) -> None:
        """Write the outcome down; the asks do not depend on it."""
        self._ledger.tell(outcome)
