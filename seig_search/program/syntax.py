"""Syntax trees, made one at a time."""

from __future__ import annotations

import ast
import threading

__all__ = ["syntax_tree"]

_LOCK = threading.Lock()


def syntax_tree(source: str) -> ast.Module:
    """Parse Python. Safe to call from many threads, which ``ast.parse`` is not before Python 3.12.

    CPython 3.11 counts the depth of a tree that is being built in one place for all threads, and a switch between threads
    while two trees are built ends in ``SystemError: AST constructor recursion depth mismatch``
    (https://github.com/python/cpython/issues/106905).

    Raises:
        SyntaxError: It is no Python.
        ValueError: It has null bytes.
        RecursionError: It is nested too deeply.
        MemoryError: Likewise.
    """
    with _LOCK:
        return ast.parse(source)
