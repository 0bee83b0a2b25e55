"""Programs of one beginning, run after each other in one process: what differs is taken back, what is equal stays.

Kept scenes let Cycles keep what it made of them (geometry, modifiers, acceleration structures): on heavy scenes that is nearly all
of a render. A stage is taken back by its ledger, and the scene's fingerprint proves that it is again what it was; where it is
not, ``Unlike`` sends the job to a fresh process.
"""

from __future__ import annotations

import sys
import textwrap
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from family import TAIL, Plan, Section, Split, lines_of, plan, split, values_in
from fidelity import set_engine
from fingerprint import Fingerprint
from ledger import LEDGER, Ledger, instrument
from shelf import Order
from values import parse_with_values

__all__ = ["Lineage", "Recorder", "Unlike"]


def _touch_settings() -> None:
    """Have Blender make the empty groups that reading an add-on's settings makes, before the first fingerprint."""
    for scene in bpy.data.scenes:
        for holder in (scene, *scene.view_layers, *bpy.data.worlds, *bpy.data.cameras, *bpy.data.lights):
            getattr(holder, "cycles", None)


MOST_CODES = 2000
FIRST = -1
# What no plain stage can read, and what throws away all that Cycles keeps when it is changed.
KEPT = {"use_persistent_data", "engine"}


class Unlike(Exception):
    """The job has to be run in a fresh process."""


@dataclass
class _Mark:
    """A point to come back to: before a section."""

    place: int
    digest: str = ""


class Recorder:
    """Stands for a structure of Blender's; what is set on it is noted in a ledger.

    Args:
        inner: The structure.
        ledger: The ledger.
    """

    def __init__(self, inner: Any, ledger: Ledger) -> None:
        object.__setattr__(self, "_inner", inner)
        object.__setattr__(self, "_ledger", ledger)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        plain = isinstance(value, bpy.types.ID) or not isinstance(value, bpy.types.bpy_struct)
        return value if plain else Recorder(value, self._ledger)

    def __setattr__(self, name: str, value: Any) -> None:
        if getattr(self._inner, name, None) == value:
            return
        if name in KEPT:
            setattr(self._inner, name, value)
        else:
            self._ledger.set_attribute(self._inner, name, value)


