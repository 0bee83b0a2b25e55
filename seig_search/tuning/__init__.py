"""Tuners find better numbers for a program's parameters, and the guard decides whether a change may be kept.

The seam is in ``seam``; ``optuna_tuner`` fulfils it with one of two searches over a ``space``: ``local_search`` or
``optuna_study``.
"""

from seig_search.tuning.guard import Verdict, accept
from seig_search.tuning.local_tuner import AutoTuner, LocalTuner
from seig_search.tuning.optuna_tuner import OptunaTuner
from seig_search.tuning.seam import Submit, Trial, Tuner, TuningProblem, TuningProgress, TuningResult

__all__ = [
    "AutoTuner",
    "LocalTuner",
    "OptunaTuner",
    "Submit",
    "Trial",
    "Tuner",
    "TuningProblem",
    "TuningProgress",
    "TuningResult",
    "Verdict",
    "accept",
]
