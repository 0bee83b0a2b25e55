"""A strip of other views of a render's scene, in which a part that floats, or runs into another, shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from seig_search.chat import over_white
from seig_search.render import View

__all__ = ["VIEWS", "Seen", "view_strip"]

Bytes = npt.NDArray[np.uint8]

VIEWS = (View("top"), View("orbit", azimuth=60), View("orbit", azimuth=-60))
"""What tells most of a scene beside its own camera: where things stand, and both sides of what stands in front."""

CAPTION_PX = 14
CAPTION_HEIGHT = 20
GAP = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture of the scene from another view.

    Args:
        view: From where.
        picture: (H, W, 4) uint8, as a render gives it.
    """

    view: View
    picture: Bytes


def view_strip(seen: Sequence[Seen], width: int = 640) -> Bytes:
    """Lay views side by side at one height, each under its caption.

    Args:
        seen: The views, from the left; at least one.
        width: Width of the strip, in pixels. Each view keeps its proportions.

    Returns:
        (height, width, 3) uint8.

    Raises:
        ValueError: There is no view, or no room for them.
    """
    room = width - GAP * (len(seen) - 1)
    if not seen or room < 8 * len(seen):
        raise ValueError(
            f"a strip needs a view and 8 pixels of width for each, got {len(seen)} views in {width} pixels"
        )
    shares = np.array([one.picture.shape[1] / one.picture.shape[0] for one in seen])
    # Rounded places and not widths, so that the last one ends where the strip does.
    ends = np.rint(np.cumsum(room * shares / shares.sum())).astype(int)
    starts = np.concatenate([[0], ends[:-1]])
    height = max(1, round(room / float(shares.sum())))
    strip = Image.new("RGB", (width, CAPTION_HEIGHT + height), (255, 255, 255))
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(CAPTION_PX)
    for number, (one, start, end) in enumerate(zip(seen, starts, ends, strict=True)):
        left = int(start) + GAP * number
        strip.paste(Image.fromarray(over_white(one.picture, int(end - start), height)), (left, CAPTION_HEIGHT))
        draw.text((left + 2, 1), _fitting(_caption(one.view), int(end - start) - 2, font), fill=(0, 0, 0), font=font)
    return np.asarray(strip)


def _caption(view: View) -> str:
    if view.kind == "top":
        return "from above"
    if view.kind == "orbit":
        turned = f"camera turned {view.azimuth:+g}°"
        return turned if not view.elevation else f"{turned}, raised {view.elevation:+g}°"
    return "own camera" if view.kind == "camera" else str(view)


def _fitting(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    while text and font.getlength(text) > width:
        text = text[:-1]
    return text
