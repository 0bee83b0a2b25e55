"""Tuning with Optuna's samplers: TPE, CMA-ES or random search within a trust region."""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from seig_search.errors import UsageError, nearest
from seig_search.render import Value
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.space import Space

__all__ = ["OptunaTuner"]

Sampler = Literal["auto", "tpe", "cmaes", "random"]
Coordinates: TypeAlias = dict[str, float | int | str]


class OptunaTuner:
    """Tunes with Optuna (https://optuna.org; Akiba et al., KDD 2019).

    Trials are told to the sampler in the order they were asked, whatever order they finish in, so the result depends
    on the seed and ``in_flight`` alone, not on the machine or its load. A failed trial is told as failed, which is not
    the same as bad.

    Args:
        sampler: ``tpe`` (multivariate, with a constant liar for trials under way), ``cmaes`` (started at the current
            values), ``random``, or ``auto``: CMA-ES for several continuous numbers and a long budget, TPE else.
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: CMA-ES's first step, and the local first steps of the others, as a fraction of the trust region.

    Raises:
        UsageError: A setting is unknown or out of its range.
    """

    def __init__(self, sampler: str = "auto", reach: float = 0.35, sigma: float = 0.18) -> None:
        if sampler not in get_args(Sampler):
            raise UsageError(f"unknown sampler {sampler!r}{nearest(sampler, get_args(Sampler))}")
        for name, value in (("reach", reach), ("sigma", sigma)):
            if not 0 < value <= 1:
                raise UsageError(f"the tuner's {name} must be above 0 and at most 1, got {value}")
        self.sampler, self.reach, self.sigma = sampler, reach, sigma

    def tune(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> TuningResult:
        """Search for values with a better score; see ``Tuner``."""
        space = Space.of(problem.parameters, self.reach)
        if not space.axes:
            return TuningResult({}, problem.start, 0, "no parameter has a range to move in")
        if problem.max_renders < 1:
            return TuningResult({}, problem.start, 0, "no renders were left for tuning")
        chosen = self._choose(space, problem.max_renders)
        study = _Study(space, chosen, self.sigma, problem, rng)
        best = _Best(problem.start)
        waiting: deque[tuple[int, Mapping[str, Value], Future[Trial]]] = deque()
        known: dict[str, Future[Trial]] = {}
        used = done = failed = asks = 0
        # Equal values are one trial, so a small space may run out of new ones: asks are limited too.
        most_asks = 4 * problem.max_renders + 32
        try:
            while True:
                while len(waiting) < max(1, problem.in_flight) and used < problem.max_renders and asks < most_asks:
                    number, coordinates = study.ask()
                    asks += 1
                    changes = space.changes(coordinates)
                    key = repr(sorted(changes.items()))
                    if key not in known:
                        known[key] = submit(changes) if changes else _settled(problem.start)
                        used += bool(changes)
                    waiting.append((number, changes, known[key]))
                if not waiting:
                    break
                number, tried, future = waiting.popleft()
                trial = future.result()
                score = _finite(trial.score)
                study.tell(number, score)
                done += 1
                failed += score is None
                best.offer(tried, trial, score)
                progress(TuningProgress(min(done, used), problem.max_renders, best.score))
        finally:
            for _, _, future in waiting:
                future.cancel()
        return TuningResult(best.values, best.trial, used, _explain(chosen, space, used, failed, problem, best))

    def _choose(self, space: Space, trials: int) -> str:
        if self.sampler != "auto":
            return self.sampler
        numbers = len(space.axes)
        plain = all(axis.kind != "choice" for axis in space.axes)
        return "cmaes" if plain and numbers > 1 and trials >= 20 * numbers + 100 else "tpe"


class _Best:
    """The best trial so far; of equals, the earliest."""

    def __init__(self, start: Trial) -> None:
        self.values: Mapping[str, Value] = {}
        self.trial = start
        self.score = _finite(start.score)

    def offer(self, values: Mapping[str, Value], trial: Trial, score: float | None) -> None:
        if score is not None and (self.score is None or score > self.score):
            self.values, self.trial, self.score = values, trial, score


class _Study:
    """One Optuna study over a space, driven by ask and tell."""

    def __init__(
        self, space: Space, sampler: str, sigma: float, problem: TuningProblem, rng: np.random.Generator
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._failed = optuna.trial.TrialState.FAIL
        self._distributions = {axis.name: _distribution(axis) for axis in space.axes}
        startup = min(10, max(3, problem.max_renders // 8))
        seed = int(rng.integers(2**31))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            made = _make_sampler(sampler, space, sigma, startup, seed)
            self._study = optuna.create_study(direction="maximize", sampler=made)
        self._asked: dict[int, Any] = {}
        score = _finite(problem.start.score)
        if score is not None and space.contains_start:
            self._study.add_trial(
                optuna.trial.create_trial(params=space.start(), distributions=self._distributions, value=score)
            )
        if sampler == "tpe":
            for _ in range(startup):
                self._study.enqueue_trial(_local_step(space, sigma, rng))

    def ask(self) -> tuple[int, Coordinates]:
        trial = self._study.ask(self._distributions)
        self._asked[trial.number] = trial
        return trial.number, dict(trial.params)

    def tell(self, number: int, score: float | None) -> None:
        trial = self._asked.pop(number)
        if score is None:
            self._study.tell(trial, state=self._failed)
        else:
            self._study.tell(trial, score)


def _distribution(axis: Any) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.kind == "choice":
        return CategoricalDistribution(axis.choices)
    if axis.kind == "int":
        return IntDistribution(int(axis.low), int(axis.high), log=axis.warp == "log")
    return FloatDistribution(0.0, 1.0)


def _make_sampler(sampler: str, space: Space, sigma: float, startup: int, seed: int) -> Any:
    from optuna import samplers

    if sampler == "cmaes":
        return samplers.CmaEsSampler(
            x0={axis.name: axis.start for axis in space.axes if axis.kind != "choice"},
            sigma0=sigma,
            seed=seed,
            warn_independent_sampling=False,
            with_margin=any(axis.kind == "int" for axis in space.axes),
        )
    if sampler == "tpe":
        return samplers.TPESampler(
            n_startup_trials=startup,
            multivariate=True,
            group=False,
            constant_liar=True,
            warn_independent_sampling=False,
            seed=seed,
        )
    return samplers.RandomSampler(seed=seed)


def _local_step(space: Space, sigma: float, rng: np.random.Generator) -> Coordinates:
    """Move a few axes a little: far from the current values, most points of a wide space are worse."""
    moved = rng.random(len(space.axes)) < max(0.25, 1 / len(space.axes))
    moved[rng.integers(len(space.axes))] = True
    step: Coordinates = space.start()
    for axis, move in zip(space.axes, moved, strict=True):
        if not move:
            continue
        if axis.kind == "choice":
            step[axis.name] = axis.choices[int(rng.integers(len(axis.choices)))]
        elif axis.kind == "int":
            spread = max(1.0, sigma * (axis.high - axis.low))
            step[axis.name] = int(np.clip(round(float(axis.start) + rng.normal(0, spread)), axis.low, axis.high))
        else:
            step[axis.name] = float(np.clip(float(axis.start) + rng.normal(0, sigma), 0.0, 1.0))
    return step


def _finite(score: float | None) -> float | None:
    return float(score) if score is not None and math.isfinite(score) else None


def _settled(trial: Trial) -> Future[Trial]:
    answer: Future[Trial] = Future()
    answer.set_result(trial)
    return answer


def _explain(sampler: str, space: Space, used: int, failed: int, problem: TuningProblem, best: _Best) -> str:
    keys = {axis.key for axis in space.axes}
    name = {"tpe": "TPE", "cmaes": "CMA-ES", "random": "random search"}[sampler]
    told = f"{name} tried {used} settings of {len(space.axes)} numbers in {len(keys)} parameters"
    told += f" ({failed} failed)" if failed else ""
    if not best.values:
        return f"{told}; none was better"
    before = _finite(problem.start.score)
    return f"{told}; score {'none' if before is None else format(before, '.4f')} -> {best.score:.4f}"
