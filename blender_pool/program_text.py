"""A program's normal text: what may differ between two texts of one program without Python or Blender noticing."""

from __future__ import annotations

import io
import re
import tokenize

__all__ = ["normal_text"]

LOOSE = re.compile(r"[ \t]+$", re.MULTILINE)


def _lines_in_strings(text: str) -> set[int]:
    """1-based numbers of lines that end inside a string."""
    inside: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        if name == "STRING":
            inside.update(range(token.start[0], token.end[0]))
        elif name in ("FSTRING_START", "TSTRING_START"):
            opened.append(token.start[0])
        elif name in ("FSTRING_END", "TSTRING_END"):
            inside.update(range(opened.pop(), token.end[0]))
    return inside


def normal_text(text: str) -> str:
    r"""Give a program's text with plain line endings and without whitespace at the ends of lines.

    Nothing else is touched: no line moves, no column before the end of a line, no string. Python itself reads ``\r\n`` and
    ``\r`` as ``\n``. A text that cannot be split into tokens only gets its line endings changed.

    Args:
        text: The program.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if LOOSE.search(text) is None:
        return text
    try:
        inside = _lines_in_strings(text)
    except (tokenize.TokenError, SyntaxError):
        return text
    lines = text.split("\n")
    for index, line in enumerate(lines):
        bare = line.rstrip(" \t")
        # A backslash at the end of a line, or of the one before, makes blanks count.
        if index + 1 not in inside and not bare.endswith("\\") and not (index and lines[index - 1].endswith("\\")):
            lines[index] = bare
    return "\n".join(lines)
