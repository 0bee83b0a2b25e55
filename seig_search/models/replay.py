"""Replies from a tape instead of a model."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from seig_search.errors import ReplayMismatch, SeigError
from seig_search.models.endpoint import Endpoint, ModelCall, Reply
from seig_search.models.litellm_call import price, tokens_of
from seig_search.models.live import Metered
from seig_search.models.seam import Messages, Tools
from seig_search.models.tape import Tape, difference, rounded_alike

__all__ = ["ReplayedModels"]


class ReplayedModels:
    """Answers every question with what was answered under its key.

    Pictures that differ are told in a warning and not refused: another machine's renders may differ in their last bits. Words
    that differ are refused; once a picture differed, numbers in them need only agree to their last digits.

    Args:
        source: The tape to answer from.
        meter: Who holds the caps: they end a replayed run where they ended the first.
        tape: Where this run keeps its own calls.
        where: What the tape is called in messages.
        record: Told of what each call had cost, before the meter is.
        strict: Whether other words are refused.
    """

    def __init__(
        self,
        source: Tape,
        meter: Metered,
        tape: Tape | None,
        where: str,
        record: Callable[[str, ModelCall], object] = lambda key, call: None,
        strict: bool = True,
    ) -> None:
        self._source, self._meter, self._tape, self._where, self._record = source, meter, tape, where, record
        self._strict, self._warned, self._other_renders = strict, False, False

    def call(
        self,
        endpoint: Endpoint,
        messages: Messages,
        *,
        key: str,
        role: str,
        temperature: float,
        seed: int,
        tools: Tools = (),
    ) -> Reply:
        """See ``Models.call``.

        Raises:
            ReplayMismatch: The tape has no such call, or it asked something else.
            SeigError: The call failed when it was recorded.
        """
        keeper = self._tape or self._source
        request = keeper.request(endpoint, messages, temperature, seed, tools)
        answered = self._tape.find(key) if self._tape else None
        if answered is not None and answered.reply is not None:
            return answered.reply  # by an earlier sitting of this run
        known = self._source.find(key) or self._source.failed(key)
        if known is None:
            raise ReplayMismatch(
                f"the recording in {self._where} has no call {key}: this run asks something that it did not ask. It holds "
                f"{len(self._source.keys())} calls. Run with the same settings, target and seed, or with a model."
            )
        other = difference(known.request, request)
        changed = self._changed(known.request, request, other) if self._strict else ""
        if changed:
            raise ReplayMismatch(
                f"the call {key} no longer matches the recording in {self._where}: {changed}. Prompts, settings or "
                "renders changed since it was made. To go by the calls' names alone: --set models.replay=keys."
            )
        prompt = tokens_of(messages)
        for call in known.calls:
            with self._meter.room(prompt + endpoint.max_tokens, price(endpoint, prompt, endpoint.max_tokens)):
                self._record(key, call)
                self._meter.count_call(call)
        if not self._warned and other:
            self._warned = True
            logging.getLogger("seig_search").warning(
                "the pictures of the call %s differ from the recording in %s (%s); its reply is used all the same",
                key,
                self._where,
                other,
            )
        if self._tape:
            self._tape.keep(key, request, known.reply, known.calls, known.error)
        if known.reply is None:
            raise SeigError(known.error)
        return known.reply

    def close(self) -> None:
        """Close the recording."""
        self._source.close()

    def _changed(self, kept: dict[str, Any], now: dict[str, Any], other: str) -> str:
        """Say where the words of two requests differ by more than other renders explain."""
        kept_words, now_words = _worded(kept), _worded(now)
        if not (self._other_renders or _pictures(kept) == _pictures(now)):
            self._other_renders = True
        return difference(kept_words, now_words, rounded_alike if self._other_renders else str.__eq__) if other else ""


def _pictures(request: dict[str, Any]) -> list[str]:
    """Name the pictures of a request."""
    contents = [message.get("content") for message in request["messages"]]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return [part["sha256"] for part in parts if part.get("type") == "picture"]


def _worded(request: dict[str, Any]) -> dict[str, Any]:
    """Leave the pictures of a request out of it."""
    messages = []
    for message in request["messages"]:
        content = message.get("content")
        if isinstance(content, list):
            content = [{"type": "picture"} if part.get("type") == "picture" else part for part in content]
        messages.append({**message, "content": content})
    return {**request, "messages": messages}