class Lineage:
    """The programs that this process can go on with.

    Args:
        folder: The process's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self._fingerprint = Fingerprint(folder)
        self._order = Order()
        self.ledger = Ledger()
        self._keys: list[str] = []
        self._marks: list[_Mark] = []
        self._settled = 0
        self._engine = ""
        self._space: dict[str, Any] = {}
        self._kept_names: frozenset[str] = frozenset()
        # The section from which on the next programs may differ; of the first program it can be any.
        self._parting = FIRST
        self._codes: dict[tuple[str, str, bool], Any] = {}

    @property
    def is_sound(self) -> bool:
        """Whether there is a known point to come back to, and nothing was done that cannot be taken back."""
        return bool(self._marks) and not (self.ledger.refused or self.ledger.spent)

    def run(self, source: str, values: dict[str, Any], engine: str) -> None:
        """Bring the scene to where the program leaves it.

        Args:
            source: The program's text.
            values: Values by parameter key.
            engine: The family of the engine that will render it.

        Raises:
            Unlike: It cannot be done here.
        """
        cut, wanted = split(source), plan(source, values)
        if cut is None or wanted is None:
            raise Unlike("not a program of plain stages")
        self._parting = FIRST
        if not self._marks:
            first = wanted.settled
            self._settle(cut, wanted, values, engine)
        else:
            first = self._go_back(wanted)
        if any(section.lists for section in cut.sections[first:]):
            self.ledger.shelf.clear()
        self._go_on(cut, wanted, values, first)
        self._order.keep_or_free(bpy.context.scene)

    def _code(self, text: str, values: dict[str, Any], noted: bool) -> Any:
        """Compiled statements, from memory where the same were compiled before."""
        key = (text, repr(values), noted)
        if key not in self._codes:
            if len(self._codes) > MOST_CODES:
                self._codes.clear()
            tree = parse_with_values(text, values)
            if noted:
                tree = instrument(tree.body)
            self._codes[key] = compile(tree, "program.py", "exec", dont_inherit=True)
        return self._codes[key]

    def _settle(self, cut: Split, wanted: Plan, values: dict[str, Any], engine: str) -> None:
        """Run what cannot be taken back, as it stands."""
        module = types.ModuleType("__main__")
        module.__file__ = "program.py"
        sys.modules["__main__"] = module
        space = module.__dict__
        for index in range(cut.guard):
            laid = values_in(*cut.spans[index], cut.names[index], values)
            exec(self._code(cut.texts[index], laid, noted=False), space)
        for section in cut.sections[: wanted.settled]:
            space[section.name]()
        if bpy.context.mode != "OBJECT":
            raise Unlike("an edit mode is open")
        self._settled = wanted.settled
        self._space = space
        reached = [index for section in cut.sections[: wanted.settled] for index in section.statements]
        self._kept_names = frozenset(name for index in reached for name in cut.names[index])
        self._keys = list(wanted.keys[: wanted.settled])
        _touch_settings()
        # Turning this off later would throw away what is to be kept.
        bpy.context.scene.render.use_persistent_data = True
        set_engine(bpy.context.scene, engine)
        self._engine = bpy.context.scene.render.engine
        self._marks = [_Mark(0, self._fingerprint.take(self.ledger.shelf.addresses))]

    def _go_back(self, wanted: Plan) -> int:
        """Take back the sections from the first that differs; gives its number."""
        if wanted.settled != self._settled or list(wanted.keys[: self._settled]) != self._keys[: self._settled]:
            raise Unlike("another beginning")
        same = self._settled
        while same < min(len(self._keys), len(wanted.keys)) and self._keys[same] == wanted.keys[same]:
            same += 1
        # Sections are taken back to a point whose scene is known.
        at = same
        while at > self._settled and not self._marks[at - self._settled].digest:
            at -= 1
        mark = self._marks[at - self._settled]
        self.ledger.back_to(mark.place)
        if bpy.context.scene.render.engine != self._engine:
            bpy.context.scene.render.engine = self._engine
        if self._fingerprint.take(self.ledger.shelf.addresses) != mark.digest:
            raise Unlike("what was taken back is not as it was")
        del self._keys[at:], self._marks[at - self._settled + 1 :]
        self._parting = same
        return at

    def _go_on(self, cut: Split, wanted: Plan, values: dict[str, Any], first: int) -> None:
        for index in range(first, len(cut.sections)):
            if index > self._settled and len(self._marks) == index - self._settled:
                digest = self._fingerprint.take(self.ledger.shelf.addresses) if self._parting in (FIRST, index) else ""
                self._marks.append(_Mark(self.ledger.mark, digest))
            self._run_section(cut, cut.sections[index], values)
            self._keys.append(wanted.keys[index])
        # What follows (size, samples, camera of the view) is taken back with the last section or before it.
        self._marks.append(_Mark(self.ledger.mark))

    def _run_section(self, cut: Split, section: Section, values: dict[str, Any]) -> None:
        space = {**self._space, LEDGER: self.ledger}
        for index in section.statements:
            # Values that the settled part may have changed stay as it left them; functions are needed with the ledger in them.
            if cut.is_function[index] or not set(cut.names[index]) & self._kept_names:
                laid = values_in(*cut.spans[index], cut.names[index], values)
                exec(self._code(cut.texts[index], laid, noted=True), space)
        if section.name == TAIL:
            last = cut.spans[cut.guard][1]
            lines = lines_of(cut.texts[cut.guard])[cut.tail - cut.spans[cut.guard][0] :]
            text, laid = textwrap.dedent("\n".join(lines)), values_in(cut.tail, last, (), values)
            if laid:
                raise Unlike("values are laid over the main block")
        else:
            text, laid = f"{section.name}()", {}
        exec(self._code(text, laid, noted=True), space)
        if self.ledger.refused:
            raise Unlike(self.ledger.refused)
