"""One call of a model through litellm: retried where that may help, recorded, its failures told with a way out."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seig_search.errors import SeigError
from seig_search.proposal import ModelCall

__all__ = ["Endpoint", "Reply", "call_model"]

LONGEST_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which model is called, where and how patiently.

    Args:
        model: litellm's name for it, as in ``openai/gpt-5`` or ``anthropic/claude-sonnet-4-5``.
        api_base: Base URL of an OpenAI-compatible server; None for the provider's own.
        timeout_s: Seconds that one call may take; a time-out is not retried.
        retries: How often a rate limit, a server error or a lost connection is retried.
        backoff_s: Wait before the first retry; it doubles each time, up to 20 s.
        max_tokens: Longest reply.
    """

    model: str
    api_base: str | None
    timeout_s: float
    retries: int
    backoff_s: float
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said.

    Args:
        text: The reply; empty if it said nothing.
        cut_off: Whether it ended at ``max_tokens``.
    """

    text: str
    cut_off: bool


def call_model(
    endpoint: Endpoint,
    messages: Sequence[Mapping[str, Any]],
    temperature: float,
    seed: int,
    record: Callable[[ModelCall], None],
) -> Reply:
    """Call a model once, with retries.

    Args:
        endpoint: Which model.
        messages: In OpenAI's chat form.
        temperature: 0..2; dropped where the model does not take it.
        seed: Sampling seed; likewise.
        record: Called after every call, failed ones included.

    Raises:
        SeigError: The call failed for a reason the user can act on.
    """
    litellm = _litellm()
    passing = (
        litellm.exceptions.RateLimitError,
        litellm.exceptions.InternalServerError,
        litellm.exceptions.ServiceUnavailableError,
        litellm.exceptions.BadGatewayError,
        litellm.exceptions.APIConnectionError,
    )
    for attempt in range(endpoint.retries + 1):
        began = time.monotonic()
        try:
            response = litellm.completion(
                model=endpoint.model,
                messages=list(messages),
                api_base=endpoint.api_base,
                api_key=_placeholder_key(endpoint),
                temperature=temperature,
                seed=seed,
                max_tokens=endpoint.max_tokens,
                timeout=endpoint.timeout_s,
                # Retried here, where each try is recorded and time-outs end the call.
                max_retries=0,
                num_retries=0,
                drop_params=True,
            )
        except Exception as error:
            seconds = time.monotonic() - began
            record(ModelCall(endpoint.model, 0, 0, None, seconds, _short(error)))
            final = isinstance(error, litellm.exceptions.Timeout) or _lacks_key(error)
            if isinstance(error, passing) and not final and attempt < endpoint.retries:
                time.sleep(min(endpoint.backoff_s * 2**attempt, LONGEST_WAIT_S))
                continue
            raise SeigError(_explain(litellm, error, endpoint)) from None
        usage = getattr(response, "usage", None)
        record(
            ModelCall(
                endpoint.model,
                int(getattr(usage, "prompt_tokens", 0) or 0),
                int(getattr(usage, "completion_tokens", 0) or 0),
                _price(litellm, response),
                time.monotonic() - began,
            )
        )
        choices = getattr(response, "choices", None) or []
        if not choices:
            return Reply("", False)
        return Reply(choices[0].message.content or "", choices[0].finish_reason == "length")
    raise AssertionError("unreachable: the last attempt returns or raises")


def check_model(endpoint: Endpoint) -> None:
    """Refuse a model that is known to take no pictures; unknown models get the benefit of the doubt.

    Raises:
        SeigError: litellm's table says that the model is not a vision model.
    """
    if endpoint.api_base is not None:
        return  # a server of one's own may serve anything under any name
    litellm = _litellm()
    try:
        known = litellm.get_model_info(endpoint.model)
    except Exception:
        return
    if known.get("mode") in ("chat", "responses") and known.get("supports_vision") is False:
        raise SeigError(
            f"the model {endpoint.model!r} takes no pictures, so it cannot see the target; "
            "name a vision model with --vlm."
        )


def _litellm() -> Any:
    """Import litellm without its network access, telemetry and chatter."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


