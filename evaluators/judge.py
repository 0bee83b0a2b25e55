"""A vision-language model's marks as metrics."""

from __future__ import annotations

from collections.abc import Sequence

from seig_search.judge import ASPECTS, Judge, Replies
from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .pictures import Bytes

__all__ = ["JudgeEvaluator"]

SOURCE = "a vision-language model by the rubric in seig_search/judge/prompts/grade.md"


class JudgeEvaluator:
    """Measure ``judge``, and ``judge_geometry`` and its like, by a vision-language model's marks.

    One call per render, so it is for few renders. A reply that cannot be read leaves the metrics out.

    Args:
        model: litellm's name for the model; see ``seig_search.judge.Judge`` for this and the other settings. Without one
            nothing is measured, and ``missing`` says so.
        api_base: Base URL of an OpenAI-compatible server; None for the provider's own.
        timeout_s: Seconds that one call may take.
        retries: How often a rate limit, a server error or a lost connection is retried.
        backoff_s: Wait before the first retry in seconds.
        max_tokens: Longest reply.
        image_side: Longer side of the pictures that are sent, in pixels.
        at_once: Calls under way at once.
        seed: Sampling seed, where the model takes one.

    Attributes:
        missing: Why the metrics cannot be measured, by metric; empty with a model.

    Raises:
        UsageError: A setting is out of its range.
    """

    metrics = (
        Metric("judge", "1", 0.0, 1.0, "higher", SOURCE),
        *(Metric(f"judge_{aspect}", "1", 0.0, 1.0, "higher", SOURCE) for aspect in ASPECTS),
    )

    def __init__(
        self,
        *,
        model: str = "",
        api_base: str | None = None,
        timeout_s: float = 120.0,
        retries: int = 2,
        backoff_s: float = 1.0,
        max_tokens: int = 4000,
        image_side: int = 768,
        at_once: int = 4,
        seed: int = 0,
    ) -> None:
        help_text = "no model is set to judge; name one, as in {name: judge, settings: {model: openai/NAME}}"
        self.missing: dict[str, str] = {} if model else {metric.name: help_text for metric in self.metrics}
        self.judge = (
            None
            if self.missing
            else Judge(
                model,
                api_base,
                timeout_s=timeout_s,
                retries=retries,
                backoff_s=backoff_s,
                max_tokens=max_tokens,
                image_side=image_side,
                at_once=at_once,
                seed=seed,
            )
        )

    def keep_replies(self, replies: Replies) -> None:
        """Keep replies and costs there from now on, such as in a run's journal."""
        if self.judge is not None:
            self.judge.replies = replies

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Ask for marks of each render.

        Args:
            renders: Each (H, W, 4) uint8, straight alpha.
            target: The target.

        Returns:
            One mapping per render, in order, marks of 0..10 as 0..1; empty where no reply could be read.

        Raises:
            SeigError: The model cannot be called, for a reason the user can act on.
        """
        if self.judge is None:
            return [{} for _ in renders]
        return [
            {}
            if grade is None
            else {"judge": grade.value, **{f"judge_{name}": mark / 10 for name, mark in grade.marks.items()}}
            for grade in self.judge.grade(target, renders)
        ]
