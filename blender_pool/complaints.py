"""Lines of Blender's and Cycles' output that tell of trouble, picked out as they come."""

from __future__ import annotations

import re

__all__ = ["Complaints"]

MOST = 20
LONGEST = 300
PENDING = 4096

_TROUBLE = re.compile(
    r"""\b(?:warn(?:ing)?|error|errors|critical|fatal)\b\s*[:|(\]]
    | ^\s*(?:warn(?:ing)?|error)\b
    | out\ of\ (?:gpu\ |system\ |device\ )?memory | cannot\ allocate | failed\ to\b | unable\ to\b
    | \b(?:can'?t|cannot|could\ not|couldn'?t)\ (?:open|read|load|find|create|allocate|execute|write|solve)\b
    | \bmissing\ (?:image|texture|file|font|library)\b | image\ file\ does\ not\ exist | \bnon-?manifold\b
    | denois\w*\ (?:failed|error|not) | \bdependency\ cycle\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PROGRESS = re.compile(r"^Fra:\d+ .*\| ")
_STAMP = re.compile(r"^(?:[\d:.]+\s+)?(?:WARN|WARNING|ERROR|INFO)?\s*\(([\w.]+)\):?\s*(?:\S+:\d+ \w+: )?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+|\x1b\[[0-9;]*m")


class Complaints:
    """Picks lines of trouble out of a stream, each once, at most 20 of at most 300 characters.

    What is picked may come from the program as well as from Blender: both print to the same pipe.
    """

    def __init__(self) -> None:
        self._pending = b""
        self._found: dict[str, str] = {}
        self._more = 0

    def clear(self) -> None:
        """Forget everything."""
        self._pending = b""
        self._found.clear()
        self._more = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the stream."""
        *lines, rest = (self._pending + piece).split(b"\n")
        for line in lines:
            self._judge(line)
        # A line without end is judged by its beginning.
        self._pending = rest[:PENDING]

    def _judge(self, raw: bytes) -> None:
        line = _CONTROL.sub(" ", raw[:PENDING].decode("utf-8", errors="replace"))
        line = _PROGRESS.sub("", line).strip()
        if not line or not _TROUBLE.search(line):
            return
        line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
        key = _STAMP.sub(r"\1 ", line)
        if key in self._found:
            return
        if len(self._found) < MOST:
            self._found[key] = line
        else:
            self._more += 1

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines found so far; a last one says how many more there were."""
        if self._pending:
            self._judge(self._pending)
            self._pending = b""
        more = (f"and {self._more} more lines like these",) if self._more else ()
        return (*self._found.values(), *more)
