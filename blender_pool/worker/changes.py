"""Settings changed for one render, and put back after it."""

from __future__ import annotations

from typing import Any

__all__ = ["Changes"]


class Changes:
    """Changes to a scene that are undone at the end, the last one first; a context manager."""

    def __init__(self) -> None:
        self._undo: list[Any] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute, remembering what it was."""
        old = getattr(owner, name)
        if old != value:
            setattr(owner, name, value)
            self._undo.append(lambda: setattr(owner, name, old))

    def later(self, undo: Any) -> None:
        """Call ``undo`` at the end."""
        self._undo.append(undo)

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, *_: object) -> None:
        while self._undo:
            self._undo.pop()()
