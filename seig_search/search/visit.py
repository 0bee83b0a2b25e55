"""A stay in a stage: a run may come back to one."""

from __future__ import annotations

from dataclasses import dataclass

from seig_search.stages import STAGES, Stage

__all__ = ["Visit"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay in a stage.

    Args:
        stage: The stage.
        number: 1 for the first stay.
    """

    stage: Stage
    number: int = 1

    @property
    def label(self) -> str:
        """Its name in ids and in the journal: ``geometry``, ``geometry~2``."""
        return self.stage.value if self.number == 1 else f"{self.stage.value}~{self.number}"

    @property
    def spawn(self) -> tuple[int, ...]:
        """Where its random numbers branch off from the run's seed."""
        return (STAGES.index(self.stage) + 100 * (self.number - 1),)
