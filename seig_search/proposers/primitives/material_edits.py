"""Edits of the materials: colours by the ratio of target to render, and other classes of surface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from seig_search.edits import Edit, StageRewrite
from seig_search.stages import Stage

from .colour import Array, Colour, luminance
from .look import Look
from .masks import Mask
from .scene import Scene
from .solids import Finish
from .writer import write_part

__all__ = ["CLASSES", "material_edits", "random_material"]

CLASSES: tuple[tuple[str, float, float, str], ...] = (
    ("metal", 0.2, 1.0, "paint"),
    ("glossy", 0.2, 0.0, "paint"),
    ("matte", 0.8, 0.0, "paint"),
    ("brushed metal", 0.4, 0.8, "paint"),
    ("glass", 0.05, 0.0, "glass"),
)
"""Name, roughness, metallic and look of the usual kinds of surface."""

DAMPING = 0.85


def _rewrite(scene: Scene, why: str) -> Edit:
    return StageRewrite(Stage.MATERIALS, write_part(scene, Stage.MATERIALS), why)


def _core(mask: Mask) -> Mask:
    """A mask without its rim, where neighbours mix in."""
    from scipy import ndimage

    inner: Mask = ndimage.binary_erosion(mask, iterations=2)
    return inner if inner.sum() >= 12 else mask


def _corrected(look: Look, finish: Finish, mask: Mask) -> Finish:
    """Scale a colour by what the target shows over what the render shows in its own place."""
    if look.render is None or mask.sum() < 6:
        return finish
    place = _core(mask)
    want = _middle(look.picture.light[place])
    have = _middle(look.render[place])
    ratio = np.clip((want + 0.004) / (have + 0.004), 1 / 3, 3) ** DAMPING
    return replace(finish, rgb=_times(finish.rgb, ratio), second=_times(finish.second, ratio))


def _middle(pixels: Array) -> Array:
    """Mean without highlights and the darkest."""
    bright = luminance(pixels)
    low, high = np.quantile(bright, [0.05, 0.92])
    kept = pixels[(bright >= low) & (bright <= high)]
    result: Array = (kept if len(kept) else pixels).mean(axis=0)
    return result


def _times(rgb: Colour, ratio: Array) -> Colour:
    r, g, b = np.clip(np.asarray(rgb) * ratio, 0.002, 0.95)
    return float(r), float(g), float(b)


def material_edits(look: Look) -> Iterator[Edit]:
    """Give edits that answer what is measured, the most promising first."""
    scene = look.scene
    if look.render is not None:
        yield _rewrite(_all_corrected(look), "every colour by the ratio of target to render")
    order = sorted(range(len(scene.solids)), key=lambda i: -_wrongness(look, i))
    if scene.ground is not None and scene.ground.finish.look == "paint" and _is_streaky(look):
        yield _rewrite(_wooden(look), "a wooden ground")
    for name, roughness, metallic, kind in CLASSES[:3]:
        for index in order[:6]:
            finish = scene.solids[index].finish
            if (
                finish.look == kind
                and abs(finish.metallic - metallic) < 0.3
                and abs(finish.roughness - roughness) < 0.2
            ):
                continue
            other = replace(finish, roughness=roughness, metallic=metallic, look=kind)
            yield _rewrite(_with(scene, index, other), f"{scene.solids[index].name} {name}")


def _all_corrected(look: Look) -> Scene:
    scene = look.scene
    solids = tuple(
        replace(solid, finish=_corrected(look, solid.finish, mask)) if mask.any() else solid
        for solid, mask in zip(scene.solids, look.shown, strict=True)
    )
    ground = scene.ground
    if ground is not None:
        ground = replace(ground, finish=_corrected(look, ground.finish, look.bare))
    return replace(scene, solids=solids, ground=ground)


def _with(scene: Scene, index: int, finish: Finish) -> Scene:
    solid = replace(scene.solids[index], finish=finish)
    return replace(scene, solids=(*scene.solids[:index], solid, *scene.solids[index + 1 :]))


def _wrongness(look: Look, index: int) -> float:
    mask = look.shown[index]
    return float(look.difference[mask].sum()) if look.render is not None else float(mask.sum())


def _is_streaky(look: Look) -> bool:
    """Whether the ground is far from one smooth colour."""
    lightness = look.picture.lab[..., 0][look.sight.behind]
    return bool(lightness.size > 50 and float(np.std(lightness)) > 7)


def _wooden(look: Look) -> Scene:
    ground = look.scene.ground
    if ground is None:
        return look.scene
    dark = _times(ground.finish.rgb, np.full(3, 0.45))
    light = _times(ground.finish.rgb, np.full(3, 1.3))
    reach = float(np.linalg.norm(look.view.matrix[:3, 3]))
    finish = replace(ground.finish, look="wood", rgb=light, second=dark, streaks=14 / reach, roughness=0.45)
    return replace(look.scene, ground=replace(ground, finish=finish))


def random_material(look: Look, rng: np.random.Generator) -> Edit | None:
    """Give one random, structured edit; None where there is nothing to change."""
    scene = look.scene
    if not scene.solids:
        return None
    weights = np.array([1e-3 + _wrongness(look, i) for i in range(len(scene.solids))])
    index = int(rng.choice(len(scene.solids), p=weights / weights.sum()))
    solid = scene.solids[index]
    match int(rng.integers(3)):
        case 0:
            name, roughness, metallic, kind = CLASSES[int(rng.integers(len(CLASSES)))]
            other = replace(solid.finish, roughness=roughness, metallic=metallic, look=kind)
            return _rewrite(_with(scene, index, other), f"{solid.name} {name}")
        case 1:
            ratio = np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.08, 3))
            other = replace(solid.finish, rgb=_times(solid.finish.rgb, ratio))
            return _rewrite(_with(scene, index, other), f"{solid.name} in a near colour")
        case _:
            roughness = float(np.clip(solid.finish.roughness * np.exp(rng.normal(0, 0.4)), 0.03, 1))
            return _rewrite(
                _with(scene, index, replace(solid.finish, roughness=roughness)), f"{solid.name}: other sheen"
            )
