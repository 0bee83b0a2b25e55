"""One request through litellm, ended by its deadline whatever the server does."""

from __future__ import annotations

import asyncio
import atexit
import base64
import importlib.util
import logging
import os
import struct
import threading
from concurrent.futures import Future
from typing import Any, TypeAlias

from seig_search.errors import SeigError
from seig_search.models.endpoint import Endpoint, Reply, ToolCall
from seig_search.models.seam import Messages, Tools

__all__ = ["LONGEST_REPLY", "Sent", "Wire", "check_model", "load_litellm", "price", "tokens_of"]

LONGEST_REPLY = 1_000_000
"""Characters; what a server sends beyond is cut, and the reply counts as cut off."""

CHARACTERS_PER_TOKEN = 3.6
PIXELS_PER_TOKEN = 28 * 28
"""Estimates for a reservation; what is counted in the end is what the server says."""


def load_litellm() -> Any:
    """Import litellm without its network access, telemetry and chatter."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


def check_model(endpoint: Endpoint) -> None:
    """Refuse a model that is known to take no pictures; unknown models get the benefit of the doubt.

    Raises:
        SeigError: litellm's table says that the model is not a vision model.
    """
    if endpoint.api_base is not None:
        return  # a server of one's own may serve anything under any name
    litellm = load_litellm()
    try:
        known = litellm.get_model_info(endpoint.model)
    except Exception:
        return
    if known.get("mode") in ("chat", "responses") and known.get("supports_vision") is False:
        raise SeigError(
            f"the model {endpoint.model!r} takes no pictures, so it cannot see the target; "
            "name a vision model with --vlm."
        )


def tokens_of(messages: Messages) -> int:
    """Estimate the prompt tokens of a chat: 3.6 characters each, and 28 x 28 pixels of a picture each."""
    tokens = 0.0
    for message in messages:
        content = message.get("content")
        parts: list[dict[str, Any]] = (
            content if isinstance(content, list) else [{"type": "text", "text": str(content or "")}]
        )
        for part in parts:
            if part.get("type") == "text":
                tokens += len(part["text"]) / CHARACTERS_PER_TOKEN
                continue
            head = base64.b64decode(part["image_url"]["url"].partition(",")[2][:64] + "==")[:24]
            width, height = struct.unpack(">II", head[16:24]) if head[1:4] == b"PNG" else (768, 768)
            tokens += width * height / PIXELS_PER_TOKEN
    return int(tokens) + 1


def price(endpoint: Endpoint, tokens_in: int, tokens_out: int) -> float | None:
    """Give what so many tokens cost in dollars; None where nobody has told the model's price.

    Prices that the endpoint gives come first, then litellm's table. A table's price of 0 is no price.
    """
    if endpoint.usd_per_million_in is not None and endpoint.usd_per_million_out is not None:
        return (tokens_in * endpoint.usd_per_million_in + tokens_out * endpoint.usd_per_million_out) / 1e6
    try:
        parts = load_litellm().cost_per_token(
            model=endpoint.model, prompt_tokens=tokens_in, completion_tokens=tokens_out
        )
        usd = float(sum(parts))
    except Exception:
        return None
    return usd if usd > 0 else None


Sent: TypeAlias = tuple[Reply, int | None, int | None]
"""A reply, and prompt and reply tokens as the server counted them; None where it did not."""


class Wire:
    """Sends requests from an event loop of its own, where a deadline really ends a call: its connection is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def send(self, endpoint: Endpoint, messages: Messages, temperature: float, seed: int, tools: Tools = ()) -> Sent:
        """Send one request, without retries.

        Returns:
            The reply, and prompt and reply tokens as the server counted them; None where it did not.

        Raises:
            TimeoutError: The deadline passed.
            Exception: Whatever litellm raises.
        """
        litellm = load_litellm()

        async def ask() -> Any:
            return await asyncio.wait_for(
                litellm.acompletion(
                    model=endpoint.model,
                    messages=[dict(message) for message in messages],
                    api_base=endpoint.api_base,
                    api_key=_placeholder_key(endpoint),
                    temperature=temperature,
                    seed=seed,
                    max_tokens=endpoint.max_tokens,
                    timeout=endpoint.timeout_s,
                    # Retried by the caller, where each try is counted against the budget.
                    max_retries=0,
                    num_retries=0,
                    drop_params=True,
                    **_tools(tools),
                ),
                endpoint.timeout_s,
            )

        future: Future[Any] = asyncio.run_coroutine_threadsafe(ask(), self._running())
        try:
            response = future.result()
        except BaseException:
            future.cancel()
            raise
        usage = getattr(response, "usage", None)
        counts = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
        tokens_in, tokens_out = (int(count) if count is not None else None for count in counts)
        return _reply(response), tokens_in, tokens_out

    def close(self) -> None:
        """Stop the loop; calls under way are dropped."""
        with self._lock:
            if self._loop is not None and self._thread is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(5)
            self._loop = self._thread = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="models", daemon=True)
                self._thread.start()
                atexit.register(self.close)
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    # litellm leaves a task of its own behind.
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
    loop.close()


def _reply(response: Any) -> Reply:
    choices = getattr(response, "choices", None) or []
    if not choices:
        return Reply("", "no choices")
    message, finish = choices[0].message, str(choices[0].finish_reason or "unknown")
    text = message.content if isinstance(message.content, str) else ""
    refusal = str(getattr(message, "refusal", None) or "")
    if len(text) > LONGEST_REPLY:
        return Reply(text[:LONGEST_REPLY], "length", refusal)
    asked = tuple(
        ToolCall(str(call.id), str(call.function.name or ""), str(call.function.arguments or "{}"))
        for call in getattr(message, "tool_calls", None) or ()
    )
    return Reply(text, finish, refusal, asked)


def _tools(tools: Tools) -> dict[str, Any]:
    """Give what a request with tools has more."""
    if not tools:
        return {}
    # litellm looks whether they are those of an MCP gateway, for which it wants a package that it does not install.
    without = {"_skip_mcp_handler": True} if importlib.util.find_spec("mcp") is None else {}
    return {"tools": [dict(tool) for tool in tools], **without}


def _placeholder_key(endpoint: Endpoint) -> str | None:
    """Local servers need no key, but the OpenAI client insists on one."""
    local = endpoint.api_base is not None and endpoint.model.startswith("openai/")
    return "not-needed" if local and not os.environ.get("OPENAI_API_KEY") else None
