"""The colour and sheen of a region."""

from __future__ import annotations

import numpy as np

from .colour import Array, Colour, lab, luminance
from .regions import Mask
from .solids import Finish

__all__ = ["colour_of", "finish_of"]


def colour_of(light: Array, mask: Mask) -> Colour:
    """Give the colour of a region's lit part: the median of its brighter half without highlights, linear RGB."""
    pixels = light[mask]
    bright = luminance(pixels)
    low, high = np.quantile(bright, [0.4, 0.93])
    lit = pixels[(bright >= low) & (bright <= high)]
    r, g, b = np.median(lit if len(lit) else pixels, axis=0)
    return float(r), float(g), float(b)


def finish_of(light: Array, mask: Mask) -> Finish:
    """Guess a region's surface; its colour is what is seen, not yet divided by the light.

    Metal shows highlights and dark reflections side by side; a matte thing shades smoothly.
    """
    lightness = lab(light[mask])[:, 0]
    dark, middle, top = (float(v) for v in np.quantile(lightness, [0.1, 0.5, 0.985]))
    shiny = top - middle
    deep = middle - dark
    if shiny > 22 and shiny + deep > 30:
        return Finish(colour_of(light, mask), 0.22, 0.9)
    if shiny > 14:
        return Finish(colour_of(light, mask), 0.35, 0.0)
    return Finish(colour_of(light, mask), 0.65, 0.0)
