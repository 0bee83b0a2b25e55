"""Real calls: within the budget, a few at a time, tried again where that may help, and kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from seig_search.errors import ReplayMismatch, SeigError
from seig_search.models.endpoint import Endpoint, ModelCall, Reply
from seig_search.models.faults import explain, passing, retry_after, short
from seig_search.models.litellm_call import Sent, Wire, check_model, load_litellm, price, tokens_of
from seig_search.models.seam import Messages, Tools
from seig_search.models.tape import Tape, difference

__all__ = ["LiveModels", "Metered", "Unmetered"]

LONGEST_WAIT_S = 20.0


class Metered(Protocol):
    """Counts calls against caps. Called from many threads."""

    def room(self, tokens: int, usd: float | None) -> AbstractContextManager[object]:
        """Hold room for a call while it is under way; waits for calls under way if only they stand in the way.

        Args:
            tokens: What it may take at most: its prompt by estimate, and the longest reply.
            usd: What that costs; None where the price is not known.

        Raises:
            SeigError: There is no room left under a cap, or dollars are capped and there is no price.
        """
        ...

    def count_call(self, call: ModelCall) -> None:
        """Count what a call took, failed ones included."""
        ...


class Unmetered:
    """No caps; keeps what was paid for.

    Attributes:
        calls: Every call, in order.
    """

    def __init__(self) -> None:
        self.calls: list[ModelCall] = []

    def room(self, tokens: int, usd: float | None) -> AbstractContextManager[object]:
        """See ``Metered.room``."""
        return nullcontext()

    def count_call(self, call: ModelCall) -> None:
        """See ``Metered.count_call``."""
        self.calls.append(call)


class LiveModels:
    """Calls models.

    Args:
        meter: Who holds the caps.
        tape: Where replies are kept, and found again by a resumed run; None keeps nothing.
        in_flight: Calls under way at once, at least 1.
        record: Told of every call before the meter is, so that what was paid is on disk.
        wait: Waits so many seconds before a retry.
    """

    def __init__(
        self,
        meter: Metered,
        tape: Tape | None = None,
        in_flight: int = 8,
        record: Callable[[str, ModelCall], object] = lambda key, call: None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._meter, self._tape, self._record, self._wait = meter, tape, record, wait
        self._gate = threading.BoundedSemaphore(max(1, in_flight))
        self._wire = Wire()
        self._checked: set[Endpoint] = set()

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
        """See ``Models.call``."""
        request = self._tape.request(endpoint, messages, temperature, seed, tools) if self._tape else {}
        known = self._tape.find(key) if self._tape else None
        if known is not None:
            if changed := difference(known.request, request):
                raise ReplayMismatch(
                    f"the call {key} was answered before, but it would ask something else now: {changed}. Prompts or "
                    "settings changed since; begin a new run in another folder."
                )
            assert known.reply is not None
            return known.reply
        if endpoint not in self._checked:
            check_model(endpoint)
            self._checked.add(endpoint)
        calls: list[ModelCall] = []

        def send() -> Sent:
            return self._wire.send(endpoint, messages, temperature, seed, tools)

        try:
            with self._gate:
                reply = self._tried(endpoint, tokens_of(messages), key, role, send, calls)
        except SeigError as error:
            if self._tape:
                self._tape.keep(key, request, None, calls, str(error))
            raise
        if self._tape:
            self._tape.keep(key, request, reply, calls)
        return reply

    def close(self) -> None:
        """Drop calls under way."""
        self._wire.close()

    def _tried(
        self, endpoint: Endpoint, prompt: int, key: str, role: str, send: Callable[[], Sent], calls: list[ModelCall]
    ) -> Reply:
        """Try until there is a reply; adds what each try cost to ``calls``."""
        litellm = load_litellm()
        most = price(endpoint, prompt, endpoint.max_tokens)
        for attempt in range(endpoint.retries + 1):
            began = time.monotonic()
            with self._meter.room(prompt + endpoint.max_tokens, most):
                try:
                    reply, tokens_in, tokens_out = send()
                except Exception as error:
                    lasted = time.monotonic() - began
                    # A refused request costs nothing; one that timed out may be billed, so it counts as dear as it can be.
                    cost = most if isinstance(error, TimeoutError | litellm.exceptions.Timeout) else 0.0
                    calls.append(ModelCall(endpoint.model, 0, 0, cost, lasted, short(error), role))
                    self._count(key, calls[-1])
                    if attempt == endpoint.retries or not passing(litellm, error):
                        raise SeigError(explain(litellm, error, endpoint)) from None
                    asked = retry_after(error)
                    pause = min(endpoint.backoff_s * 2**attempt, LONGEST_WAIT_S) if asked is None else asked
                else:
                    tokens_in = prompt if tokens_in is None else tokens_in
                    tokens_out = len(reply.text) // 4 + 1 if tokens_out is None else tokens_out
                    usd = price(endpoint, tokens_in, tokens_out)
                    seconds = time.monotonic() - began
                    calls.append(ModelCall(endpoint.model, tokens_in, tokens_out, usd, seconds, role=role))
                    self._count(key, calls[-1])
                    return reply
            self._wait(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _count(self, key: str, call: ModelCall) -> None:
        self._record(key, call)
        self._meter.count_call(call)
