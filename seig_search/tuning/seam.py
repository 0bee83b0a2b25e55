"""The seam of tuners: what they are given, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from seig_search.candidate import Status
from seig_search.render import Value
from seig_search.stages import Stage

if TYPE_CHECKING:
    from seig_search.features import Features
    from seig_search.program import Parameter
    from seig_search.target import Target
    from seig_search.tuning.light_layers import LightLayers
    from seig_search.tuning.scene_look import SceneLook

__all__ = ["CheapTrials", "Submit", "Trial", "Tuner", "TuningProblem", "TuningProgress", "TuningResult"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one set of values.

    Args:
        status: What became of the render.
        score: The stage's score, 0..1, higher is better; None if it failed. A score that is not finite counts as
            failed.
        metrics: The render's metrics, empty if it failed.
        picture: Gives the render, (H, W, 4) uint8 with straight alpha; None where there is none to look at.
    """

    status: Status
    score: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    picture: Callable[[], npt.NDArray[np.uint8]] | None = None


Submit: TypeAlias = Callable[[Mapping[str, Value]], Future[Trial]]
"""Queues one trial. Values are laid over the program's own, so only changed ones need be given."""


@dataclass(frozen=True, slots=True)
class CheapTrials:
    """Trials at a lower fidelity than that of the problem. Their scores compare with each other only.

    Args:
        submit: Queues one.
        share: What one costs, as a share of a render of ``max_renders``, above 0 and below 1. A fraction, so that sums are exact.
    """

    submit: Submit
    share: Fraction


@dataclass(frozen=True, slots=True)
class TuningProblem:
    """What to tune.

    Args:
        parameters: What may move, each with its current value and range.
        start: What came of the current values.
        max_renders: Most trials allowed; 0 leaves everything as it is.
        in_flight: Trials under way at once, at least 1. It is part of the problem, not of the machine: equal
            problems and seeds give equal results on any number of workers.
        stage: The stage whose score counts.
        target: What the renders should look like; None where a tuner gets to see scores only.
        layers: Renders some values with every light's own part, one render of ``max_renders`` each; the answer is None
            if that failed. None where nobody can.
        scenes: Builds the scene at some values, with points on its surfaces if asked; nobody looks at a picture of it, and
            it is not one of ``max_renders``. The answer is None if that failed. None where nobody can.
        earlier: Values and scores that are known already, for tuners that learn from them; not counted as trials.
        storage: Where a tuner may keep a study for others to open, a file and a name; None for nowhere.
        cheap: Trials at a lower fidelity; None where there is none.
        learnt: What tuners found out about the program and keep for those that come after them, each under its own name.
        features: What an evaluator's network sees in a picture; equal sizes give rows of equal length. None where no evaluator offers it.
    """

    parameters: tuple[Parameter, ...]
    start: Trial
    max_renders: int
    in_flight: int
    stage: Stage
    target: Target | None = None
    layers: Callable[[Mapping[str, Value]], Future[LightLayers | None]] | None = None
    scenes: Callable[[Mapping[str, Value], bool], Future[SceneLook | None]] | None = None
    earlier: tuple[tuple[Mapping[str, Value], float], ...] = ()
    storage: tuple[Path, str] | None = None
    cheap: CheapTrials | None = None
    learnt: dict[str, Any] = field(default_factory=dict)
    features: Features | None = None


@dataclass(frozen=True, slots=True)
class TuningProgress:
    """How far tuning has come.

    Args:
        trials: Renders that are finished, counted as in ``TuningResult``.
        max_renders: Trials allowed.
        best: Best score so far, the start's included; None while nothing has one.
    """

    trials: int
    max_renders: int
    best: float | None


@dataclass(frozen=True, slots=True)
class TuningResult:
    """What tuning found.

    Args:
        values: The best values by parameter key, only those that differ from the start; empty if nothing was better.
        trial: What came of them; the start if nothing was better.
        trials: Renders of ``max_renders`` used; cheap ones count by their share, the sum is rounded up.
        explanation: What was done, in one sentence for people.
        onward: Values and trial that another tuner should go on from, where that is not the best score: what lies best may still
            be lit wrong. None: from ``values``.
    """

    values: Mapping[str, Value]
    trial: Trial
    trials: int
    explanation: str
    onward: tuple[Mapping[str, Value], Trial] | None = None


class Tuner(Protocol):
    """Finds better values for a program's parameters."""

    def tune(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> TuningResult:
        """Search for values with a better score.

        Args:
            problem: What may move, from where, and for how many renders.
            submit: Queues a trial; its future may resolve in any order.
            rng: The only source of randomness.
            progress: To be called after each trial, in the order they were asked.
        """
        ...
