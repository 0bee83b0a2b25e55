"""Candidates and what became of them: the values that strategies see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np

from seig_search.stages import Stage

__all__ = ["Ask", "Outcome", "StageStart", "Status", "Strategy"]


class Status(StrEnum):
    """What became of a candidate. Failed is not the same as bad: only ``OK`` and ``CUT`` have a score."""

    OK = "ok"
    REJECTED = "rejected"
    BROKEN = "broken"
    LOST = "lost"
    CUT = "cut"
    SURPLUS = "surplus"

    @property
    def scored(self) -> bool:
        """Whether an outcome of this status has a score."""
        return self in (Status.OK, Status.CUT)


@dataclass(frozen=True, slots=True)
class Ask:
    """A strategy's wish: expand this parent once.

    Args:
        id: Unique within the stage's search; counts up from 0.
        parent: The candidate to expand (one of the roots, or one told with status ok).
        attempt: How many times this parent was expanded before, so that proposers can vary.
    """

    id: int
    parent: str
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an ask, or a root that the search starts from.

    Args:
        ask: The ask's id; None for a root.
        candidate: The candidate's id.
        parent: The parent's id; None for a root.
        status: What became of it.
        score: 0..1, higher is better; None unless the status is scored.
        metrics: Named metrics, empty unless scored.
        depth: Edits since the stage's root; 0 for a root.
        reason: The cause of a failure, for people.
    """

    ask: int | None
    candidate: str
    parent: str | None
    status: Status
    score: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    depth: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if self.status.scored != (self.score is not None):
            raise ValueError(f"a {self.status.value} outcome came with score {self.score!r}")


@dataclass(frozen=True, slots=True)
class StageStart:
    """What a strategy begins a stage with.

    Args:
        stage: The stage.
        roots: The candidates that crossed the border, best first; at least one.
        expansions: How many asks the stage's budget allows.
    """

    stage: Stage
    roots: tuple[Outcome, ...]
    expansions: int


class Strategy(Protocol):
    """Decides which candidate to expand next; nothing else.

    A fresh instance, made from its settings, serves one stage: ``begin`` once, then ``ask`` and ``tell``.
    """

    def begin(self, start: StageStart, rng: np.random.Generator) -> None:
        """Take the roots. All randomness comes from ``rng``."""
        ...

    def ask(self, n: int) -> Sequence[Ask]:
        """Wish for up to ``n`` expansions. Fewer is fine; none means waiting for outcomes, or done when nothing is
        under way.
        """
        ...

    def tell(self, outcome: Outcome) -> None:
        """Hear what became of an ask: in any order, once per ask (a repeat is ignored), failures included."""
        ...
