"""The colour and sheen of a region."""

from __future__ import annotations

import numpy as np

from .colour import Array, Colour, lab, luminance
from .masks import Mask
from .solids import Finish

__all__ = ["colour_of", "finish_of"]


def colour_of(light: Array, mask: Mask, above: float = 0.4) -> Colour:
    """Give the colour of a region's lit part: the median of what is brighter than the quantile ``above``, without
    highlights, linear RGB.
    """
    pixels = light[mask]
    bright = luminance(pixels)
    low, high = np.quantile(bright, [above, 0.93])
    lit = pixels[(bright >= low) & (bright <= high)]
    r, g, b = np.median(lit if len(lit) else pixels, axis=0)
    return float(r), float(g), float(b)


def finish_of(light: Array, mask: Mask) -> Finish:
    """Guess a region's surface; its colour is what is seen, not yet divided by the light.

    Metal shows small, strong highlights and steps between reflections; a matte thing shades smoothly.
    """
    from scipy import ndimage

    inner = ndimage.binary_erosion(mask, iterations=2)
    inner = inner if inner.sum() >= 20 else mask
    top, left, bottom, right = _window(mask)
    lightness = lab(light[top:bottom, left:right])[..., 0]
    window = inner[top:bottom, left:right]
    bright, peak = (float(v) for v in np.quantile(lightness[window], [0.9, 0.985]))
    steps = float(np.quantile(ndimage.gaussian_gradient_magnitude(lightness, 1.0)[window], 0.9))
    gloss = (peak - bright) + max(0.0, steps - 4)
    if gloss > 3.5:
        return Finish(colour_of(light, mask, 0.6), 0.2, 0.85)
    return Finish(colour_of(light, mask), 0.65, 0.0)


def _window(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
