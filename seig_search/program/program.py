"""A program: the text of a Blender script, with what can be known about it without running it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from seig_search.edits import Edit
from seig_search.errors import InvalidEdit, InvalidProgram, nearest
from seig_search.fidelity import Fidelity
from seig_search.program import fidelity_block
from seig_search.program.annotation import declared_slots
from seig_search.program.checks import problems_of
from seig_search.program.discovery import Feeds, found_slots, literals_of
from seig_search.program.kit_region import kit_lines, with_kit
from seig_search.program.outline import Outline, StagePart, outline_of
from seig_search.program.parameter import Parameter, Slot, written
from seig_search.program.problem import Problem
from seig_search.program.ranges import with_range
from seig_search.program.scope import applied
from seig_search.program.source_text import SourceText
from seig_search.program.syntax import syntax_tree
from seig_search.render import Value
from seig_search.stages import Stage

__all__ = ["Program"]


@dataclass(frozen=True)
class Program:
    """A standalone Blender script. Immutable; two programs are equal when their texts are.

    Args:
        source: The program's text. ``Program.parse`` also takes a byte order mark off.

    Raises:
        InvalidProgram: The text is not Python.
    """

    source: str

    def __post_init__(self) -> None:
        # Parsed at once: a Program that exists can be read.
        _ = self.tree

    @classmethod
    def parse(cls, source: str) -> Program:
        """Read a program.

        Raises:
            InvalidProgram: The text is not Python; ``line`` says where.
        """
        return cls(source.removeprefix("\ufeff"))

    def __reduce__(self) -> tuple[Callable[[str], Program], tuple[str]]:
        """Pickle the text alone; what is known about it is found again on the other side."""
        return Program, (self.source,)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; not to be changed."""
        try:
            return syntax_tree(self.source)
        except SyntaxError as error:
            raise InvalidProgram(error.msg or "invalid syntax", error.lineno) from error
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            raise InvalidProgram(f"not readable as Python: {error}") from error

    @cached_property
    def text(self) -> SourceText:
        """The source with its lines and positions."""
        return SourceText(self.source)

    @cached_property
    def outline(self) -> Outline:
        """How the program divides into the parts of its stages and what they share."""
        return outline_of(self.tree, self.text)

    @property
    def stages(self) -> Mapping[Stage, StagePart]:
        """The parts of the stages that have a function, in the order of the source; empty for a one-stage script."""
        return self.outline.parts

    def stage_of(self, line: int) -> Stage | None:
        """Give the stage whose part holds a line (1-based); None for shared lines and in a one-stage script."""
        return self.outline.stage_of(line)

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the source's SHA-256."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    @cached_property
    def _declared(self) -> tuple[tuple[Slot, ...], tuple[Problem, ...]]:
        return declared_slots(self.tree, self.text, self.stage_of)

    @cached_property
    def _discovered(self) -> tuple[tuple[Slot, ...], Feeds]:
        slots, feeds = found_slots(literals_of(self.tree), self.text, self.stage_of, self._declared[0])
        kit = kit_lines(self.text)
        return tuple(slot for slot in slots if slot.parameter.line not in kit), feeds

    @property
    def _found(self) -> tuple[Slot, ...]:
        return self._discovered[0]

    @property
    def feeds(self) -> Feeds:
        """The properties that each parameter's literal ends up in, by the parameter's key, as far as the text says.

        One literal is one parameter, however many properties it feeds: what is tied in the program stays tied.
        """
        return self._discovered[1]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The declared parameters, in the order of the source; those that are malformed are left to ``lint``."""
        return tuple(slot.parameter for slot in self._declared[0])

    def found(self) -> tuple[Parameter, ...]:
        """Give the tunable numbers of code without annotations, in the order of the source.

        They are literals that end up in a known property (a light's energy, a lens, a place, a colour, ...), never
        part of a declared parameter. Their ranges are guesses around the present value.
        """
        return tuple(slot.parameter for slot in self._found)

    def tunable(self, stage: Stage | None = None) -> tuple[Parameter, ...]:
        """Give the declared, then the found parameters of a stage.

        Args:
            stage: The stage; None for all. A one-stage script gives all to every stage.
        """
        every = (*self.parameters, *self.found())
        if stage is None or not self.stages:
            return every
        return tuple(parameter for parameter in every if parameter.stage in stage.parts)

    def with_values(self, values: Mapping[str, Value]) -> Program:
        """Write values into the source; all other bytes stay as they are.

        Numbers are written with up to six significant digits. Nothing is clamped.

        Args:
            values: Values by parameter key, declared or found; a found key counts in this program's text.

        Raises:
            InvalidEdit: A key is unknown, or a value's type, arity or range is wrong, or it is not finite. Only
                declared ranges (and colours) bind; found ranges are guesses.
        """
        slots = {slot.parameter.key: slot for slot in self._declared[0]}
        if not values.keys() <= slots.keys():
            slots |= {slot.parameter.key: slot for slot in self._found}
        pieces = []
        for key, value in values.items():
            if key not in slots:
                raise InvalidEdit(f"the program has no parameter {key!r}{nearest(str(key), slots)}")
            pieces += written(slots[key], value, self.text)
        return Program(self.text.splice(pieces)) if pieces else self

    def with_ranges(self, bounds: Mapping[str, tuple[float, float]]) -> Program:
        """Write new bounds into the annotations of declared parameters; all other text stays as it is.

        Args:
            bounds: Low and high by name. A whole number's range is rounded outward.

        Raises:
            InvalidEdit: A name is no declared number, or its new range is empty, not finite, or leaves its value out.
        """
        declared = {slot.parameter.name: slot for slot in self._declared[0]}
        lines = list(self.text.lines)
        for name, (low, high) in bounds.items():
            if name not in declared:
                raise InvalidEdit(f"the program declares no parameter {name!r}{nearest(str(name), declared)}")
            slot = declared[name]
            old = self.text.line(slot.noted)
            lines[slot.noted - 1] = with_range(slot, low, high, old) + lines[slot.noted - 1][len(old) :]
        made = Program("".join(lines))
        outside = [p for p in made._declared[1] if p not in self._declared[1] and p.severity == "error"]
        if outside:
            raise InvalidEdit(f"line {outside[0].line}: {outside[0].message}")
        return made

    def apply(self, edit: Edit) -> Program:
        """Apply an edit, which may only change the part of its own stage.

        Raises:
            InvalidEdit: The edit does not parse, does not apply or leaves its stage; the message says which, where.
        """
        return applied(self, edit)

    def with_kit(self) -> Program:
        """Give the program with the functions of the kit pasted in that it calls and does not hold yet."""
        source = with_kit(self.tree, self.text, self.outline)
        return self if source == self.source else Program.parse(source)

    def lint(self) -> list[Problem]:
        """Find what is wrong with the program without running it, in the order of the lines."""
        return sorted([*self._declared[1], *problems_of(self)], key=lambda problem: problem.line)

    @cached_property
    def fidelity(self) -> Fidelity | None:
        """The render settings that the program carries, or None."""
        return fidelity_block.read_fidelity(self.tree, self.text)

    def with_fidelity(self, fidelity: Fidelity) -> Program:
        """Give the program with its render settings written in, so that it renders alone at this fidelity.

        They are a ``# seig: fidelity`` line at the top, and a marked block at the end of the
        ``if __name__ == "__main__":`` block (at the module's end if there is none). Written ones are replaced.
        Workbench has no number of samples; a denoiser and a seed are Cycles'.
        """
        return Program(fidelity_block.with_fidelity(self.tree, self.text, fidelity))
