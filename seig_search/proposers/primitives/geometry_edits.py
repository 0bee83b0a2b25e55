"""Edits of the geometry: what is missing added, what is wrong resized, reshaped or taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from seig_search.edits import Edit, Patch, StageRewrite
from seig_search.stages import Stage

from .colour import hue_name, luminance
from .fitting import Stand, fit_kinds, mismatch, outline, refit
from .look import Look
from .masks import Region
from .solids import KINDS, Solid, coaxial, extent
from .surface import finish_of
from .writer import addition, constant, write_part

__all__ = ["WORDS", "geometry_edits", "random_geometry", "reshaped"]

WORDS = {
    "ball": "Sphere", "egg": "Ellipsoid", "box": "Box", "cylinder": "Cylinder",
    "cone": "Cone", "ring": "Torus", "cup": "Cup",
}  # fmt: skip
SWAPS = {
    "ball": ("cylinder", "box", "egg", "cone"),
    "egg": ("ball", "box", "cylinder"),
    "box": ("cylinder", "ball", "cone"),
    "cylinder": ("box", "cone", "ball", "cup", "ring"),
    "cone": ("cylinder", "box", "cup"),
    "ring": ("cylinder", "cup", "egg"),
    "cup": ("cylinder", "cone", "ring"),
}


def _rewrite(look: Look, solids: Sequence[Solid], why: str) -> Edit:
    scene = replace(look.scene, solids=tuple(solids))
    return StageRewrite(Stage.GEOMETRY, write_part(scene, Stage.GEOMETRY), why)


def _with(look: Look, index: int, solid: Solid, why: str) -> Edit:
    solids = list(look.scene.solids)
    solids[index] = solid
    return _rewrite(look, solids, why)


def geometry_edits(look: Look) -> Iterator[Edit]:
    """Give edits that answer what is measured, the most promising first."""
    for region in look.missing[:4]:
        edit = _added(look, region)
        if edit is not None:
            yield edit
    solids = look.scene.solids
    sizes = [_resized(look, index) for index in range(len(solids))]
    changed = [index for index, (_, gain) in enumerate(sizes) if gain > 0.004]
    if changed:
        better = [sizes[i][0] if i in changed else solid for i, solid in enumerate(solids)]
        yield _rewrite(look, better, "every size as the target shows it")
    extra = [index for index, (_, overlap) in enumerate(look.matches) if overlap < 0.15 and look.shown[index].any()]
    for index in extra[:3]:
        if len(solids) > 1:
            rest = [solid for i, solid in enumerate(solids) if i != index]
            yield _rewrite(look, rest, f"without {solids[index].name}, which the target does not show")
    # Parts on one axis make one thing, and were shaped for each other.
    single = [i for i, solid in enumerate(solids) if sum(coaxial(solid, other) for other in solids) <= 1]
    worst = sorted(single, key=lambda i: -_wrongness(look, i))
    for rank in range(2):
        for index in worst:
            kinds = SWAPS[solids[index].kind]
            if rank < len(kinds):
                swapped = reshaped(solids[index], _likely(look, index, kinds)[rank])
                yield _with(look, index, swapped, f"{solids[index].name} as {WORDS[swapped.kind].lower()}")
    blob = _largest_difference(look)
    if blob is not None:
        edit = _added(look, blob)
        if edit is not None:
            yield edit


def _wrongness(look: Look, index: int) -> float:
    """How much of the picture a solid gets wrong: by its colours if there is a render, else by its outline."""
    mask = look.shown[index]
    wrong = float(look.difference[mask].sum()) if mask.any() else 0.0
    return wrong + 10 * float(mask.sum()) * (1 - look.matches[index][1])


def _likely(look: Look, index: int, kinds: Sequence[str]) -> list[str]:
    """Order kinds by how well they fit the solid's region; those that no fit knows come last."""
    region = look.matches[index][0]
    if region < 0:
        return list(kinds)
    things = look.sight.things
    shape = outline(things[region], [other for other in things if other is not things[region]])
    solid = look.scene.solids[index]
    errors = {
        kind: mismatch(reshaped(solid, kind), shape, look.view, *look.picture.size) + 0.1 * (kind in ("ring", "cup"))
        for kind in kinds
    }
    return sorted(kinds, key=lambda kind: errors[kind])


def _resized(look: Look, index: int) -> tuple[Solid, float]:
    """Give a solid with the sizes that fit its region best where it stands, and what that gains."""
    solid = look.scene.solids[index]
    region, overlap = look.matches[index]
    if region < 0 or overlap < max(0.2, look.trust):
        return solid, 0.0
    things = look.sight.things
    shape = outline(things[region], [other for other in things if other is not things[region]])
    before = mismatch(solid, shape, look.view, *look.picture.size)
    fit = refit(solid, shape, look.view, *look.picture.size, look.stand(solid), move=False, resize=True)
    return fit.solid, before - fit.error


