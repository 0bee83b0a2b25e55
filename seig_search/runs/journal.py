"""The journal: append-only JSON lines, durable before anything they tell of is used."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from seig_search.errors import SeigError

__all__ = ["Event", "Journal"]

Event: TypeAlias = dict[str, Any]


class Journal:
    """What happened in a run, one JSON object per line.

    An event has a ``kind`` and may have a ``key``. A keyed event stands for an effect that was paid for (a
    proposal, a render, a measurement): whoever is about to cause that effect looks here first. Resuming is
    therefore the same run over again, with the effects of the past taken from here.

    Args:
        path: The file; made if missing. A last line torn by a crash is dropped.

    Raises:
        SeigError: A line before the last is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._by_key: dict[tuple[str, str], Event] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            self._read()
        self._file = path.open("ab")

    def _read(self) -> None:
        raw = self.path.read_bytes()
        sound = raw.rfind(b"\n") + 1
        for number, line in enumerate(raw[:sound].splitlines(), 1):
            try:
                event = json.loads(line)
                kind = event["kind"]
            except (ValueError, KeyError, TypeError) as error:
                raise SeigError(
                    f"{self.path}, line {number} is damaged ({error!r}); the journal is written in whole lines, so "
                    "something else changed the file. Restore it, or start the run anew in another folder."
                ) from error
            self._events.append(event)
            if "key" in event:
                self._by_key.setdefault((kind, event["key"]), event)
        if sound < len(raw):
            with self.path.open("r+b") as file:
                file.truncate(sound)

    def write(self, kind: str, key: str | None = None, **fields: Any) -> Event:
        """Append an event and make it durable.

        Args:
            kind: What happened.
            key: What it stands for; a second event of one kind and key is not written, the first is given back.
            **fields: JSON values.
        """
        with self._lock:
            if key is not None and (kind, key) in self._by_key:
                return self._by_key[kind, key]
            event: Event = {"seq": len(self._events), "kind": kind}
            if key is not None:
                event["key"] = key
            event.update(fields)
            line = json.dumps(event, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._events.append(event)
            if key is not None:
                self._by_key[kind, key] = event
            return event

    def find(self, kind: str, key: str) -> Event | None:
        """Give the event of this kind and key, if it happened."""
        with self._lock:
            return self._by_key.get((kind, key))

    def events(self, kind: str | None = None) -> Iterator[Event]:
        """Go through the events so far, in order; of one kind if given."""
        with self._lock:
            events = list(self._events)
        return (event for event in events if kind is None or event["kind"] == kind)

    def close(self) -> None:
        """Close the file; everything is on disk already."""
        self._file.close()
