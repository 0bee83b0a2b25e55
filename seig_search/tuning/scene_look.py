"""What a scene is made of at some values, without a picture of it: facts, and points on its surfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob, RenderResult, Value

__all__ = ["SceneLook", "look_of", "scene_job"]

SIDE, SURFACE_SIDE = 16, 160
"""A scene is built by a job of hardly any pixels; with points on its surfaces there are as many of them as pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class SceneLook:
    """A scene that was built, not looked at.

    Args:
        facts: As ``RenderResult.facts``.
        surface: (N, 8) as the layer ``surface``, N points; None if they were not asked for.
        names: Of the objects that ``surface`` counts.
    """

    facts: Mapping[str, Any]
    surface: npt.NDArray[np.float32] | None = None
    names: tuple[str, ...] = ()


def scene_job(source: str, fidelity: Fidelity, values: Mapping[str, Value], surface: bool) -> RenderJob:
    """Give the job that builds a scene: one sample of a few pixels, for facts.

    Args:
        source: The program.
        fidelity: Of the pictures that the scene is for; only its shape counts.
        values: As in ``RenderJob``.
        surface: Whether points on the surfaces are wanted too.
    """
    shape = Fidelity.for_aspect(fidelity.width / fidelity.height, SURFACE_SIDE if surface else SIDE, samples=1)
    return RenderJob(source, shape, values, passes=("facts", "surface") if surface else ("facts",))


def look_of(result: RenderResult) -> SceneLook | None:
    """Read the answer to a ``scene_job``; None if it failed."""
    if result.facts is None:
        return None
    surface = result.layers.get("surface")
    points = None if surface is None else np.asarray(surface, np.float32).reshape(-1, surface.shape[-1])
    return SceneLook(result.facts, points, tuple(result.names.get("surface", ())))
