"""Fits solids to outlines: size and place such that the projected hull touches the region's hull all around."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seig_search.camera import GivenCamera

from .colour import Array
from .descent import least_squares
from .masks import Mask, Region
from .solids import Solid, extent, world_points

__all__ = ["Fit", "Outline", "Stand", "fit_kinds", "gaps", "mismatch", "outline", "refit"]

DIRECTIONS = 40
_ANGLES = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
_UNIT = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])


@dataclass(frozen=True, slots=True)
class Outline:
    """A region's hull, as its reach in each of ``DIRECTIONS`` directions about its centre.

    Args:
        centre: (2,) pixels.
        reach: (DIRECTIONS,) pixels.
        free: (DIRECTIONS,) whether the region really ends there, and is not cut by a neighbour or the picture's edge.
        scale: Square root of the area, pixels.
    """

    centre: Array
    reach: Array
    free: Mask
    scale: float


@dataclass(frozen=True, slots=True)
class Stand:
    """The plane in which a solid's lowest point may be.

    Args:
        base: A point of the plane, metres.
        across: A unit vector in it.
        along: Another: northwards on the ground, upwards in an upright plane.
    """

    base: tuple[float, float, float] = (0.0, 0.0, 0.0)
    across: tuple[float, float, float] = (1.0, 0.0, 0.0)
    along: tuple[float, float, float] = (0.0, 1.0, 0.0)

    @classmethod
    def upright(cls, camera: GivenCamera, base: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Stand:
        """Make the upright plane through a point that faces the camera."""
        x, y, _ = camera.matrix[:3, 0]
        length = float(np.hypot(x, y)) or 1.0
        return cls(base, (float(x) / length, float(y) / length, 0.0), (0.0, 0.0, 1.0))

    @property
    def level(self) -> bool:
        """Whether it is a ground."""
        return self.along[2] == 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A solid and how far its outline is off, as a share of the region's size."""

    solid: Solid
    error: float


def outline(region: Region, others: list[Region]) -> Outline:
    """Measure a region's hull, and tell which sides are hidden.

    Args:
        region: The region.
        others: The picture's other regions; one whose foot is lower in the picture stands in front.

    Returns:
        The outline.
    """
    rows, columns = np.nonzero(region.mask)
    pixels = np.column_stack([columns + 0.5, rows + 0.5])
    centre = pixels.mean(axis=0)
    along = (pixels - centre) @ _UNIT.T
    tip = along.argmax(axis=0)
    reach = along[tip, np.arange(DIRECTIONS)] + 0.5
    height, width = region.mask.shape
    front = np.zeros_like(region.mask)
    for other in others:
        if other.box[3] > region.box[3]:
            front |= other.mask
    free = np.ones(DIRECTIONS, dtype=bool)
    for index in range(DIRECTIONS):
        for out in (2.0, 4.0, 6.0):
            x, y = pixels[tip[index]] + out * _UNIT[index]
            inside = 0 <= x < width and 0 <= y < height
            if not inside or front[int(y), int(x)]:
                free[index] = False
    return Outline(centre, reach, free, float(np.sqrt(len(pixels))))


def fit_kinds(
    shape: Outline, camera: GivenCamera, width: int, height: int, stand: Stand, kinds: tuple[str, ...]
) -> list[Fit]:
    """Fit each kind of solid to an outline.

    Args:
        shape: The outline.
        camera: The camera.
        width: Picture width in pixels.
        height: Picture height in pixels.
        stand: Where it may be.
        kinds: ``ball``, ``cylinder``, ``cube``, ``box``, ``cone``, ``egg``, ``slab`` (a flat box), ``disc``.

    Returns:
        Fits, best first; a solid with more freedom pays a little for it.
    """
    fits: list[Fit] = []
    for kind in kinds:
        turns = (
            (10.0, 40.0, 70.0) if kind in ("cube", "box", "slab") else (0.0, 60.0, 120.0) if kind == "egg" else (0.0,)
        )
        tries = [_fit(kind, turn, shape, camera, width, height, stand) for turn in turns]
        fits.append(min(tries, key=lambda fit: fit.error))
    return sorted(fits, key=lambda fit: fit.error)


