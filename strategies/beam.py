"""Beam search: generations of the best few candidates."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from seig_search.candidate import Ask, Outcome, StageStart

from .ledger import Ledger, Node, at_least, best_first

__all__ = ["Beam"]


class Beam:
    """Expand the best ``width`` candidates ``branch`` times each, then the best ``width`` of these and their children.

    A parent stays in the beam until enough children are better, so nothing good is lost; when it stays, its further
    attempts continue the count.

    There is no barrier between generations where none is needed: a candidate that would be among the best ``width``
    even if every outcome still missing turned out better is expanded at once. Which candidates are expanded, and how
    often, does not depend on the order in which outcomes are told (as long as the stage's limit is not reached).

    Args:
        width: How many candidates a generation expands, at least 1.
        branch: Expansions of each, at least 1.
        rounds: How many generations, at least 1; None for as many as the stage allows.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(self, width: int = 3, branch: int = 3, rounds: int | None = None) -> None:
        at_least(1, width=width, branch=branch, rounds=rounds)
        self.width = width
        self.branch = branch
        self.rounds = rounds

    def begin(self, start: StageStart, rng: np.random.Generator) -> None:
        """Take the roots as candidates for the first generation; nothing here is random."""
        self._ledger = Ledger(start)
        self._pool: dict[str, Node] = dict(self._ledger.nodes)
        self._missing: set[int] = set()
        self._chosen: list[Node] = []
        self._children: dict[str, Node] = {}
        self._todo: deque[str] = deque()
        self._asked: set[int] = set()
        self._round = 0
        self._choose()

    def ask(self, n: int) -> Sequence[Ask]:
        """Wish for the next expansions of this generation, as far as its members are certain."""
        asks: list[Ask] = []
        while len(asks) < n and self._ledger.left > 0:
            if not self._todo and not self._next_generation():
                break
            ask = self._ledger.ask(self._todo.popleft())
            self._asked.add(ask.id)
            asks.append(ask)
        return asks

    def tell(self, outcome: Outcome) -> None:
        """Let the candidate compete for the generation after its parent's."""
        if outcome.ask is None or not self._ledger.tell(outcome):
            return
        if outcome.ask in self._missing:
            self._missing.discard(outcome.ask)
            self._add(self._pool, outcome)
            self._choose()
        else:
            self._asked.discard(outcome.ask)
            self._add(self._children, outcome)

    def _add(self, pool: dict[str, Node], outcome: Outcome) -> None:
        node = self._ledger.nodes.get(outcome.candidate)
        if node is not None and node.order == outcome.ask:
            pool[node.id] = node

    def _choose(self) -> None:
        """Take into the generation whoever is certain to belong, best first, given the outcomes still missing."""
        taken = {node.id for node in self._chosen}
        sure = max(0, self.width - len(self._missing))
        for node in best_first(self._pool.values())[:sure]:
            if node.id not in taken:
                self._chosen.append(node)
                self._todo.extend([node.id] * self.branch)

    def _next_generation(self) -> bool:
        """Go on once every member of this generation is known and asked for."""
        if self._missing or (self.rounds is not None and self._round + 1 >= self.rounds):
            return False
        self._round += 1
        self._pool = {node.id: node for node in self._chosen} | self._children
        self._missing, self._asked = self._asked, set()
        self._chosen, self._children = [], {}
        self._choose()
        return bool(self._todo)