def _placeholder_key(endpoint: Endpoint) -> str | None:
    """Local servers need no key, but the OpenAI client insists on one."""
    local = endpoint.api_base is not None and endpoint.model.startswith("openai/")
    return "not-needed" if local and not os.environ.get("OPENAI_API_KEY") else None


def _price(litellm: Any, response: Any) -> float | None:
    try:
        usd = float(litellm.completion_cost(completion_response=response))
    except Exception:
        return None
    return usd if usd > 0 else None


def _explain(litellm: Any, error: Exception, endpoint: Endpoint) -> str:
    """Say in one paragraph what went wrong and what to do next."""
    kinds = litellm.exceptions
    model, where = repr(endpoint.model), endpoint.api_base or "its provider"
    said = _short(error)
    if _lacks_key(error):
        return (
            f"{where} got no valid key for the model {model}. Set {_key_names(litellm, endpoint)} in the environment to "
            "one; keys are read from nowhere else."
        )
    if isinstance(error, kinds.Timeout):
        return (
            f"the model {model} did not answer within {endpoint.timeout_s:g} s. Give it longer "
            "(--set proposer.settings.timeout_s=SECONDS), or use a faster model."
        )
    if isinstance(error, kinds.RateLimitError):
        return (
            f"{where} keeps limiting the rate of calls of {model} after {endpoint.retries + 1} tries ({said}). Lower "
            "--set search.in_flight, raise proposer.settings.retries, or check the account's quota."
        )
    if isinstance(error, kinds.ContextWindowExceededError):
        return (
            f"the prompt is too long for the model {model} ({said}). Show smaller pictures "
            "(--set proposer.settings.image_side=384), or use a model with a longer context."
        )
    if isinstance(error, kinds.NotFoundError) or "LLM Provider NOT provided" in str(error):
        return (
            f"{where} knows no model {model}. The name is PROVIDER/MODEL, as in 'anthropic/claude-sonnet-4-5', or "
            "'openai/NAME' with --vlm-base URL for a server of your own."
        )
    if isinstance(error, kinds.BadRequestError):
        pictures = re.search(r"image|vision|multimodal|content type", str(error), re.IGNORECASE)
        hint = (
            "Does it take pictures? Name a vision model with --vlm." if pictures else "Check the proposer's settings."
        )
        return f"{where} refused the request for the model {model}: {said}. {hint}"
    if isinstance(error, kinds.APIConnectionError | kinds.ServiceUnavailableError) or "onnection" in said:
        return (
            f"no connection to {where} for the model {model} after {endpoint.retries + 1} tries ({said}). Is the server "
            "running, and is the base URL right (--vlm-base, usually ending in /v1)?"
        )
    return f"the model {model} at {where} failed: {said}."


def _lacks_key(error: Exception) -> bool:
    """Say whether the key is missing or refused; litellm tells some of these as server errors."""
    refused = getattr(error, "status_code", None) in (401, 403)
    return refused or re.search(r"missing credentials|set the \W*\w+_API_KEY", str(error), re.IGNORECASE) is not None


def _key_names(litellm: Any, endpoint: Endpoint) -> str:
    try:
        missing = litellm.validate_environment(endpoint.model)["missing_keys"]
        provider = litellm.get_llm_provider(endpoint.model)[1]
    except Exception:
        return "the provider's API key variable"
    return " or ".join(missing) if missing else f"{str(provider).upper()}_API_KEY"


def _short(error: Exception) -> str:
    """Give an error's own words on one line, without litellm's prefixes or anything secret."""
    text = " ".join(str(error).split())
    text = re.sub(r"^((litellm\.)?\w+(Error|Exception|Timeout): ?)+", "", text)
    text = re.sub(r"^\w+(Error|Exception) - ", "", text)
    for name, value in os.environ.items():
        if len(value) >= 6 and re.search(r"KEY|TOKEN|SECRET|PASSWORD", name):
            text = text.replace(value, f"<{name}>")
    text = re.sub(r"\b(sk|key)-[\w*-]{6,}", "<key>", text)
    return text[:200].rstrip(". ") or type(error).__name__