_FREEDOM = {"ball": 1.0, "cylinder": 1.06, "cube": 1.06, "box": 1.35, "cone": 1.5, "egg": 1.6, "slab": 1.2, "disc": 1.0}


def _solid(kind: str, p: Array, stand: Stand, turn: float) -> Solid:
    """Make a solid from unknowns: two of place, then logarithms of sizes, then the turn in units of 40 degrees."""
    size = np.exp(np.clip(p[2:], -9, 9))
    x, y, z = np.asarray(stand.base) + p[0] * np.asarray(stand.across) + p[1] * np.asarray(stand.along)
    base = Solid("Solid", "ball", (1.0,), float(x), float(y), float(z))
    angle = float(turn + 40 * p[-1])
    length = float(size[0])
    match kind:
        case "ball":
            return replace(base, size=(length,))
        case "cylinder":
            return replace(base, kind="cylinder", size=_rounded(length, 2 * length * size[1]))
        case "disc":
            return replace(base, kind="cylinder", size=_rounded(length, 0.06 * length))
        case "cone":
            sizes = (length, float(length * size[2]), float(2 * length * size[1]))
            return replace(base, kind="cone", size=sizes)
        case "cube":
            return replace(base, kind="box", size=_rounded(length, length, length), turn=angle)
        case "box":
            sides = _rounded(length, length * size[1], length * size[2])
            return replace(base, kind="box", size=sides, turn=angle)
        case "slab":
            return replace(base, kind="box", size=_rounded(length, length * size[1], 0.03 * length), turn=angle)
        case "egg":
            sides = (length, float(length * size[1]), float(length * size[2]))
            return replace(base, kind="egg", size=sides, turn=angle)
    raise ValueError(f"unknown kind to fit: {kind!r}")


def _rounded(*sides: float) -> tuple[float, ...]:
    """Add the bevel that made things usually have."""
    return (*(float(side) for side in sides), 0.04 * float(min(sides)))


def _start(kind: str, radius: float, place: tuple[float, float]) -> Array:
    side = float(np.log(2 * radius * 0.8))
    sizes = {
        "ball": [np.log(radius)],
        "cylinder": [np.log(radius), 0.0],
        "disc": [np.log(radius)],
        "cone": [np.log(radius), 0.0, np.log(0.5)],
        "cube": [side, 0.0],
        "box": [side, 0.0, 0.0, 0.0],
        "slab": [side, 0.0, 0.0],
        "egg": [side, np.log(0.7), np.log(0.5), 0.0],
    }[kind]
    return np.array([*place, *sizes])


def _fit(kind: str, turn: float, shape: Outline, camera: GivenCamera, width: int, height: int, stand: Stand) -> Fit:
    place, radius = _first_guess(shape, camera, width, height, stand)
    unit = max(1e-6, radius)
    start = _start(kind, radius, place)
    steps = np.ones(len(start))
    steps[:2] = unit

    def off(q: Array) -> Array:
        p = q * steps
        gap = gaps(_solid(kind, p, stand, turn), shape, camera, width, height)
        result: Array = np.concatenate([gap, pull * q[3:]])
        return result

    # Proportions that are usual count for more where the outline does not tell.
    pull = 0.03 + 0.3 * float(np.mean(~shape.free))
    found = least_squares(off, start / steps)
    rest = off(found)[:DIRECTIONS]
    # The less is seen, the more a shape with many freedoms must earn them.
    error = float(np.sqrt(np.mean(rest**2))) * (1 + (_FREEDOM[kind] - 1) * (1 + 6 * float(np.mean(~shape.free))))
    return Fit(_solid(kind, found * steps, stand, turn), error)


