"""The stages of a reconstruction, in their order (SEIG, arXiv 2606.02580)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["EDIT_STAGES", "STAGES", "Stage"]


class Stage(StrEnum):
    """One factor of the scene; a run settles them one after another.

    ``SCAFFOLD`` writes the whole first program; it has no function of its own. Each other stage owns
    the function of its name and the parameters declared above that function.
    """

    SCAFFOLD = "scaffold"
    GEOMETRY = "geometry"
    MATERIALS = "materials"
    COMPOSITION = "composition"
    LIGHTING = "lighting"


STAGES: tuple[Stage, ...] = tuple(Stage)
EDIT_STAGES: tuple[Stage, ...] = STAGES[1:]
