"""What a judge is shown: texts from ``prompts/*.md``, pictures at one size, crops where the renders differ most."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from seig_search.runs.atomic import png_bytes
from seig_search.target import Target

__all__ = ["Messages", "digest", "grade_messages", "pair_messages", "prompts_digest", "second_try"]

Picture = npt.NDArray[np.uint8]
Messages = list[dict[str, Any]]

LEAST_SHOWN = 384
"""Pixels; smaller pictures are enlarged to this longer side, since models see little in thumbnails."""

SMOOTHING = 0.8
"""Pixels (standard deviation) by which pictures are blurred before they are enlarged; the grain of a draft's few samples
would be taken for texture. As in the metrics of detail."""

CROP_SHARE = 0.4
"""Side of a crop as a share of the picture's."""


def digest(picture: Picture) -> str:
    """SHA-256 (hex) of a picture's size and pixels, (H, W, 4) uint8."""
    head = f"{picture.shape}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(picture).tobytes()).hexdigest()


def prompts_digest() -> str:
    """SHA-256 (hex) of every prompt text: a reply to another wording is another reply."""
    texts = [_text(name) for name in ("system.md", "pair.md", "grade.md")]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def pair_messages(target: Target, first: Picture, second: Picture, image_side: int) -> Messages:
    """Make the chat that asks which of two renders is nearer to the target.

    Args:
        target: The target; shown as sharp as the larger render.
        first: (H, W, 4) uint8, straight alpha; the size may differ from the other's.
        second: Likewise.
        image_side: Longer side of the pictures, at most, in pixels.

    Returns:
        A system message, and a user message of text and six PNG data URIs: the three pictures, and a crop of each.
    """
    shown = _alike(target, [first, second], image_side)
    names = ("Target", "FIRST", "SECOND")
    x, y, right, bottom = _box(shown[1], shown[2])
    where = f"x {x}..{right}, y {y}..{bottom}"
    captions = [(f"{name}:", picture) for name, picture in zip(names, shown, strict=True)]
    captions += [
        (f"{name}, {where}, twice as large:", _doubled(picture[y:bottom, x:right]))
        for name, picture in zip(names, shown, strict=True)
    ]
    return _chat(captions, _filled("pair.md", {"size": _size(shown[0])}))


def grade_messages(target: Target, render: Picture, image_side: int) -> Messages:
    """Make the chat that asks for marks.

    Args:
        target: The target.
        render: (H, W, 4) uint8, straight alpha.
        image_side: Longer side of the pictures, at most, in pixels.

    Returns:
        A system message, and a user message of text and four PNG data URIs: both pictures, and a crop of each.
    """
    shown = _alike(target, [render], image_side)
    x, y, right, bottom = _box(shown[0], shown[1])
    where = f"x {x}..{right}, y {y}..{bottom}"
    captions = [("Target:", shown[0]), ("Render:", shown[1])]
    captions += [
        (f"{name}, {where}, twice as large:", _doubled(picture[y:bottom, x:right]))
        for name, picture in zip(("Target", "Render"), shown, strict=True)
    ]
    return _chat(captions, _filled("grade.md", {"size": _size(shown[0])}))


def second_try(messages: Messages, reply: str, complaint: str) -> Messages:
    """Give the chat that follows a reply which could not be read."""
    return [
        *messages,
        # Some providers refuse an empty message.
        {"role": "assistant", "content": reply if reply.strip() else "(nothing)"},
        {
            "role": "user",
            "content": f"This reply could not be read: {complaint}. Reply once more, with nothing but the lines asked for.",
        },
    ]


def _alike(target: Target, renders: Sequence[Picture], image_side: int) -> list[Picture]:
    """Bring all to one size over white, the target no sharper than the largest render: resolution is no merit."""
    height, width = max((render.shape[:2] for render in renders), key=lambda shape: shape[0] * shape[1])
    longer = max(width, height)
    factor = min(image_side, max(longer, LEAST_SHOWN)) / longer
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    pictures = [target.sized(width, height), *(Target(r[..., :3].copy(), r[..., 3].copy()) for r in renders)]
    smooth = ImageFilter.GaussianBlur(SMOOTHING if factor > 1 else 0.0)
    flat = [np.asarray(Image.fromarray(one.over()).filter(smooth)) for one in pictures]
    return [Target(one.copy()).sized(*size).rgb for one in flat]


def _box(one: Picture, other: Picture) -> tuple[int, int, int, int]:
    """Find the box of ``CROP_SHARE`` of the picture with the largest sum of differences: left, top, right, bottom.

    Both are blurred first: grain differs everywhere, and most where it is bright.
    """
    height, width = one.shape[:2]
    box_w, box_h = max(1, round(width * CROP_SHARE)), max(1, round(height * CROP_SHARE))
    blur = ImageFilter.GaussianBlur(max(width, height) / 64)
    smooth = [np.asarray(Image.fromarray(picture).filter(blur), np.int64) for picture in (one, other)]
    apart = np.abs(smooth[0] - smooth[1]).sum(axis=2)
    sums = np.pad(apart, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    boxes = sums[box_h:, box_w:] - sums[:-box_h, box_w:] - sums[box_h:, :-box_w] + sums[:-box_h, :-box_w]
    top, left = np.unravel_index(int(np.argmax(boxes)), boxes.shape)
    return int(left), int(top), int(left) + box_w, int(top) + box_h


def _doubled(picture: Picture) -> Picture:
    return Target(np.ascontiguousarray(picture)).sized(2 * picture.shape[1], 2 * picture.shape[0]).rgb


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]} px"


def _chat(captions: Sequence[tuple[str, Picture]], text: str) -> Messages:
    parts: list[dict[str, Any]] = []
    for caption, picture in captions:
        uri = "data:image/png;base64," + base64.b64encode(png_bytes(picture)).decode("ascii")
        parts += [{"type": "text", "text": caption}, {"type": "image_url", "image_url": {"url": uri}}]
    parts.append({"type": "text", "text": text})
    return [{"role": "system", "content": _text("system.md")}, {"role": "user", "content": parts}]


def _text(name: str) -> str:
    return (resources.files("seig_search.judge") / "prompts" / name).read_text(encoding="utf-8")


def _filled(name: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z_]+)\}", lambda match: values.get(match[1], match[0]), _text(name))
