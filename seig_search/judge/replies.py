"""Where a judge's replies are kept, so that none is paid for twice and a run replays without the model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol

from seig_search.models import ModelCall
from seig_search.runs.journal import Journal

__all__ = ["JournalReplies", "MemoryReplies", "Replies"]


class Replies(Protocol):
    """Keeps replies by question; called from many threads."""

    def find(self, question: str) -> str | None:
        """Give the reply to a question that was asked before.

        Args:
            question: A digest of all that the reply may depend on: model, prompt, pictures, try.
        """
        ...

    def keep(self, question: str, text: str) -> None:
        """Keep a reply; called before it is used."""
        ...

    def count(self, question: str, call: ModelCall) -> None:
        """Take note of what a call cost, failed calls included."""
        ...


class MemoryReplies:
    """Keeps replies for as long as it lives.

    Attributes:
        calls: What was paid for, in order.
    """

    def __init__(self) -> None:
        self.calls: list[ModelCall] = []
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def find(self, question: str) -> str | None:
        """See ``Replies.find``."""
        with self._lock:
            return self._known.get(question)

    def keep(self, question: str, text: str) -> None:
        """See ``Replies.keep``."""
        with self._lock:
            self._known[question] = text

    def count(self, question: str, call: ModelCall) -> None:
        """See ``Replies.count``."""
        with self._lock:
            self.calls.append(call)


class JournalReplies:
    """Keeps replies in a journal, as events ``judged``; calls are events ``model_call`` as a proposer's are.

    Args:
        journal: The run's, or one of its own.
        spend: Told of every call that is made now, for a budget; calls of the past are in the journal.

    Attributes:
        calls: What was paid for since this was made, in order.
    """

    def __init__(self, journal: Journal, spend: Callable[[ModelCall], None] = lambda call: None) -> None:
        self.calls: list[ModelCall] = []
        self._journal, self._spend = journal, spend

    def find(self, question: str) -> str | None:
        """See ``Replies.find``."""
        event = self._journal.find("judged", question)
        return None if event is None else str(event["reply"])

    def keep(self, question: str, text: str) -> None:
        """See ``Replies.keep``."""
        self._journal.write("judged", question, reply=text)

    def count(self, question: str, call: ModelCall) -> None:
        """See ``Replies.count``."""
        self._journal.write(
            "model_call", ask=question if question.startswith("judge/") else f"judge/{question[:12]}", **asdict(call)
        )
        self.calls.append(call)
        self._spend(call)
