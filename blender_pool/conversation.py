"""Requests and answers with one process that runs programs; every way of losing it has a name."""

from __future__ import annotations

import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from .wire import ChildGone, DeadlinePassed, ForgedFrame, Wire

__all__ = ["ChildLost", "Conversation", "words_of_exit"]

FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT}

Limits = Callable[[dict[str, Any]], list[int]]


class ChildLost(Exception):
    """The process is gone or had to be ended.

    Args:
        cause: ``Timeout``, ``Crash``, ``Protocol``: the program's doing if it happens again; ``Killed``: from outside.
        message: What happened, for people.
        output: Tail of what the process printed.
    """

    def __init__(self, cause: str, message: str, output: str = "") -> None:
        super().__init__(message)
        self.cause, self.message, self.output = cause, message, output


def words_of_exit(code: int) -> tuple[str, str]:
    """Cause and description of how a process ended.

    Args:
        code: Its exit code, or minus the number of the signal that ended it.
    """
    if code < 0:
        name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else str(-code)
        return "Killed" if -code in FROM_OUTSIDE else "Crash", f"the process was ended by {name}"
    return "Crash", f"the process ended itself with exit code {code}"


class Conversation(ABC):
    """The supervisor's end of the pipes to a process that runs programs.

    Args:
        wire: The pipes.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._count = 0
        self.renders = 0

    @abstractmethod
    def end(self) -> None:
        """Kill the process and what it left on disk; safe to call again."""

    @abstractmethod
    def last_words(self) -> tuple[str, str]:
        """Cause and description of how the process ended, after it closed its pipe."""

    @property
    def output(self) -> str:
        """Tail of what the process printed since the last request."""
        self._wire.drain()
        return self._wire.tail.text

    @property
    def complaints(self) -> tuple[str, ...]:
        """Lines that tell of trouble, printed since the last request."""
        self._wire.drain()
        return self._wire.complaints.lines

    def ask(
        self,
        request: Mapping[str, Any],
        deadline_s: float,
        limits: Limits,
        meanwhile: Callable[[], None] | None = None,
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send a request and wait for its answer.

        Args:
            request: Plain JSON data.
            deadline_s: Seconds that the answer may take.
            limits: From the answer's header, the largest size of each blob in bytes.
            meanwhile: What to do while the process works.

        Returns:
            The answer's header and blobs.

        Raises:
            ChildLost: There is no answer; the process has been ended.
        """
        self._count += 1
        self._wire.forget()
        due = time.monotonic() + deadline_s
        try:
            self._wire.send({**request, "id": self._count}, due)
        except (ChildGone, DeadlinePassed):
            raise self.lose(*self.last_words()) from None
        if meanwhile is not None:
            meanwhile()
        header, blobs = self.receive(due, deadline_s, limits)
        if header.get("id") != self._count:
            raise self.lose("Protocol", "the answer was not to this request")
        self.renders += 1
        return header, blobs

    def receive(self, due: float, patience: float, limits: Limits) -> tuple[dict[str, Any], list[bytes]]:
        """Wait for one frame; arguments and errors as in ``ask``."""
        try:
            return self._wire.receive(due, limits)
        except DeadlinePassed:
            raise self.lose("Timeout", f"no answer within {patience:g} s") from None
        except ChildGone:
            raise self.lose(*self.last_words()) from None
        except ForgedFrame as error:
            raise self.lose("Protocol", f"the process sent {error}") from None

    def lose(self, cause: str, message: str) -> ChildLost:
        """End the process and give the exception that tells of it."""
        output = self.output
        self.end()
        return ChildLost(cause, message, output)
