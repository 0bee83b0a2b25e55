"""The solids a scene is built of: their sizes, their points, and how they are placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .colour import Array, Colour

__all__ = ["KINDS", "Finish", "Solid", "coaxial", "extent", "points", "world_points"]

KINDS: Mapping[str, tuple[str, ...]] = {
    "ball": ("radius",),
    "egg": ("length", "width", "height"),
    "box": ("width", "depth", "height", "bevel"),
    "cylinder": ("radius", "height", "bevel"),
    "cone": ("radius", "top", "height"),
    "ring": ("radius", "tube"),
    "cup": ("radius", "foot", "height", "wall"),
}
"""The names of each kind's sizes, in the order in which a program's helper takes them. Every solid stands on its
own origin: its lowest point is at height 0."""


@dataclass(frozen=True, slots=True)
class Finish:
    """How a surface looks.

    Args:
        rgb: Linear base colour, 0..1.
        roughness: 0 (mirror) .. 1 (matte).
        metallic: 0 or 1, or between.
        look: ``paint`` (one colour), ``wood`` (two colours in bands) or ``glass``.
        second: The second colour of ``wood``.
        streaks: Streaks per metre of ``wood``.
        grain: Degrees, the direction of the streaks of ``wood``.
    """

    rgb: Colour
    roughness: float = 0.6
    metallic: float = 0.0
    look: str = "paint"
    second: Colour = (0.1, 0.05, 0.02)
    streaks: float = 1.5
    grain: float = 30.0


@dataclass(frozen=True, slots=True)
class Solid:
    """One named thing.

    Args:
        name: CamelCase, unique in its scene.
        kind: One of ``KINDS``.
        size: Metres, in the order of ``KINDS[kind]``.
        x: Position in metres.
        y: Position in metres.
        z: Height of its lowest point in metres.
        turn: Degrees about the vertical axis.
        tilt: Degrees about its own y axis, before the turn.
        finish: Its surface.
    """

    name: str
    kind: str
    size: tuple[float, ...]
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    turn: float = 0.0
    tilt: float = 0.0
    finish: Finish = field(default_factory=lambda: Finish((0.5, 0.5, 0.5)))


def coaxial(one: Solid, two: Solid) -> bool:
    """Whether two solids stand exactly on one upright axis: parts of one thing, which move together."""
    return one.x == two.x and one.y == two.y and (one.x, one.y) != (0.0, 0.0)


def _circle(radius: float, height: float, count: int) -> Array:
    angle = np.arange(count) * (2 * np.pi / count)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), np.full(count, height)])


_SPHERE = np.concatenate(
    [_circle(float(np.cos(a)), float(np.sin(a)), 24) for a in np.linspace(-np.pi / 2, np.pi / 2, 13)]
)
# A little larger, since a polyhedron with its corners on a sphere shows a smaller outline.
_ON_GROUND = _SPHERE * 1.004 + np.array([0, 0, 1])
_CUBE = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)])


def points(kind: str, size: tuple[float, ...]) -> Array:
    """Give points whose convex hull is the solid's, in its own coordinates.

    Args:
        kind: One of ``KINDS``.
        size: Metres; trailing sizes (bevel, wall) may be left out.

    Returns:
        (N, 3) metres.
    """
    match kind:
        case "ball":
            return np.asarray(_ON_GROUND * size[0])
        case "egg":
            return np.asarray(_ON_GROUND * np.array(size[:3]) / 2)
        case "box":
            return np.asarray(_CUBE * np.array(size[:3]))
        case "cylinder":
            return np.concatenate([_circle(size[0], 0.0, 32), _circle(size[0], size[1], 32)])
        case "cone":
            return np.concatenate([_circle(size[0], 0.0, 32), _circle(size[1], size[2], 32)])
        case "ring":
            radius, tube = size[:2]
            rims = [_circle(radius + tube, tube, 32), _circle(radius, 0.0, 32), _circle(radius, 2 * tube, 32)]
            return np.concatenate(rims)
        case "cup":
            return np.concatenate([_circle(size[1], 0.0, 32), _circle(size[0], size[2], 32)])
    raise ValueError(f"unknown kind of solid: {kind!r}")


def world_points(solid: Solid) -> Array:
    """Give ``points`` of a solid where it stands, (N, 3) metres."""
    local = points(solid.kind, solid.size)
    t, u = np.radians(solid.tilt), np.radians(solid.turn)
    tilt = np.array([[np.cos(t), 0, np.sin(t)], [0, 1, 0], [-np.sin(t), 0, np.cos(t)]])
    turn = np.array([[np.cos(u), -np.sin(u), 0], [np.sin(u), np.cos(u), 0], [0, 0, 1]])
    result: Array = local @ tilt.T @ turn.T + (solid.x, solid.y, solid.z)
    return result


def extent(kind: str, size: tuple[float, ...]) -> tuple[float, float, float]:
    """Give a solid's width, depth and height in metres."""
    spread = np.ptp(points(kind, size), axis=0)
    return float(spread[0]), float(spread[1]), float(spread[2])
