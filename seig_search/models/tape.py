"""Requests and replies on disk: written before a reply is used, read by resumed and replayed runs, free of keys."""

from __future__ import annotations

import base64
import binascii
import difflib
import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seig_search.models.endpoint import Endpoint, ModelCall, Reply, ToolCall
from seig_search.models.seam import Messages, Tools
from seig_search.runs.atomic import write_bytes, write_text
from seig_search.runs.journal import Journal

__all__ = ["Tape", "Taped", "copy_tape", "difference"]


@dataclass(frozen=True, slots=True)
class Taped:
    """A question on a tape.

    Args:
        request: What was asked.
        reply: What was answered; None if the question failed.
        calls: What it cost.
        error: Why it failed.
    """

    request: dict[str, Any]
    reply: Reply | None
    calls: tuple[ModelCall, ...]
    error: str = ""


FILE = "calls.jsonl"
PICTURES = "pictures"


class Tape:
    """The calls of a run: ``calls.jsonl`` with one line per answered question, ``pictures/`` with each picture once.

    Without its pictures a tape still replays: a request names them by the SHA-256 of their bytes.

    Args:
        folder: Where it lies; made if missing.

    Raises:
        SeigError: A line before the last is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = Journal(folder / FILE)

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether there is one in a folder."""
        return (folder / FILE).is_file()

    def request(
        self, endpoint: Endpoint, messages: Messages, temperature: float, seed: int, tools: Tools = ()
    ) -> dict[str, Any]:
        """Give a request as it is kept: pictures by hash, kept beside it; no address of a server, no key."""
        return {
            "model": endpoint.model,
            "max_tokens": endpoint.max_tokens,
            "temperature": temperature,
            "seed": seed,
            **({"tools": [tool["function"]["name"] for tool in tools]} if tools else {}),
            "messages": [{**message, "content": self._content(message.get("content"))} for message in messages],
        }

    def find(self, key: str) -> Taped | None:
        """Give what is kept of a question that was answered, if it was."""
        event = self._journal.find("call", key)
        return None if event is None else _taped(event)

    def failed(self, key: str) -> Taped | None:
        """Give what is kept of a question that failed and was never answered, if there is any."""
        event = self._journal.find("failed", key)
        return None if event is None or self._journal.find("call", key) else _taped(event)

    def keep(
        self, key: str, request: dict[str, Any], reply: Reply | None, calls: Sequence[ModelCall], error: str = ""
    ) -> None:
        """Keep what became of a question; durable when this returns.

        Args:
            key: Names the question.
            request: What ``request`` gave.
            reply: The reply; None if there was none.
            calls: What it cost, one entry for each try.
            error: Why there was no reply.
        """
        costs = [asdict(call) for call in calls]
        if reply is None:
            self._journal.write("failed", key, request=request, error=error, calls=costs)
            return
        said: dict[str, Any] = {"text": reply.text, "finish": reply.finish, "refusal": reply.refusal}
        if reply.asked:
            said["asked"] = [asdict(tool) for tool in reply.asked]
        self._journal.write("call", key, request=request, reply=said, calls=costs)

    def keys(self) -> list[str]:
        """Name the questions that were answered, in order."""
        return [event["key"] for event in self._journal.events("call")]

    def close(self) -> None:
        """Close the file."""
        self._journal.close()

    def _content(self, content: Any) -> Any:
        if not isinstance(content, list):
            return content
        return [self._part(part) for part in content]

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        if part.get("type") != "image_url":
            return part
        head, _, body = part["image_url"]["url"].partition(",")
        try:
            data = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            return part
        name = hashlib.sha256(data).hexdigest()
        suffix = head.removeprefix("data:image/").partition(";")[0]
        path = self.folder / PICTURES / f"{name}.{suffix if suffix.isalnum() else 'bin'}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, data)
        return {"type": "picture", "sha256": name}


def copy_tape(source: Path, folder: Path) -> None:
    """Copy a tape's words into a folder, to be replayed; its pictures stay where they are.

    Args:
        source: Where the tape lies.
        folder: Where the copy goes; made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / FILE, (source / FILE).read_bytes())
    write_text(folder / "source.txt", f"{source}\n")


def _taped(event: dict[str, Any]) -> Taped:
    reply = None
    if "reply" in event:
        said = dict(event["reply"])
        reply = Reply(**{**said, "asked": tuple(ToolCall(**tool) for tool in said.get("asked", ()))})
    calls = tuple(ModelCall(**call) for call in event.get("calls", ()))
    return Taped(event["request"], reply, calls, event.get("error", ""))


def difference(kept: dict[str, Any], now: dict[str, Any], same: Callable[[str, str], bool] = str.__eq__) -> str:
    """Say where two requests first differ; empty if nowhere.

    Args:
        kept: A request as ``Tape.request`` gave it.
        now: Another.
        same: Whether two lines are as good as equal.
    """
    for name in ("model", "max_tokens", "temperature", "seed", "tools"):
        if kept.get(name) != now.get(name):
            return f"its {name} was {kept.get(name)!r} and is {now.get(name)!r}"
    before, after = _lines(kept), _lines(now)
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if not same(old, new):
            at = next((n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
            start = max(0, at - 40)
            return f"line {number} was {old[start : at + 60]!r} and is {new[start : at + 60]!r}"
    if len(before) != len(after):
        extra = next(line for line in difflib.ndiff(before, after) if line[:1] in "+-")
        return f"it had {len(before)} lines and has {len(after)}; the first that differs: {extra[:120]!r}"
    return ""


def rounded_alike(old: str, new: str) -> bool:
    """Whether two lines say the same but for the last digits of numbers.

    Another processor's renders differ in their last bits, and what is measured on them by a little: whole numbers (pixels, levels)
    by up to 2, others by up to 1 %, or 0.01.

    Args:
        old: A line.
        new: Another.
    """
    if _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
        return False
    return all(_near(*pair) for pair in zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True))


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _near(old: str, new: str) -> bool:
    if old.lstrip("-").isdigit() and new.lstrip("-").isdigit():
        return abs(int(old) - int(new)) <= 2
    return math.isclose(float(old), float(new), rel_tol=0.01, abs_tol=0.01)


def _lines(request: dict[str, Any]) -> list[str]:
    """Lay a request's messages out in lines, a picture being one."""
    lines: list[str] = []
    for message in request["messages"]:
        lines.append(f"<{message.get('role')}>")
        content = message.get("content")
        for part in content if isinstance(content, list) else [{"type": "text", "text": str(content)}]:
            text = part.get("text") if part.get("type") == "text" else None
            lines += text.split("\n") if text is not None else [json.dumps(part, sort_keys=True)]
    return lines
