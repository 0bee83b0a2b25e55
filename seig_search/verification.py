"""The seam of verifiers: who looks at a render for one stage, and what they say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from seig_search.program import Program
from seig_search.stages import Stage
from seig_search.target import Target

__all__ = ["Coverage", "Inspection", "Review", "Thing", "ToDo", "Verifier"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that the target shows.

    Args:
        name: A short name, unique among the target's things.
        what: What it is, and of what colour.
        box: Left, top, right, bottom as shares of width and height, 0..1; None where not told.
    """

    name: str
    what: str = ""
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class ToDo:
    """One visible discrepancy that the stage can mend.

    Args:
        id: Unique within the run, as in ``G2.1``; an edit names the ids it closes.
        part: The object, or part of one.
        attribute: What of it: width, base colour, x position, ...
        now: Its value in the render, with a number and its unit (px, deg, RGB), or ``absent``.
        wanted: Its value in the target, likewise.
        box: Where, as shares of width and height, 0..1; None where not told.
    """

    id: str
    part: str
    attribute: str
    now: str
    wanted: str
    box: Box | None = None

    def __str__(self) -> str:
        """Give it on one line."""
        return f"{self.id}: {self.part}, {self.attribute}: now {self.now}, wanted {self.wanted}"


@dataclass(frozen=True, slots=True)
class Review:
    """What a verifier says of a candidate.

    Args:
        approved: Whether nothing is left to do for the stage.
        todo: What is left, the worst first; empty if approved.
        summary: One sentence.
        fault: An earlier stage in which the cause of what is seen lies; None if there is none.
    """

    approved: bool
    todo: tuple[ToDo, ...] = ()
    summary: str = ""
    fault: Stage | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {**asdict(self), "fault": self.fault.value if self.fault else None}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Review:
        """Read what ``as_dict`` gave."""
        items = tuple(ToDo(**{**item, "box": _box(item.get("box"))}) for item in data["todo"])
        fault = Stage(data["fault"]) if data.get("fault") else None
        return Review(bool(data["approved"]), items, str(data.get("summary", "")), fault)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which of the target's things a render shows.

    Args:
        present: Names.
        missing: Names.
    """

    present: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of things that are there, 0..1."""
        every = len(self.present) + len(self.missing)
        return len(self.present) / every if every else 1.0


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a verifier is shown.

    Args:
        key: Names the question, as in ``geometry/G2``; prefixes the ids of to-do items.
        stage: The stage whose concern alone counts.
        target: The target.
        program: The candidate's program.
        render: Its render, (H, W, 4) uint8.
        facts: Its scene facts.
        metrics: Its metrics.
        passes: Passes of its render, such as ``object_index`` (H, W), where there are any.
        names: What the indices of the passes stand for.
        settled: Keys of parameters that a tuner has settled.
        before: Metrics of the candidate that the stage began with.
        views: Its scene from other views, where the verifier has a true ``shows_views``.
        open: What was to be done in its parent, to be looked at again.
        earlier: The stages that came before, any of which may be at fault.
        things: What the target shows, where that was asked.
        models: How a model is called; see ``seig_search.models``.
    """

    key: str
    stage: Stage
    target: Target
    program: Program
    render: npt.NDArray[np.uint8]
    facts: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    passes: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    names: Sequence[str] = ()
    settled: frozenset[str] = frozenset()
    before: Mapping[str, float] = field(default_factory=dict)
    views: Sequence[Any] = ()
    open: Sequence[ToDo] = ()
    earlier: Sequence[Stage] = ()
    things: Sequence[Thing] = ()
    models: Any = None


class Verifier(Protocol):
    """Looks at renders for one stage at a time. Called from many threads."""

    def inventory(self, target: Target, models: Any) -> tuple[Thing, ...]:
        """List what the target shows; asked once a run.

        Raises:
            SeigError: It cannot be told, for a reason the user can act on.
        """
        ...

    def cover(self, inspection: Inspection) -> Coverage:
        """Say which of ``inspection.things`` the render shows, wherever and however rough they are.

        Raises:
            SeigError: It cannot be told, for a reason the user can act on.
        """
        ...

    def review(self, inspection: Inspection) -> Review:
        """Approve the candidate for the stage, or say what is left to do.

        Raises:
            SeigError: It cannot be told, for a reason the user can act on.
        """
        ...


def _box(value: Any) -> Box | None:
    return None if value is None else tuple(float(side) for side in value)  # type: ignore[return-value]
