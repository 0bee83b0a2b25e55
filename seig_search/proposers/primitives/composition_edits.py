"""Edits of the composition: things moved to where the target shows them, and the camera nudged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from seig_search.edits import Edit, StageRewrite
from seig_search.stages import Stage

from .fitting import mismatch, outline, refit
from .look import Look
from .scene import Aim, Scene
from .solids import Solid, coaxial
from .writer import write_part

__all__ = ["composition_edits", "random_composition"]


def _rewrite(scene: Scene, why: str) -> Edit:
    return StageRewrite(Stage.COMPOSITION, write_part(scene, Stage.COMPOSITION), why)


def _moved(look: Look, scene: Scene) -> list[tuple[Solid, float]]:
    """Move each solid of a scene so that it meets its region; with each, how far it was off."""
    view = scene.view()
    size = look.picture.size
    things = look.sight.things
    result = []
    for solid, (region, overlap) in zip(scene.solids, look.matches, strict=True):
        if region < 0 or overlap < look.trust or sum(coaxial(solid, other) for other in scene.solids) > 1:
            result.append((solid, 0.0))
            continue
        others = [other for other in things if other is not things[region]]
        shape = outline(things[region], others)
        before = mismatch(solid, shape, view, *size)
        fit = refit(solid, shape, view, *size, look.stand(solid), move=True, resize=False)
        result.append((fit.solid, before) if fit.error < before else (solid, 0.0))
    return result


def composition_edits(look: Look) -> Iterator[Edit]:
    """Give edits that answer what is measured, the most promising first."""
    scene = look.scene
    moved = _moved(look, scene)
    off = [index for index, (_, before) in enumerate(moved) if before > 0.02]
    if off:
        yield _rewrite(
            replace(scene, solids=tuple(solid for solid, _ in moved)), "everything to where the target shows it"
        )
    if isinstance(scene.camera, Aim):
        yield from (_with_camera(look, aim, why) for aim, why in _nearby(scene.camera))
    if len(off) > 1:
        for index in sorted(off, key=lambda i: -moved[i][1]):
            solids = list(scene.solids)
            solids[index] = moved[index][0]
            yield _rewrite(replace(scene, solids=tuple(solids)), f"{solids[index].name} to where the target shows it")


def _nearby(aim: Aim) -> list[tuple[Aim, str]]:
    return [
        (replace(aim, elevation=min(88.0, aim.elevation + 5)), "the camera 5 degrees higher"),
        (replace(aim, elevation=max(1.0, aim.elevation - 5)), "the camera 5 degrees lower"),
        (replace(aim, fov=aim.fov * 0.85, distance=aim.distance / 0.85), "a longer lens from further away"),
        (replace(aim, fov=min(100.0, aim.fov * 1.15), distance=aim.distance / 1.15), "a wider lens from nearer"),
        (replace(aim, elevation=min(88.0, aim.elevation + 12)), "the camera 12 degrees higher"),
        (replace(aim, elevation=max(1.0, aim.elevation - 12)), "the camera 12 degrees lower"),
    ]


def _with_camera(look: Look, aim: Aim, why: str) -> Edit:
    """Change the camera and move everything so that it stays where it is seen."""
    turned = replace(look.scene, camera=aim)
    return _rewrite(replace(turned, solids=tuple(solid for solid, _ in _moved(look, turned))), why)


def random_composition(look: Look, rng: np.random.Generator) -> Edit:
    """Give one random, structured edit."""
    scene = look.scene
    if isinstance(scene.camera, Aim) and (not scene.solids or rng.random() < 0.35):
        aim = replace(
            scene.camera,
            elevation=float(np.clip(scene.camera.elevation + rng.normal(0, 5), 1, 88)),
            fov=float(np.clip(scene.camera.fov * np.exp(rng.normal(0, 0.12)), 8, 100)),
            distance=scene.camera.distance * float(np.exp(rng.normal(0, 0.08))),
            roll=scene.camera.roll + float(rng.normal(0, 1.5)) * float(rng.random() < 0.3),
        )
        return _with_camera(look, aim, "another camera near this one")
    if not scene.solids:
        return _rewrite(scene, "the same again: there is nothing to move")
    index = int(rng.integers(len(scene.solids)))
    solid = scene.solids[index]
    step = 0.15 * max(solid.size)
    moved = replace(
        solid,
        x=solid.x + float(rng.normal(0, step)),
        y=solid.y + float(rng.normal(0, step)),
        turn=solid.turn + float(rng.normal(0, 15)) * (solid.kind in ("box", "egg")),
    )
    solids = tuple(
        moved if i == index else replace(s, x=moved.x, y=moved.y) if coaxial(s, solid) else s
        for i, s in enumerate(scene.solids)
    )
    return _rewrite(replace(scene, solids=solids), f"{solid.name} moved a little")
