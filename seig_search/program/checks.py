"""Slips that can be seen without running a program."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from seig_search.program.annotation import ANNOTATION
from seig_search.program.fidelity_block import unreadable_fidelity_line
from seig_search.program.outline import last_line
from seig_search.program.problem import Problem
from seig_search.stages import EDIT_STAGES

if TYPE_CHECKING:
    from seig_search.program.program import Program

__all__ = ["problems_of"]


def problems_of(program: Program) -> Iterator[Problem]:
    """Give what is wrong with a program's shape; what is wrong with its parameters is known to them."""
    yield from _compiler(program)
    yield from _stage_functions(program)
    yield from _stray_annotations(program)
    yield from _ownerless_parameters(program)
    line = unreadable_fidelity_line(program.tree, program.text)
    if line is not None:
        yield Problem(line, "warning", "the '# seig: fidelity' line cannot be read")


def _compiler(program: Program) -> Iterator[Problem]:
    """Find what the parser lets pass and the compiler refuses, such as a ``return`` outside a function."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(program.source, "program.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        yield Problem(error.lineno or 1, "error", error.msg)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        yield Problem(1, "error", f"cannot be compiled: {error}")


def _stage_functions(program: Program) -> Iterator[Problem]:
    functions = [s for s in program.tree.body if isinstance(s, ast.FunctionDef)]
    called = {n.func.id for n in ast.walk(program.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    names = {stage.value for stage in EDIT_STAGES}
    missing = [stage.value for stage in EDIT_STAGES if stage not in program.stages]
    seen: dict[str, int] = {}
    for function in functions:
        name, line = function.name, function.lineno
        if name in names:
            if name in seen:
                yield Problem(line, "error", f"{name}() is defined twice, first on line {seen[name]}")
            elif name not in called:
                yield Problem(line, "warning", f"{name}() is never called; call it under if __name__ == '__main__':")
            seen[name] = line
        elif name not in called or program.stages:
            close = get_close_matches(name, missing, n=1, cutoff=0.7)
            if close:
                yield Problem(line, "warning", f"{name}() is no stage function; did you mean {close[0]}()?")


def _stray_annotations(program: Program) -> Iterator[Problem]:
    """Find '# @param' comments that belong to no module-level assignment."""
    if "@param" not in program.source:
        return
    used = {
        number
        for statement in program.tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for number in range(statement.lineno, last_line(statement, program.text) + 1)
    }
    try:
        for token in tokenize.generate_tokens(io.StringIO(program.source, newline=None).readline):
            if token.type == tokenize.COMMENT and ANNOTATION.match(token.string) and token.start[0] not in used:
                yield Problem(
                    token.start[0], "warning", "this @param is ignored; it goes behind a module-level assignment"
                )
    except (tokenize.TokenError, SyntaxError):
        # The pure-Python tokenizer refuses some text that the compiler takes.
        return


def _ownerless_parameters(program: Program) -> Iterator[Problem]:
    if not program.stages:
        return
    for parameter in program.parameters:
        if parameter.stage is None:
            yield Problem(
                parameter.line,
                "warning",
                f"{parameter.name} stands behind the last stage function, so it belongs to no stage",
            )
