"""The proposer itself: scaffolds by reading the picture, edits by comparing the render with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from seig_search.edits import Edit, NewProgram
from seig_search.errors import InvalidEdit, UsageError
from seig_search.program import Program
from seig_search.proposal import Context
from seig_search.stages import Stage

from .composition_edits import composition_edits, random_composition
from .geometry_edits import geometry_edits, random_geometry
from .guess import guesses
from .lighting_edits import lighting_edits, random_lighting
from .look import Look
from .material_edits import material_edits, random_material
from .nudges import nudges
from .reader import read_program
from .reading import read_scene
from .writer import write_program

__all__ = ["PrimitivesProposer"]

_TARGETED = {
    Stage.GEOMETRY: geometry_edits,
    Stage.MATERIALS: material_edits,
    Stage.COMPOSITION: composition_edits,
    Stage.LIGHTING: lighting_edits,
}
_RANDOM = {
    Stage.GEOMETRY: random_geometry,
    Stage.MATERIALS: random_material,
    Stage.COMPOSITION: random_composition,
    Stage.LIGHTING: random_lighting,
}


class PrimitivesProposer:
    """Makes programs of primitive solids, without a model or a network.

    Args:
        fov: Degrees across the longer side of the picture, for the first guess of a camera.
        sensitivity: Above 1 finds fainter and smaller things in the target; 0.3..3.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(self, fov: float = 45.0, sensitivity: float = 1.0) -> None:
        if not 5 <= fov <= 120:
            raise UsageError(f"the primitives proposer's fov must be 5..120 degrees, got {fov}")
        if not 0.3 <= sensitivity <= 3:
            raise UsageError(f"the primitives proposer's sensitivity must be 0.3..3, got {sensitivity}")
        self.fov = fov
        self.sensitivity = sensitivity

    def propose(self, context: Context) -> list[Edit]:
        """Make up to ``context.wanted`` edits of the stage.

        A scaffold is the target read as solids; edits first answer what is measured between render and target, then
        are random but structured. Programs that it did not write get their numbers nudged.

        Returns:
            Edits, best guess first.
        """
        if context.stage is Stage.SCAFFOLD:
            return self._scaffolds(context)
        if context.parent is None:
            return []
        scene = read_program(context.parent)
        if scene is None:
            return nudges(context.parent, context.stage, context.wanted, context.rng)
        return self._edits(context, Look.at(context, context.parent, scene))

    def _scaffolds(self, context: Context) -> list[Edit]:
        first = context.attempt * context.wanted
        known = context.camera is not None
        found: list[Edit] = []
        for guess in guesses(first, context.wanted, known, context.rng, self.fov, self.sensitivity):
            scene = read_scene(context.target, guess, context.camera)
            found.append(NewProgram(write_program(scene), f"read as {guess.why}"))
        return found

    def _edits(self, context: Context, look: Look) -> list[Edit]:
        first = context.attempt * context.wanted
        targeted = _effective(look.program, _TARGETED[context.stage](look))
        found = list(islice(targeted, first, first + context.wanted))
        make = _RANDOM[context.stage]
        for _ in range(4 * context.wanted):
            if len(found) >= context.wanted:
                break
            edit = make(look, context.rng)
            found += [] if edit is None else list(_effective(look.program, iter([edit])))
        return found or nudges(look.program, context.stage, context.wanted, context.rng)


def _effective(program: Program, edits: Iterator[Edit]) -> Iterator[Edit]:
    """Pass on the edits that apply and change the program.

    One that does not apply is no error: the program may hold lines by another author that its stage must keep.
    """
    for edit in edits:
        try:
            changed = program.apply(edit).source != program.source
        except InvalidEdit:
            continue
        if changed:
            yield edit
