"""Parts of a chat with a vision-language model: texts with places to fill, pictures as data URIs."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from seig_search.runs.atomic import png_bytes
from seig_search.target import Target

__all__ = ["Parts", "enlarged", "filled", "json_object", "over_white", "picture_part", "shown_size", "text_part"]

Parts = list[dict[str, Any]]


def text_part(text: str) -> dict[str, Any]:
    """Give a text in OpenAI's chat form."""
    return {"type": "text", "text": text}


def picture_part(picture: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Give a picture, (H, W, 3) or (H, W, 4) uint8, in OpenAI's chat form."""
    uri = "data:image/png;base64," + base64.b64encode(png_bytes(picture)).decode("ascii")
    return {"type": "image_url", "image_url": {"url": uri}}


def filled(package: str, name: str, values: Mapping[str, str]) -> str:
    """Read ``prompts/NAME`` of a package and fill its ``{place}``s.

    All are filled in one pass, so that braces in programs and in filled text stay as they are. A line that is nothing but an
    empty place is left out.
    """
    template = (resources.files(package) / "prompts" / name).read_text(encoding="utf-8")
    for place, text in values.items():
        template = template if text else template.replace(f"\n{{{place}}}\n", "\n")
    return re.sub(r"\{([a-z_]+)\}", lambda match: values.get(match[1], match[0]), template)


def shown_size(target: Target, side: int) -> tuple[int, int]:
    """Give the width and height that pictures are shown at: the target's, at most ``side`` on the longer side."""
    factor = min(1.0, side / max(target.width, target.height))
    return max(1, round(target.width * factor)), max(1, round(target.height * factor))


def over_white(render: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """Bring a render, (H, W, 4) uint8, over white to a size; (height, width, 3) uint8."""
    picture = Image.fromarray(render).convert("RGBA")
    ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    ground.alpha_composite(picture)
    return np.asarray(ground.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def enlarged(picture: npt.NDArray[np.uint8], times: int = 2) -> npt.NDArray[np.uint8]:
    """Enlarge a picture by a whole number."""
    size = (times * picture.shape[1], times * picture.shape[0])
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def json_object(text: str) -> dict[str, Any] | None:
    """Find the last whole JSON object in a text, fenced or not; None if there is none."""
    decoder = json.JSONDecoder()
    found: dict[str, Any] | None = None
    place = text.find("{")
    while place >= 0:
        try:
            value, length = decoder.raw_decode(text[place:])
        except (ValueError, RecursionError):
            place = text.find("{", place + 1)
            continue
        if isinstance(value, dict):
            found = value
        place = text.find("{", place + max(1, length))
    return found
