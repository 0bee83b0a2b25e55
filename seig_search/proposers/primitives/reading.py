"""Reads a picture as a scene: regions, camera, solids, colours and lights, each guessed from what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seig_search.camera import GivenCamera
from seig_search.target import Target

from .background import Background, fit_background
from .colour import Array, Colour, hue_name, lab, linear
from .fitting import Fit, Stand, fit_kinds, outline
from .ground import dark_edge, ground_finish
from .guess import Guess
from .horizon import find_horizon, fit_halves
from .light import facing, lit_scene
from .masks import Mask, Region, solidity
from .merging import shade_distance
from .parts import colour_parts, things_among
from .regions import on_smooth_ground
from .scene import Aim, Ground, Scene, World
from .solids import Finish, Solid
from .splitting import split_apart
from .surface import colour_of, finish_of
from .vessel import find_vessel

__all__ = ["Picture", "Sight", "read_scene", "told_apart"]

LONG_SIDE = 384
MOST_SOLIDS = 20
DISTANCE = 10.0
"""Metres of a guessed camera from the scene's middle: one picture does not tell how large the world is."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A target made ready for reading, at most ``LONG_SIDE`` pixels long.

    Args:
        light: (H, W, 3) linear RGB, 0..1, over white.
        lab: (H, W, 3) the same in Lab, slightly blurred.
        inside: (H, W) where the target is opaque, or None.
    """

    light: Array
    lab: Array
    inside: Mask | None

    @classmethod
    def of(cls, target: Target) -> Picture:
        """Bring a target to the size of the analysis."""
        from scipy import ndimage

        factor = min(1.0, LONG_SIDE / max(target.width, target.height))
        width, height = (max(4, round(side * factor)) for side in (target.width, target.height))
        small = target.sized(width, height)
        light = linear(small.over().astype(float) / 255)
        soft = [ndimage.gaussian_filter(channel, 0.7) for channel in np.moveaxis(lab(light), -1, 0)]
        inside = None if small.alpha is None else small.alpha > 0.5 * float(small.alpha.max())
        return cls(light, np.stack(soft, axis=-1), inside)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.light.shape[1], self.light.shape[0]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is told apart in a picture.

    Args:
        things: Their regions.
        floor: Whether they stand on a ground that is seen.
        behind: (H, W) what belongs to no thing.
        horizon: The first row of the ground, where its edge is seen.
        textured: Whether the background is no smooth surface.
    """

    things: list[Region]
    floor: bool
    behind: Mask
    horizon: int | None = None
    textured: bool = False


def read_scene(target: Target, guess: Guess, camera: GivenCamera | None = None) -> Scene:
    """Read a picture as a scene.

    Args:
        target: The picture.
        guess: How to read it where it does not say.
        camera: The true camera, if known.

    Returns:
        A scene of at most ``MOST_SOLIDS`` things.
    """
    picture = Picture.of(target)
    sight = told_apart(picture, guess)
    aim = Aim(guess.elevation or _elevation(picture, sight, guess), DISTANCE, guess.fov)
    vessel = find_vessel(picture.lab, picture.light, sight.things, aim) if sight.textured and not camera else None
    if vessel is not None:
        aim = vessel.aim if guess.elevation is None else aim
        small = [region for region in vessel.rest if region.area > 0.004 * picture.lab[..., 0].size]
        sight = replace(sight, things=small[:6])
    view = camera or aim.camera()
    stand = Stand() if sight.floor else Stand.upright(view)
    stand = stand if vessel is None else Stand(base=(0.0, 0.0, vessel.level))
    fitted = _all_fitted(picture, sight, view, stand, guess, small=vessel is not None)
    solids = [replace(fit.solid, finish=finish_of(picture.light, region.mask)) for region, fit in fitted]
    solids = [*(vessel.solids if vessel else ()), *_named(solids), *_beyond_the_table(picture, sight, view)]
    low, top = _colours_behind(picture, sight)
    reach = float(np.linalg.norm(view.matrix[:3, 3]))
    scene = Scene(
        title=_title(solids, sight.floor),
        solids=tuple(solids),
        ground=Ground(
            ground_finish(picture.light, sight.behind, sight.textured, low, view),
            (8 if sight.horizon is None else 60) * reach,
        )
        if sight.floor
        else None,
        camera=camera or aim,
        lamps=(),
        world=World(top, (1.0, 1.0, 1.0), 0.5),
        transparent=picture.inside is not None,
    )
    side = facing(picture.lab, [region.mask for region in sight.things])
    bare = sight.behind.copy()
    bare[: sight.horizon or 0] = False
    # Light that falls off cannot be told from a pattern.
    return lit_scene(scene, side, picture.light, bare & (not sight.textured))


