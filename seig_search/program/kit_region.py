"""The functions of the kit that a program uses, pasted into it between two comment lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from seig_search.kit import HELPERS, VERSION, source_of
from seig_search.program.names import bound_names, global_reads
from seig_search.program.outline import Outline, is_docstring, is_import, last_line
from seig_search.program.source_text import SourceText, lines_of

__all__ = ["folded_kit", "kit_lines", "with_kit"]

_BEGIN = re.compile(r"# --- kit \d+\b")
_END = "# --- end of kit"


def kit_lines(text: SourceText) -> range:
    """Give the lines of the pasted functions, 1-based, both comment lines included; empty if there are none."""
    first = 0
    for number, line in enumerate(text.lines, 1):
        if not first and _BEGIN.match(line):
            first = number
        elif first and line.startswith(_END):
            return range(first, number + 1)
    return range(0)


def with_kit(tree: ast.Module, text: SourceText, outline: Outline) -> str:
    """Give a program's text with the functions of the kit that it calls and does not hold yet.

    They stand behind the last stage function; in a one-stage script behind the imports. What is there already stays as it is,
    so that a program goes on with what it was made with.
    """
    reads: Mapping[str, int] = {}
    bound: set[str] = set()
    for statement in tree.body:
        reads = {**reads, **global_reads(statement)}
        bound |= bound_names(statement)
    missing = [name for name in reads if name in HELPERS and name not in bound]
    if not missing:
        return text.text
    pasted = source_of(missing, without=bound)
    end = text.newline
    lines = list(text.lines)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    region = kit_lines(text)
    if region:
        at, new = region[-1] - 1, f"\n\n{pasted}"
    else:
        at = _place(tree, text, outline)
        new = f"\n\n# --- kit {VERSION}: pasted functions, called above ---\n{pasted}{_END} ---\n"
    lines[at:at] = [line.rstrip("\n") + end for line in lines_of(new)]
    return "".join(lines)


def folded_kit(source: str) -> str:
    """Give a program's text for readers: one line instead of the pasted functions."""
    text = SourceText(source)
    region = kit_lines(text)
    if not region:
        return source
    lines = list(text.lines)
    names = re.findall(r"^def (kit_\w+)", "".join(lines[region[0] - 1 : region[-1]]), re.MULTILINE)
    lines[region[0] - 1 : region[-1]] = [f"# (the kit's functions are pasted here: {', '.join(names)})\n"]
    return "".join(lines)


def _place(tree: ast.Module, text: SourceText, outline: Outline) -> int:
    """Say after how many lines the functions go."""
    if outline.parts:
        return max(part.last_line for part in outline.parts.values())
    head = 0
    for statement in tree.body:
        if not (is_import(statement) or is_docstring(statement)):
            break
        head = last_line(statement, text)
    return head
