"""Search/replace blocks on a text."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from seig_search.errors import InvalidEdit
from seig_search.program.source_text import SourceText, lines_of

__all__ = ["patched", "with_line_ends"]


def patched(source: str, blocks: Sequence[tuple[str, str]]) -> str:
    """Replace each search text in turn; it must occur exactly once.

    A search text that does not occur to the letter is tried again as whole lines, blind to line ends and to blanks
    at the ends of lines. What is put in takes on the source's line ends.

    Raises:
        InvalidEdit: A search text is empty, missing or ambiguous; the message names the block and the lines.
    """
    if not blocks:
        raise InvalidEdit("the patch has no search/replace block")
    for number, (search, replacement) in enumerate(blocks, 1):
        where = f"block {number} of {len(blocks)}"
        if not search.strip():
            raise InvalidEdit(f"{where}: the search text is empty; quote the lines that are to be replaced")
        source = _replaced(source, search, replacement, where)
    return source


def with_line_ends(text: str, newline: str) -> str:
    """Give a text with every line end made the same."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if newline == "\n" else text.replace("\n", newline)


def _replaced(source: str, search: str, replacement: str, where: str) -> str:
    newline = SourceText(source).newline
    exact = with_line_ends(search, newline)
    text = with_line_ends(replacement, newline)
    found = _occurrences(source, exact)
    if len(found) == 1:
        at = found[0]
        return source[:at] + text + source[at + len(exact) :]
    if len(found) > 1:
        lines = [len(lines_of(source[:at] + "x")) for at in found]
        raise InvalidEdit(f"{where}: the search text occurs {len(found)} times (lines {_list(lines)}); quote more")
    return _replaced_lines(source, search, text, newline, where)


def _replaced_lines(source: str, search: str, text: str, newline: str, where: str) -> str:
    lines = lines_of(source)
    bare = [line.rstrip() for line in lines]
    wanted = [line.rstrip() for line in lines_of(search)]
    while not wanted[0]:
        wanted.pop(0)
    while not wanted[-1]:
        wanted.pop()
    size = len(wanted)
    found = [at for at in range(len(bare) - size + 1) if bare[at : at + size] == wanted]
    if not found:
        longest = max(wanted, key=len)
        close = get_close_matches(longest, [line for line in bare if line], n=1, cutoff=0.6)
        hint = f"; the closest line is {bare.index(close[0]) + 1}: {close[0].strip()!r}" if close else ""
        raise InvalidEdit(f"{where}: the search text does not occur: {longest.strip()!r}{hint}")
    if len(found) > 1:
        places = _list([at + 1 for at in found])
        raise InvalidEdit(f"{where}: the search text occurs {len(found)} times (lines {places}); quote more")
    at = found[0]
    if text.strip():
        text = text.strip("\r\n")
        if lines[at + size - 1].endswith(("\n", "\r")):
            text += newline
    else:
        text = ""
    return "".join([*lines[:at], text, *lines[at + size :]])


def _occurrences(source: str, search: str) -> list[int]:
    found = []
    at = source.find(search)
    while at >= 0:
        found.append(at)
        at = source.find(search, at + 1)
    return found


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers[:5]) + (", ..." if len(numbers) > 5 else "")
