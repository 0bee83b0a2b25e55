"""What a judge says, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["ASPECTS", "TOP_MARK", "Choice", "Comparison", "Grade", "Place", "Reliability", "reliability"]

ASPECTS = ("geometry", "materials", "composition", "lighting")
"""What is looked at one by one before the whole; the stages' names."""

TOP_MARK = 10.0

Place: TypeAlias = Literal["first", "second", "tie"]
"""One reply's choice, by the place in which a picture was shown."""

Choice: TypeAlias = Literal["a", "b", "tie"]
"""A choice by picture."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of asking about two pictures in both orders.

    Args:
        answers: The choice with A shown first, and with B shown first; None where no reply could be read.
        reasons: What was said to each.
        vetoes: Why metrics overrule the choice; empty if they do not.
        complaints: Why replies could not be read, those before a second try included.
    """

    answers: tuple[Choice | None, Choice | None]
    reasons: tuple[str, str] = ("", "")
    vetoes: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()

    @property
    def agreed(self) -> bool | None:
        """Whether both orders gave the same; None where one gave nothing."""
        first, second = self.answers
        return None if first is None or second is None else first == second

    @property
    def choice(self) -> Choice | None:
        """The choice before vetoes: what both orders say, ``tie`` if they differ, None if one gave nothing."""
        if self.agreed is None:
            return None
        return self.answers[0] if self.agreed else "tie"

    @property
    def verdict(self) -> Choice | None:
        """The choice, ``tie`` where metrics overrule it, None where there is no verdict."""
        return "tie" if self.vetoes and self.choice is not None else self.choice

    def as_dict(self) -> dict[str, Any]:
        """Give the facts as plain values."""
        return {
            "verdict": self.verdict,
            "agreed": self.agreed,
            "answers": list(self.answers),
            "reasons": list(self.reasons),
            "vetoes": list(self.vetoes),
            "complaints": list(self.complaints),
        }


@dataclass(frozen=True, slots=True)
class Grade:
    """Marks for one render.

    Args:
        marks: By aspect, 0..10.
        reasons: By aspect, short; may be empty.
    """

    marks: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Mean mark, 0..1."""
        return sum(self.marks.values()) / (TOP_MARK * len(self.marks))


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far a judge is to be trusted, from comparisons asked in both orders.

    Args:
        pairs: Comparisons.
        readable: Those with an answer in both orders.
        agreed: Of these, those with the same answer in both orders.
        first: Of these, those where the picture shown first was chosen both times.
        second: Of these, those where the picture shown second was chosen both times.
    """

    pairs: int
    readable: int
    agreed: int
    first: int
    second: int

    @property
    def agreement(self) -> float | None:
        """Share of readable comparisons with the same answer in both orders; None without any."""
        return self.agreed / self.readable if self.readable else None

    @property
    def position_bias(self) -> float | None:
        """How much the first place is favoured: 1 always the first, -1 always the second, 0 neither; None without any."""
        return (self.first - self.second) / self.readable if self.readable else None

    def as_dict(self) -> dict[str, Any]:
        """Give counts and rates as plain values."""
        return {
            "pairs": self.pairs,
            "readable": self.readable,
            "agreed": self.agreed,
            "agreement": self.agreement,
            "position_bias": self.position_bias,
        }


def reliability(comparisons: Sequence[Comparison]) -> Reliability:
    """Count how often both orders agreed, and which place was favoured where they did not.

    Args:
        comparisons: Any number; those without a model call (equal pictures) count as agreed.

    Source:
        Zheng et al. 2023, "Judging LLM-as-a-judge", section 3.4: position bias is measured by swapping the order.
    """
    return Reliability(
        len(comparisons),
        sum(one.agreed is not None for one in comparisons),
        sum(one.agreed is True for one in comparisons),
        sum(one.answers == ("a", "b") for one in comparisons),
        sum(one.answers == ("b", "a") for one in comparisons),
    )