def _elevation(picture: Picture, sight: Sight, guess: Guess) -> float:
    """Guess the camera's elevation in degrees: from the horizon, or a usual one."""
    width, height = picture.size
    if sight.horizon is not None:
        focal = max(width, height) / 2 / np.tan(np.radians(guess.fov) / 2)
        return float(np.clip(np.degrees(np.arctan2(height / 2 - sight.horizon, focal)), 1.5, 80))
    return 27.0 if sight.floor else 20.0


def told_apart(picture: Picture, guess: Guess) -> Sight:
    """Tell a picture's things from what is behind them."""
    if picture.inside is not None:
        parts = colour_parts(picture.lab, picture.inside, guess.sensitivity)
        return Sight(parts[:MOST_SOLIDS] or [Region.of(picture.inside)], False, ~picture.inside)
    row = find_horizon(picture.lab)
    ground = fit_background(picture.lab) if row is None else fit_halves(picture.lab, row)
    textured = not (ground.noise < 9 and ground.seen > 0.45)
    if not textured:
        things = on_smooth_ground(picture.lab, ground, guess.sensitivity)
        floor = row is not None or not _is_backdrop(ground, things)
    else:
        things, _ = things_among(colour_parts(picture.lab, None, guess.sensitivity))
        things = _unlike_the_ground(picture, things)
        floor = True
    things = sorted(things, key=lambda region: -region.area)[:MOST_SOLIDS]
    behind = np.ones(picture.lab.shape[:2], dtype=bool)
    for thing in things:
        behind &= ~thing.mask
    return Sight(things, floor, behind, row, textured)


def _unlike_the_ground(picture: Picture, things: list[Region]) -> list[Region]:
    """Drop what is only a patch of the ground's pattern: small, and of its colour in other light."""
    behind = np.ones(picture.lab.shape[:2], dtype=bool)
    for thing in things:
        behind &= ~thing.mask
    if behind.sum() < 50:
        return things
    ground = np.median(picture.lab[behind], axis=0)
    least = 0.02 * behind.size
    return [
        thing
        for thing in things
        if thing.area > least or shade_distance(np.median(picture.lab[thing.mask], axis=0), ground) > 13
    ]


def _is_backdrop(ground: Background, things: Sequence[Region]) -> bool:
    """Whether the background is one even colour without a shadow: a studio's, not a ground."""
    from scipy import ndimage

    apart = np.ones(ground.lab.shape[:2], dtype=bool)
    for thing in things:
        apart &= ~thing.mask
    apart = ndimage.binary_erosion(apart, iterations=3)
    shadow = float(np.mean(apart & (ground.residual[..., 0] < -6)))
    return float(np.ptp(ground.lab[..., 0])) < 3.0 and shadow < 0.004


