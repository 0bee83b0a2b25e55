"""The judge: asks a vision-language model about pictures, in both orders, and never twice the same."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError
from seig_search.judge.prompt import (
    Messages,
    digest,
    grade_messages,
    pair_messages,
    prompts_digest,
    second_try,
)
from seig_search.judge.replies import MemoryReplies, Replies
from seig_search.judge.reply import Unreadable, read_grade, read_place
from seig_search.judge.verdicts import Choice, Comparison, Grade, Place
from seig_search.models import Endpoint, LiveModels, ModelCall, Models, Unmetered
from seig_search.target import Target

__all__ = ["Judge"]

Picture = npt.NDArray[np.uint8]
Read = TypeVar("Read")

TRIES = 2


class Judge:
    """Compares and grades renders by a vision-language model.

    A reply that cannot be read is told to the model and asked for once more; after that there is no verdict, and a
    warning says why. Every reply is kept before it is used, and a question with a kept reply is not asked.

    Args:
        model: litellm's name, as in ``anthropic/claude-sonnet-4-5``, or ``openai/NAME`` for an OpenAI-compatible server.
        api_base: Base URL of such a server, usually ending in ``/v1``; None for the provider's own.
        timeout_s: Seconds that one call may take, above 0.
        retries: How often a rate limit, a server error or a lost connection is retried, at least 0.
        backoff_s: Wait before the first retry in seconds; doubled each time.
        max_tokens: Longest reply, at least 64; a model that thinks first needs room for it.
        image_side: Longer side of the pictures that are sent, at most, in pixels, at least 32.
        at_once: Calls under way at once, at least 1.
        seed: Sampling seed, where the model takes one; the temperature is 0.
        replies: Where replies are kept; in memory by default.
        models: How the model is called; real calls without caps by default, counted by ``replies``.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(
        self,
        model: str,
        api_base: str | None = None,
        *,
        timeout_s: float = 120.0,
        retries: int = 2,
        backoff_s: float = 1.0,
        max_tokens: int = 4000,
        image_side: int = 768,
        at_once: int = 4,
        seed: int = 0,
        replies: Replies | None = None,
        models: Models | None = None,
    ) -> None:
        checks = (
            ("model", bool(str(model).strip()), "a model's name, as in 'openai/NAME'", model),
            ("timeout_s", timeout_s > 0, "above 0", timeout_s),
            ("retries", retries >= 0, "at least 0", retries),
            ("backoff_s", backoff_s >= 0, "at least 0", backoff_s),
            ("max_tokens", max_tokens >= 64, "at least 64", max_tokens),
            ("image_side", image_side >= 32, "at least 32", image_side),
            ("at_once", at_once >= 1, "at least 1", at_once),
        )
        for name, fine, expected, value in checks:
            if not fine:
                raise UsageError(f"the judge's {name} must be {expected}, got {value!r}")
        self.replies: Replies = replies if replies is not None else MemoryReplies()
        self._endpoint = Endpoint(model, api_base, timeout_s, retries, backoff_s, max_tokens)
        self._models: Models = models or LiveModels(Unmetered(), in_flight=at_once, record=self._count)
        self._image_side, self._at_once, self._seed = image_side, at_once, seed

    def _count(self, question: str, call: ModelCall) -> None:
        self.replies.count(question, call)

    def compare(self, target: Target, pairs: Sequence[tuple[Picture, Picture]]) -> list[Comparison]:
        """Ask of each pair (A, B) which picture is nearer to the target, in both orders.

        Args:
            target: The target.
            pairs: Pictures, each (H, W, 4) uint8 with straight alpha; equal ones are a tie that nobody is asked about.

        Returns:
            One comparison per pair, in order.

        Raises:
            SeigError: The model cannot be called, for a reason the user can act on.
        """
        shown = [pair for a, b in pairs if not np.array_equal(a, b) for pair in ((a, b), (b, a))]
        answers = iter(self._each(lambda pair: self._place(target, *pair), shown))
        found = []
        for a, b in pairs:
            if np.array_equal(a, b):
                found.append(Comparison(("tie", "tie"), ("the same picture", "the same picture")))
                continue
            (forward, why, one), (backward, why_back, other) = next(answers), next(answers)
            choices = (_of(forward, "a", "b"), _of(backward, "b", "a"))
            found.append(Comparison(choices, (why, why_back), complaints=(*one, *other)))
        return found

    def grade(self, target: Target, renders: Sequence[Picture]) -> list[Grade | None]:
        """Ask for marks.

        Args:
            target: The target.
            renders: Each (H, W, 4) uint8 with straight alpha.

        Returns:
            One grade per render, in order; None where no reply could be read.

        Raises:
            SeigError: The model cannot be called, for a reason the user can act on.
        """

        def one(render: Picture) -> Grade | None:
            messages = grade_messages(target, render, self._image_side)
            return self._ask(["grade", target.digest, digest(render)], messages, read_grade)[0]

        return self._each(one, renders)

    def _place(self, target: Target, first: Picture, second: Picture) -> tuple[Place | None, str, tuple[str, ...]]:
        messages = pair_messages(target, first, second, self._image_side)
        subject = ["pair", target.digest, digest(first), digest(second)]
        found, complaints = self._ask(subject, messages, read_place)
        return (*(found or (None, "")), complaints)

    def _ask(
        self, subject: list[str], messages: Messages, read: Callable[[str], Read]
    ) -> tuple[Read | None, tuple[str, ...]]:
        """Ask until a reply can be read, twice at most; gives what was read, and why replies could not be."""
        complaints: list[str] = []
        for attempt in range(TRIES):
            text = self._reply(self._question(subject, attempt), messages)
            try:
                return read(text), tuple(complaints)
            except Unreadable as error:
                shown = " ".join(text.split())[:120]
                complaints.append(f"{error}; it began: {shown!r}")
                messages = second_try(messages, text, str(error))
        logging.getLogger("seig_search").warning(
            "the judge %s gave no readable reply in %d tries, so there is no verdict: %s",
            self._endpoint.model,
            TRIES,
            complaints[-1],
        )
        return None, tuple(complaints)

    def _reply(self, question: str, messages: Messages) -> str:
        known = self.replies.find(question)
        if known is not None:
            return known
        reply = self._models.call(
            self._endpoint, messages, key=f"judge/{question[:16]}", role="judge", temperature=0.0, seed=self._seed
        )
        self.replies.keep(question, reply.text)
        return reply.text

    def _question(self, subject: list[str], attempt: int) -> str:
        """Digest what a reply depends on, from the pictures' pixels: PNG bytes differ between machines."""
        settings = [self._endpoint.model, self._endpoint.max_tokens, self._image_side, self._seed, prompts_digest()]
        return hashlib.sha256(json.dumps([*settings, *subject, attempt]).encode()).hexdigest()

    def _each(self, work: Callable[..., Read], items: Sequence[object]) -> list[Read]:
        if not items:
            return []
        with ThreadPoolExecutor(min(len(items), self._at_once), thread_name_prefix="judge") as threads:
            return list(threads.map(work, items))


def _of(place: Place | None, first: Choice, second: Choice) -> Choice | None:
    return {"first": first, "second": second, "tie": "tie", None: None}[place]
