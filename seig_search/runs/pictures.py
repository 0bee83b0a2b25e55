"""Pictures for people: target, render and difference side by side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from seig_search.target import Target

__all__ = ["comparison", "over_white"]

GAP = 8
LABEL = 18


def over_white(rgba: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Lay (H, W, 4) straight-alpha RGBA over white, giving (H, W, 3)."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    flat = rgba[..., :3] * alpha + 255 * (1 - alpha)
    return np.asarray(np.rint(flat), np.uint8)


def comparison(target: Target, render: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Make the picture target | render | difference, at the render's size.

    Args:
        target: The target; its alpha is laid over white.
        render: (H, W, 4) uint8.

    Returns:
        (H + label, 3 W + gaps, 3) uint8. The difference is signed: grey is equal, lighter is where the render is
        brighter, per channel.
    """
    height, width = render.shape[:2]
    left, middle = target.sized(width, height).over(), over_white(render)
    difference = np.clip(128 + (middle.astype(int) - left) // 2, 0, 255).astype(np.uint8)
    sheet = Image.new("RGB", (3 * width + 2 * GAP, height + LABEL), "white")
    draw = ImageDraw.Draw(sheet)
    for column, (picture, label) in enumerate(
        ((left, "target"), (middle, "render"), (difference, "difference (grey: equal)"))
    ):
        x = column * (width + GAP)
        sheet.paste(Image.fromarray(picture), (x, LABEL))
        draw.text((x + 2, 3), label, fill="black")
    return np.asarray(sheet)