def _all_fitted(
    picture: Picture, sight: Sight, view: GivenCamera, stand: Stand, guess: Guess, small: bool = False
) -> list[tuple[Region, Fit]]:
    """Fit a solid to each region; one that no solid fits is split where that helps."""

    def misfit(region: Region, fit: Fit) -> float:
        # An outline is fitted by its hull, so what the hull adds counts against the fit.
        return fit.error + 0.3 * (1 - solidity(region.mask))

    done: list[tuple[Region, Fit]] = []
    for region in sight.things:
        fit = _fitted(region, sight.things, view, picture.size, stand, guess, small)
        whole = misfit(region, fit)
        pieces = [Region.of(part) for part in split_apart(picture.lab, region.mask)] if whole > 0.05 else []
        if len(pieces) > 1:
            around = [other for other in sight.things if other is not region] + pieces
            split = [(piece, _fitted(piece, around, view, picture.size, stand, guess)) for piece in pieces]
            parts = float(np.average([misfit(*pair) for pair in split], weights=[piece.area for piece in pieces]))
            if parts < 0.6 * whole:
                done += split
                continue
        # In a pattern, what no solid fits is most likely no thing.
        if not (sight.textured and done and fit.error > 0.15):
            done.append((region, fit))
    return done[:MOST_SOLIDS]


def _beyond_the_table(picture: Picture, sight: Sight, view: GivenCamera) -> list[Solid]:
    """Lay a dark slab where a patterned ground ends in the dark."""
    edge = dark_edge(picture.light, sight.behind) if sight.textured else None
    if edge is None:
        return []
    region = Region.of(edge)
    fit = fit_kinds(outline(region, []), view, *picture.size, Stand(), ("slab",))[0]
    if fit.error > 0.15:
        return []
    dark = Finish(colour_of(picture.light, edge), 0.9)
    # What is out of sight goes on: twice as wide and deep, the sides that face the scene's middle staying in place.
    slab = fit.solid
    wide, deep, *rest = slab.size
    turn = np.radians(slab.turn)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    away = np.sign(axes @ (slab.x, slab.y))
    x, y = np.array([slab.x, slab.y]) + 0.5 * away * (wide, deep) @ axes
    size = (2 * wide, 2 * deep, *rest)
    return [replace(slab, name="DarkEdge", finish=dark, size=size, x=float(x), y=float(y))]


def _fitted(
    region: Region,
    regions: Sequence[Region],
    view: GivenCamera,
    size: tuple[int, int],
    stand: Stand,
    guess: Guess,
    small: bool = False,
) -> Fit:
    shape = outline(region, [other for other in regions if other is not region])
    if small:
        return fit_kinds(shape, view, *size, stand, ("egg", "ball"))[0]
    fits = fit_kinds(shape, view, *size, stand, ("ball", "cylinder", "cube"))
    if fits[0].error > 0.045:
        fits = sorted(fits + fit_kinds(shape, view, *size, stand, ("box", "egg", "cone")), key=lambda f: f.error)
    if guess.second_shape and fits[1].error < 1.5 * fits[0].error:
        return fits[1]
    return fits[0]


_WORDS = {"ball": "Sphere", "egg": "Ellipsoid", "box": "Box", "cylinder": "Cylinder", "cone": "Cone", "ring": "Torus"}


def _named(solids: Sequence[Solid]) -> list[Solid]:
    """Name solids by colour and shape, with a number where two are alike."""
    plain = [hue_name(solid.finish.rgb) + _WORDS.get(solid.kind, solid.kind.title()) for solid in solids]
    result = []
    for index, name in enumerate(plain):
        twin = plain.count(name) > 1
        result.append(replace(solids[index], name=f"{name}{plain[:index].count(name) + 1}" if twin else name))
    return result


def _colours_behind(picture: Picture, sight: Sight) -> tuple[Colour, Colour]:
    """Give the linear colour of the ground, and of what is behind at the picture's top."""
    if picture.inside is not None or not sight.behind.any():
        return (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)
    pixels = picture.light[sight.behind]
    upper = sight.behind.copy()
    upper[max(1, picture.size[1] // 8) :] = False
    top = picture.light[upper] if upper.any() else pixels
    return _plain(np.median(pixels, axis=0)), _plain(np.median(top, axis=0))


def _plain(rgb: Array) -> Colour:
    return float(rgb[0]), float(rgb[1]), float(rgb[2])


def _title(solids: Sequence[Solid], floor: bool) -> str:
    count = len(solids)
    things = "An empty scene" if not count else "One thing" if count == 1 else f"{count} things"
    return f"{things} on a ground." if floor else f"{things} before a plain background."
