"""Tuning by local search, and the tuner that picks."""

from __future__ import annotations

from seig_search.tuning.sampling import SamplingTuner

__all__ = ["AutoTuner", "LocalTuner"]


class LocalTuner(SamplingTuner):
    """Tunes a few numbers at a time from the best values so far, with steps that learn their size.

    Args:
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first steps' size, as a fraction of the trust region, above 0 and at most 1.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(self, reach: float = 0.35, sigma: float = 0.18) -> None:
        super().__init__(lambda problem: "local", reach, sigma)


class AutoTuner(SamplingTuner):
    """Picks the sampler: local search for many numbers on few renders, CMA-ES where renders allow a population model.

    CMA-ES learns a covariance over all numbers at once, which takes some hundred trials per number it can profit from;
    with fewer, moving a few numbers at a time gets further.

    Args:
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first steps' size, as a fraction of the trust region, above 0 and at most 1.

    Raises:
        UsageError: A setting is out of its range.
    """

    TRIALS_PER_NUMBER = 100

    def __init__(self, reach: float = 0.35, sigma: float = 0.18) -> None:
        def enough(trials: int, numbers: int) -> bool:
            return trials >= self.TRIALS_PER_NUMBER * numbers

        super().__init__(
            lambda problem: (
                "cmaes"
                if enough(problem.max_renders, len(problem.parameters))
                and all(parameter.kind != "choice" for parameter in problem.parameters)
                else "local"
            ),
            reach,
            sigma,
        )
