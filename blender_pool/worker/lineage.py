"""Programs of one beginning, run after each other in one process: what differs is taken back, what is equal stays.

Kept scenes let Cycles keep what it made of them (geometry, modifiers, acceleration structures): on heavy scenes that is nearly all
of a render. A stage is taken back by its ledger, and the scene's fingerprint proves that it is again what it was; where it is
not, ``Unlike`` sends the job to a fresh process.
"""

from __future__ import annotations

import ast
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from family import TAIL, Plan, Section, Split, plan, split
from fingerprint import Fingerprint
from ledger import LEDGER, Ledger, instrument

__all__ = ["Lineage", "Recorder", "Unlike"]


def _touch_settings() -> None:
    """Have Blender make the empty groups that reading an add-on's settings makes, before the first fingerprint."""
    for scene in bpy.data.scenes:
        for holder in (scene, *scene.view_layers, *bpy.data.worlds, *bpy.data.cameras, *bpy.data.lights):
            getattr(holder, "cycles", None)


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
        inner = getattr(self._inner, name, None) if hasattr(self._inner, name) else None
        if inner != value:
            self._ledger.set_attribute(self._inner, name, value)


class Lineage:
    """The programs that this process can go on with.

    Args:
        folder: The process's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self._fingerprint = Fingerprint(folder)
        self.ledger = Ledger()
        self._keys: list[str] = []
        self._marks: list[_Mark] = []
        self._settled = 0
        self._space: dict[str, Any] = {}
        self._kept_names: frozenset[str] = frozenset()
        self._parting = 0

    def run(self, source: str, values: dict[str, Any], tree: ast.Module) -> None:
        """Bring the scene to where the program leaves it.

        Args:
            source: The program's text.
            values: Values by parameter key.
            tree: Its syntax tree with the values laid over.

        Raises:
            Unlike: It cannot be done here.
        """
        cut, wanted = split(source), plan(source, values)
        if cut is None or wanted is None:
            raise Unlike("not a program of plain stages")
        if not self._marks:
            first = wanted.settled
            self._settle(cut, wanted, tree)
        else:
            first = self._go_back(wanted)
        self._go_on(cut, wanted, tree, first)

    def _settle(self, cut: Split, wanted: Plan, tree: ast.Module) -> None:
        """Run what cannot be taken back, as it stands."""
        guard = tree.body[cut.guard]
        assert isinstance(guard, ast.If)
        calls = [node for node, section in zip(guard.body, cut.sections, strict=False) if section.name != TAIL]
        head = ast.Module([*tree.body[: cut.guard], *calls[: wanted.settled]], [])
        module = types.ModuleType("__main__")
        module.__file__ = "program.py"
        sys.modules["__main__"] = module
        exec(compile(head, "program.py", "exec", dont_inherit=True), module.__dict__)
        if bpy.context.mode != "OBJECT":
            raise Unlike("an edit mode is open")
        self._settled = wanted.settled
        self._space = module.__dict__
        reached = [index for section in cut.sections[: wanted.settled] for index in section.statements]
        self._kept_names = frozenset(name for index in reached for name in cut.names[index])
        self._keys = list(wanted.keys[: wanted.settled])
        _touch_settings()
        self._marks = [_Mark(0, self._fingerprint.take())]

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
        if self._fingerprint.take() != mark.digest:
            raise Unlike("what was taken back is not as it was")
        del self._keys[at:], self._marks[at - self._settled + 1 :]
        self._parting = same
        return at

    def _go_on(self, cut: Split, wanted: Plan, tree: ast.Module, first: int) -> None:
        for index in range(first, len(cut.sections)):
            if index > self._settled and len(self._marks) == index - self._settled:
                digest = self._fingerprint.take() if index == self._parting else ""
                self._marks.append(_Mark(self.ledger.mark, digest))
            self._run_section(cut, cut.sections[index], tree)
            self._keys.append(wanted.keys[index])
        # What follows (size, samples, camera of the view) is taken back with the last section or before it.
        self._marks.append(_Mark(self.ledger.mark))

    def _run_section(self, cut: Split, section: Section, tree: ast.Module) -> None:
        guard = tree.body[cut.guard]
        assert isinstance(guard, ast.If)
        # Values that the settled part may have changed stay as it left them; functions are needed with the ledger in them.
        own = [
            tree.body[index]
            for index in section.statements
            if isinstance(tree.body[index], ast.FunctionDef) or not set(cut.names[index]) & self._kept_names
        ]
        names = [part.name for part in cut.sections]
        calls = len(names) - 1 if names[-1] == TAIL else len(names)
        place = names.index(section.name) if section.name != TAIL else calls
        body = guard.body[calls:] if section.name == TAIL else guard.body[place : place + 1]
        space = {**self._space, LEDGER: self.ledger}
        code = instrument([*own, *body])
        exec(compile(code, "program.py", "exec", dont_inherit=True), space)
        if self.ledger.refused:
            raise Unlike(self.ledger.refused)
