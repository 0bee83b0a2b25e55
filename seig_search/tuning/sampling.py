"""The loop that every sampler shares: ask, render, tell, within a trust region about the current values."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np

from seig_search.candidate import Status
from seig_search.errors import UsageError
from seig_search.render import Value
from seig_search.tuning.idle_axes import look_for_idle, same_picture
from seig_search.tuning.ladder import Ladder, Rung
from seig_search.tuning.local_search import LocalSearch
from seig_search.tuning.optuna_study import OptunaStudy
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.space import Space
from seig_search.tuning.spending import Spending
from seig_search.tuning.trials import finite

__all__ = ["PRUNABLE", "Sampler", "SamplingTuner"]

NAMES = {
    "local": "local search",
    "tpe": "TPE",
    "cmaes": "CMA-ES",
    "gp": "a Gaussian process",
    "qmc": "quasi-Monte Carlo",
    "random": "random search",
}
Sampler = Literal["local", "tpe", "cmaes", "gp", "qmc", "random"]
PRUNABLE: tuple[Sampler, ...] = ("tpe", "qmc", "random")
"""Samplers that go well with trials that are cut: they learn from these as such, or from no trial at all."""


class SamplingTuner:
    """Tunes by asking a sampler for values, and telling it what came of them.

    Trials are told in the order they were asked, but those that go on from low fidelity to their own queue again; whatever order
    they finish in. So the result depends on the seed and ``in_flight`` alone, not on the machine or its load. A failed trial
    is told as failed, which is not the same as bad.

    Args:
        choose: Gives the sampler for a problem.
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first steps' size, as a fraction of the trust region, above 0 and at most 1.
        pruning: Whether trials are looked at in low fidelity first, if the problem has one and the sampler goes well with it.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(
        self, choose: Callable[[TuningProblem], Sampler], reach: float, sigma: float, pruning: bool = False
    ) -> None:
        for name, value in (("reach", reach), ("sigma", sigma)):
            if not 0 < value <= 1:
                raise UsageError(f"the tuner's {name} must be above 0 and at most 1, got {value}")
        self.choose, self.reach, self.sigma, self.pruning = choose, reach, sigma, pruning

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
        best = _Best(problem.start)
        chosen = self.choose(problem)
        cheap = problem.cheap if self.pruning and chosen in PRUNABLE else None
        spending = Spending(problem.max_renders)
        ladder = Ladder(problem.start, submit, cheap, spending)
        waiting: deque[tuple[int, Rung, Trial]] = deque()
        done = Fraction(0)
        failed = cut = asks = idle = 0
        study: LocalSearch | OptunaStudy
        if chosen == "local":
            study = LocalSearch(space, self.sigma, best.score, rng)
        else:
            looked = look_for_idle(problem, space, self.sigma, submit, progress)
            for values, trial in looked.trials:
                best.offer(values, trial)
                ladder.know(values, trial)
                spending.pay()
            done = spending.spent
            failed = sum(finite(trial.score) is None for _, trial in looked.trials)
            idle = len(space.axes) - len(looked.space.axes)
            space = looked.space
            if not space.axes:
                told = "the picture answers to none of the numbers"
                return TuningResult({}, problem.start, spending.renders, told)
            heard = [(values, trial.score) for values, trial in looked.trials if finite(trial.score) is not None]
            earlier = [
                (space.start() | space.locate(values), float(score or 0.0))
                for values, score in (*problem.earlier, *heard)
            ]
            start, room = finite(problem.start.score), problem.max_renders - spending.renders
            study = OptunaStudy(space, chosen, self.sigma, start, room, rng, earlier, problem.storage)
        # Equal values are one trial, so a small space may run out of new ones: asks are limited too.
        most_asks = 4 * math.ceil(problem.max_renders / (cheap.share if cheap else 1)) + 32
        try:
            while True:
                while len(waiting) < max(1, problem.in_flight) and ladder.has_room and asks < most_asks:
                    number, coordinates = study.ask()
                    asks += 1
                    waiting.append((number, ladder.begin(space.changes(coordinates)), best.trial))
                if not waiting:
                    break
                number, rung, base = waiting.popleft()
                trial = rung.future.result()
                score = finite(trial.score)
                if rung.cheap and score is not None and isinstance(study, OptunaStudy):
                    if not study.cuts(number, score):
                        # To the back, so that whole renders are under way together as well.
                        waiting.append((number, ladder.go_on(rung), base))
                        continue
                    trial = replace(trial, status=Status.CUT)
                    cut += 1
                elif isinstance(study, LocalSearch):
                    study.tell(number, score, same_picture(trial, base))
                else:
                    study.tell(number, score)
                ladder.leave(rung)
                done += rung.cost
                failed += score is None
                best.offer(rung.values, trial)
                progress(TuningProgress(min(math.ceil(done), spending.renders), problem.max_renders, best.score))
        finally:
            for _, rung, _ in waiting:
                rung.future.cancel()
        told = _explain(chosen, space, ladder.tried, failed, cut, idle, problem, best)
        return TuningResult(best.values, best.trial, spending.renders, told)


class _Best:
    """The best trial so far; of equals, the earliest."""

    def __init__(self, start: Trial) -> None:
        self.values: Mapping[str, Value] = {}
        self.trial = start
        self.score = finite(start.score)

    def offer(self, values: Mapping[str, Value], trial: Trial) -> None:
        score = finite(trial.score)
        # A cut trial's score is one of another fidelity.
        if trial.status is not Status.CUT and score is not None and (self.score is None or score > self.score):
            self.values, self.trial, self.score = values, trial, score


def _explain(
    sampler: str, space: Space, tried: int, failed: int, cut: int, idle: int, problem: TuningProblem, best: _Best
) -> str:
    keys = {axis.key for axis in space.axes}
    name = NAMES[sampler]
    told = f"{name} tried {tried} settings of {len(space.axes)} numbers in {len(keys)} parameters"
    apart = [f"{failed} failed"] * bool(failed) + [f"{cut} cut at low fidelity"] * bool(cut)
    told += f" ({', '.join(apart)})" if apart else ""
    told += f", {idle} more left alone, to which the picture does not answer" if idle else ""
    if not best.values:
        return f"{told}; none was better"
    before = finite(problem.start.score)
    return f"{told}; score {'none' if before is None else format(before, '.4f')} -> {best.score:.4f}"
