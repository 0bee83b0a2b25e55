"""From a context to the messages a model is sent: text from ``prompts/*.md``, pictures as data URIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seig_search.chat import Parts, filled, picture_part, shown_size, text_part
from seig_search.errors import UsageError
from seig_search.kit import HELPERS, PARTS, Kind
from seig_search.program import folded_kit
from seig_search.proposal import Context
from seig_search.sight import DEFAULT_SECTIONS, Look, Section, chosen, sections
from seig_search.sight.sections import check_sections
from seig_search.sight.words import SCOPES, metric_line, parameter_lines
from seig_search.stages import Stage

__all__ = ["Showing", "look_of", "messages_for"]

PACKAGE = "seig_search.proposers.vlm"
MOST_ATTEMPTS = 8
REASON_LENGTH = 400
FAILED_LENGTH = 6000
KIT_FOR: dict[Stage, tuple[Kind, ...]] = {
    Stage.SCAFFOLD: ("model", "material", "camera"),
    Stage.GEOMETRY: ("model",),
    Stage.MATERIALS: ("material",),
}
"""Which of the kit is offered in a stage."""


@dataclass(frozen=True, slots=True)
class Showing:
    """What a model is shown beside target and render.

    Args:
        image_side: Longer side of the pictures, at most, in pixels, at least 32.
        sections: Names from ``seig_search.sight.SECTIONS``.
        sight_tokens: Most tokens of that, by estimate, at least 0.
        kit: Whether the kit's functions are offered.

    Raises:
        UsageError: A value is out of its range, or a section is unknown.
    """

    image_side: int = 640
    sections: tuple[str, ...] = DEFAULT_SECTIONS
    sight_tokens: int = 8000
    kit: bool = True

    def __post_init__(self) -> None:
        """Check every value."""
        if self.image_side < 32:
            raise UsageError(f"the vlm proposer's image_side must be at least 32, got {self.image_side!r}")
        if self.sight_tokens < 0:
            raise UsageError(f"the vlm proposer's sight_tokens must be at least 0, got {self.sight_tokens!r}")
        check_sections(self.sections)


def messages_for(context: Context, showing: Showing) -> list[dict[str, Any]]:
    """Make the chat that asks for one edit.

    Args:
        context: What the proposer is shown.
        showing: What of it is sent.

    Returns:
        A system message, and a user message of PNG data URIs with their captions, then the text.
    """
    if context.stage is Stage.SCAFFOLD or context.parent is None:
        parts = _scaffold(context, showing)
    else:
        parts = _stage(context, showing)
    return [
        {"role": "system", "content": filled(PACKAGE, "system.md", {"kit": _kit(context.stage, showing)})},
        {"role": "user", "content": parts},
    ]


def look_of(context: Context, showing: Showing) -> Look:
    """Give what is to be seen of the parent; its render must be there."""
    assert context.render is not None
    index = context.passes.get("object_index")
    return Look(context.target, context.render, showing.image_side, index, context.names, context.facts, context.views)


def _scaffold(context: Context, showing: Showing) -> Parts:
    width, height = shown_size(context.target, showing.image_side)
    words = {
        "width": str(width),
        "height": str(height),
        "ground": _ground(context),
        "things": _things(context, width, height),
        "camera": _camera(context),
        "history": _history(context),
        "failure": _failure(context),
    }
    shown = context.target.sized(width, height).over()
    return [text_part("Target:"), picture_part(shown), text_part(filled(PACKAGE, "scaffold.md", words))]


def _stage(context: Context, showing: Showing) -> Parts:
    assert context.parent is not None
    width, height = shown_size(context.target, showing.image_side)
    parts: Parts = []
    found: Sequence[Section] = ()
    if context.render is None:
        shown = context.target.sized(width, height).over()
        parts += [text_part("Target:"), picture_part(shown)]
    else:
        look = look_of(context, showing)
        found = chosen(list(sections(look, showing.sections, context.stage, context.todo)), showing.sight_tokens)
        parts += [text_part("Target:"), picture_part(look.wanted), text_part("Render:"), picture_part(look.seen)]
    drawn = [section for section in found if section.picture is not None]
    for number, section in enumerate(drawn, 3):
        assert section.picture is not None
        parts += [text_part(f"Picture {number}: {section.caption}:"), picture_part(section.picture)]
    joint = context.stage is Stage.JOINT
    words = {
        "stage": context.stage.value,
        "scope": SCOPES[context.stage],
        "width": str(width),
        "height": str(height),
        "ground": _ground(context),
        "pictures": "",
        "camera": _camera(context),
        "metrics": _score(context) + metric_line(context.metrics),
        "sight": "\n\n".join(f"{one.caption}\n{one.text}" for one in found if one.picture is None),
        "todo": _todo(context),
        "history": _history(context),
        "failure": _failure(context),
        "program": folded_kit(context.parent.source).rstrip("\n"),
        "task": _task(context),
        "parameters": parameter_lines(context.parent, context.stage, context.settled),
        "forms": "" if joint else filled(PACKAGE, "forms.md", {"stage": context.stage.value}).rstrip("\n"),
    }
    return [*parts, text_part(filled(PACKAGE, "stage.md", words))]


def _kit(stage: Stage, showing: Showing) -> str:
    """Give the signatures of the functions that a stage has use for."""
    kinds = KIT_FOR.get(stage, ())
    if not showing.kit or not kinds:
        return ""
    rows = [
        f"- `{helper.signature}`: {helper.summary}"
        for helper in HELPERS.values()
        if helper.kind in kinds and helper.name not in PARTS
    ]
    return filled(PACKAGE, "kit.md", {"functions": "\n".join(rows)})


def _score(context: Context) -> str:
    return "" if context.score is None else f"score {context.score:.4f} (0..1, higher is better); "


def _task(context: Context) -> str:
    if context.todo:
        return (
            f"Close as many of the items to do as one edit of the {context.stage.value} stage can, the first ones first; mend causes, "
            "not symptoms. Begin the line `Why:` with the ids that you close."
        )
    return (
        f"Find the one or two differences of the {context.stage.value} stage that matter most, name them in pixels or colours, and "
        "mend their cause."
    )


def _todo(context: Context) -> str:
    said = f"The verifier: {context.verdict}\n" if context.verdict else ""
    if not context.todo:
        return said.rstrip("\n")
    return f"{said}To do:\n" + "\n".join(f"- {item}" for item in context.todo)


def _ground(context: Context) -> str:
    return "an opaque picture" if context.target.alpha is None else "transparent pixels are shown as white"


def _things(context: Context, width: int, height: int) -> str:
    if not context.things:
        return ""
    rows = []
    for thing in context.things:
        where = ""
        if thing.box is not None:
            x0, y0, x1, y1 = (
                round(v * side) for v, side in zip(thing.box, (width, height, width, height), strict=True)
            )
            where = f" ({x0},{y0}-{x1},{y1} px)"
        rows.append(f"- {thing.name}: {thing.what}{where}")
    return "What it shows; each needs an object or a part of one:\n" + "\n".join(rows)


def _camera(context: Context) -> str:
    if context.camera is None:
        fov = context.target.fov_deg
        if fov is None:
            return ""
        return (
            f"The photograph's EXIF data: {context.target.focal_mm} mm (35 mm equivalent). If it was not cropped, its longer side spans "
            f"{fov:.1f} degrees: camera.data.angle = radians({fov:.1f}), as a parameter with a narrow range."
        )
    camera = context.camera
    rows = ", ".join("(" + ", ".join(f"{value:.6g}" for value in row) + ")" for row in camera.matrix_world)
    return (
        "The true camera is known; use exactly this, as literals without @param: "
        f"matrix_world = Matrix(({rows})), camera.data.lens = {camera.lens_mm:g} (mm), camera.data.sensor_width = "
        f"{camera.sensor_width_mm:g} (mm), sensor_fit AUTO."
    )


def _history(context: Context) -> str:
    if not context.history:
        return ""
    recent = context.history[-MOST_ATTEMPTS:]
    rows = [
        f"- {one.why or 'no reason given'} -> {one.status.value}"
        + ("" if one.score is None else f", score {one.score:.4f}")
        + (f": {one.reason[:REASON_LENGTH]}" if one.reason else "")
        for one in recent
    ]
    return "Tried before from here; do something else, and avoid what failed:\n" + "\n".join(rows)


def _failure(context: Context) -> str:
    if context.failure is None:
        return ""
    edit = context.failure.edit[:FAILED_LENGTH]
    shown = f"\nIt was:\n````\n{edit}\n````" if edit else ""
    return (
        f"Your last reply came to nothing: {context.failure.reason}\nMend exactly that, and reply anew in full.{shown}"
    )
