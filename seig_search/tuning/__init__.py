"""Tuners find better numbers for a program's parameters, and the guard decides whether a change may be kept.

The seam is in ``seam``. ``camera_tuner`` goes by the scene itself, ``residual_tuner`` goes by the residual image, ``optuna_tuner`` and ``local_tuner`` by the score alone; ``auto_tuner`` chains them.
"""

from seig_search.tuning.auto_tuner import AutoTuner
from seig_search.tuning.bounds import AtBound, at_bounds, widened
from seig_search.tuning.camera_tuner import CameraTuner
from seig_search.tuning.colours_tuner import ColoursTuner
from seig_search.tuning.guard import Verdict, accept
from seig_search.tuning.lights_tuner import LightsTuner
from seig_search.tuning.local_tuner import LocalTuner
from seig_search.tuning.noise import Noise
from seig_search.tuning.optuna_tuner import OptunaTuner
from seig_search.tuning.residual_tuner import ResidualTuner
from seig_search.tuning.seam import CheapTrials, Submit, Trial, Tuner, TuningProblem, TuningProgress, TuningResult

__all__ = [
    "AtBound",
    "AutoTuner",
    "CameraTuner",
    "CheapTrials",
    "ColoursTuner",
    "LightsTuner",
    "LocalTuner",
    "Noise",
    "OptunaTuner",
    "ResidualTuner",
    "Submit",
    "Trial",
    "Tuner",
    "TuningProblem",
    "TuningProgress",
    "TuningResult",
    "Verdict",
    "accept",
    "at_bounds",
    "widened",
]
