"""Edits of the lighting: energies by the ratio of brightness, other directions, other kinds of light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from seig_search.edits import Edit, StageRewrite
from seig_search.stages import Stage

from .colour import Colour, luminance
from .look import Look
from .scene import Lamp, Scene
from .writer import write_part

__all__ = ["lighting_edits", "random_lighting"]

WARM: Colour = (1.0, 0.86, 0.68)
COOL: Colour = (0.78, 0.88, 1.0)


def _rewrite(scene: Scene, why: str) -> Edit:
    return StageRewrite(Stage.LIGHTING, write_part(scene, Stage.LIGHTING), why)


def _scaled(scene: Scene, lamps: float, ambient: float) -> Scene:
    louder = tuple(replace(lamp, energy=lamp.energy * lamps) for lamp in scene.lamps)
    return replace(scene, lamps=louder, world=replace(scene.world, strength=scene.world.strength * ambient))


def lighting_edits(look: Look) -> Iterator[Edit]:
    """Give edits that answer what is measured, the most promising first."""
    scene = look.scene
    ratio = _brightness_ratio(look)
    if abs(np.log(ratio)) > 0.03:
        yield _rewrite(_scaled(scene, ratio, ratio), f"all light times {ratio:.2f}, as the brightness asks")
    tinted = _tinted(look)
    if tinted is not None:
        yield _rewrite(tinted, "light of the tint that the target has over the render")
    yield from (_rewrite(changed, why) for changed, why in _turned(scene))
    yield _rewrite(_scaled(scene, 1.25, 0.6), "more from the lamps, less from all around")
    yield _rewrite(_scaled(scene, 0.75, 1.35), "less from the lamps, more from all around")
    yield _rewrite(_sunny(scene), "a sun instead of the lamps")
    yield _rewrite(_overcast(scene), "an overcast sky")
    for name, rgb in (("warm", WARM), ("cool", COOL)):
        lamps = tuple(replace(lamp, rgb=rgb) if lamp.name == "Key" else lamp for lamp in scene.lamps)
        if lamps != scene.lamps:
            yield _rewrite(replace(scene, lamps=lamps), f"a {name} key")
    for factor, why in ((0.4, "harder"), (2.0, "softer")):
        lamps = tuple(replace(lamp, size=lamp.size * factor) for lamp in scene.lamps)
        if lamps:
            yield _rewrite(replace(scene, lamps=lamps), f"{why} shadows")


def _brightness_ratio(look: Look) -> float:
    if look.render is None:
        return 1.0
    where = ~look.empty
    if not where.any():
        return 1.0
    want, have = (float(np.mean(luminance(image[where]))) for image in (look.picture.light, look.render))
    return float(np.clip((want + 1e-3) / (have + 1e-3), 0.25, 4))


def _tinted(look: Look) -> Scene | None:
    """Colour the lamps by the channel ratio of target to render, brightness left alone."""
    where = ~look.empty
    if look.render is None or not look.scene.lamps or not where.any():
        return None
    ratio = (look.picture.light[where].mean(axis=0) + 1e-3) / (look.render[where].mean(axis=0) + 1e-3)
    ratio = np.clip(ratio / ratio.max(), 0.4, 1)
    if float(np.ptp(ratio)) < 0.04:
        return None

    def tint(rgb: Colour) -> Colour:
        r, g, b = np.clip(np.asarray(rgb) * ratio, 0.05, 1)
        return float(r), float(g), float(b)

    lamps = tuple(replace(lamp, rgb=tint(lamp.rgb)) for lamp in look.scene.lamps)
    world = replace(look.scene.world, ambient=tint(look.scene.world.ambient))
    return replace(look.scene, lamps=lamps, world=world)


def _turned(scene: Scene) -> Iterator[tuple[Scene, str]]:
    """Move the key about the dome."""
    if not scene.lamps:
        return
    key = max(scene.lamps, key=lambda lamp: lamp.energy)
    for azimuth, elevation, why in (
        (40, 0, "the key further to the right"),
        (-40, 0, "the key further to the left"),
        (0, 18, "a higher key"),
        (0, -18, "a lower key"),
        (110, 0, "the key from far right behind"),
        (-110, 0, "the key from far left behind"),
    ):
        moved = replace(key, azimuth=key.azimuth + azimuth, elevation=float(np.clip(key.elevation + elevation, 10, 85)))
        yield replace(scene, lamps=tuple(moved if lamp is key else lamp for lamp in scene.lamps)), why


def _irradiance(lamp: Lamp) -> float:
    """What a lamp gives a surface that faces it, W/m2."""
    return lamp.energy if lamp.kind == "sun" else lamp.energy / (np.pi * lamp.distance**2)


def _sunny(scene: Scene) -> Scene:
    if not scene.lamps:
        return replace(scene, lamps=(Lamp("Key", "sun", 225.0, 50.0, 2.0, 3.0, 10.0),))
    key = max(scene.lamps, key=_irradiance)
    total = sum(_irradiance(lamp) for lamp in scene.lamps)
    sun = replace(key, name="Key", kind="sun", energy=total, size=3.0)
    return replace(scene, lamps=(sun,))


def _overcast(scene: Scene) -> Scene:
    total = sum(_irradiance(lamp) * float(np.sin(np.radians(lamp.elevation))) for lamp in scene.lamps)
    dim = tuple(replace(lamp, energy=0.15 * lamp.energy) for lamp in scene.lamps)
    return replace(scene, lamps=dim, world=replace(scene.world, strength=scene.world.strength + 0.85 * total / np.pi))


def random_lighting(look: Look, rng: np.random.Generator) -> Edit:
    """Give one random, structured edit."""
    scene = look.scene
    if not scene.lamps or rng.random() < 0.25:
        return _rewrite(_scaled(scene, 1.0, float(np.exp(rng.normal(0, 0.3)))), "other light from all around")
    index = int(rng.integers(len(scene.lamps)))
    lamp = scene.lamps[index]
    moved = replace(
        lamp,
        azimuth=lamp.azimuth + float(rng.normal(0, 35)),
        elevation=float(np.clip(lamp.elevation + rng.normal(0, 12), 10, 86)),
        energy=lamp.energy * float(np.exp(rng.normal(0, 0.3))),
        size=lamp.size * float(np.exp(rng.normal(0, 0.4))),
    )
    lamps = (*scene.lamps[:index], moved, *scene.lamps[index + 1 :])
    return _rewrite(replace(scene, lamps=lamps), f"{lamp.name} elsewhere")
