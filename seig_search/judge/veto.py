"""Metrics may object to a judge's choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from seig_search.errors import UsageError
from seig_search.judge.verdicts import Comparison
from seig_search.metrics import Metrics, Scorer

__all__ = ["Objections", "by_score", "vetoed"]

Objections: TypeAlias = Callable[[Metrics, Metrics], Sequence[str]]
"""From the metrics of the one not chosen and of the chosen one to what speaks against the choice, as sentences."""


def by_score(scorer: Scorer, margin: float) -> Objections:
    """Object where the chosen picture's overall score is far below the other's.

    The scorer's guards are no good for this: they hold single metrics within a small change of one picture, and between two
    different pictures a blurred one wins them.

    Args:
        scorer: Who weighs.
        margin: In score, above 0 and at most 1; less than this the metrics may disagree with the judge.

    Raises:
        UsageError: The margin is out of its range.
    """
    if not 0 < margin <= 1:
        raise UsageError(f"the margin of a veto is in score, above 0 and at most 1, got {margin}")

    def objections(other: Metrics, chosen: Metrics) -> list[str]:
        theirs, own = scorer.overall(other).value, scorer.overall(chosen).value
        if theirs - own <= margin:
            return []
        return [f"its score is {own:.3f}, the other's {theirs:.3f}: more than {margin:g} apart"]

    return objections


def vetoed(comparison: Comparison, a: Metrics, b: Metrics, objections: Objections) -> Comparison:
    """Let metrics object: a choice that they object to becomes a tie.

    Args:
        comparison: What the judge said.
        a: Metrics of picture A, at the same fidelity as B's.
        b: Metrics of picture B.
        objections: As ``by_score`` gives.

    Returns:
        The comparison with its vetoes; the same one where there is no choice to object to.
    """
    if comparison.choice not in ("a", "b"):
        return comparison
    chosen, other = (a, b) if comparison.choice == "a" else (b, a)
    return replace(comparison, vetoes=tuple(objections(other, chosen)))