def reshaped(solid: Solid, kind: str) -> Solid:
    """Give a solid of another kind that takes the same room."""
    width, depth, height = extent(solid.kind, solid.size)
    radius = 0.5 * float(np.sqrt(width * depth))
    bevel = 0.04 * min(width, depth, height)
    sizes: dict[str, tuple[float, ...]] = {
        "ball": (float(np.cbrt(width * depth * height)) / 2,),
        "egg": (width, depth, height),
        "box": (width, depth, height, bevel),
        "cylinder": (radius, height, bevel),
        "cone": (radius, 0.4 * radius, height),
        "ring": (max(radius - height / 2, 0.3 * radius), min(height / 2, 0.5 * radius)),
        "cup": (radius, 0.7 * radius, height, 0.08 * radius),
    }
    return replace(solid, kind=kind, size=sizes[kind])


def _fresh_name(look: Look, plain: str) -> str:
    """Give a name whose constants nothing in the program's source has yet."""
    source = look.program.source
    number = 1
    while f"{constant(name := plain if number == 1 else f'{plain}{number}')}_" in source or f'"{name}"' in source:
        number += 1
    return name


def _added(look: Look, region: Region) -> Edit | None:
    """Add the solid that fits a region best, with its surface and its place."""
    size = look.picture.size
    stand = Stand() if look.scene.ground is not None else Stand.upright(look.view)
    others = [other for other in look.sight.things if other is not region]
    fits = fit_kinds(outline(region, others), look.view, *size, stand, ("ball", "cylinder", "cube", "box", "egg"))
    if not fits or fits[0].error > 0.5:
        return None
    finish = finish_of(look.picture.light, region.mask)
    level = _level(look)
    r, g, b = (float(np.clip(v / level, 0.004, 0.92)) for v in finish.rgb)
    name = _fresh_name(look, hue_name((r, g, b)) + WORDS[fits[0].solid.kind])
    solid = replace(fits[0].solid, name=name, finish=replace(finish, rgb=(r, g, b)))
    scene = replace(look.scene, solids=(*look.scene.solids, solid))
    old = look.program.stages[Stage.GEOMETRY].text
    new = write_part(scene, Stage.GEOMETRY)
    blocks = ((old.rstrip("\n"), new.rstrip("\n")), *addition(solid))
    if any(look.program.source.count(search) != 1 for search, _ in blocks):
        return None
    return Patch(Stage.GEOMETRY, blocks, f"{name}, where the target shows something that is not there")


def _level(look: Look) -> float:
    """The scene's light: what the ground shows over its albedo, or a usual one."""
    ground = look.scene.ground
    if ground is None or not look.sight.behind.any():
        return 0.8
    seen = float(np.median(luminance(look.picture.light[look.sight.behind])))
    return max(0.05, seen / max(0.02, float(luminance(np.asarray(ground.finish.rgb)))))


def _largest_difference(look: Look) -> Region | None:
    """Find the largest spot where the render is far from the target, apart from what is shown already."""
    from scipy import ndimage

    if look.render is None:
        return None
    spots = ndimage.binary_opening(look.difference > 14, iterations=2)
    for mask in look.shown:
        spots &= ~ndimage.binary_dilation(mask, iterations=3)
    labels, count = ndimage.label(spots)
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    best = int(sizes.argmax())
    height, width = spots.shape
    least, most = 8e-4 * height * width, 0.3 * height * width
    return Region.of(labels == best + 1) if least < sizes[best] < most else None


def random_geometry(look: Look, rng: np.random.Generator) -> Edit | None:
    """Give one random, structured edit; None where there is nothing to change."""
    solids = look.scene.solids
    if not solids:
        return None
    weights = np.array([1e-3 + _wrongness(look, i) for i in range(len(solids))])
    index = int(rng.choice(len(solids), p=weights / weights.sum()))
    solid = solids[index]
    match int(rng.integers(4)):
        case 0 if sum(coaxial(solid, other) for other in solids) <= 1:
            swapped = reshaped(solid, str(rng.choice(SWAPS[solid.kind])))
            return _with(look, index, swapped, f"{solid.name} as {WORDS[swapped.kind].lower()}")
        case 1:
            factor = float(np.exp(rng.normal(0, 0.12)))
            bigger = replace(solid, size=tuple(factor * s for s in solid.size))
            return _with(look, index, bigger, f"{solid.name} {'larger' if factor > 1 else 'smaller'}")
        case 2:
            part = int(rng.integers(len(solid.size)))
            sizes = list(solid.size)
            sizes[part] *= float(np.exp(rng.normal(0, 0.3)))
            return _with(
                look, index, replace(solid, size=tuple(sizes)), f"{solid.name}: another {KINDS[solid.kind][part]}"
            )
        case _ if solid.kind == "cylinder":
            radius, height, _ = solid.size
            cone = replace(solid, kind="cone", size=(radius, radius * float(rng.uniform(0.6, 1.3)), height))
            return _with(look, index, cone, f"{solid.name} tapered")
        case _:
            sizes = list(solid.size)
            if solid.kind == "box":
                sizes[3] = float(rng.uniform(0, 0.15)) * min(sizes[:3])
                return _with(look, index, replace(solid, size=tuple(sizes)), f"{solid.name} with other edges")
            stretched = reshaped(solid, "egg")
            a, b, c = (s * float(np.exp(rng.normal(0, 0.12))) for s in stretched.size)
            return _with(look, index, replace(stretched, size=(a, b, c)), f"{solid.name} stretched")
