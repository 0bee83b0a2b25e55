"""Cups, bowls and plates seen from above: nested ellipses, which also tell the camera's elevation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seig_search.camera import GivenCamera

from .colour import Array
from .descent import least_squares
from .fitting import Outline, Stand, fit_kinds, gaps, mismatch, outline
from .masks import Mask, Region, solidity
from .merging import shade_distance
from .scene import Aim
from .solids import Finish, Solid
from .surface import colour_of

__all__ = ["Vessel", "find_vessel"]

ELEVATIONS = tuple(float(e) for e in range(25, 81, 5))


@dataclass(frozen=True, slots=True)
class Vessel:
    """A round vessel, on a saucer or not.

    Args:
        aim: The camera under which its ellipses are circles.
        solids: Its parts, named.
        rest: Regions that are no part of it.
        level: Height in metres that small things beside it lie at.
    """

    aim: Aim
    solids: tuple[Solid, ...]
    rest: tuple[Region, ...]
    level: float


def find_vessel(picture: Array, light: Array, things: Sequence[Region], aim: Aim) -> Vessel | None:
    """Look for a rim: a ring-shaped region that is an ellipse, perhaps with a plate of one colour around it.

    Args:
        picture: (H, W, 3) Lab.
        light: (H, W, 3) linear RGB.
        things: The regions to look among.
        aim: The camera's distance and field of view; its elevation is found.

    Returns:
        The vessel, or None.
    """
    height, width = picture.shape[:2]
    rims = [r for r in things if r.area > 0.008 * height * width and solidity(r.mask) < 0.72]
    for rim in sorted(rims, key=lambda region: -region.area):
        found, error = _round_from(outline(rim, []), aim, width, height)
        if error < 0.035 * _ring_scale(rim):
            return _vessel(picture, light, things, rim, found)
    return None


def _ring_scale(rim: Region) -> float:
    """Outlines are measured by the root of the area, of which a ring has little."""
    return 1 / float(np.sqrt(solidity(rim.mask)))


def _round_from(shape: Outline, aim: Aim, width: int, height: int) -> tuple[Aim, float]:
    tries = []
    for elevation in ELEVATIONS:
        turned = replace(aim, elevation=elevation)
        fit = fit_kinds(shape, turned.camera(), width, height, Stand(), ("disc",))[0]
        tries.append((fit.error, turned))
    error, best = min(tries, key=lambda pair: pair[0])
    return best, error


def _vessel(picture: Array, light: Array, things: Sequence[Region], rim: Region, aim: Aim) -> Vessel:
    height, width = picture.shape[:2]
    camera = aim.camera()
    opening = _filled(rim.mask)
    inside = [r for r in things if r is not rim and (r.mask & opening).sum() > 0.7 * r.area]
    outside = [r for r in things if r is not rim and not any(r is other for other in inside)]
    plate = _plate(picture, rim, outside)
    solids: list[Solid] = []
    if plate is not None:
        shape = _open_above(outline(plate, []), rim, plate)
        disc = fit_kinds(shape, camera, width, height, Stand(), ("disc",))[0].solid
        radius, x, y = disc.size[0], disc.x, disc.y
        finish = Finish(colour_of(light, plate.mask), 0.3)
        solids.append(Solid("Saucer", "cup", (radius, 0.6 * radius, 0.1 * radius, 0.03 * radius), x, y, finish=finish))
        base = 0.04 * radius
        mouth = _circle_above(outline(rim, []), camera, (width, height), x, y, 0.5 * radius)
    else:
        disc = fit_kinds(outline(rim, []), camera, width, height, Stand(), ("disc",))[0].solid
        mouth = replace(disc, z=disc.size[0], y=disc.y)
        # Lifted along the ray to the camera, the circle is seen in the same place, nearer and smaller.
        mouth = _lifted(mouth, camera, disc.size[0])
        base = 0.0
    x, y, top, radius = mouth.x, mouth.y, mouth.z, mouth.size[0]
    tall = max(0.3 * radius, top - base)
    outer = _below_rim(light, rim, plate, opening)
    foot, wall = 0.7 * radius, 0.1 * radius
    lining = Finish(colour_of(light, rim.mask), 0.3)
    solids.append(Solid("Cup", "cup", (radius, foot, 0.92 * tall, 0.3 * wall), x, y, base, finish=Finish(outer, 0.3)))
    inner = (0.985 * radius, 0.97 * foot, 0.97 * tall, wall)
    solids.append(Solid("CupLining", "cup", inner, x, y, base + 0.03 * tall, finish=lining))
    if inside:
        fill = max(inside, key=lambda r: r.area * (1 + np.hypot(*np.median(picture[r.mask], axis=0)[1:])))
        fill = _alike(picture, fill, inside)
        level = _circle_above(outline(fill, []), camera, (width, height), x, y, 0.6 * top)
        deep = float(np.clip(level.z, base + 0.3 * tall, base + 0.9 * tall))
        across = min(level.size[0], 0.93 * radius)
        finish = Finish(colour_of(light, fill.mask), 0.35)
        solids.append(Solid("Filling", "cylinder", (across, 0.04 * tall, 0.0), x, y, deep, finish=finish))
    around = _filled(opening | plate.mask) if plate is not None else _filled(opening)
    taken = opening | plate.mask if plate is not None else opening
    # A close-up: what lies off the plate is most likely the table's pattern.
    rest = [r for r in outside if (r.mask & around).sum() > 0.3 * r.area and (r.mask & taken).sum() < 0.5 * r.area]
    return Vessel(aim, tuple(solids), tuple(rest), base)


def _filled(mask: Mask) -> Mask:
    from skimage.morphology import convex_hull_image

    result: Mask = convex_hull_image(mask)
    return result


def _plate(picture: Array, rim: Region, outside: Sequence[Region]) -> Region | None:
    """Unite the parts around the rim that are of one colour, if they reach well beyond it."""
    if not outside:
        return None
    largest = max(outside, key=lambda region: region.area)
    whole = _alike(picture, largest, outside, 22)
    wide = (whole.box[2] - whole.box[0]) / (rim.box[2] - rim.box[0])
    return whole if wide > 1.25 and largest.area > 0.4 * rim.area else None


def _alike(picture: Array, seed: Region, regions: Sequence[Region], limit: float = 18) -> Region:
    """Unite a region with those of its colour."""
    colour = np.median(picture[seed.mask], axis=0)
    mask = seed.mask.copy()
    for region in regions:
        if shade_distance(np.median(picture[region.mask], axis=0), colour) < limit:
            mask |= region.mask
    return Region.of(mask)


def _open_above(shape: Outline, rim: Region, plate: Region) -> Outline:
    """Mark the sides where the vessel stands before the plate: upwards."""
    angles = np.arange(len(shape.reach)) * (2 * np.pi / len(shape.reach))
    hidden = (np.sin(angles) < -0.45) & (rim.box[1] < plate.box[1] + 0.3 * (plate.box[3] - plate.box[1]))
    return replace(shape, free=shape.free & ~hidden)


def _circle_above(
    shape: Outline, camera: GivenCamera, size: tuple[int, int], x: float, y: float, guess: float
) -> Solid:
    """Find the height and the radius of a level circle about an upright axis that is seen as an outline."""

    def made(q: Array) -> Solid:
        radius = guess * float(np.exp(np.clip(q[1], -2, 2)))
        return Solid("Circle", "cylinder", (radius, 0.01 * guess), x, y, z=guess * (1 + float(q[0])))

    def off(q: Array) -> Array:
        return gaps(made(q), shape, camera, *size)

    best = made(least_squares(off, np.zeros(2)))
    return best if mismatch(best, shape, camera, *size) < 1 else made(np.zeros(2))


def _lifted(disc: Solid, camera: GivenCamera, height: float) -> Solid:
    """Move a circle from the ground towards the camera until it is at a height, keeping what is seen of it."""
    position = camera.matrix[:3, 3]
    share = 1 - height / (position[2] + height)
    spot = position + (np.array([disc.x, disc.y, 0.0]) - position) * share
    z = float(spot[2])
    size = (disc.size[0] * share, *disc.size[1:])
    return replace(disc, x=float(spot[0]), y=float(spot[1]), z=z, size=size)


def _below_rim(light: Array, rim: Region, plate: Region | None, opening: Mask) -> tuple[float, float, float]:
    """Give the colour that is seen just below the rim: the vessel's outside."""
    from scipy import ndimage

    left, _, right, bottom = rim.box
    tall = max(4, round(0.25 * (right - left)))
    below = np.zeros_like(rim.mask)
    below[(rim.box[1] + bottom) // 2 : bottom + tall, left + (right - left) // 4 : right - (right - left) // 4] = True
    below &= ~ndimage.binary_dilation(opening, iterations=3)
    if below.sum() > 20:
        return colour_of(light, below, 0.3)
    return colour_of(light, plate.mask if plate is not None else rim.mask)
