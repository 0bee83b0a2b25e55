"""Tuning by Optuna's samplers (https://optuna.org; Akiba et al., KDD 2019)."""

from __future__ import annotations

from typing import Literal, get_args

from seig_search.errors import UsageError, nearest
from seig_search.tuning.sampling import PRUNABLE, Sampler, SamplingTuner
from seig_search.tuning.seam import TuningProblem

__all__ = ["OptunaTuner"]

MANY = 60
"""From so many parameters on, a few hundred renders teach CMA-ES more than TPE (``benchmarks/tuners``)."""

OptunaSampler = Literal["auto", "tpe", "cmaes", "gp", "qmc", "random"]


class OptunaTuner(SamplingTuner):
    """Tunes by Optuna: TPE, CMA-ES, a Gaussian process, quasi-Monte Carlo or random search.

    Begins with what is known of earlier evaluations of the same parameters, and where the run has a folder for it keeps
    its study there as a journal: ``optuna-dashboard RUN/optuna-journal.log`` opens it.

    Args:
        sampler: ``tpe`` (multivariate, with a constant liar for trials under way), ``cmaes`` (started at the current
            values), ``gp`` (expected improvement of a Gaussian process: dear per trial, for few trials of few numbers), ``qmc``
            (a scrambled Sobol sequence), ``random``, or ``auto``: CMA-ES where very many numbers are to be moved, else TPE.
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first steps' size, as a fraction of the trust region, above 0 and at most 1.
        pruning: Whether each trial is looked at in low fidelity first, and cut unless it is in the best quarter of all so far there.
            Not for ``cmaes`` and ``gp``, which learn nothing from a cut trial; ``auto`` does without where it takes CMA-ES.

    Raises:
        UsageError: A setting is unknown or out of its range, or the sampler cannot prune.
    """

    def __init__(
        self, sampler: OptunaSampler = "auto", reach: float = 0.35, sigma: float = 0.18, pruning: bool = False
    ) -> None:
        if sampler not in get_args(OptunaSampler):
            raise UsageError(f"unknown sampler {sampler!r}{nearest(sampler, get_args(OptunaSampler))}")
        if not isinstance(pruning, bool):
            raise UsageError(f"the tuner's pruning must be true or false, got {pruning!r}")
        if pruning and sampler not in ("auto", *PRUNABLE):
            raise UsageError(
                f"the sampler {sampler} learns nothing from trials that were cut, so it would ask for what is bad again and "
                f"again; with pruning, use one of {', '.join(PRUNABLE)}, or auto"
            )

        def choose(problem: TuningProblem) -> Sampler:
            if sampler != "auto":
                return sampler
            choices = any(parameter.kind == "choice" for parameter in problem.parameters)
            return "cmaes" if len(problem.parameters) >= MANY and not choices else "tpe"

        super().__init__(choose, reach, sigma, pruning)
