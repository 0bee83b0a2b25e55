"""Candidates as the run keeps them: with their program and render, which strategies do not need to see."""

from __future__ import annotations

from dataclasses import dataclass

from seig_search.candidate import Outcome, Status
from seig_search.metrics import Scorer
from seig_search.program import Program
from seig_search.search.renders import Measured
from seig_search.stages import Stage

__all__ = ["Candidate", "still_settled"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program that rendered.

    Args:
        id: Its name in the run, as in ``geometry-0012``.
        program: Its program.
        measured: Its render at search fidelity, with scene facts.
        depth: Edits since the stage's root.
        settled: Keys of parameters that a tuner has settled, and nobody has written since.
    """

    id: str
    program: Program
    measured: Measured
    depth: int = 0
    settled: frozenset[str] = frozenset()

    def score(self, scorer: Scorer, stage: Stage) -> float:
        """Its score under a stage's weights."""
        return scorer.score(self.measured.metrics, stage).value

    def as_root(self, scorer: Scorer, stage: Stage) -> Outcome:
        """Tell it to a strategy as a root."""
        return Outcome(None, self.id, None, Status.OK, self.score(scorer, stage), dict(self.measured.metrics))


def still_settled(parent: Candidate, program: Program) -> frozenset[str]:
    """Give which of a candidate's settled parameters a changed program has left at their values."""
    before = {parameter.key: parameter.value for parameter in parent.program.tunable()}
    now = {parameter.key: parameter.value for parameter in program.tunable()}
    return frozenset(key for key in parent.settled if key in now and now[key] == before.get(key))
