"""What a run tells of its stages and of its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seig_search.search.candidates import Candidate
from seig_search.search.visit import Visit

__all__ = ["Finished", "StageReport"]


@dataclass(frozen=True, slots=True)
class StageReport:
    """One row of the summary.

    Args:
        visit: The stage.
        candidate: Id of the best candidate at its end.
        metrics: That candidate's metrics at guard fidelity.
        score: Its score under the stage's weights, at guard fidelity.
        overall: Its score under the overall weights, at guard fidelity.
        counts: How many asks ended in which status.
        renders: Renders paid in this stage.
        tuning: What the tuner did, per candidate.
        stop: Why the stage's search ended.
    """

    visit: Visit
    candidate: str
    metrics: Mapping[str, float]
    score: float
    overall: float
    counts: Mapping[str, int]
    renders: int
    tuning: Sequence[Mapping[str, Any]]
    stop: str

    def as_dict(self) -> dict[str, Any]:
        """Give the row as JSON values."""
        return {
            "stage": self.visit.stage.value,
            "visit": self.visit.number,
            "candidate": self.candidate,
            "score": self.score,
            "overall": self.overall,
            "metrics": dict(self.metrics),
            "counts": dict(self.counts),
            "renders": self.renders,
            "tuning": [dict(entry) for entry in self.tuning],
            "stop": self.stop,
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a run.

    Args:
        best: The result.
        rows: One report per stage.
        stop: Why the run ended.
        interrupted: Whether the user stopped it, so that it can be resumed.
    """

    best: Candidate
    rows: tuple[StageReport, ...]
    stop: str
    interrupted: bool = False
