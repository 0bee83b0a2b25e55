"""Tuning surface colours together with light, in closed form."""

from __future__ import annotations

from seig_search.tuning.lights_tuner import LightsTuner

__all__ = ["ColoursTuner"]


class ColoursTuner(LightsTuner):
    """Solves for colours of surfaces and for energies and colours of lights at once, so that the one does not make up for the other.

    Beside what ``LightsTuner`` does, one render per three colours of the materials stage tells, by its albedo, in which pixels each colour is seen and how
    much of it (textures that mix colours too). Light that leaves a surface is taken to scale with its albedo: exact for what is diffuse and
    lit directly, near enough for the rest, and taken up once more from the solution. What light and surfaces can both explain is
    shared by the pull to the current values.

    Args:
        reach: As for ``LightsTuner``.
        pull: As for ``LightsTuner``.
        directions: As for ``LightsTuner``; 0 by default.
    """

    surfaces = True

    def __init__(self, reach: float = 1.0, pull: float = 0.01, directions: float = 0.0) -> None:
        super().__init__(reach, pull, directions)
