"""Errors of a call, told in one paragraph with what to do next, and nothing secret in it."""

from __future__ import annotations

import os
import re
from typing import Any

from seig_search.models.endpoint import Endpoint

__all__ = ["explain", "lacks_key", "passing", "retry_after", "short"]

LONGEST_RETRY_AFTER_S = 60.0


def passing(litellm: Any, error: BaseException) -> bool:
    """Say whether the same call may work in a moment: rate limits, server errors and lost connections."""
    kinds = litellm.exceptions
    may_pass = (
        kinds.RateLimitError,
        kinds.InternalServerError,
        kinds.ServiceUnavailableError,
        kinds.BadGatewayError,
        kinds.APIConnectionError,
    )
    return isinstance(error, may_pass) and not isinstance(error, kinds.Timeout) and not lacks_key(error)


def retry_after(error: BaseException) -> float | None:
    """Give the seconds that the server asks to wait, up to 60; None where it does not say."""
    for headers in (
        getattr(getattr(error, "response", None), "headers", None),
        getattr(error, "litellm_response_headers", None),
    ):
        try:
            said = float(headers["retry-after"])  # type: ignore[index]
        except (KeyError, TypeError, ValueError):
            continue
        return min(LONGEST_RETRY_AFTER_S, max(0.0, said))
    return None


def explain(litellm: Any, error: BaseException, endpoint: Endpoint) -> str:
    """Say in one paragraph what went wrong and what to do next."""
    kinds = litellm.exceptions
    model, where = repr(endpoint.model), endpoint.api_base or "its provider"
    said = short(error)
    if lacks_key(error):
        return (
            f"{where} got no valid key for the model {model}. Set {_key_names(litellm, endpoint)} in the environment to "
            "one; keys are read from nowhere else."
        )
    if isinstance(error, kinds.Timeout | TimeoutError):
        return (
            f"the model {model} did not answer within {endpoint.timeout_s:g} s. Give it longer "
            "(--set proposer.settings.timeout_s=SECONDS), or use a faster model."
        )
    if isinstance(error, kinds.RateLimitError):
        return (
            f"{where} keeps limiting the rate of calls of {model} after {endpoint.retries + 1} tries ({said}). Lower "
            "--set models.in_flight, raise proposer.settings.retries, or check the account's quota."
        )
    if isinstance(error, kinds.ContextWindowExceededError):
        return (
            f"the prompt is too long for the model {model} ({said}). Show smaller pictures "
            "(--set proposer.settings.image_side=384), or use a model with a longer context."
        )
    if isinstance(error, kinds.ContentPolicyViolationError):
        return f"{where} refused the request for the model {model} by its content policy: {said}. Use another model."
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


def lacks_key(error: BaseException) -> bool:
    """Say whether the key is missing or refused; litellm tells some of these as server errors."""
    refused = getattr(error, "status_code", None) in (401, 403)
    return refused or re.search(r"missing credentials|set the \W*\w+_API_KEY", str(error), re.IGNORECASE) is not None


def short(error: BaseException) -> str:
    """Give an error's own words on one line, without litellm's prefixes or anything secret."""
    text = " ".join(str(error).split())
    text = re.sub(r"^((litellm\.)?\w+(Error|Exception|Timeout): ?)+", "", text)
    text = re.sub(r"^\w+(Error|Exception) - ", "", text)
    for name, value in os.environ.items():
        if len(value) >= 6 and re.search(r"KEY|TOKEN|SECRET|PASSWORD", name):
            text = text.replace(value, f"<{name}>")
    text = re.sub(r"\b(sk|key)-[\w*-]{6,}", "<key>", text)
    return text[:200].rstrip(". ") or type(error).__name__


def _key_names(litellm: Any, endpoint: Endpoint) -> str:
    try:
        missing = litellm.validate_environment(endpoint.model)["missing_keys"]
        provider = litellm.get_llm_provider(endpoint.model)[1]
    except Exception:
        return "the provider's API key variable"
    return " or ".join(missing) if missing else f"{str(provider).upper()}_API_KEY"
