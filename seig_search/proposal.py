"""The seam of proposers: what they are shown, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from seig_search.camera import GivenCamera
from seig_search.candidate import Status
from seig_search.edits import Edit
from seig_search.models.seam import Models
from seig_search.program import Program
from seig_search.render import View
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.verification import Thing, ToDo

__all__ = ["Attempt", "Context", "Failure", "Proposer"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier expansion of the same parent: what was tried, and what came of it."""

    why: str
    status: Status
    score: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An edit that came to nothing, given back once to who made it.

    Args:
        edit: The edit as text; empty if none could be read.
        reason: Why: what did not parse or apply, or the program's error with its source line and what exists instead.
    """

    edit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Context:
    """What a proposer is shown.

    Args:
        stage: The stage whose part may be changed.
        target: The image to reconstruct.
        wanted: How many edits are wanted, at least 1; fewer may come back.
        rng: The only source of randomness; derived from the run's seed and this expansion.
        parent: The program to edit; None in the scaffold stage, which brings a ``NewProgram``.
        render: The parent's render, (H, W, 4) uint8; None without a parent.
        facts: The parent's scene facts (the ``facts`` pass); empty without a parent.
        metrics: The parent's metrics.
        score: The parent's score for this stage.
        attempt: How many times this parent was expanded before.
        history: Earlier expansions of this parent whose outcome is known, oldest first.
        camera: The true camera, where the user gave it.
        passes: Passes of the parent's render, such as ``object_index`` (H, W), where there are any.
        names: What the indices of the passes stand for.
        views: The parent's scene from other views, where the proposer has a true ``shows_views``.
        turn: Renders the parent's scene from another view, (H, W, 4) uint8, a render of the budget; None if that failed. None where nobody can.
        todo: What a verifier found to be done in the parent for this stage.
        verdict: What the verifier said of it in a sentence.
        things: What the target shows, where a verifier listed it.
        settled: Keys of parameters that a tuner has settled since they were last written.
        failure: The edit that this one is to mend; None for a fresh one.
        models: How models are called: within the budget, recorded, replayed. None where no model may be called.
        key: Names this expansion in a recording; calls add what they are about.
    """

    stage: Stage
    target: Target
    wanted: int
    rng: np.random.Generator
    parent: Program | None = None
    render: npt.NDArray[np.uint8] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    score: float | None = None
    attempt: int = 0
    history: Sequence[Attempt] = ()
    camera: GivenCamera | None = None
    passes: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    names: Sequence[str] = ()
    views: Sequence[Any] = ()
    turn: Callable[[View], npt.NDArray[np.uint8] | None] | None = None
    todo: Sequence[ToDo] = ()
    verdict: str = ""
    things: Sequence[Thing] = ()
    settled: frozenset[str] = frozenset()
    failure: Failure | None = None
    models: Models | None = None
    key: str = ""


class Proposer(Protocol):
    """Makes edits."""

    def propose(self, context: Context) -> list[Edit]:
        """Make up to ``context.wanted`` edits of the stage.

        Returns:
            Edits, best guess first; empty when there is nothing left to try from this parent.

        Raises:
            SeigError: Nothing can be proposed now, for a reason the user can act on.
        """
        ...
