"""Putting a stage's new code in the place of its part."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
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

    Imports in the new code join the program's own unless they are there already, what repeats code outside the part word
    for word is left out, shared statements that stand inside the old part stay, and the stage's function is put last,
    because it ends the part.

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
    elsewhere = {ast.unparse(s) for s in _elsewhere(program, stage)}
    repeated = [s for s in tree.body if not is_import(s) and ast.unparse(s) in elsewhere]
    imports = [s for s in tree.body if is_import(s)]
    function = _check_statements([s for s in tree.body if s not in repeated], stage)
    _check_lines(tree, code, [*imports, *repeated, function])
    part = program.stages[stage]
    kept = [
        program.text.between(first_line(s), last_line(s, program.text))
        for s in program.outline.shared
        if part.first_line <= s.lineno <= part.last_line
    ]
    body = "".join([*kept, _body([*imports, *repeated], code, function)])
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


def _elsewhere(program: Program, stage: Stage) -> Iterator[ast.stmt]:
    """Give the program's statements outside a stage's part."""
    yield from program.outline.shared
    for other, statements in program.outline.owned.items():
        if other is not stage:
            yield from statements


def _check_statements(statements: Sequence[ast.stmt], stage: Stage) -> ast.FunctionDef:
    functions = [s for s in statements if isinstance(s, ast.FunctionDef) and s.name == stage.value]
    if len(functions) != 1:
        number = f"{len(functions)} times" if functions else "not at all"
        raise InvalidEdit(f"the rewrite must define {stage.value}() once, at top level; it does so {number}")
    for statement in statements:
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
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            raise InvalidEdit(f"line {statement.lineno} of the rewrite: a part may not import from __future__")
    return functions[0]


def _check_lines(tree: ast.Module, code: SourceText, alone: Sequence[ast.stmt]) -> None:
    """Refuse statements that are moved or left out by whole lines, but share a line with others."""
    seen: dict[int, ast.stmt] = {}
    for statement in tree.body:
        for number in range(first_line(statement), (statement.end_lineno or statement.lineno) + 1):
            other = seen.setdefault(number, statement)
            if other is not statement and (statement in alone or other in alone):
                raise InvalidEdit(
                    f"line {number} of the rewrite: imports and functions need lines of their own, got "
                    f"{code.line(number).strip()!r}"
                )


def _body(gone: Sequence[ast.stmt], code: SourceText, function: ast.FunctionDef) -> str:
    """Give the code without some statements, the stage's function last, comments with what they stand above."""
    left_out: set[int] = set()
    for statement in gone:
        begin = first_line(statement) if is_import(statement) else _comments_above(first_line(statement), code)
        left_out.update(range(begin, last_line(statement, code) + 1))
    begin, end = _comments_above(first_line(function), code), last_line(function, code)
    rest = [line for number, line in enumerate(code.lines, 1) if number not in left_out and not begin <= number <= end]
    others = "".join(rest).strip("\r\n \t\f")
    return (others + code.newline * 3 if others else "") + code.between(begin, end).rstrip("\r\n") + code.newline


def _comments_above(line: int, code: SourceText) -> int:
    while line > 1 and code.line(line - 1).startswith("#"):
        line -= 1
    return line


def _fresh_imports(program: Program, imports: Sequence[ast.stmt]) -> list[str]:
    """Write the imports that the program does not have yet, one for each name."""
    have = {ast.unparse(single) for s in program.outline.shared for single in single_imports(s)}
    wanted = [ast.unparse(single) for s in imports for single in single_imports(s)]
    return [text for text in dict.fromkeys(wanted) if text not in have]
