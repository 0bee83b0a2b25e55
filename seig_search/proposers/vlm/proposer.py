"""The proposer that asks a vision-language model."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from seig_search.edits import Edit
from seig_search.errors import InvalidEdit, SeigError, UsageError
from seig_search.proposal import Context
from seig_search.proposers.vlm.call import Endpoint, call_model, check_model
from seig_search.proposers.vlm.prompt import messages_for
from seig_search.proposers.vlm.reply import read_reply

__all__ = ["VlmProposer"]

MOST_CALLS_AT_ONCE = 8


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

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(
        self,
        model: str,
        api_base: str | None = None,
        timeout_s: float = 120.0,
        temperature: float = 0.7,
        retries: int = 2,
        backoff_s: float = 1.0,
        max_tokens: int = 16000,
        image_side: int = 768,
    ) -> None:
        checks = (
            ("model", bool(str(model).strip()), "a model's name, as in 'openai/NAME'", model),
            ("timeout_s", timeout_s > 0, "above 0", timeout_s),
            ("temperature", 0 <= temperature <= 2, "0..2", temperature),
            ("retries", retries >= 0, "at least 0", retries),
            ("backoff_s", backoff_s >= 0, "at least 0", backoff_s),
            ("max_tokens", max_tokens >= 256, "at least 256", max_tokens),
            ("image_side", image_side >= 32, "at least 32", image_side),
        )
        for name, fine, expected, value in checks:
            if not fine:
                raise UsageError(f"the vlm proposer's {name} must be {expected}, got {value!r}")
        self._endpoint = Endpoint(model, api_base, timeout_s, retries, backoff_s, max_tokens)
        self._temperature, self._image_side = temperature, image_side

    def propose(self, context: Context) -> list[Edit]:
        """Ask for ``context.wanted`` edits, in as many calls.

        Raises:
            InvalidEdit: No reply held a readable edit; it says why of each.
            SeigError: The model cannot be called, for a reason the user can act on.
        """
        check_model(self._endpoint)
        seeds = [int(seed) for seed in context.rng.integers(2**31, size=context.wanted)]
        messages = messages_for(context, self._image_side)

        def ask(index: int) -> Edit | SeigError:
            heat = min(2.0, self._temperature * (1 + 0.15 * index))
            try:
                reply = call_model(self._endpoint, messages, heat, seeds[index], context.record)
                return read_reply(reply.text, context.stage, context.parent, reply.cut_off)
            except SeigError as error:
                return error

        if context.wanted == 1:
            return _edits([ask(0)])
        with ThreadPoolExecutor(min(context.wanted, MOST_CALLS_AT_ONCE)) as threads:
            return _edits(list(threads.map(ask, range(context.wanted))))


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
