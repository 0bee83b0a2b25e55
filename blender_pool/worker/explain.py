"""A program's exception, told so that its author can mend it: the line, and the names that really exist."""

from __future__ import annotations

import ast
import traceback
from types import TracebackType
from typing import Any

from failure import Failure
from hints import hint_for

__all__ = ["PROGRAM", "explain"]

PROGRAM = "program.py"


def _innermost(trace: TracebackType | None) -> TracebackType | None:
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM:
            found = trace
        trace = trace.tb_next
    return found


def _failing_node(trace: TracebackType, tree: ast.AST) -> ast.AST | None:
    """The smallest piece of syntax that the failing instruction came from."""
    spots = list(trace.tb_frame.f_code.co_positions())
    index = trace.tb_lasti // 2
    if index >= len(spots):
        return None
    spot = spots[index]
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and spot == (
            node.lineno,
            node.end_lineno,
            node.col_offset,
            node.end_col_offset,
        ):
            return node
    return None


def explain(error: BaseException, source: str, tree: ast.AST | None) -> dict[str, Any]:
    """Describe a program's failure as plain data.

    Args:
        error: What the program raised.
        source: The program's text.
        tree: Its syntax tree as it was compiled, or None if it could not be parsed.

    Returns:
        ``kind``, ``message``, ``line`` (1-based or None), ``source_line``, ``hint``.
    """
    lines = source.splitlines()
    trace = _innermost(error.__traceback__)
    line = trace.tb_lineno if trace is not None else None
    kind, message = type(error).__name__, str(error)
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        line, message = error.lineno, error.msg
    if isinstance(error, SystemExit):
        kind, message = "Exit", f"the program ended itself with exit code {error.code!r}"
    if isinstance(error, KeyError) and error.args:
        message = str(error.args[0])
    try:
        node = None if trace is None or tree is None else _failing_node(trace, tree)
        hint = hint_for(Failure(error, node, None if trace is None else trace.tb_frame, tree))
    except Exception as failure:
        # A hint is a courtesy; the program's objects may do anything when they are looked at.
        hint = f"(no hint: {traceback.format_exception_only(failure)[-1].strip()})"
    if kind == "Exit":
        hint = "let the program run to its end, without sys.exit(), quit() or os._exit()"
    return {
        "kind": kind,
        "message": message[:4000],
        "line": line,
        "source_line": lines[line - 1] if line and line <= len(lines) else "",
        "hint": hint[:4000],
    }
