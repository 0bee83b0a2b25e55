"""What every family does first: bring a render and its target to one size, opaque, as numbers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from seig_search.errors import SeigError
from seig_search.target import Target

__all__ = [
    "WORKING_SIDE",
    "Bytes",
    "Floats",
    "PerTarget",
    "as_render",
    "blurred",
    "flat",
    "shrunk",
    "similar",
]

Bytes: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]

WORKING_SIDE = 256
"""Families that look at appearance rather than at single pixels shrink to this longer side first: it bounds their
cost, and makes their values comparable between fidelities."""

Feature = TypeVar("Feature")


class PerTarget(Generic[Feature]):
    """Features of targets, computed once per target and size; a few sizes are kept.

    Args:
        compute: From a target already at the wanted size to its features.
    """

    _KEPT = 8

    def __init__(self, compute: Callable[[Target], Feature]) -> None:
        self._compute = compute
        self._known: OrderedDict[tuple[str, int, int], Feature] = OrderedDict()

    def at(self, target: Target, width: int, height: int) -> Feature:
        """Give the features of the target at ``width`` x ``height`` px."""
        key = (target.digest, width, height)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._compute(target.sized(width, height))
            while len(self._known) > self._KEPT:
                self._known.popitem(last=False)
        return known


def flat(render: Bytes) -> Bytes:
    """Lay a render over white.

    Args:
        render: (H, W, 4) uint8, straight alpha.

    Returns:
        (H, W, 3) uint8.

    Raises:
        SeigError: Another shape or type.
    """
    if render.ndim != 3 or render.shape[2] != 4 or render.dtype != np.uint8 or 0 in render.shape:
        raise SeigError(f"a render is an (H, W, 4) uint8 array; this one is {render.shape} {render.dtype}")
    if bool((render[..., 3] == 255).all()):
        return np.ascontiguousarray(render[..., :3])
    weight = render[..., 3:].astype(np.float32) / 255
    rounded: Bytes = np.rint(render[..., :3] * weight + 255 * (1 - weight)).astype(np.uint8)
    return rounded


def shrunk(render: Bytes, side: int = WORKING_SIDE) -> tuple[Bytes, Floats]:
    """Lay a render over white and average it down to a longer side of at most ``side`` px; small ones keep theirs.

    Args:
        render: (H, W, 4) uint8, straight alpha.
        side: In pixels.

    Returns:
        (h, w, 3) uint8 over white, and its coverage, (h, w) float32, 0..1.
    """
    colours, alpha = flat(render), render[..., 3]
    height, width = alpha.shape
    if max(height, width) > side:
        factor = side / max(height, width)
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        box = Image.Resampling.BOX
        colours = np.asarray(Image.fromarray(colours).resize(size, box))
        alpha = np.asarray(Image.fromarray(np.ascontiguousarray(alpha)).resize(size, box))
    share: Floats = alpha.astype(np.float32) / np.float32(255)
    return colours, share


def as_render(target: Target) -> Bytes:
    """Give a target as a render has it: (H, W, 4) uint8, alpha 255 where the target has none.

    Targets go through the same steps as renders this way, so equal pictures are equal at every size.
    """
    alpha = np.full(target.rgb.shape[:2], 255, np.uint8) if target.alpha is None else target.alpha
    return np.dstack([target.rgb, alpha])


def blurred(image: Floats, share: float) -> Floats:
    """Blur by a Gaussian whose width follows the picture's size.

    Args:
        image: (H, W) or (H, W, C) float32.
        share: Standard deviation as a share of the longer side.

    Returns:
        (h, w) or (h, w, C) float32, averaged down where the blur makes the full resolution needless.
    """
    from scipy.ndimage import gaussian_filter

    sigma = share * max(image.shape[:2])
    factor = max(1, int(sigma))
    if factor > 1:
        rows, columns = (-side % factor for side in image.shape[:2])
        rest = ((0, 0),) * (image.ndim - 2)
        image = np.pad(image, ((0, rows), (0, columns), *rest), mode="edge")
        height, width = image.shape[0] // factor, image.shape[1] // factor
        image = (
            image.reshape(height, factor, width, factor, -1)
            .mean(axis=(1, 3))
            .reshape((height, width, *image.shape[2:]))
        )
    widths = (sigma / factor, sigma / factor, 0.0)[: image.ndim]
    smooth: Floats = gaussian_filter(image, widths, truncate=3.0, mode="nearest")
    return smooth


def similar(one: Floats, other: Floats, floor: float) -> float:
    """Compare two sets of amounts by the sum of their lesser over the sum of their greater parts (Ruzicka 1958).

    Args:
        one: Amounts, none negative.
        other: Same shape.
        floor: Added above and below, so that two empty sets are alike.

    Returns:
        0..1; 1 for equal sets.
    """
    return float((np.minimum(one, other).sum() + floor) / (np.maximum(one, other).sum() + floor))
