"""From a context to the messages a model is sent: text from ``prompts/*.md``, pictures as data URIs."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from seig_search.program import Parameter
from seig_search.proposal import Context
from seig_search.stages import Stage

__all__ = ["messages_for"]

MOST_ATTEMPTS = 8
MOST_OBJECTS = 40

SCOPES = {
    Stage.GEOMETRY: "the shapes: the function `geometry`, its helpers and parameters (new objects may add lines, and only add, to "
    "`materials` and `composition`)",
    Stage.MATERIALS: "the surfaces: the function `materials`, its helpers and parameters",
    Stage.COMPOSITION: "where things stand and the camera: the function `composition`, its helpers and parameters",
    Stage.LIGHTING: "lights and the world: the function `lighting`, its helpers and parameters",
}


def messages_for(context: Context, image_side: int) -> list[dict[str, Any]]:
    """Make the chat that asks for one edit.

    Args:
        context: What the proposer is shown.
        image_side: Longer side of the pictures, at most, in pixels.

    Returns:
        A system message, and a user message of text and PNG data URIs: target, render, and matched crops of both.
    """
    target = context.target
    factor = min(1.0, image_side / max(target.width, target.height))
    width, height = (max(1, round(side * factor)) for side in (target.width, target.height))
    shown = target.sized(width, height).over()
    ground = "an opaque picture" if target.alpha is None else "transparent pixels are shown as white"
    values = {
        "width": str(width),
        "height": str(height),
        "ground": ground,
        "camera": _camera(context),
        "history": _history(context),
    }
    parts: list[dict[str, Any]] = []
    if context.stage is Stage.SCAFFOLD or context.parent is None:
        text = _filled("scaffold.md", values)
        pictures = [("Target:", shown)]
    else:
        pictures = [("Target:", shown)]
        crops = ""
        if context.render is not None:
            render = _sized(context.render, width, height)
            x, y, right, bottom = _worst_box(shown, render)
            zoom = f"x {x}..{right}, y {y}..{bottom}"
            crops = f"Then both again at twice the size where they differ most ({zoom})."
            pictures.append(("Render:", render))
            pictures += [
                (f"{name}, {zoom}:", _enlarged(picture[y:bottom, x:right]))
                for name, picture in (("Target", shown), ("Render", render))
            ]
        text = _filled("stage.md", values | _stage_values(context, width, height) | {"crops": crops})
    for caption, picture in pictures:
        parts += [{"type": "text", "text": caption}, _image(picture)]
    parts.append({"type": "text", "text": text})
    return [
        {"role": "system", "content": _filled("system.md", {})},
        {"role": "user", "content": parts},
    ]


def _filled(name: str, values: Mapping[str, str]) -> str:
    """Fill ``{name}`` places in one pass, so that braces in programs and in filled text stay as they are.

    A line that is nothing but an empty place is left out.
    """
    template = (resources.files("seig_search.proposers.vlm") / "prompts" / name).read_text(encoding="utf-8")
    for place, text in values.items():
        template = template if text else template.replace(f"\n{{{place}}}\n", "\n")
    return re.sub(r"\{([a-z_]+)\}", lambda match: values.get(match[1], match[0]), template)


def _stage_values(context: Context, width: int, height: int) -> dict[str, str]:
    assert context.parent is not None
    parameters = context.parent.tunable(context.stage)
    score = "" if context.score is None else f"score {context.score:.4f} (0..1, higher is better); "
    return {
        "stage": context.stage.value,
        "scope": SCOPES[context.stage],
        "metrics": (score + ", ".join(f"{k} {v:.4g}" for k, v in sorted(context.metrics.items()))) or "nothing yet",
        "objects": _objects(context, width, height),
        "program": context.parent.source.rstrip("\n"),
        "parameters": "\n".join(_range(parameter) for parameter in parameters) or "- (it has none)",
    }


def _range(parameter: Parameter) -> str:
    value = parameter.value
    if isinstance(value, tuple):
        now = "[" + ", ".join(f"{component:g}" for component in value) + "]"
    else:
        now = value if isinstance(value, str) else f"{value:g}"
    if parameter.kind == "choice":
        return f"- {parameter.key} {now}, one of {'|'.join(parameter.choices)}"
    if parameter.kind == "rgb":
        return f"- {parameter.key} {now}, linear rgb 0..1"
    unit = f" {parameter.unit}" if parameter.unit else ""
    return f"- {parameter.key} {now}, in {parameter.low:g}..{parameter.high:g}{unit}"


def _camera(context: Context) -> str:
    if context.camera is None:
        return ""
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
        + (f": {one.reason[:400]}" if one.reason else "")
        for one in recent
    ]
    return "Tried before from here; do something else, and avoid what failed:\n" + "\n".join(rows)


def _objects(context: Context, width: int, height: int) -> str:
    """Tabulate where every object stands in the render, scaled from the render's pixels to the shown ones."""
    if context.render is None:
        return ""
    scale_x, scale_y = width / context.render.shape[1], height / context.render.shape[0]
    rows = []
    for entry in context.facts.get("objects", ()):
        box = entry.get("bbox_image") if isinstance(entry, Mapping) else None
        if not box or len(box) != 4:
            continue
        x0, y0, x1, y1 = box
        where = f"x {x0 * scale_x:.0f}..{x1 * scale_x:.0f}, y {y0 * scale_y:.0f}..{y1 * scale_y:.0f}"
        rows.append(f"- {entry.get('name', '?')}: {where}")
    return "Where objects are in the render (px):\n" + "\n".join(rows[:MOST_OBJECTS]) if rows else ""


def _worst_box(target: npt.NDArray[np.uint8], render: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Find the third of the picture, as a box of pixels, with the largest difference."""
    height, width = target.shape[:2]
    apart = np.abs(target.astype(np.float32) - render.astype(np.float32)).mean(axis=2)
    box_w, box_h = max(1, (width + 2) // 3), max(1, (height + 2) // 3)
    blurred = Image.fromarray(apart.astype(np.uint8)).filter(ImageFilter.BoxBlur(max(1, min(box_w, box_h) // 2)))
    y, x = np.unravel_index(int(np.argmax(np.asarray(blurred))), (height, width))
    left = int(np.clip(int(x) - box_w // 2, 0, width - box_w))
    top = int(np.clip(int(y) - box_h // 2, 0, height - box_h))
    return left, top, left + box_w, top + box_h


def _enlarged(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    size = (2 * picture.shape[1], 2 * picture.shape[0])
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def _sized(render: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """Bring a render over white to a size."""
    picture = Image.fromarray(render).convert("RGBA")
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    ground.alpha_composite(picture)
    return np.asarray(ground.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def _image(picture: npt.NDArray[np.uint8]) -> dict[str, Any]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    uri = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
    return {"type": "image_url", "image_url": {"url": uri}}
