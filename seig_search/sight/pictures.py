"""Pictures that show a difference: ticks, crops side by side, contours, signed brightness, labelled objects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from seig_search.sight.look import Look
from seig_search.sight.measurements import LUMINANCE, linear

__all__ = ["brightness", "contour", "crop_pair", "labelled", "ticked", "worst_boxes"]

Bytes = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]

CROP_SIDE = 400
TEXT_PX = 12
LEGEND_HEIGHT = 18
GREEN, GREY, RED, BLUE = (0, 255, 80), (128, 128, 128), (255, 40, 20), (20, 70, 255)


def ticked(picture: Bytes, step: int = 0) -> Bytes:
    """Draw ticks with pixel coordinates along the edges and faint lines across.

    Args:
        picture: (H, W, 3).
        step: Pixels between ticks; 0 chooses about eight along the longer side.
    """
    height, width = picture.shape[:2]
    step = step or _round_step(max(width, height) / 8)
    image = Image.fromarray(picture).convert("RGBA")
    lines = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw, font = ImageDraw.Draw(lines), ImageFont.load_default(TEXT_PX)
    for x in range(step, width, step):
        draw.line([(x, 0), (x, height)], fill=(255, 255, 255, 70))
        draw.line([(x + 1, 0), (x + 1, height)], fill=(0, 0, 0, 50))
        if x + 2 + font.getlength(str(x)) <= width:
            _text(draw, (x + 2, 0), str(x), font)
    for y in range(step, height, step):
        draw.line([(0, y), (width, y)], fill=(255, 255, 255, 70))
        draw.line([(0, y + 1), (width, y + 1)], fill=(0, 0, 0, 50))
        if y + 1 + TEXT_PX <= height:
            _text(draw, (1, y + 1), str(y), font)
    return np.asarray(Image.alpha_composite(image, lines).convert("RGB"))


def worst_boxes(look: Look, count: int = 2, share: float = 0.34, by_shape: bool = False) -> list[Box]:
    """Find where the pictures differ most: boxes of a share of the sides that do not overlap, the worst first.

    Args:
        look: What is to be seen.
        count: How many at most.
        share: Their sides, as a share of the pictures'.
        by_shape: Whether edges are compared instead of colours, so that light and paint do not count.
    """
    height, width = look.seen.shape[:2]
    box_w, box_h = (min(side, max(8, round(side * share))) for side in (width, height))
    if by_shape:
        apart = np.abs(_edges(look.seen) - _edges(look.wanted))
    else:
        apart = np.abs(look.seen.astype(float) - look.wanted).mean(axis=2)
    # The sum over the box whose top left corner is here.
    whole = np.pad(apart.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    worth = whole[box_h:, box_w:] - whole[:-box_h, box_w:] - whole[box_h:, :-box_w] + whole[:-box_h, :-box_w]
    found: list[Box] = []
    for _ in range(count):
        top, left = (int(place) for place in np.unravel_index(int(np.argmax(worth)), worth.shape))
        if worth[top, left] <= 0 and found:
            break
        found.append((left, top, left + box_w, top + box_h))
        worth[max(0, top - box_h + 1) : top + box_h, max(0, left - box_w + 1) : left + box_w] = -1
    return found


def crop_pair(look: Look, box: Box, side: int = CROP_SIDE) -> Bytes:
    """Show the same box of the target (left) and of the render (right), enlarged until one is ``side`` wide or high."""
    x0, y0, x1, y1 = box
    factor = max(1.0, side / max(x1 - x0, y1 - y0))
    size = (round((x1 - x0) * factor), round((y1 - y0) * factor))
    parts = [
        np.asarray(Image.fromarray(p[y0:y1, x0:x1]).resize(size, Image.Resampling.LANCZOS))
        for p in (look.wanted, look.seen)
    ]
    gap = np.full((size[1], 4, 3), 255, np.uint8)
    return np.hstack([parts[0], gap, parts[1]])


def contour(look: Look) -> Bytes:
    """Draw the target's outline over the render: of its shape where it has one, else its strongest edges.

    Of edges, those that the render has too, within two pixels, are faint: what is to be mended stands out, and grain that is
    already right does not.
    """
    shape = look.shape_of_target
    shown = look.seen.copy()
    if shape is not None:
        shown[shape ^ ndimage.binary_erosion(shape, iterations=2)] = GREEN
        return shown
    line = _lines(look.wanted)
    near = ndimage.binary_dilation(_lines(look.seen), np.ones((3, 3), bool), iterations=2)
    shown[line & near] = np.round(0.75 * shown[line & near] + 0.25 * np.array(GREEN)).astype(np.uint8)
    shown[line & ~near] = GREEN
    return shown


def brightness(look: Look, sigma: float = 6.0) -> Bytes:
    """Show the blurred difference of brightness: red where the render must become brighter, blue where darker.

    Full colour is a difference of 0.25 in the cube root of linear luminance (a quarter of the way from black to white
    as the eye sees it); grey is none. A legend of 18 pixels' height stands below.
    """
    now, then = (np.cbrt(linear(p) @ LUMINANCE) for p in (look.seen, look.wanted))
    apart = np.clip(ndimage.gaussian_filter(then - now, sigma) / 0.25, -1, 1)[..., None]
    grey, red, blue = (np.array(c, float) for c in (GREY, RED, BLUE))
    shown = np.where(apart > 0, grey + apart * (red - grey), grey - apart * (blue - grey))
    return np.vstack([np.asarray(np.round(shown), np.uint8), _legend(shown.shape[1])])


def labelled(look: Look, most: int = 24) -> Bytes:
    """Tint each object of the render and write its name on it."""
    shown = look.seen.astype(float)
    golden = 0.61803398875
    hues = [np.array(_hue((n * golden) % 1.0)) for n in range(most)]
    for region, hue in zip(look.regions[:most], hues, strict=False):
        shown[region.mask] = 0.55 * shown[region.mask] + 0.45 * hue
    image = Image.fromarray(shown.astype(np.uint8)).convert("RGBA")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(TEXT_PX)
    for region in look.regions[:most]:
        _text(draw, _place(region.mask, font.getlength(region.name)), region.name, font)
    return np.asarray(image.convert("RGB"))


EDGE = 0.25
"""A slope of linear luminance's cube root, as ``ndimage.sobel`` gives it, that counts as half an edge; grain is far below."""

