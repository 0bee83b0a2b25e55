"""What is in the kit: name, signature, summary, source and needs of each function, read from its file's text."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from seig_search.errors import UsageError, nearest

__all__ = ["HELPERS", "PARTS", "VERSION", "Helper", "Kind", "needed", "source_of"]

VERSION = 1
"""Rises when a pasted program would come out differently."""

Kind = Literal["model", "material", "camera"]

KINDS: dict[str, Kind] = {
    "box": "model",
    "lathe": "model",
    "loft": "model",
    "tube": "model",
    "cloth": "model",
    "text": "model",
    "scatter": "model",
    "curve": "model",
    "mesh": "model",
    "wood": "material",
    "metal": "material",
    "fabric": "material",
    "stone": "material",
    "glass": "material",
    "paint": "material",
    "camera": "camera",
}
"""Kinds by file of ``helpers/``, in the order of the catalogue."""

PARTS = frozenset({"kit_hang", "kit_node", "kit_place", "kit_finish", "kit_mix", "kit_math"})
"""Functions that the others are made of; a short list for authors of programs can do without them."""


@dataclass(frozen=True, slots=True)
class Helper:
    """One function of the kit.

    Args:
        name: As it is called in a program; begins with ``kit_``.
        signature: The name with its arguments and their defaults.
        summary: First sentence of the docstring: what it makes, units and origin.
        source: The function's text, without a newline at the end.
        needs: The functions of the kit that it calls itself, sorted.
        kind: What it is for.
    """

    name: str
    signature: str
    summary: str
    source: str
    needs: tuple[str, ...]
    kind: Kind


def _read(text: str, kind: Kind) -> Iterator[Helper]:
    """Give the functions of one file, in its order."""
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef):
            raise ValueError(f"a file of the kit holds functions only, found {ast.unparse(node)[:60]!r}")
        called = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id.startswith("kit_")}
        yield Helper(
            name=node.name,
            signature=f"{node.name}({ast.unparse(node.args)})",
            summary=(ast.get_docstring(node) or "").partition("\n")[0],
            source=ast.get_source_segment(text, node) or "",
            needs=tuple(sorted(called - {node.name})),
            kind=kind,
        )


@cache
def _kit() -> dict[str, Helper]:
    folder = files("seig_search.kit").joinpath("helpers")
    texts = ((folder.joinpath(f"{file}.py").read_text(encoding="utf-8"), kind) for file, kind in KINDS.items())
    return {helper.name: helper for text, kind in texts for helper in _read(text, kind)}


class _Helpers(Mapping[str, Helper]):
    """The kit by name, read at the first look."""

    def __getitem__(self, name: str) -> Helper:
        return _kit()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_kit())

    def __len__(self) -> int:
        return len(_kit())


HELPERS: Mapping[str, Helper] = _Helpers()
"""The functions by name, in the order of the catalogue; the files are read at the first look."""


def needed(names: Iterable[str]) -> tuple[str, ...]:
    """Give functions with all that they need.

    Args:
        names: Names of functions of the kit, in any order.

    Returns:
        Their names and those of what they call, each once, in the order of the catalogue.

    Raises:
        UsageError: A name is not in the kit.
    """
    found, todo = set[str](), list(names)
    while todo:
        name = todo.pop()
        if name not in HELPERS:
            raise UsageError(f"the kit has no {name!r}{nearest(name, HELPERS)}")
        if name not in found:
            found.add(name)
            todo += HELPERS[name].needs
    return tuple(name for name in HELPERS if name in found)


def source_of(names: Iterable[str], without: Container[str] = ()) -> str:
    """Give the text to paste for some functions: theirs and that of all they need.

    Args:
        names: Names of functions of the kit, in any order.
        without: Names that are there already.

    Returns:
        Functions parted by two blank lines, with a newline at the end; empty for no names.

    Raises:
        UsageError: A name is not in the kit.
    """
    chosen = [HELPERS[name].source for name in needed(names) if name not in without]
    return "\n\n\n".join(chosen) + "\n" if chosen else ""
