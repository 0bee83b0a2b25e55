"""The tuner that picks and chains the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace

import numpy as np

from seig_search.errors import UsageError
from seig_search.render import Value
from seig_search.tuning.residual_tuner import ResidualTuner
from seig_search.tuning.sampling import Sampler, SamplingTuner
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult

__all__ = ["AutoTuner"]


class AutoTuner:
    """Least squares on the residual image first, then sampling from where it got to.

    Least squares gets furthest per render where the picture answers to the numbers, but knows nothing of integers and choices, and
    climbs no score where pictures and score disagree; for these, and for what is left of the renders, numbers are sampled: by local search, or by CMA-ES where there are some hundred
    renders per number (it learns a covariance over all numbers at once).

    Args:
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first sampled steps' size, as a fraction of the trust region, above 0 and at most 1.
        residual: Share of the renders that least squares may use, 0..1.

    Raises:
        UsageError: A setting is out of its range.
    """

    TRIALS_PER_NUMBER = 100

    def __init__(self, reach: float = 0.35, sigma: float = 0.18, residual: float = 0.75) -> None:
        if not 0 <= residual <= 1:
            raise UsageError(f"the tuner's residual must be 0..1, got {residual}")
        self.residual = residual
        self._least_squares = ResidualTuner(reach=reach)
        self._sampling = SamplingTuner(self._sampler, reach, sigma)

    def _sampler(self, problem: TuningProblem) -> Sampler:
        numbers = len(problem.parameters)
        choices = any(parameter.kind == "choice" for parameter in problem.parameters)
        return "cmaes" if problem.max_renders >= self.TRIALS_PER_NUMBER * numbers and not choices else "local"

    def tune(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> TuningResult:
        """Search for values with a better score; see ``Tuner``."""
        share = int(self.residual * problem.max_renders)
        if problem.target is None or problem.start.picture is None or share < 1:
            return self._sampling.tune(problem, submit, rng, progress)
        most = problem.max_renders
        first = self._least_squares.tune(
            replace(problem, max_renders=share), submit, rng, lambda now: progress(replace(now, max_renders=most))
        )
        moved = tuple(
            replace(parameter, value=first.values.get(parameter.key, parameter.value))
            for parameter in problem.parameters
        )
        rest = replace(problem, parameters=moved, start=first.trial, max_renders=most - first.trials)

        def beyond(values: Mapping[str, Value]) -> Future[Trial]:
            return submit({**first.values, **values})

        second = self._sampling.tune(
            rest,
            beyond,
            rng,
            lambda now: progress(replace(now, trials=now.trials + first.trials, max_renders=most)),
        )
        values = {**first.values, **second.values}
        own = {parameter.key: parameter.value for parameter in problem.parameters}
        return TuningResult(
            {key: value for key, value in values.items() if value != own[key]},
            second.trial,
            first.trials + second.trials,
            f"{first.explanation}; then {second.explanation}",
        )
