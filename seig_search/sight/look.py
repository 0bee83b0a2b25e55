"""A render and its target at one size, with what is known of the render's objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from seig_search.chat import over_white, shown_size
from seig_search.sight.views import Seen
from seig_search.target import Target

__all__ = ["Look", "Region"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

LEAST_PIXELS = 12


@dataclass(frozen=True, slots=True)
class Region:
    """Where an object shows in the render.

    Args:
        name: The object's name in the program.
        mask: (H, W) bool, in the shown size.
        box: Left, top, right, bottom of its pixels, in shown pixels.
    """

    name: str
    mask: npt.NDArray[np.bool_]
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Look:
    """What is to be seen.

    Args:
        target: The target.
        render: (H, W, 4) uint8.
        side: Longer side of the shown pictures, at most, in pixels.
        index: (h, w) indices of objects into ``names``; None if unknown. 0 is the background.
        names: Names by index.
        facts: Scene facts of the render.
        views: The render's scene from other views; empty if nobody rendered them.
    """

    target: Target
    render: Bytes
    side: int
    index: npt.NDArray[Any] | None = None
    names: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    views: Sequence[Seen] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height that both are shown at."""
        return shown_size(self.target, self.side)

    @cached_property
    def wanted(self) -> Bytes:
        """The target over white, (height, width, 3)."""
        width, height = self.size
        return np.asarray(self.target.sized(width, height).over())

    @cached_property
    def seen(self) -> Bytes:
        """The render over white, likewise."""
        return over_white(self.render, *self.size)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """The objects that show, the largest first."""
        if self.index is None:
            return ()
        width, height = self.size
        shown = np.asarray(
            Image.fromarray(self.index.astype(np.int32), mode="I").resize((width, height), Image.Resampling.NEAREST)
        )
        found = []
        for number in np.unique(shown):
            mask = shown == number
            if number == 0 or number >= len(self.names) or mask.sum() < LEAST_PIXELS:
                continue
            ys, xs = np.nonzero(mask)
            box = (int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)
            found.append(Region(str(self.names[number]), mask, box))
        return tuple(sorted(found, key=lambda region: -int(region.mask.sum())))

    @cached_property
    def shape_of_target(self) -> npt.NDArray[np.bool_] | None:
        """(height, width), where the target is opaque; None where all of it is."""
        width, height = self.size
        alpha = self.target.sized(width, height).alpha
        return None if alpha is None else alpha > 127 if alpha.dtype == np.uint8 else alpha > 0.5

    @cached_property
    def shape_of_render(self) -> npt.NDArray[np.bool_]:
        """(height, width), where the render is opaque."""
        alpha = Image.fromarray(np.ascontiguousarray(self.render[..., 3]))
        return np.asarray(alpha.resize(self.size, Image.Resampling.BILINEAR)) > 127
