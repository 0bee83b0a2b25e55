"""What is sent: sections by name, each a text or a picture with its worth and its cost, chosen within a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError, nearest
from seig_search.sight.look import Look
from seig_search.sight.measurements import grid, object_table, overlap
from seig_search.sight.pictures import brightness, contour, crop_pair, labelled, ticked, worst_boxes
from seig_search.sight.views import view_strip
from seig_search.stages import Stage
from seig_search.verification import ToDo

__all__ = ["DEFAULT_SECTIONS", "SECTIONS", "Section", "check_sections", "chosen", "picture_tokens", "sections"]

SECTIONS = ("crops", "objects", "ticks", "outline", "grid", "brightness", "contour", "labels", "views")
"""In the order of their worth for their tokens, as a model that worked by eye ranked them."""

DEFAULT_SECTIONS = ("crops", "objects", "ticks", "outline", "grid", "brightness", "contour")

CONTOUR_CAPTION = (
    "Render with the target's outline in green",
    "Render with the target's edges in green, faint where the render has them too",
)

MOST_CROPS = 3
PIXELS_PER_TOKEN = 28 * 28
CHARACTERS_PER_TOKEN = 3.6


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that may be shown.

    Args:
        name: Which of ``SECTIONS``.
        caption: What a picture is, or the heading of a text.
        text: The text; empty for a picture.
        picture: (H, W, 3) uint8; None for a text.
    """

    name: str
    caption: str
    text: str = ""
    picture: npt.NDArray[np.uint8] | None = None

    @property
    def tokens(self) -> int:
        """An estimate: 3.6 characters each, and 28 x 28 pixels of a picture each."""
        words = (len(self.caption) + len(self.text)) / CHARACTERS_PER_TOKEN
        return int(words) + (0 if self.picture is None else picture_tokens(self.picture)) + 1


def picture_tokens(picture: npt.NDArray[np.uint8]) -> int:
    """Estimate what a picture costs: a token for 28 x 28 pixels."""
    return -(-picture.shape[0] * picture.shape[1] // PIXELS_PER_TOKEN)


def check_sections(names: Sequence[str]) -> tuple[str, ...]:
    """Check a choice of sections.

    Raises:
        UsageError: One is unknown.
    """
    for name in names:
        if name not in SECTIONS:
            raise UsageError(f"unknown section {name!r} of what a model is shown{nearest(name, SECTIONS)}")
    return tuple(name for name in SECTIONS if name in names)


def sections(look: Look, names: Sequence[str], stage: Stage, todo: Sequence[ToDo] = ()) -> Iterator[Section]:
    """Make the sections that there is something to show for, in the order of their worth.

    Args:
        look: What is to be seen.
        names: Which are wanted.
        stage: Whose concern counts: crops are taken where shapes differ for geometry and composition, else where colours do.
        todo: What is to be done: its boxes come first among the crops.
    """
    width, height = look.size
    if "crops" in names:
        boxes = [_widened(item.box, width, height) for item in todo if item.box is not None]
        for box in _apart([*boxes, *worst_boxes(look, by_shape=stage in (Stage.GEOMETRY, Stage.COMPOSITION))])[
            :MOST_CROPS
        ]:
            x0, y0, x1, y1 = box
            yield Section(
                "crops", f"x {x0}..{x1}, y {y0}..{y1}: target left, render right", picture=crop_pair(look, box)
            )
    if "objects" in names and (table := object_table(look)):
        yield Section("objects", "Measured under each object's own pixels in the render:", table)
    if "ticks" in names:
        yield Section("ticks", "Target with pixel coordinates", picture=ticked(look.wanted))
        yield Section("ticks", "Render with pixel coordinates", picture=ticked(look.seen))
    if "outline" in names and (told := overlap(look)):
        yield Section("outline", "Measured:", told)
    if "grid" in names:
        yield Section(
            "grid", "Mean brightness (linear), render/target and the factor wanted, thirds of the picture:", grid(look)
        )
    if "brightness" in names:
        caption = "Blurred brightness: red where the render must become brighter, blue where darker"
        yield Section("brightness", caption, picture=brightness(look))
    if "contour" in names:
        yield Section("contour", CONTOUR_CAPTION[look.shape_of_target is None], picture=contour(look))
    if "labels" in names and look.regions:
        yield Section("labels", "Render with the names of its objects", picture=labelled(look))
    if "views" in names and look.views and stage in (Stage.GEOMETRY, Stage.COMPOSITION):
        caption = (
            "The render's scene from other views (no target exists for them): look for parts that float or intersect"
        )
        yield Section("views", caption, picture=view_strip(look.views, look.side))


def chosen(found: Sequence[Section], budget: int) -> list[Section]:
    """Take sections in their order as long as the budget of tokens holds; one that is too large is passed over."""
    taken, left = [], budget
    for section in found:
        if section.tokens <= left:
            taken.append(section)
            left -= section.tokens
    return taken


def _widened(box: tuple[float, float, float, float], width: int, height: int) -> tuple[int, int, int, int]:
    """Give a box of shares in pixels, with a fifth more around it, at least 48 pixels a side."""
    x0, y0, x1, y1 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    grow_x, grow_y = (max(0.2 * (b - a), (48 - (b - a)) / 2, 0) for a, b in ((x0, x1), (y0, y1)))
    return (
        int(max(0, x0 - grow_x)),
        int(max(0, y0 - grow_y)),
        int(min(width, x1 + grow_x)),
        int(min(height, y1 + grow_y)),
    )


def _apart(boxes: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Leave out empty boxes, and those that lie mostly in an earlier one."""
    kept: list[tuple[int, int, int, int]] = []
    for box in boxes:
        area = (box[2] - box[0]) * (box[3] - box[1])
        if box[2] - box[0] < 4 or box[3] - box[1] < 4:
            continue
        shared = [
            max(0, min(box[2], one[2]) - max(box[0], one[0])) * max(0, min(box[3], one[3]) - max(box[1], one[1]))
            for one in kept
        ]
        if all(common < 0.6 * area for common in shared):
            kept.append(box)
    return kept
