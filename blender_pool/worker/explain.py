"""A program's exception, told so that its author can mend it: the line, and the names that really exist."""

from __future__ import annotations

import ast
import difflib
import re
import traceback
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any

from drift import RENAMED

__all__ = ["PROGRAM", "explain"]

PROGRAM = "program.py"
MOST_NAMES = 40
HARMLESS = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Constant,
    ast.Tuple,
    ast.UnaryOp,
    ast.USub,
    ast.expr_context,
)


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


def _live(node: ast.expr, frame: FrameType) -> Any:
    """The value of an expression at the place of failure, or None where reading it could do something."""
    if not all(isinstance(part, HARMLESS) for part in ast.walk(node)):
        return None
    try:
        text = ast.unparse(node)
        return eval(text, frame.f_globals, dict(frame.f_locals))  # noqa: S307
    except Exception:
        return None


def _suggest(word: str, names: Iterable[str], what: str) -> str:
    known = [name for name in names if not name.startswith(("__", "bl_"))]
    lines = []
    renamed = RENAMED.get(word)
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    if renamed and (not known or renamed in known or not close or " " in renamed):
        lines.append(f"{word!r} is now {renamed!r}" if renamed in known else f"{word!r} became {renamed}")
    elif close:
        lines.append("did you mean " + " or ".join(repr(name) for name in close) + "?")
    if known:
        shown = ", ".join(repr(name) for name in known[:MOST_NAMES])
        more = f", and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
        lines.append(f"{what}: {shown}{more}")
    return "; ".join(lines)


def _quoted(text: str) -> str:
    found = re.search(r"[\"']([^\"']+)[\"']", text)
    return found.group(1) if found else ""


def _hint(error: BaseException, trace: TracebackType | None, tree: ast.AST | None) -> str:
    text = str(error)
    node = _failing_node(trace, tree) if trace is not None and tree is not None else None
    frame = trace.tb_frame if trace is not None else None
    enum = re.search(r'enum "([^"]*)" not found in \((.*?)\)', text, re.DOTALL)
    if enum:
        return _suggest(enum.group(1), re.findall(r"'([^']*)'", enum.group(2)), "the choices are")
    if isinstance(error, KeyError | IndexError) and frame is not None:
        base = _live(node.value, frame) if isinstance(node, ast.Subscript) else None
        keys = getattr(base, "keys", None)
        if callable(keys):
            wanted = re.search(r'key "([^"]*)" not found', text)
            word = wanted.group(1) if wanted else str(error.args[0]) if error.args else ""
            if isinstance(error, IndexError):
                word = ""
            what = "the sockets are" if text and _is_sockets(base) else "the names are"
            return _suggest(word, [str(key) for key in keys()], what) or "the collection is empty"
        return _suggest(_key_in(text), (), "")
    if isinstance(error, AttributeError):
        name = getattr(error, "name", None) or _attribute_in(text)
        owner = getattr(error, "obj", None)
        if owner is None and frame is not None and isinstance(node, ast.Attribute):
            owner = _live(node.value, frame)
        if owner is None and "NoneType" in text:
            return "the value before the dot is None: nothing was found, made or active there"
        names = [] if owner is None else [entry for entry in dir(owner) if not entry.startswith("_")]
        close = difflib.get_close_matches(name, names, n=8, cutoff=0.4)
        return _suggest(name, close, "attributes with a close name")
    unrecognized = re.search(r'keyword "([^"]*)" unrecognized', text)
    if unrecognized:
        operator = _live(node.func, frame) if isinstance(node, ast.Call) and frame is not None else None
        names = []
        if operator is not None:
            names = [key for key in operator.get_rna_type().properties.keys() if key != "rna_type"]  # noqa: SIM118
        return _suggest(unrecognized.group(1), names, "the arguments are")
    if "could not be found" in text or "unknown operator" in text or "undefined" in text:
        return _suggest(_quoted(text), (), "")
    if "poll() failed" in text:
        return "the operator needs an active object, a mode or a window that is not there; prefer bpy.data"
    if isinstance(error, ModuleNotFoundError):
        return "only the standard library, numpy and what ships with Blender can be imported"
    return ""


def _is_sockets(base: Any) -> bool:
    return any(hasattr(item, "is_linked") for item in list(base)[:1])


def _key_in(text: str) -> str:
    wanted = re.search(r'key "([^"]*)" not found', text)
    return wanted.group(1) if wanted else _quoted(text)


def _attribute_in(text: str) -> str:
    found = re.search(r"attribute [\"']([^\"']+)[\"']", text)
    return found.group(1) if found else ""


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
        hint = _hint(error, trace, tree)
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
