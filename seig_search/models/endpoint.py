"""Which model is called and how patiently, what it said, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass

from seig_search.errors import UsageError

__all__ = ["Endpoint", "ModelCall", "Reply"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which model is called, where and how patiently.

    Args:
        model: litellm's name for it, as in ``openai/gpt-5`` or ``anthropic/claude-sonnet-4-5``.
        api_base: Base URL of an OpenAI-compatible server; None for the provider's own.
        timeout_s: Seconds that one call may take, whatever the server does meanwhile; a time-out is not retried.
        retries: How often a rate limit, a server error or a lost connection is retried.
        backoff_s: Wait before the first retry; it doubles each time, up to 20 s. A server's Retry-After counts instead, up to 60 s.
        max_tokens: Longest reply.
        usd_per_million_in: Price of a million prompt tokens, where litellm's table has none.
        usd_per_million_out: Likewise of reply tokens.

    Raises:
        UsageError: A value is out of its range.
    """

    model: str
    api_base: str | None = None
    timeout_s: float = 120.0
    retries: int = 2
    backoff_s: float = 1.0
    max_tokens: int = 16000
    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        prices = (self.usd_per_million_in, self.usd_per_million_out)
        checks = (
            ("timeout_s", self.timeout_s > 0, "above 0", self.timeout_s),
            ("retries", self.retries >= 0, "at least 0", self.retries),
            ("backoff_s", self.backoff_s >= 0, "at least 0", self.backoff_s),
            ("max_tokens", self.max_tokens >= 64, "at least 64", self.max_tokens),
            (
                "usd_per_million_in and _out",
                (prices[0] is None) == (prices[1] is None),
                "given both or not at all",
                prices,
            ),
            ("usd_per_million_in and _out", all(p is None or p >= 0 for p in prices), "at least 0", prices),
        )
        if not str(self.model).strip():
            raise UsageError(
                "no model is named: give one with --vlm MODEL, as in 'anthropic/claude-sonnet-4-5', or 'openai/NAME' with "
                "--vlm-base URL for a server of your own"
            )
        for name, fine, expected, value in checks:
            if not fine:
                raise UsageError(f"a model's {name} must be {expected}, got {value!r}")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that a model wants called before it goes on.

    Args:
        id: The provider's name for this call.
        name: The tool's name.
        arguments: A JSON object, as the model wrote it.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said.

    Args:
        text: The reply; empty if it said nothing.
        finish: Why it ended, in the provider's word: ``stop``, ``length``, ``content_filter``, ...
        refusal: The model's own words if it refused in the field that OpenAI has for it.
        asked: The tools that it wants called.
    """

    text: str
    finish: str = "stop"
    refusal: str = ""
    asked: tuple[ToolCall, ...] = ()

    @property
    def cut_off(self) -> bool:
        """Whether it ended at the token limit."""
        return self.finish == "length"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What one call of a model cost.

    Args:
        model: The model's name.
        tokens_in: Prompt tokens, as the server counts.
        tokens_out: Reply tokens.
        usd: Price, or None where it is not known (never 0 for unknown).
        seconds: Wall time.
        error: Why it failed; empty if it did not.
        role: Who asked: ``proposer``, ``verifier``, ``judge``.
    """

    model: str
    tokens_in: int
    tokens_out: int
    usd: float | None
    seconds: float
    error: str = ""
    role: str = "proposer"
