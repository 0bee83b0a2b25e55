"""What can be read off a render and its target instead of being guessed: boxes, colours, brightness, as short tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seig_search.sight.look import Look, Region

__all__ = ["colours", "grid", "lab", "linear", "object_table", "overlap"]

Floats = npt.NDArray[np.float64]

MOST_OBJECTS = 24
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = TO_XYZ.sum(axis=1)


def linear(srgb: npt.NDArray[np.uint8] | Floats) -> Floats:
    """Give linear light 0..1 of sRGB values 0..255 (IEC 61966-2-1)."""
    value = np.asarray(srgb, float) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(light, float)


def lab(light: Floats) -> Floats:
    """Give CIE Lab (D65) of linear light, (..., 3)."""
    ratio = light @ TO_XYZ.T / WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def object_table(look: Look, most: int = MOST_OBJECTS) -> str:
    """Tell of each object where it shows, and its colour lit and in shadow in both pictures under its own pixels.

    Lit is the mean of the brighter half of the render's pixels of the object, shadow of the darker half; the target's
    are the means of its own halves under the same pixels. ``dE`` is the CIE76 difference of the means.

    Args:
        look: What is to be seen.
        most: Rows at most, the largest objects first.
    """
    rows = ["object | box x0,y0-x1,y1 px | share | render lit / shadow (sRGB) | target there lit / shadow | dE"]
    total = look.seen.shape[0] * look.seen.shape[1]
    for region in look.regions[:most]:
        x0, y0, x1, y1 = region.box
        mine, theirs = colours(look.seen, region), colours(look.wanted, region)
        apart = float(np.linalg.norm(lab(linear(mine.mean(axis=0))) - lab(linear(theirs.mean(axis=0)))))
        share = 100 * float(region.mask.sum()) / total
        rows.append(
            f"{region.name} | {x0},{y0}-{x1},{y1} | {share:.1f} % | {_pair(mine)} | {_pair(theirs)} | {apart:.0f}"
        )
    return "\n".join(rows) if len(rows) > 1 else ""


def colours(picture: npt.NDArray[np.uint8], region: Region) -> Floats:
    """Give the mean colours of the brighter and of the darker half of a region, (2, 3) sRGB 0..255, meant in linear light."""
    light = linear(picture[region.mask])
    bright = light @ LUMINANCE
    middle = np.median(bright)
    halves = [light[bright >= middle], light[bright <= middle]]
    mean = np.stack([half.mean(axis=0) for half in halves])
    shown = 255 * np.where(mean <= 0.0031308, 12.92 * mean, 1.055 * mean ** (1 / 2.4) - 0.055)
    return np.asarray(shown, float)


def grid(look: Look, cells: int = 3) -> str:
    """Tell the mean brightness of both pictures in a grid of regions, as linear luminance and its ratio."""
    rows = []
    for ys in np.array_split(np.arange(look.seen.shape[0]), cells):
        row = []
        for xs in np.array_split(np.arange(look.seen.shape[1]), cells):
            now, then = (float((linear(p[np.ix_(ys, xs)]) @ LUMINANCE).mean()) for p in (look.seen, look.wanted))
            row.append(f"{now:.3f}/{then:.3f} (x{then / max(now, 1e-3):.2f})")
        rows.append("  ".join(row))
    return "\n".join(rows)


def overlap(look: Look) -> str:
    """Tell how the outlines agree, where the target has one: intersection over union and both boxes."""
    wanted, seen = look.shape_of_target, look.shape_of_render
    if wanted is None or not wanted.any() or not seen.any():
        return ""
    share = float((wanted & seen).sum() / (wanted | seen).sum())
    return f"outline: IoU {share:.3f}; render {_box(seen)}, target {_box(wanted)}"


def _box(mask: npt.NDArray[np.bool_]) -> str:
    ys, xs = np.nonzero(mask)
    return f"{xs.min()},{ys.min()}-{xs.max() + 1},{ys.max() + 1}"


def _pair(halves: Sequence[Sequence[float]] | Floats) -> str:
    return " / ".join(" ".join(f"{round(float(value))}" for value in half) for half in halves)