LEAST_LINE = 0.06
"""Of the longer side; what is shorter is texture."""


def _slopes(picture: Bytes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give how steeply each channel's brightness rises downwards and to the right, of the channel that is steepest."""
    light = ndimage.gaussian_filter(np.cbrt(linear(picture)), (1.2, 1.2, 0))
    down, right = ndimage.sobel(light, 0), ndimage.sobel(light, 1)
    steepest = np.argmax(np.hypot(down, right), axis=2)[..., None]
    return tuple(np.take_along_axis(one, steepest, 2)[..., 0] for one in (down, right))  # type: ignore[return-value]


def _edges(picture: Bytes) -> npt.NDArray[np.float64]:
    """Give where edges are, (H, W) 0..1, strong ones alike: what counts is whether there is one."""
    steep = np.hypot(*_slopes(picture)) ** 2
    return np.asarray(steep / (steep + EDGE**2), float)


def _lines(picture: Bytes) -> npt.NDArray[np.bool_]:
    """Give the ridges of the edges, a pixel wide, in lines of some length."""
    down, right = _slopes(picture)
    steep = np.hypot(down, right)
    along_x = np.abs(right) >= np.abs(down)
    beside = np.where(
        along_x,
        np.maximum(np.roll(steep, 1, 1), np.roll(steep, -1, 1)),
        np.maximum(np.roll(steep, 1, 0), np.roll(steep, -1, 0)),
    )
    line = (steep >= beside) & (steep > EDGE)
    kept, count = ndimage.label(line, np.ones((3, 3)))
    sizes = ndimage.sum_labels(line, kept, range(1, count + 1)) if count else np.zeros(0)
    return np.asarray(line & np.isin(kept, 1 + np.flatnonzero(sizes >= max(12, LEAST_LINE * max(line.shape)))), bool)


def _legend(width: int) -> Bytes:
    image = Image.new("RGB", (width, LEGEND_HEIGHT), (255, 255, 255))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(TEXT_PX)
    for left, rgb, text in ((2, RED, "make brighter"), (112, BLUE, "make darker"), (212, GREY, "as wanted")):
        draw.rectangle((left, 3, left + 11, LEGEND_HEIGHT - 4), fill=rgb)
        draw.text((left + 16, 1), text, fill=(0, 0, 0), font=font)
    return np.asarray(image)


def _place(mask: npt.NDArray[np.bool_], width: float) -> tuple[int, int]:
    """Give the top left corner of a text that lies as far inside a region as it can, and inside the picture."""
    # Rows count for more than columns, as a text is wider than high; the padding makes the picture's edge count as an edge.
    room = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=(max(1.0, width / TEXT_PX), 1.0))[1:-1, 1:-1]
    y, x = (int(place) for place in np.unravel_index(int(np.argmax(room)), room.shape))
    left = np.clip(x - width / 2, 0, max(0, mask.shape[1] - width))
    return int(left), int(np.clip(y - TEXT_PX // 2, 0, max(0, mask.shape[0] - TEXT_PX - 2)))


def _text(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    draw.text(at, text, fill=(255, 255, 255, 255), font=font, stroke_width=1, stroke_fill=(0, 0, 0, 220))


def _round_step(wish: float) -> int:
    return min((10, 20, 25, 50, 100, 200, 250, 500, 1000), key=lambda step: abs(np.log(step / wish)))


def _hue(value: float) -> Sequence[float]:
    import colorsys

    return [255 * channel for channel in colorsys.hsv_to_rgb(value, 0.85, 1.0)]
