"""What was asked and what came of it: the bookkeeping of a strategy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from seig_search.candidate import Ask, Outcome, StageStart, Status
from seig_search.errors import UsageError

__all__ = ["Ledger", "Node", "at_least", "best_first"]


@dataclass(frozen=True, slots=True)
class Node:
    """A candidate that may be expanded.

    Args:
        id: The candidate's id.
        score: 0..1, higher is better.
        order: Rank among equal scores, lower first: roots in their order, then candidates in the order of their asks.
    """

    id: str
    score: float
    order: int


def best_first(nodes: Iterable[Node]) -> list[Node]:
    """Sort by score, the highest first; ties go to the earlier ask, so the order of telling does not matter."""
    return sorted(nodes, key=lambda node: (-node.score, node.order))


def at_least(least: int, **settings: int | None) -> None:
    """Check whole-number settings; None stands for no limit.

    Raises:
        UsageError: A setting is no whole number, or is below ``least``.
    """
    for name, value in settings.items():
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise UsageError(f"{name} must be a whole number of at least {least}, got {value!r}")


class Ledger:
    """Counts asks, keeps the stage's limit, and knows which candidates may be expanded.

    Args:
        start: What the stage begins with.

    Attributes:
        nodes: Candidates that may be expanded (roots, and those told with status ok), by id.
        left: How many asks the limit still allows.
    """

    def __init__(self, start: StageStart) -> None:
        self.nodes = {
            root.candidate: Node(
                root.candidate, -math.inf if root.score is None else root.score, place - len(start.roots)
            )
            for place, root in enumerate(start.roots)
        }
        self.left = start.expansions
        self._asked = 0
        self._attempts: Counter[str] = Counter()
        self._open: dict[int, str] = {}

    @property
    def roots(self) -> list[Node]:
        """The roots, in the order given."""
        return sorted((node for node in self.nodes.values() if node.order < 0), key=lambda node: node.order)

    @property
    def best(self) -> Node:
        """The best candidate so far, roots included."""
        return best_first(self.nodes.values())[0]

    def under_way(self, parent: str | None = None) -> int:
        """Count the asks not yet told, of one parent or of all."""
        return len(self._open) if parent is None else sum(open_ == parent for open_ in self._open.values())

    def ask(self, parent: str) -> Ask:
        """Write down one more expansion of a candidate.

        Raises:
            UsageError: The candidate may not be expanded, or the limit is reached.
        """
        if parent not in self.nodes:
            raise UsageError(f"{parent!r} may not be expanded; expected one of {', '.join(sorted(self.nodes))}")
        if self.left <= 0:
            raise UsageError(f"all {self._asked} expansions of the stage are used")
        ask = Ask(self._asked, parent, self._attempts[parent])
        self._open[ask.id] = parent
        self._asked += 1
        self._attempts[parent] += 1
        self.left -= 1
        return ask

    def tell(self, outcome: Outcome) -> bool:
        """Write down what came of an ask.

        Returns:
            Whether this is news: False for a root, a repeat, or an ask that is not this search's.
        """
        if outcome.ask is None or outcome.ask not in self._open:
            return False
        del self._open[outcome.ask]
        if outcome.status is Status.OK and outcome.score is not None:
            self.nodes[outcome.candidate] = Node(outcome.candidate, outcome.score, outcome.ask)
        return True
