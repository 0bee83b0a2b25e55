"""The verifier that asks a vision-language model."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from seig_search.chat import Parts, filled, picture_part, shown_size, text_part
from seig_search.errors import UsageError
from seig_search.judge import Comparison, Judge
from seig_search.models import Endpoint
from seig_search.sight import DEFAULT_SECTIONS, Look, chosen, sections
from seig_search.sight.sections import check_sections
from seig_search.sight.words import SCOPES, metric_line, parameter_lines
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.verification import Coverage, Inspection, Review, Thing
from seig_search.verifiers.reading import Unreadable, read_coverage, read_inventory, read_review

__all__ = ["VlmVerifier"]

Read = TypeVar("Read")

PACKAGE = "seig_search.verifiers"
TRIES = 2

LEAVE = {
    Stage.GEOMETRY: "Colours, light, and where whole objects stand are settled later; a part at the wrong place of its own object is yours.",
    Stage.MATERIALS: "Shapes, places and the light are settled elsewhere; a surface that is too dark because no light falls on it is not yours.",
    Stage.COMPOSITION: "Shapes, colours and the light are settled elsewhere; only places, angles and the camera count.",
    Stage.LIGHTING: "Shapes, places and base colours are settled elsewhere; brightness, colour of the light, shadows and highlights count.",
    Stage.JOINT: "Shapes are settled; only numbers of light, colour, places and the camera may still move.",
}


class VlmVerifier:
    """Asks a vision-language model through litellm to list, to cover, to review and to compare.

    A reply that cannot be read is told to the model and asked for once more; after that a review says that there is
    none, which approves nothing.

    Args:
        model: litellm's name; a run gives the proposer's where none is named.
        api_base: Base URL of an OpenAI-compatible server; None for the provider's own.
        timeout_s: Seconds that one call may take.
        retries: How often a rate limit, a server error or a lost connection is retried.
        backoff_s: Wait before the first retry in seconds; doubled each time.
        max_tokens: Longest reply.
        temperature: Sampling temperature, 0..2.
        image_side: Longer side of the pictures that are sent, at most, in pixels.
        sections: What is shown beside target and render; see ``seig_search.sight``.
        sight_tokens: Most tokens of that, by estimate.
        usd_per_million_in: Price of a million prompt tokens, where litellm's table has none.
        usd_per_million_out: Likewise of reply tokens.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(
        self,
        model: str = "",
        api_base: str | None = None,
        *,
        timeout_s: float = 120.0,
        retries: int = 2,
        backoff_s: float = 1.0,
        max_tokens: int = 6000,
        temperature: float = 0.2,
        image_side: int = 640,
        sections: Sequence[str] = DEFAULT_SECTIONS,
        sight_tokens: int = 6000,
        usd_per_million_in: float | None = None,
        usd_per_million_out: float | None = None,
    ) -> None:
        self._endpoint = Endpoint(
            model, api_base, timeout_s, retries, backoff_s, max_tokens, usd_per_million_in, usd_per_million_out
        )
        if not 0 <= temperature <= 2 or image_side < 32 or sight_tokens < 0:
            raise UsageError(
                "the vlm verifier takes a temperature of 0..2, an image_side of at least 32 and sight_tokens of at least 0, "
                f"got {temperature!r}, {image_side!r} and {sight_tokens!r}"
            )
        self._temperature, self._side, self._sight_tokens = temperature, image_side, sight_tokens
        self._sections = check_sections(sections)

    @property
    def shows_views(self) -> bool:
        """Whether a candidate's scene is wanted from other views."""
        return "views" in self._sections

    def inventory(self, target: Target, models: Any) -> tuple[Thing, ...]:
        """List what the target shows; empty if no reply could be read."""
        width, height = shown_size(target, self._side)
        words = {"width": str(width), "height": str(height), "ground": _ground(target)}
        parts = [picture_part(target.sized(width, height).over()), text_part(filled(PACKAGE, "inventory.md", words))]
        found = self._ask("inventory", parts, models, lambda text: read_inventory(text, width, height))
        return found or ()

    def cover(self, inspection: Inspection) -> Coverage:
        """Say which things a render shows; all are missing if no reply could be read."""
        look = self._look(inspection)
        things = "\n".join(f"- {thing.name}: {thing.what}" for thing in inspection.things)
        objects = "\n".join(
            f"- {region.name}: {region.box[0]},{region.box[1]}-{region.box[2]},{region.box[3]}"
            for region in look.regions
        )
        words = {"things": things, "objects": objects or "- (unknown)"}
        parts = [
            picture_part(look.wanted),
            picture_part(look.seen),
            text_part(filled(PACKAGE, "coverage.md", words)),
        ]
        read = self._ask(inspection.key, parts, inspection.models, lambda text: read_coverage(text, inspection.things))
        return read or Coverage((), tuple(thing.name for thing in inspection.things))

    def review(self, inspection: Inspection) -> Review:
        """Approve, or say what is left to do."""
        width, height = self._look(inspection).size
        parts = self.question(inspection)
        name = inspection.key.rsplit("/", 1)[-1]
        found = self._ask(
            inspection.key,
            parts,
            inspection.models,
            lambda text: read_review(text, name, inspection.earlier, width, height),
        )
        return found or Review(False, summary="the verifier gave no readable review")

    def question(self, inspection: Inspection) -> Parts:
        """Make what a review is asked with: pictures, then the text."""
        look = self._look(inspection)
        width, height = look.size
        shown = chosen(list(sections(look, self._sections, inspection.stage, inspection.open)), self._sight_tokens)
        pictures = [section for section in shown if section.picture is not None]
        texts = [f"{section.caption}\n{section.text}" for section in shown if section.picture is None]
        stage = inspection.stage
        words = {
            "stage": stage.value,
            "scope": SCOPES[stage],
            "leave": LEAVE[stage],
            "ground": _ground(inspection.target),
            "width": str(width),
            "height": str(height),
            "pictures": "\n".join(f"Picture {n}: {one.caption}." for n, one in enumerate(pictures, 3)),
            "metrics": metric_line(inspection.metrics),
            "moved": _moved(inspection.before, inspection.metrics),
            "sight": "\n\n".join(texts),
            "open": "Was to be done before this edit; say of each whether it still is:\n"
            + "\n".join(f"- {item}" for item in inspection.open)
            if inspection.open
            else "",
            "parameters": parameter_lines(inspection.program, stage, inspection.settled),
            "earlier": filled(PACKAGE, "earlier.md", {"stages": ", ".join(inspection.earlier)})
            if inspection.earlier
            else "",
        }
        return [
            picture_part(look.wanted),
            picture_part(look.seen),
            *(picture_part(section.picture) for section in pictures if section.picture is not None),
            text_part(filled(PACKAGE, "review.md", words)),
        ]

    def compare(self, target: Target, pairs: Sequence[tuple[Any, Any]], models: Any) -> list[Comparison]:
        """Ask of each pair of renders which is nearer to the target, in both orders; see ``seig_search.judge``."""
        one = self._endpoint
        judge = Judge(
            one.model,
            one.api_base,
            timeout_s=one.timeout_s,
            retries=one.retries,
            backoff_s=one.backoff_s,
            max_tokens=one.max_tokens,
            image_side=self._side,
            models=models,
        )
        return judge.compare(target, pairs)

    def _look(self, inspection: Inspection) -> Look:
        index = inspection.passes.get("object_index")
        return Look(
            inspection.target,
            inspection.render,
            self._side,
            index,
            inspection.names,
            inspection.facts,
            inspection.views,
        )

    def _ask(self, key: str, parts: Parts, models: Any, read: Callable[[str], Read]) -> Read | None:
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": filled(PACKAGE, "system.md", {})},
            {"role": "user", "content": parts},
        ]
        complaint = ""
        for attempt in range(TRIES):
            name = f"{key}/verify" + (f"-{attempt + 1}" if attempt else "")
            seed = zlib.crc32(name.encode()) % 2**31
            reply = models.call(
                self._endpoint, messages, key=name, role="verifier", temperature=self._temperature, seed=seed
            )
            try:
                return read(reply.text)
            except Unreadable as error:
                complaint = str(error)
                again = f"That cannot be read: {complaint}. Reply with the one JSON object asked for, nothing else."
                messages = [
                    *messages,
                    {"role": "assistant", "content": reply.text[:4000] or "(nothing)"},
                    {"role": "user", "content": again},
                ]
        logging.getLogger("seig_search").warning(
            "the verifier %s gave no readable reply to %s: %s", self._endpoint.model, key, complaint
        )
        return None


def _ground(target: Target) -> str:
    return "" if target.alpha is None else "; its transparent pixels are shown as white"


def _moved(before: Mapping[str, float], now: Mapping[str, float]) -> str:
    told = [
        f"{name} {now[name] - before[name]:+.4g}"
        for name in sorted(before)
        if now.get(name, before[name]) != before[name]
    ]
    return "Since the stage began: " + ", ".join(told) if told else ""
