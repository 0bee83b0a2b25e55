"""Putting a stage's new code in the place of its part."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seig_search.edits import StageRewrite
from seig_search.errors import InvalidEdit, InvalidProgram
from seig_search.program.outline import first_line, is_docstring, is_import, last_line, single_imports
from seig_search.program.patching import with_line_ends
from seig_search.program.source_text import SourceText
from seig_search.stages import Stage

if TYPE_CHECKING:
    from seig_search.program.program import Program

__all__ = ["rewritten"]

_ALLOWED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)


def rewritten(program: Program, edit: StageRewrite) -> str:
    """Give the program's text with a stage's part replaced.

    Imports in the new code join the program's own unless they are there already, shared statements that stand inside
    the old part stay, and the stage's function is put last, because it ends the part.

    Raises:
        InvalidEdit: The code is not a part of this stage.
    """
    stage = edit.stage
    if stage not in program.stages:
        there = ", ".join(f"{s.value}()" for s in program.stages) or "no stage functions"
        raise InvalidEdit(f"the program has no {stage.value}() to replace; it has {there}")
    code = SourceText(with_line_ends(edit.code, program.text.newline))
    try:
        tree = type(program).parse(code.text).tree
    except InvalidProgram as error:
        raise InvalidEdit(f"the code of the {stage.value} rewrite does not parse: {error}") from error
    function = _check_statements(tree, stage)
    imports = [s for s in tree.body if is_import(s)]
    _check_lines(tree, code, stage)
    part = program.stages[stage]
    kept = [
        program.text.between(first_line(s), last_line(s, program.text))
        for s in program.outline.shared
        if part.first_line <= s.lineno <= part.last_line
    ]
    body = "".join([*kept, _body(tree, code, function)])
    lines = program.text.lines
    after = lines[part.last_line :]
    newline = program.text.newline
    body = body.rstrip("\r\n") + (newline if after or lines[part.last_line - 1].endswith(("\n", "\r")) else "")
    fresh = _fresh_imports(program, imports)
    place = import_place(program) if fresh else 0
    before = lines[: part.first_line - 1]
    added = [line + newline for line in fresh]
    # The first part begins behind the leading imports, so their place is always before it.
    return "".join([*before[:place], *added, *before[place:], body, *after])


def import_place(program: Program) -> int:
    """Say after how many lines a new import goes: behind the leading imports, else behind the docstring."""
    start = min(part.first_line for part in program.stages.values())
    leading = [s for s in program.outline.shared if s.lineno < start]
    imports = [s for s in leading if is_import(s)]
    if imports:
        return imports[-1].end_lineno or 0
    if leading and is_docstring(leading[0]):
        return leading[0].end_lineno or 0
    return start - 1


def _check_statements(tree: ast.Module, stage: Stage) -> ast.FunctionDef:
    functions = [s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == stage.value]
    if len(functions) != 1:
        number = f"{len(functions)} times" if functions else "not at all"
        raise InvalidEdit(f"the rewrite must define {stage.value}() once, at top level; it does so {number}")
    for statement in tree.body:
        name = getattr(statement, "name", None)
        if name in {s.value for s in Stage} - {stage.value}:
            raise InvalidEdit(
                f"line {statement.lineno} of the rewrite defines {name}(), which is another stage's; "
                f"give {stage.value}() alone"
            )
        if not (isinstance(statement, _ALLOWED) or is_import(statement) or is_docstring(statement)):
            raise InvalidEdit(
                f"line {statement.lineno} of the rewrite is a top-level {type(statement).__name__.lower()} statement; "
                "a part holds only assignments, functions, classes and imports, and the program calls its stages itself"
            )
    return functions[0]


def _check_lines(tree: ast.Module, code: SourceText, stage: Stage) -> None:
    end = 0
    for statement in tree.body:
        if first_line(statement) <= end and (is_import(statement) or getattr(statement, "name", "") == stage.value):
            raise InvalidEdit(f"line {statement.lineno} of the rewrite: imports and functions need a line of their own")
        end = statement.end_lineno or statement.lineno
        if is_import(statement) and code.after(statement).strip().startswith(";"):
            raise InvalidEdit(f"line {statement.lineno} of the rewrite: imports and functions need a line of their own")


def _body(tree: ast.Module, code: SourceText, function: ast.FunctionDef) -> str:
    """Give the code without its imports, the stage's function last, comments with what they stand above."""
    gone = {n for s in tree.body if is_import(s) for n in range(s.lineno, (s.end_lineno or s.lineno) + 1)}
    end = last_line(function, code)
    start = first_line(function)
    while start > 1 and code.line(start - 1).startswith("#") and start - 1 not in gone:
        start -= 1
    moved = set(range(start, end + 1))
    rest = [code.lines[n - 1] for n in range(1, len(code.lines) + 1) if n not in gone and n not in moved]
    others = "".join(rest).strip("\r\n \t\f")
    newline = code.newline
    own = code.between(start, end)
    return (others + newline * 3 if others else "") + own.rstrip("\r\n") + newline


def _fresh_imports(program: Program, imports: Sequence[ast.stmt]) -> list[str]:
    """Write the imports that the program does not have yet, one for each name."""
    have = {ast.unparse(single) for s in program.outline.shared for single in single_imports(s)}
    wanted = [ast.unparse(single) for s in imports for single in single_imports(s)]
    return [text for text in dict.fromkeys(wanted) if text not in have]
