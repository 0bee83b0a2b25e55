"""Optuna's samplers over a space (https://optuna.org; Akiba et al., KDD 2019)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seig_search.tuning.space import Axis, Coordinates, Space

__all__ = ["OptunaStudy"]

CHEAP = 1
"""The step under which scores at low fidelity are reported: the only one, and the pruner's first rung."""
SURVIVORS = 4
"""One in so many may go on from low fidelity."""


class OptunaStudy:
    """One Optuna study over a space, driven by ask and tell.

    Args:
        space: The axes.
        sampler: ``tpe``, ``cmaes``, ``gp``, ``qmc`` or ``random``.
        sigma: First steps' size, as a fraction of the trust region.
        score: The start's score; None if it has none.
        trials: Trials allowed.
        rng: The only source of randomness.
        earlier: Coordinates and scores that are known already; those outside of the space are left out.
        storage: File and name to keep the study under, as ``optuna-dashboard`` opens it; a study of that name is replaced.

    Trials may be cut by asynchronous successive halving (Li et al., MLSys 2020, https://arxiv.org/abs/1810.05934) with one rung.
    It compares a score with all others of its fidelity, those of cut trials too; a median over the trials that went on would
    rise with every cut, until chance alone gets past it. The first trial always goes on.
    """

    def __init__(
        self,
        space: Space,
        sampler: str,
        sigma: float,
        score: float | None,
        trials: int,
        rng: np.random.Generator,
        earlier: Sequence[tuple[Coordinates, float]] = (),
        storage: tuple[Path, str] | None = None,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._failed, self._pruned = optuna.trial.TrialState.FAIL, optuna.trial.TrialState.PRUNED
        self._distributions = {axis.name: _distribution(axis) for axis in space.axes}
        startup = min(10, max(3, trials // 8))
        seed = int(rng.integers(2**31))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            # CMA-ES's start is to move out of Optuna itself with version 6.
            warnings.simplefilter("ignore", FutureWarning)
            made = _make_sampler(sampler, space, sigma, startup, seed)
            self._study = _create(made, storage)
        self._asked: dict[int, Any] = {}
        if score is not None and space.contains_start:
            self._study.add_trial(
                optuna.trial.create_trial(params=space.start(), distributions=self._distributions, value=score)
            )
        for coordinates, known in earlier:
            if set(coordinates) == set(self._distributions) and _is_inside(coordinates, space):
                self._study.add_trial(
                    optuna.trial.create_trial(params=coordinates, distributions=self._distributions, value=known)
                )
        if sampler == "tpe" and not earlier:
            for _ in range(startup):
                self._study.enqueue_trial(_local_step(space, sigma, rng))

    def ask(self) -> tuple[int, Coordinates]:
        """Give a trial's number and its coordinates."""
        trial = self._study.ask(self._distributions)
        self._asked[trial.number] = trial
        return trial.number, dict(trial.params)

    def cuts(self, number: int, score: float) -> bool:
        """Hear a trial's score at low fidelity; give whether it ends there, which is then told to the sampler."""
        trial = self._asked[number]
        trial.report(score, CHEAP)
        if not trial.should_prune():
            return False
        self._study.tell(self._asked.pop(number), state=self._pruned)
        return True

    def tell(self, number: int, score: float | None) -> None:
        """Hear a trial's score; None if it failed."""
        trial = self._asked.pop(number)
        if score is None:
            self._study.tell(trial, state=self._failed)
        else:
            self._study.tell(trial, score)


def _create(sampler: Any, storage: tuple[Path, str] | None) -> Any:
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalStorage

    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=CHEAP, reduction_factor=SURVIVORS)
    if storage is None:
        return optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    place, name = storage
    kept = JournalStorage(JournalFileBackend(str(place)))
    if name in optuna.get_all_study_names(kept):
        # A run that was stopped in the middle tunes again, from the journal of its renders.
        optuna.delete_study(study_name=name, storage=kept)
    return optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner, storage=kept, study_name=name)


def _is_inside(coordinates: Coordinates, space: Space) -> bool:
    for axis in space.axes:
        value = coordinates[axis.name]
        if axis.kind == "choice":
            if value not in axis.choices:
                return False
        elif not (axis.low <= float(value) <= axis.high if axis.kind == "int" else 0 <= float(value) <= 1):
            return False
    return True


def _distribution(axis: Axis) -> Any:
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
            with_margin=any(axis.kind == "int" for axis in space.axes),
        )
    if sampler == "tpe":
        return samplers.TPESampler(
            n_startup_trials=startup,
            multivariate=True,
            group=False,
            constant_liar=True,
            seed=seed,
        )
    if sampler == "gp":
        return samplers.GPSampler(seed=seed, n_startup_trials=startup)
    if sampler == "qmc":
        return samplers.QMCSampler(qmc_type="sobol", scramble=True, seed=seed, warn_independent_sampling=False)
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
