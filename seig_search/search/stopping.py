"""Stopping in an orderly way: the first Ctrl-C drains, the second stops at once."""

from __future__ import annotations

import signal
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["signals"]


@contextmanager
def signals(stop: threading.Event, say: Callable[[str], None]) -> Iterator[None]:
    """Let the first Ctrl-C drain, the second stop at once.

    Args:
        stop: Set by the first.
        say: Tells the user.
    """

    def hear(number: int, frame: types.FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("stopping after what is under way; press Ctrl-C again to stop at once")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
