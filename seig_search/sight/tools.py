"""What a model may ask to see before it edits, and the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.chat import over_white
from seig_search.errors import UsageError
from seig_search.render import View
from seig_search.sight.look import Look
from seig_search.sight.pictures import crop_pair

__all__ = ["TOOLS", "Looker"]

Bytes = npt.NDArray[np.uint8]
Answer = tuple[str, Bytes | None]

NEIGHBOURS = 2
LEAST_BOX = 8
PIXEL = {"type": "integer", "description": "px in the pictures shown, origin top left"}


def _tool(name: str, what: str, arguments: dict[str, dict[str, Any]]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": arguments, "required": list(arguments), "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": what, "parameters": parameters}}


TOOLS = (
    _tool(
        "zoom",
        "The same box of target (left) and render (right), enlarged.",
        {"x0": PIXEL, "y0": PIXEL, "x1": PIXEL, "y1": PIXEL},
    ),
    _tool(
        "probe", "Mean sRGB about a pixel in both pictures, and the object that shows there.", {"x": PIXEL, "y": PIXEL}
    ),
    _tool(
        "view",
        "The program's scene with its camera turned about what it looks at.",
        {
            "azimuth": {"type": "number", "description": "degrees to the right, -180..180"},
            "elevation": {"type": "number", "description": "degrees up, -90..90"},
        },
    ),
    _tool(
        "project",
        "Where an object of the program lies: its box in the render in px, and its size and place in metres.",
        {"name": {"type": "string", "description": "the object's name"}},
    ),
)
"""``zoom``, ``probe``, ``view`` and ``project``, in OpenAI's form."""


class Looker:
    """Answers for ``TOOLS``; what is asked wrongly is answered with what would be right.

    Args:
        look: What the model is shown.
        turn: Renders the scene from another view; None if that failed. None where nobody can.
    """

    def __init__(self, look: Look, turn: Callable[[View], Bytes | None] | None = None) -> None:
        self._look, self._turn = look, turn

    def answer(self, name: str, arguments: str) -> Answer:
        """Answer one call.

        Args:
            name: The tool's.
            arguments: A JSON object, as the model wrote it.

        Returns:
            Words, and a picture, (H, W, 3) uint8, where there is one.
        """
        answers = {"zoom": self._zoom, "probe": self._probe, "view": self._view, "project": self._project}
        if name not in answers:
            return f"there is no tool {name!r}; there are {', '.join(answers)}", None
        try:
            given = json.loads(arguments)
            return answers[name](given)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, UsageError) as error:
            wanted = next(tool for tool in TOOLS if tool["function"]["name"] == name)["function"]["parameters"]
            return f"{name} could not be answered ({error!r}); it takes {', '.join(wanted['properties'])}", None

    def _zoom(self, given: dict[str, Any]) -> Answer:
        width, height = self._look.size
        x0, x1 = sorted(min(max(int(given[name]), 0), width) for name in ("x0", "x1"))
        y0, y1 = sorted(min(max(int(given[name]), 0), height) for name in ("y0", "y1"))
        if x1 - x0 < LEAST_BOX or y1 - y0 < LEAST_BOX:
            return f"the box must be {LEAST_BOX} px wide and high at least, within {width} x {height}", None
        return f"x {x0}..{x1}, y {y0}..{y1}: target left, render right", crop_pair(self._look, (x0, y0, x1, y1))

    def _probe(self, given: dict[str, Any]) -> Answer:
        width, height = self._look.size
        x, y = int(given["x"]), int(given["y"])
        if not (0 <= x < width and 0 <= y < height):
            return f"({x}, {y}) is outside of {width} x {height}", None
        box = np.s_[max(0, y - NEIGHBOURS) : y + NEIGHBOURS + 1, max(0, x - NEIGHBOURS) : x + NEIGHBOURS + 1]
        wanted, seen = (
            " ".join(f"{v:.0f}" for v in picture[box].reshape(-1, 3).mean(axis=0))
            for picture in (self._look.wanted, self._look.seen)
        )
        thing = next((region.name for region in self._look.regions if region.mask[y, x]), "no object")
        return f"at ({x}, {y}) the target is sRGB {wanted}, the render {seen}: {thing}", None

    def _view(self, given: dict[str, Any]) -> Answer:
        view = View("orbit", azimuth=float(given["azimuth"]), elevation=float(given["elevation"]))
        picture = None if self._turn is None else self._turn(view)
        if picture is None:
            return "this view could not be rendered", None
        return f"the camera turned {view.azimuth:+g} degrees, raised {view.elevation:+g}", over_white(
            picture, *self._look.size
        )

    def _project(self, given: dict[str, Any]) -> Answer:
        name = str(given["name"])
        things = {str(told["name"]): told for told in self._look.facts.get("objects", ())}
        if name not in things:
            return f"the scene has no object {name!r}; it has {', '.join(things) or 'none'}", None
        region = next((region for region in self._look.regions if region.name == name), None)
        where = "not seen in the render"
        if region is not None:
            x0, y0, x1, y1 = region.box
            where = f"in the render at {x0},{y0}-{x1},{y1} px, {100 * region.mask.mean():.1f} % of it"
        told = things[name]
        bounds = [
            f"{word} {', '.join(f'{float(v):.3g}' for v in told[word])} m"
            for word in ("location", "dimensions")
            if word in told
        ]
        return "; ".join([f"{name}: {where}", *bounds]), None
