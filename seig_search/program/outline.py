"""How a program divides into the parts of its stages and what they share.

A stage's part reaches from the first statement after the part before it to the end of its function: its
parameters, the functions it uses, the comments above them. Statements that run something (imports, the module's
docstring, ``if``, calls) are shared wherever they stand; what follows the last stage function belongs to nobody.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from seig_search.program.source_text import SourceText
from seig_search.stages import EDIT_STAGES, Stage

__all__ = [
    "FIDELITY_LINE",
    "Outline",
    "StagePart",
    "first_line",
    "is_docstring",
    "is_import",
    "last_line",
    "outline_of",
    "single_imports",
]

FIDELITY_LINE = re.compile(r"# seig: fidelity\b(?P<body>.*)")
_HEAD = re.compile(r"#!|#.*coding[:=]")
_OWNED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)


@dataclass(frozen=True, slots=True)
class StagePart:
    """A stage's part of a program.

    Args:
        stage: The stage.
        first_line: First line of the whole part, 1-based: parameters, functions and comments above included.
        last_line: Last line of the part, which is the last of the stage's function.
        function_first_line: First line of the stage's function, decorators included.
        function_last_line: Last line of the stage's function.
        text: The whole part.
    """

    stage: Stage
    first_line: int
    last_line: int
    function_first_line: int
    function_last_line: int
    text: str

    @property
    def function_text(self) -> str:
        """The stage's function alone."""
        lines = SourceText(self.text).lines
        return "".join(lines[self.function_first_line - self.first_line :])


@dataclass(frozen=True)
class Outline:
    """A program's parts.

    Args:
        parts: The parts by stage, in the order of the source; empty for a one-stage script.
        owned: The statements of each part, by stage.
        shared: The statements of nobody, in the order of the source.
    """

    parts: Mapping[Stage, StagePart]
    owned: Mapping[Stage, tuple[ast.stmt, ...]]
    shared: tuple[ast.stmt, ...]

    def stage_of(self, line: int) -> Stage | None:
        """Give the stage whose part holds a line; None outside every part."""
        for stage, part in self.parts.items():
            if part.first_line <= line <= part.last_line:
                return stage
        return None


def first_line(statement: ast.stmt) -> int:
    """Give a statement's first line, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def last_line(statement: ast.stmt, text: SourceText) -> int:
    """Give a statement's last line; indented comments below a function are still its own."""
    last = statement.end_lineno or statement.lineno
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return last
    for number in range(last + 1, len(text.lines) + 1):
        line = text.line(number)
        if line.strip() and not (line[0] in " \t" and line.lstrip().startswith("#")):
            break
        if line.strip():
            last = number
    return last


def is_import(statement: ast.stmt) -> bool:
    """Whether a statement is a plain import."""
    return isinstance(statement, ast.Import | ast.ImportFrom)


def single_imports(statement: ast.stmt) -> list[ast.Import | ast.ImportFrom]:
    """Split an import into one statement for each name; empty for any other statement."""
    if isinstance(statement, ast.Import):
        return [ast.Import([alias]) for alias in statement.names]
    if isinstance(statement, ast.ImportFrom):
        return [ast.ImportFrom(statement.module, [alias], statement.level) for alias in statement.names]
    return []


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a bare string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def outline_of(tree: ast.Module, text: SourceText) -> Outline:
    """Divide a program; where a stage function is defined twice, the later one counts, as it does in Python."""
    functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
    by_node = {id(functions[stage.value]): stage for stage in EDIT_STAGES if stage.value in functions}
    parts: dict[Stage, StagePart] = {}
    owned: dict[Stage, tuple[ast.stmt, ...]] = {}
    shared: list[ast.stmt] = []
    waiting: list[ast.stmt] = []
    waiting_from = 0
    end = _head_end(tree, text)
    for position, statement in enumerate(tree.body):
        if isinstance(statement, _OWNED) or (position > 0 and is_docstring(statement)):
            if not waiting:
                waiting_from = _gap_start(end, first_line(statement), text)
            waiting.append(statement)
        else:
            shared.append(statement)
        end = last_line(statement, text)
        stage = by_node.get(id(statement))
        if stage is not None:
            begin = first_line(statement)
            parts[stage] = StagePart(stage, waiting_from, end, begin, end, text.between(waiting_from, end))
            owned[stage] = tuple(waiting)
            waiting = []
    shared += waiting
    shared.sort(key=lambda s: (s.lineno, s.col_offset))
    return Outline(MappingProxyType(parts), MappingProxyType(owned), tuple(shared))


def _head_end(tree: ast.Module, text: SourceText) -> int:
    """Give the last of the lines at the top that are about the file: interpreter, encoding, fidelity."""
    top = first_line(tree.body[0]) - 1 if tree.body else len(text.lines)
    end = 0
    for number in range(1, top + 1):
        line = text.line(number)
        if FIDELITY_LINE.match(line) or (number <= 2 and _HEAD.match(line)):
            end = number
    return end


def _gap_start(end: int, start: int, text: SourceText) -> int:
    """Give the first line with text after ``end``, at most ``start``: comments above a statement go with it."""
    for number in range(end + 1, start):
        if text.line(number).strip():
            return number
    return start
