"""The proposer itself: scaffolds by reading the picture, edits by comparing the render with it."""

from __future__ import annotations

from seig_search.edits import Edit, NewProgram
from seig_search.proposal import Context
from seig_search.stages import Stage

from .guess import guesses
from .reading import read_scene
from .writer import write_program

__all__ = ["PrimitivesProposer"]


class PrimitivesProposer:
    """Makes programs of primitive solids, without a model or a network."""

    def propose(self, context: Context) -> list[Edit]:
        """Make up to ``context.wanted`` edits of the stage.

        Returns:
            Edits, best guess first.
        """
        if context.stage is Stage.SCAFFOLD:
            return self._scaffolds(context)
        return []

    def _scaffolds(self, context: Context) -> list[Edit]:
        first = context.attempt * context.wanted
        found: list[Edit] = []
        for guess in guesses(first, context.wanted, context.camera is not None, context.rng):
            scene = read_scene(context.target, guess, context.camera)
            found.append(NewProgram(write_program(scene), f"read as {guess.why}"))
        return found