def mismatch(solid: Solid, shape: Outline, camera: GivenCamera, width: int, height: int) -> float:
    """Tell how far a solid's outline is off, as a share of the region's size."""
    return float(np.sqrt(np.mean(gaps(solid, shape, camera, width, height) ** 2)))


def gaps(solid: Solid, shape: Outline, camera: GivenCamera, width: int, height: int) -> Array:
    """Give how much further than the region a solid reaches, (DIRECTIONS,) as shares of the region's size."""
    seen = camera.project(world_points(solid), width, height)
    if np.any(seen[:, 2] < 1e-4):
        return np.full(DIRECTIONS, 10.0)
    gap = ((seen[:, :2] - shape.centre) @ _UNIT.T).max(axis=0) - shape.reach
    # Where something hides it, the solid may reach further for free, but not end before what is seen of it.
    result: Array = np.where(shape.free | (gap < 0), gap, 0.12 * gap) / shape.scale
    return result


_FIXED_SIZES = {"box": 3, "cylinder": 2, "ring": 1, "cup": 3}


def refit(
    solid: Solid, shape: Outline, camera: GivenCamera, width: int, height: int, stand: Stand, move: bool, resize: bool
) -> Fit:
    """Fit an existing solid anew, keeping its kind.

    Args:
        solid: The solid.
        shape: The outline that it should have.
        camera: The camera.
        width: Picture width in pixels.
        height: Picture height in pixels.
        stand: The plane in which it may move.
        move: Whether its place and turn are free.
        resize: Whether its sizes are free; bevels and walls keep theirs.
    """
    across, along = np.asarray(stand.across), np.asarray(stand.along)
    unit = max(extent(solid.kind, solid.size))
    free = _FIXED_SIZES.get(solid.kind, len(solid.size)) if resize else 0

    def made(q: Array) -> Solid:
        x, y, z = np.array([solid.x, solid.y, solid.z]) + unit * (q[0] * across + q[1] * along) * move
        sizes = tuple(float(s * np.exp(np.clip(k, -3, 3))) for s, k in zip(solid.size, q[3:], strict=False))
        turn = solid.turn + 40 * float(q[2]) * move
        return replace(solid, x=float(x), y=float(y), z=float(z), turn=turn, size=(*sizes, *solid.size[len(sizes) :]))

    def off(q: Array) -> Array:
        result: Array = np.concatenate([gaps(made(q), shape, camera, width, height), 0.02 * q[2:]])
        return result

    found = least_squares(off, np.zeros(3 + free))
    better = made(found)
    return Fit(better, mismatch(better, shape, camera, width, height))


def _first_guess(
    shape: Outline, camera: GivenCamera, width: int, height: int, stand: Stand
) -> tuple[tuple[float, float], float]:
    """Guess place and radius, in metres, by unprojecting the region's foot."""
    foot = shape.centre + np.array([0.0, 0.6 * float(shape.reach[DIRECTIONS // 4]) * stand.level])
    origin, ray = (part.reshape(-1) for part in camera.rays(foot[None], width, height))
    base, across, along = (np.asarray(v) for v in (stand.base, stand.across, stand.along))
    normal = np.cross(across, along)
    slope, away = float(ray @ normal), float((base - origin) @ normal)
    # A ray that misses the plane (above the horizon) goes as far as the plane is away, tenfold.
    far = 10 * max(abs(away), 1e-3)
    length = away / slope if abs(slope) > 1e-6 and 0 < away / slope < far else far
    spot = origin + ray * length - base
    depth = float(-(ray @ camera.matrix[:3, 2])) * length
    radius = 0.5 * float(shape.reach[0] + shape.reach[DIRECTIONS // 2]) * depth / camera.focal_px(width, height)
    lift = 0.0 if stand.level else radius
    return (float(spot @ across), float(spot @ along) - lift), max(radius, 1e-4)
