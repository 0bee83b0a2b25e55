"""The loop that every sampler shares: ask, render, tell, within a trust region about the current values."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Literal

import numpy as np

from seig_search.errors import UsageError
from seig_search.render import Value
from seig_search.tuning.idle_axes import look_for_idle, same_picture
from seig_search.tuning.local_search import LocalSearch
from seig_search.tuning.optuna_study import OptunaStudy
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.space import Space
from seig_search.tuning.trials import finite

__all__ = ["Sampler", "SamplingTuner"]

NAMES = {
    "local": "local search",
    "tpe": "TPE",
    "cmaes": "CMA-ES",
    "gp": "a Gaussian process",
    "qmc": "quasi-Monte Carlo",
    "random": "random search",
}
Sampler = Literal["local", "tpe", "cmaes", "gp", "qmc", "random"]


class SamplingTuner:
    """Tunes by asking a sampler for values, and telling it what came of them.

    Trials are told in the order they were asked, whatever order they finish in, so the result depends on the seed and
    ``in_flight`` alone, not on the machine or its load. A failed trial is told as failed, which is not the same as bad.

    Args:
        choose: Gives the sampler for a problem.
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first steps' size, as a fraction of the trust region, above 0 and at most 1.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(self, choose: Callable[[TuningProblem], Sampler], reach: float, sigma: float) -> None:
        for name, value in (("reach", reach), ("sigma", sigma)):
            if not 0 < value <= 1:
                raise UsageError(f"the tuner's {name} must be above 0 and at most 1, got {value}")
        self.choose, self.reach, self.sigma = choose, reach, sigma

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
        waiting: deque[tuple[int, Mapping[str, Value], Future[Trial], Trial]] = deque()
        known: dict[str, Future[Trial]] = {}
        used = done = failed = asks = idle = 0
        study: LocalSearch | OptunaStudy
        if chosen == "local":
            study = LocalSearch(space, self.sigma, best.score, rng)
        else:
            looked = look_for_idle(problem, space, self.sigma, submit, progress)
            for values, trial in looked.trials:
                best.offer(values, trial, finite(trial.score))
                known[repr(sorted(values.items()))] = _settled(trial)
            used = done = len(looked.trials)
            failed = sum(finite(trial.score) is None for _, trial in looked.trials)
            idle = len(space.axes) - len(looked.space.axes)
            space = looked.space
            if not space.axes:
                return TuningResult({}, problem.start, used, "the picture answers to none of the numbers")
            heard = [(values, trial.score) for values, trial in looked.trials if finite(trial.score) is not None]
            earlier = [
                (space.start() | space.locate(values), float(score or 0.0))
                for values, score in (*problem.earlier, *heard)
            ]
            start, room = finite(problem.start.score), problem.max_renders - used
            study = OptunaStudy(space, chosen, self.sigma, start, room, rng, earlier, problem.storage)
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
                    waiting.append((number, changes, known[key], best.trial))
                if not waiting:
                    break
                number, tried, future, base = waiting.popleft()
                trial = future.result()
                score = finite(trial.score)
                if isinstance(study, LocalSearch):
                    study.tell(number, score, same_picture(trial, base))
                else:
                    study.tell(number, score)
                done += 1
                failed += score is None
                best.offer(tried, trial, score)
                progress(TuningProgress(min(done, used), problem.max_renders, best.score))
        finally:
            for _, _, future, _ in waiting:
                future.cancel()
        return TuningResult(best.values, best.trial, used, _explain(chosen, space, used, failed, idle, problem, best))


class _Best:
    """The best trial so far; of equals, the earliest."""

    def __init__(self, start: Trial) -> None:
        self.values: Mapping[str, Value] = {}
        self.trial = start
        self.score = finite(start.score)

    def offer(self, values: Mapping[str, Value], trial: Trial, score: float | None) -> None:
        if score is not None and (self.score is None or score > self.score):
            self.values, self.trial, self.score = values, trial, score


def _settled(trial: Trial) -> Future[Trial]:
    answer: Future[Trial] = Future()
    answer.set_result(trial)
    return answer


def _explain(sampler: str, space: Space, used: int, failed: int, idle: int, problem: TuningProblem, best: _Best) -> str:
    keys = {axis.key for axis in space.axes}
    name = NAMES[sampler]
    told = f"{name} tried {used} settings of {len(space.axes)} numbers in {len(keys)} parameters"
    told += f" ({failed} failed)" if failed else ""
    told += f", {idle} more left alone, to which the picture does not answer" if idle else ""
    if not best.values:
        return f"{told}; none was better"
    before = finite(problem.start.score)
    return f"{told}; score {'none' if before is None else format(before, '.4f')} -> {best.score:.4f}"
