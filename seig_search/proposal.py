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
from seig_search.program import Program
from seig_search.stages import Stage
from seig_search.target import Target

__all__ = ["Attempt", "Context", "ModelCall", "Proposer"]


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What one call of a model cost.

    Args:
        model: The model's name.
        tokens_in: Prompt tokens, as the server counts.
        tokens_out: Reply tokens.
        usd: Price, or None where it is not known (never 0 for unknown).
        seconds: Wall time.
        error: Why it failed; empty if it did not.
    """

    model: str
    tokens_in: int
    tokens_out: int
    usd: float | None
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier expansion of the same parent: what was tried, and what came of it."""

    why: str
    status: Status
    score: float | None
    reason: str = ""


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
        record: To be called once per model call, as soon as it ends, failed calls included.
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
    record: Callable[[ModelCall], None] = lambda call: None


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
