"""A scene from a program or a .blend file, looked at by the Blender pool."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.errors import SeigError, UsageError
from seig_search.fidelity import Fidelity
from seig_search.layers import Layer
from seig_search.render import RenderJob, RenderPool, RenderResult, Value, View
from seig_search.truth.facts_scene import scene_of_facts
from seig_search.truth.scene_truth import Array, SceneTruth, Surface

__all__ = ["Looking", "blend_program", "look", "rendered"]

LAYERS: tuple[Layer, ...] = ("depth", "object_index", "albedo")
CELLS = 192


@dataclass(frozen=True, slots=True)
class Looking:
    """How closely to look at a scene.

    Args:
        views: Views around the scene from which surfaces are sampled; 0 leaves them out.
        side: Width and height of those views in pixels, at least 16.
        aspect: Width / height of the scene's own picture.
        seed: Turns the views about the scene's middle.

    Raises:
        UsageError: A number is out of its range.
    """

    views: int = 10
    side: int = 160
    aspect: float = 4 / 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.views < 0 or self.side < 16 or not self.aspect > 0:
            raise UsageError(
                f"looking at a scene takes at least 0 views of at least 16 px and an aspect above 0, got {self.views}, "
                f"{self.side} and {self.aspect}"
            )


def blend_program(path: Path) -> str:
    """Write a program that opens a .blend file, with scripts off; the pool must have it among ``readable``.

    Raises:
        UsageError: There is no such file.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"cannot read the .blend file {path}: {error.strerror}") from error
    place = str(path.resolve())
    # The digest makes renders of another file of the same name other jobs.
    return (
        f'"""The scene of {path.name!r}, sha256 {digest}."""\n'
        "import bpy\n\n"
        f"bpy.ops.wm.open_mainfile(filepath={place!r}, load_ui=False, use_scripts=False)\n"
    )


def rendered(pool: RenderPool, jobs: Sequence[RenderJob], name: str) -> list[RenderResult]:
    """Render jobs of one scene.

    Raises:
        SeigError: One failed; it says why.
    """
    futures = [pool.submit(job) for job in jobs]
    results = [future.result() for future in futures]
    for result in results:
        if result.status != "ok":
            raise SeigError(f"{name} did not render ({result.status}): {result.error}")
    return results


def look(
    pool: RenderPool, source: str, name: str, looking: Looking = Looking(), values: Mapping[str, Value] | None = None
) -> SceneTruth:
    """Run a program and tell what is in its scene.

    Facts tell boxes, plain colours, camera and lights. Surfaces are sampled from depth seen from around: what no view
    sees, such as the inside of closed things, is not sampled. Colours that a texture makes are the mean of the
    albedo that is seen.

    Args:
        pool: Renders.
        source: The program's text.
        name: For people.
        looking: How closely.
        values: Parameter values, by key.

    Raises:
        SeigError: A render failed.
    """
    given = dict(values or {})
    own = Fidelity.for_aspect(looking.aspect, 64, samples=1)
    around = Fidelity(looking.side, looking.side, samples=1)
    jobs = [RenderJob(source, own, given, passes=("facts",))]
    jobs += [RenderJob(source, around, given, view, ("facts", *LAYERS)) for view in _views(looking)]
    first, *rest = rendered(pool, jobs, name)
    if first.facts is None or any(result.facts is None for result in rest):
        raise SeigError(f"the pool gave no scene facts of {name}")
    scene = scene_of_facts(first.facts, name)
    if not rest:
        return scene
    return _with_surfaces(scene, [_Seen.of(result) for result in rest])


def _views(looking: Looking) -> list[View]:
    """Directions spread evenly over the sphere (Fibonacci lattice), turned by the seed."""
    turn = np.random.default_rng(looking.seed).uniform(0, 360)
    golden = 360 * (1 - 2 / (1 + math.sqrt(5)))
    views = []
    for n in range(looking.views):
        height = 1 - (2 * n + 1) / looking.views
        azimuth = round((turn + n * golden) % 360, 3)
        views.append(View("turntable", azimuth, round(math.degrees(math.asin(height)), 3)))
    return views


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What one view sees: per pixel with an object, its point in the world, the object's index and the albedo."""

    points: Array
    index: npt.NDArray[np.int32]
    albedo: Array
    names: tuple[str, ...]

    @classmethod
    def of(cls, result: RenderResult) -> _Seen:
        facts: Any = result.facts
        depth, index = result.layers["depth"], result.layers["object_index"]
        height, width = depth.shape
        matrix = np.asarray(facts["camera"]["matrix_world"], dtype=float)
        focal = width / 2 / math.tan(math.radians(facts["camera"]["fov_x_deg"]) / 2)
        y, x = np.nonzero((index > 0) & np.isfinite(depth))
        local = np.column_stack([(x + 0.5 - width / 2) / focal, -(y + 0.5 - height / 2) / focal, -np.ones(len(x))])
        points = matrix[:3, 3] + depth[y, x].astype(float)[:, None] * (local @ matrix[:3, :3].T)
        return cls(points, index[y, x], result.layers["albedo"][y, x].astype(float), result.names["object_index"])


def _with_surfaces(scene: SceneTruth, views: Sequence[_Seen]) -> SceneTruth:
    size = scene.diagonal
    cell = (size or 1.0) / CELLS
    objects, unseen = [], []
    for item in scene.objects:
        hits = [(view, view.index == view.names.index(item.name)) for view in views if item.name in view.names]
        points = np.concatenate([view.points[hit] for view, hit in hits]) if hits else np.zeros((0, 3))
        if not len(points):
            objects.append(item)
            if item.solid:
                unseen.append(item.name)
            continue
        colours = np.concatenate([view.albedo[hit] for view, hit in hits])
        rgb = item.rgb if item.rgb is not None else np.clip(colours.mean(axis=0), 0, 1)
        objects.append(replace(item, rgb=rgb, surface=_thinned(points, cell)))
    note = f"no view sees {', '.join(unseen[:8])}: their boxes stand for their surfaces"
    return replace(scene, objects=tuple(objects), notes=(*scene.notes, *((note,) if unseen else ())))


def _thinned(points: Array, cell: float) -> Surface:
    """The mean of the points in each cell of a grid, so that what many views see weighs no more."""
    keys = np.floor((points - points.min(axis=0)) / cell).astype(np.int64)
    _, inverse, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), 3))
    np.add.at(sums, inverse.ravel(), points)
    return Surface(sums / counts[:, None], np.full(len(counts), cell**2))
