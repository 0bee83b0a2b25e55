"""The guard: whether a change that looks better may be accepted."""

from __future__ import annotations

from dataclasses import dataclass

from seig_search.metrics import Metrics, Scorer, since
from seig_search.stages import Stage

__all__ = ["Verdict", "accept"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a change was accepted.

    Args:
        accepted: Whether it may take the place of what it came from.
        reasons: Why, as sentences for people; never empty.
    """

    accepted: bool
    reasons: tuple[str, ...]


def accept(before: Metrics, after: Metrics, scorer: Scorer, stage: Stage, noise: float) -> Verdict:
    """Accept a change only if the score rose beyond the noise and no guard metric got worse.

    A tuner that is paid in one number finds ways to earn it that no eye would pay for, so the number alone does not
    decide.

    Args:
        before: Metrics of what would be replaced, at guard fidelity.
        after: Metrics of what would replace it, at the same fidelity.
        scorer: Who weighs and guards.
        stage: Whose weights and guards count.
        noise: Least gain in score that counts, at least 0.
    """
    scorer = since(scorer, before)
    old, new = scorer.score(before, stage).value, scorer.score(after, stage).value
    gain = new - old
    told = f"score {old:.4f} -> {new:.4f}"
    reasons = list(scorer.broken_guards(before, after, stage))
    # Not `gain <= noise`: a gain that is not a number is no gain.
    if not gain > noise:
        reasons.insert(0, f"{told}: a gain of {gain:.2g} is not above the noise of {noise:.2g}")
    return Verdict(False, tuple(reasons)) if reasons else Verdict(True, (told,))
