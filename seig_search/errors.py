"""Errors that are meant for people: what was expected, what came, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["InvalidEdit", "InvalidProgram", "ReplayMismatch", "SeigError", "UsageError", "nearest"]


class SeigError(Exception):
    """A failure the user can act on; the command line prints it without a traceback and exits 1."""

    exit_code = 1


class ReplayMismatch(SeigError):
    """A replayed run asks something else than was recorded: it cannot go on as the run that it repeats."""


class UsageError(SeigError):
    """The command, a setting or an input file is wrong; exit code 2."""

    exit_code = 2


class InvalidProgram(SeigError):
    """A program text that cannot be read, with the line where it fails.

    Attributes:
        line: 1-based line in the program, or None where no single line is to blame.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class InvalidEdit(SeigError):
    """An edit that did not parse, did not apply, or left its stage."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known names are close to a word.

    Returns:
        ``"; did you mean 'a' or 'b'?"`` when some are close, else ``"; known: a, b, c"``.
    """
    names = sorted(known)
    close = get_close_matches(word, names, n=3, cutoff=0.55)
    if close:
        return "; did you mean " + " or ".join(repr(name) for name in close) + "?"
    return "; known: " + ", ".join(names) if names else ""
