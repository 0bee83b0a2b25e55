"""The seam of models: one question, one reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from seig_search.models.endpoint import Endpoint, Reply

__all__ = ["Messages", "Models", "Tools"]

Messages: TypeAlias = Sequence[Mapping[str, Any]]
"""A chat in OpenAI's form; pictures are data URIs."""

Tools: TypeAlias = Sequence[Mapping[str, Any]]
"""Functions in OpenAI's form."""


class Models(Protocol):
    """Answers for models. Called from many threads; calls wait for each other where too many are under way."""

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
        """Ask once; what was asked before under this key in this run is not asked again.

        Args:
            endpoint: Which model.
            messages: The chat.
            key: Names the question within the run, as in ``geometry/3/propose``.
            role: Who asks: ``proposer``, ``verifier``, ``judge``.
            temperature: 0..2; dropped where the model does not take it.
            seed: Sampling seed; likewise.
            tools: What the model may have called before it goes on, in OpenAI's form.

        Raises:
            SeigError: There is no reply, for a reason the user can act on.
        """
        ...
