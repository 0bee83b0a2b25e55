"""A program's text by lines and bytes, so that pieces can be replaced and everything else stays as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

__all__ = ["SourceText", "Span", "lines_of"]

Span: TypeAlias = tuple[int, int]
"""Start and end of a piece, in UTF-8 bytes from the start of the text."""

# Python's own line ends only: str.splitlines() also breaks at form feeds and other separators.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def lines_of(text: str) -> list[str]:
    """Split a text where Python counts lines; each line keeps its line end."""
    return _LINE.findall(text)


class SourceText:
    """A text with the positions that ``ast`` uses: 1-based lines, columns in UTF-8 bytes.

    Args:
        text: The program's text, any line ends.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = lines_of(text)

    @cached_property
    def data(self) -> bytes:
        """The text in UTF-8."""
        return self.text.encode()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line.encode()) for line in self.lines)]

    @property
    def newline(self) -> str:
        """The text's own line end: that of its first line, a line feed for a text without any."""
        first = self.lines[0] if self.lines else ""
        return "\r\n" if first.endswith("\r\n") else "\r" if first.endswith("\r") else "\n"

    def line(self, number: int) -> str:
        """Give a line (1-based) without its line end; empty past the end."""
        return self.lines[number - 1].rstrip("\r\n") if 1 <= number <= len(self.lines) else ""

    def between(self, first: int, last: int) -> str:
        """Give the lines ``first..last`` (1-based, both included) with their line ends."""
        return "".join(self.lines[first - 1 : last])

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Give a syntax node's place in bytes."""
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        return start, end

    def after(self, node: ast.expr | ast.stmt) -> str:
        """Give what stands behind a node on its last line, without the line end."""
        line = self.line(node.end_lineno or node.lineno)
        return line.encode()[node.end_col_offset or 0 :].decode()

    def piece(self, span: Span) -> str:
        """Give the text of a span."""
        return self.data[span[0] : span[1]].decode()

    def splice(self, pieces: Iterable[tuple[Span, str]]) -> str:
        """Give the text with spans replaced; the spans must not overlap."""
        parts: list[bytes] = []
        at = 0
        for (start, end), text in sorted(pieces):
            parts += [self.data[at:start], text.encode()]
            at = end
        return b"".join([*parts, self.data[at:]]).decode()
