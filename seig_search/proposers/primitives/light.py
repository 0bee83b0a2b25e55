"""Guesses lights: which side they come from, and how strong they are for the ground to look as it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .colour import Array, Colour, luminance
from .lamp_fit import fit_lamps
from .masks import Mask
from .scene import Lamp, Scene
from .solids import Finish

__all__ = ["facing", "lamps_for", "lit_scene"]

ALBEDO = 0.75
"""The brightest surface of a scene is guessed to reflect this much; the rest follows."""


def facing(picture: Array, masks: Sequence[Mask]) -> float:
    """Tell from which side things are lit.

    Args:
        picture: (H, W, 3) Lab.
        masks: The things.

    Returns:
        -1 (from the left) .. 1 (from the right); a little from the left where nothing tells.
    """
    votes, weights = [-0.15], [4.0]
    for mask in masks:
        columns = np.nonzero(mask)[1].astype(float)
        lightness = picture[..., 0][mask]
        spread = float(columns.std())
        contrast = float(lightness.std())
        if len(columns) < 40 or spread < 2 or contrast < 1:
            continue
        slope = float(np.corrcoef(columns, lightness)[0, 1])
        votes.append(slope)
        weights.append(min(10.0, contrast) * float(np.sqrt(len(columns))) / 10)
    return float(np.clip(1.3 * np.average(votes, weights=weights), -1, 1))


def lamps_for(level: float, side: float, towards: float, distance: float) -> tuple[tuple[Lamp, ...], float]:
    """Make a key, a fill and an ambient light that together light a level ground.

    Args:
        level: What the ground is to reflect as a share of its albedo: its linear brightness over its albedo.
        side: -1 (left) .. 1 (right), seen from the camera.
        towards: Degrees, the azimuth of the camera.
        distance: Metres of the camera from the scene's middle.

    Returns:
        The lamps, and the strength of the ambient light.
    """
    ambient = 0.45 * level
    far = 0.9 * distance
    # A lamp of P watts at distance d adds P sin(elevation) / (pi^2 d^2) per unit of albedo.
    key = 0.45 * level * (np.pi * far) ** 2 / np.sin(np.radians(50))
    fill = 0.10 * level * (np.pi * far) ** 2 / np.sin(np.radians(35))
    lamps = (
        Lamp("Key", "area", towards + 70 * side, 50.0, float(key), 0.25 * distance, far),
        Lamp("Fill", "area", towards - 100 * (1 if side >= 0 else -1), 35.0, float(fill), 0.35 * distance, far),
    )
    return lamps, ambient


def lit_scene(scene: Scene, side: float, light: Array, bare: Mask) -> Scene:
    """Divide what is seen into light and surface colour, and add the lamps.

    Args:
        scene: Its finishes hold the colours that are seen.
        side: From ``facing``.
        light: (H, W, 3) linear RGB of the target.
        bare: (H, W) where it shows the ground, if there is one.
    """
    seen_ground = None if scene.ground is None else scene.ground.finish.rgb
    seen = [solid.finish.rgb for solid in scene.solids]
    if seen_ground is not None:
        seen.append(seen_ground)
    brightest = float(np.quantile([max(rgb) for rgb in seen], 0.9)) if seen else ALBEDO
    level = float(np.clip(brightest / ALBEDO, 0.12, 1.4))
    view = scene.view()
    position = view.matrix[:3, 3]
    towards = float(np.degrees(np.arctan2(position[1], position[0])))
    distance = float(np.linalg.norm(position - np.array(scene.centre)))
    lamps, ambient = lamps_for(level, side, towards, distance)
    if seen_ground is not None:
        albedo = float(luminance(np.asarray(seen_ground))) / level
        solved = fit_lamps(light, bare, view, albedo, towards, side)
        lamps, ambient = solved or (lamps, ambient)
    solids = tuple(replace(solid, finish=_unlit(solid.finish, level)) for solid in scene.solids)
    ground = scene.ground
    if ground is not None:
        ground = replace(ground, finish=_unlit(ground.finish, level))
    world = replace(scene.world, ambient=(1.0, 1.0, 1.0), strength=ambient)
    return replace(scene, solids=solids, ground=ground, lamps=lamps, world=world)


def _unlit(finish: Finish, level: float) -> Finish:
    def albedo(rgb: Colour) -> Colour:
        # Things are less bright than a level ground of their colour, since they also face away from the lights.
        r, g, b = np.clip(np.asarray(rgb) / level, 0.004, 0.92)
        return float(r), float(g), float(b)

    return replace(finish, rgb=albedo(finish.rgb), second=albedo(finish.second))
