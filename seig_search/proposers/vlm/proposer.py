"""The proposer that asks a vision-language model."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from seig_search.chat import Parts, picture_part, text_part
from seig_search.edits import Edit
from seig_search.errors import InvalidEdit, ReplayMismatch, SeigError, UsageError
from seig_search.models import Endpoint, Messages, Models, Reply
from seig_search.proposal import Context
from seig_search.proposers.vlm.prompt import Showing, look_of, messages_for
from seig_search.proposers.vlm.reply import read_reply
from seig_search.sight import DEFAULT_SECTIONS, TOOLS, Looker

__all__ = ["VlmProposer"]

MOST_CALLS_AT_ONCE = 8
MOST_TOOLS_AT_ONCE = 6
LEAST_TOKENS = 256


class VlmProposer:
    """Asks a vision-language model through litellm; one call makes one edit.

    The API key comes from the environment variable that the model's provider is known for (``OPENAI_API_KEY``,
    ``ANTHROPIC_API_KEY``, ...) and from nowhere else.

    Args:
        model: litellm's name, as in ``anthropic/claude-sonnet-4-5``, or ``openai/NAME`` for an OpenAI-compatible server.
        api_base: Base URL of such a server, usually ending in ``/v1``; None for the provider's own.
        timeout_s: Seconds that one call may take, above 0.
        temperature: Sampling temperature, 0..2; of several edits, each later one is asked a little hotter.
        retries: How often a rate limit, a server error or a lost connection is retried, at least 0.
        backoff_s: Wait before the first retry in seconds; doubled each time.
        max_tokens: Longest reply, at least 256.
        image_side: Longer side of the pictures that are sent, at most, in pixels, at least 32.
        sections: What is shown beside target and render; names from ``seig_search.sight.SECTIONS``.
        sight_tokens: Most tokens of that, by estimate.
        kit: Whether the kit's functions are offered to the model.
        looks: How many times the model may look closer before it edits, by calls of the tools zoom, probe, view and project; 0 for models that
            know no tools. Each time is a model call, each view a render.
        usd_per_million_in: Price of a million prompt tokens, where litellm's table has none.
        usd_per_million_out: Likewise of reply tokens.

    Raises:
        UsageError: A setting is out of its range.
    """

    asks_models = True

    def __init__(
        self,
        model: str = "",
        api_base: str | None = None,
        timeout_s: float = 120.0,
        temperature: float = 0.7,
        retries: int = 2,
        backoff_s: float = 1.0,
        max_tokens: int = 16000,
        image_side: int = 640,
        sections: Sequence[str] = DEFAULT_SECTIONS,
        sight_tokens: int = 8000,
        kit: bool = True,
        looks: int = 0,
        usd_per_million_in: float | None = None,
        usd_per_million_out: float | None = None,
    ) -> None:
        if not 0 <= temperature <= 2:
            raise UsageError(f"the vlm proposer's temperature must be 0..2, got {temperature!r}")
        if max_tokens < LEAST_TOKENS:
            raise UsageError(f"the vlm proposer's max_tokens must be at least {LEAST_TOKENS}, got {max_tokens!r}")
        if looks < 0:
            raise UsageError(f"the vlm proposer's looks must be at least 0, got {looks!r}")
        self._looks = looks
        self.endpoint = Endpoint(
            model, api_base, timeout_s, retries, backoff_s, max_tokens, usd_per_million_in, usd_per_million_out
        )
        self.showing = Showing(image_side, tuple(sections), sight_tokens, kit)
        self._temperature = temperature

    @property
    def shows_views(self) -> bool:
        """Whether the parent's scene is wanted from other views."""
        return "views" in self.showing.sections

    def messages(self, context: Context) -> list[dict[str, Any]]:
        """Give the chat that the model is sent for one edit."""
        return messages_for(context, self.showing)

    def propose(self, context: Context) -> list[Edit]:
        """Ask for ``context.wanted`` edits, in as many calls.

        Raises:
            InvalidEdit: No reply held a readable edit; it says why of each.
            SeigError: The model cannot be called, for a reason the user can act on.
        """
        models = context.models
        if models is None:
            raise UsageError("the vlm proposer was given no way to call models; Context.models must be set")
        seeds = [int(seed) for seed in context.rng.integers(2**31, size=context.wanted)]
        messages = self.messages(context)

        def ask(index: int) -> Edit | SeigError:
            heat = min(2.0, self._temperature * (1 + 0.15 * index))
            key = f"{context.key or context.stage.value}/propose" + (f"-{index + 1}" if index else "")
            try:
                return _read(self._asked(models, messages, context, key, heat, seeds[index]), context)
            except ReplayMismatch:
                raise
            except SeigError as error:
                return error

        if context.wanted == 1:
            return _edits([ask(0)])
        with ThreadPoolExecutor(min(context.wanted, MOST_CALLS_AT_ONCE)) as threads:
            return _edits(list(threads.map(ask, range(context.wanted))))

    def _asked(self, models: Models, messages: Messages, context: Context, key: str, heat: float, seed: int) -> Reply:
        """Ask, and show what the model wants to see, until it has an answer or has looked often enough."""
        looks = self._looks if context.render is not None else 0
        chat = list(messages)
        for turn in range(looks + 1):
            reply = models.call(
                self.endpoint,
                chat,
                key=f"{key}/look-{turn}" if turn else key,
                role="proposer",
                temperature=heat,
                seed=seed,
                # To the last: some providers refuse a chat with tool calls in it where no tools are given.
                tools=TOOLS if looks else (),
            )
            if not reply.asked or turn == looks:
                break
            looker = Looker(look_of(context, self.showing), context.turn)
            chat += _shown(reply, looker, last=turn + 1 == looks)
        return reply


def _shown(reply: Reply, looker: Looker, last: bool) -> list[dict[str, Any]]:
    """Give the messages that answer tool calls; pictures follow in one of the user, since not all providers take them in a tool's."""
    asked = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in reply.asked
    ]
    messages: list[dict[str, Any]] = [{"role": "assistant", "content": reply.text, "tool_calls": asked}]
    parts: Parts = []
    for number, call in enumerate(reply.asked):
        words, picture = (
            ("too many calls at once", None)
            if number >= MOST_TOOLS_AT_ONCE
            else looker.answer(call.name, call.arguments)
        )
        messages.append({"role": "tool", "tool_call_id": call.id, "content": words})
        if picture is not None:
            parts += [text_part(f"{words}:"), picture_part(picture)]
    if last:
        parts.append(text_part("Reply with the edit now, without another tool call."))
    return [*messages, {"role": "user", "content": parts}] if parts else messages


def _read(reply: Reply, context: Context) -> Edit:
    if reply.refusal and not reply.text.strip():
        raise InvalidEdit(f"the model refused: {reply.refusal[:200]}")
    if reply.finish == "content_filter":
        raise InvalidEdit("the provider's content filter stopped the reply")
    return read_reply(reply.text, context.stage, context.parent, reply.cut_off)


def _edits(answers: Sequence[Edit | SeigError]) -> list[Edit]:
    """Keep the edits in order; a failure counts only if it left nothing."""
    edits = [answer for answer in answers if not isinstance(answer, SeigError)]
    if edits:
        return edits
    errors = [answer for answer in answers if isinstance(answer, SeigError)]
    first = next((error for error in errors if not isinstance(error, InvalidEdit)), None)
    if first is not None:
        raise first
    raise InvalidEdit("; ".join(dict.fromkeys(str(error) for error in errors)))
