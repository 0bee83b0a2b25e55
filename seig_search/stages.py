"""The stages of a reconstruction, in their order (SEIG, arXiv 2606.02580)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["EDIT_STAGES", "ORDER", "STAGES", "Stage"]


class Stage(StrEnum):
    """One factor of the scene; a run settles them one after another.

    ``SCAFFOLD`` writes the whole first program; it has no function of its own. Each other stage owns
    the function of its name and the parameters declared above that function. ``JOINT`` has no function either: it moves the
    numbers of materials, composition and lighting together, since a colour is settled only with its light.
    """

    SCAFFOLD = "scaffold"
    GEOMETRY = "geometry"
    MATERIALS = "materials"
    COMPOSITION = "composition"
    LIGHTING = "lighting"
    JOINT = "joint"

    @property
    def parts(self) -> tuple[Stage, ...]:
        """The stages whose functions and parameters this one may change."""
        if self is Stage.SCAFFOLD:
            return EDIT_STAGES
        return (Stage.MATERIALS, Stage.COMPOSITION, Stage.LIGHTING) if self is Stage.JOINT else (self,)


STAGES: tuple[Stage, ...] = tuple(Stage)
EDIT_STAGES: tuple[Stage, ...] = (Stage.GEOMETRY, Stage.MATERIALS, Stage.COMPOSITION, Stage.LIGHTING)
"""Those that own a function of a program."""
ORDER: tuple[Stage, ...] = (Stage.SCAFFOLD, *EDIT_STAGES)
"""The order of the paper."""
