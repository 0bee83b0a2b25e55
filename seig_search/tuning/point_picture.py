"""What a picture would show from elsewhere, by points on surfaces; and how well that parts a target into even regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seig_search.tuning.motion import CAMERA, Motions
from seig_search.tuning.scene_look import SceneLook
from seig_search.tuning.view_curve import encoded

__all__ = ["PointPicture", "Regions", "Shown"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

BEHIND = 0.02
"""A point this share of its depth behind the nearest one about it is hidden by it."""
FILLS = 4
RIDGE = 0.02
DETAIL = 0.08
PAINT, WRONG_PAINT, LEAST_PAINTS = 0.5, 0.03, 4
"""Weight of colours that are not as painted, the squared distance from which a paint counts as wrong, and how many make a rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What the pixels show.

    Args:
        points: (H, W) number of the point, -1 where there is nothing.
        normals: (H, W, 3) in world space, on the side of the camera; 0 where there is nothing.
    """

    points: Whole
    normals: Floats


class PointPicture:
    """Points on surfaces, drawn for any numbers within milliseconds.

    Args:
        look: The scene with its surface.
        motions: What numbers do.
        t: (n,) how far each number was moved in ``look``.
        every: Take every so many points: fewer for smaller pictures.
    """

    def __init__(self, look: SceneLook, motions: Motions, t: Floats, every: int = 1) -> None:
        if look.surface is None:
            raise ValueError("a point picture needs points")
        surface = look.surface.reshape(-1, 8)[::every].astype(np.float64)
        self._motions = motions
        owner = surface[:, 6].astype(int)
        order = np.argsort(owner, kind="stable")
        surface, owner = surface[order], owner[order]
        self._at = np.column_stack([surface[:, :3], np.ones(len(surface))])
        self._facing = surface[:, 3:6]
        kinds, labels = np.unique(surface[:, 6:8].astype(int), axis=0, return_inverse=True)
        self.labels = labels.reshape(-1) + 1
        self.paints = _paints(look, [(int(owner), int(slot)) for owner, slot in kinds])
        self.owners = owner
        ends = np.searchsorted(owner, np.arange(len(look.names) + 1))
        self._parts = [
            (name, slice(int(ends[k]), int(ends[k + 1])), np.linalg.inv(motions.matrix(name, t)))
            for k, name in enumerate(look.names)
            if name in motions.things
        ]

    def placed(self, t: Floats) -> tuple[Floats, Floats]:
        """Give places, (N, 4), and normals, (N, 3), in the world."""
        at, facing = self._at, self._facing
        if self._parts:
            at, facing = at.copy(), facing.copy()
            for name, part, back in self._parts:
                moved = self._motions.matrix(name, t) @ back
                at[part] = at[part] @ moved.T
                facing[part] = facing[part] @ moved[:3, :3].T
        return at, facing

    def projected(self, t: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Give x and y in 0..1 of the picture, y down, depth in metres, and places and normals in the world."""
        at, facing = self.placed(t)
        camera = self._motions.matrix(CAMERA, t)
        view = np.linalg.inv(camera)
        projection = self._motions.projection(t)
        seen = at @ (projection @ view).T
        depth = -(at @ view[2])
        with np.errstate(divide="ignore", invalid="ignore"):
            x = (seen[:, 0] / seen[:, 3] + 1) / 2
            y = (1 - seen[:, 1] / seen[:, 3]) / 2
        return x, y, depth, at, facing

    def shown(self, t: Floats, width: int, height: int) -> Shown:
        """Draw the points.

        Args:
            t: (n,) how far each number is moved.
            width: Of the picture, in px.
            height: Likewise.
        """
        x, y, depth, at, facing = self.projected(t)
        inside = np.flatnonzero((depth > 1e-6) & (x >= 0) & (x < 1) & (y >= 0) & (y < 1))
        column, row = (x[inside] * width).astype(np.int64), (y[inside] * height).astype(np.int64)
        deep = depth[inside]
        order = np.argsort(-deep)
        inside, column, row, deep = inside[order], column[order], row[order], deep[order]
        # Few points may miss a pixel of what is in front: what shows through is told by the pixels about it.
        rough = np.full(((height + 1) // 2, (width + 1) // 2), np.inf)
        rough[row // 2, column // 2] = deep
        front = deep <= rough[row // 2, column // 2] * (1 + BEHIND)
        inside, column, row = inside[front], column[front], row[front]
        points = np.full((height, width), -1, np.int64)
        points[row, column] = inside
        points = _filled(points)
        normals = np.where((points >= 0)[..., None], facing[points], 0.0)
        # Normals may point either way; lit is the side that is seen.
        camera = self._motions.matrix(CAMERA, t)
        away = camera[:3, 3] - at[points, :3]
        normals *= np.where((normals * away).sum(-1, keepdims=True) < 0, -1.0, 1.0)
        return Shown(points, normals)


def _paints(look: SceneLook, kinds: Sequence[tuple[int, int]]) -> Floats:
    """Give the display colour of each label, (L + 1, 3); not a number where it is not known."""
    colours = {
        told["name"]: told["base_color"]
        for told in look.facts.get("materials", ())
        if "base_color" in told and "base_color" not in told["textured"]
    }
    worn = {told["name"]: told["materials"] for told in look.facts["objects"]}
    paints = np.full((len(kinds) + 1, 3), np.nan)
    for label, (owner, slot) in enumerate(kinds):
        mine = worn.get(look.names[owner], [])
        if slot < len(mine) and mine[slot] in colours:
            paints[label + 1] = encoded(np.array(colours[mine[slot]], float))
    return paints


def _filled(points: Whole) -> Whole:
    """Fill pixels that most of their neighbours surround."""
    for _ in range(FILLS):
        edged = np.pad(points, 1, constant_values=-1)
        some = (edged >= 0).astype(np.int8)
        across = some[:, :-2] + some[:, 1:-1] + some[:, 2:]
        empty = (points < 0) & (across[:-2] + across[1:-1] + across[2:] >= 4)
        if not empty.any():
            break
        most = np.maximum(np.maximum(edged[:, :-2], edged[:, 1:-1]), edged[:, 2:])
        points = np.where(empty, np.maximum(np.maximum(most[:-2], most[1:-1]), most[2:]), points)
    return points


class Regions:
    """How well what is shown explains a target whose light and colours are unknown.

    Every material of every object may have any colour and any light that changes evenly with the direction it faces; what is left unexplained is
    the cost. So neither the lights nor the colours need be right.

    Args:
        target: (H, W, C), display values.
    """

    def __init__(self, target: Floats) -> None:
        from scipy.ndimage import gaussian_filter

        self.size = target.shape[:2]
        sigma = DETAIL * max(self.size)
        smooth = gaussian_filter(target[..., :3], (sigma, sigma, 0), mode="nearest")
        # As it is, wide light outweighs small things; without what is smooth, they count alike.
        parts = [part.reshape(-1, part.shape[2]) for part in (target, target[..., :3] - smooth)]
        spreads = [max(float(((part - part.mean(axis=0)) ** 2).sum()), 1e-9) for part in parts]
        self._target = np.concatenate(
            [part / np.sqrt(2 * spread) for part, spread in zip(parts, spreads, strict=True)], axis=1
        )
        self._spread = 2 * spreads[0]
        height, width = self.size
        y, x = np.mgrid[0:height, 0:width].reshape(2, -1)
        x, y = 2 * (x + 0.5) / width - 1, 2 * (y + 0.5) / height - 1
        self._where = np.column_stack([np.ones(len(x)), x, y, x * x, x * y, y * y])

    def cost(self, shown: Shown, labels: Whole, paints: Floats) -> float:
        """Give the share of the target's variance that is left, and some more where colours are far from the paints.

        Args:
            shown: What is shown.
            labels: (N,) label of each point, from 1.
            paints: (L + 1, 3) display colour by label.
        """
        mine = np.where(shown.points >= 0, labels[shown.points], 0).reshape(-1)
        order = np.argsort(mine, kind="stable")
        mine = mine[order]
        features = np.column_stack([self._where, shown.normals.reshape(-1, 3)])[order]
        target = self._target[order]
        starts = np.flatnonzero(np.concatenate([[True], mine[1:] != mine[:-1]]))
        sizes = np.diff(np.append(starts, len(mine)))
        n = features.shape[1]
        both = np.concatenate([features, target], axis=1)
        sums = np.add.reduceat((features[:, :, None] * both[:, None, :]).reshape(len(mine), -1), starts)
        sums = sums.reshape(len(starts), n, -1)
        ridge = np.diag([0.0] + [1.0] * (n - 1))
        solved = np.linalg.solve(
            sums[:, :, :n] + (RIDGE * sizes + 2.0)[:, None, None] * ridge + 1e-6 * np.eye(n), sums[:, :, n:]
        )
        fit = np.einsum("pn,pnc->pc", features, np.repeat(solved, sizes, axis=0))
        left = float(((fit - target) ** 2).sum())
        means = sums[:, 0, n : n + 3] / sizes[:, None] * np.sqrt(self._spread)
        return left + PAINT * _unlike(means, paints[mine[starts]], sizes) / self._spread


def _unlike(means: Floats, paints: Floats, sizes: Floats) -> float:
    """Tell how far mean colours are from any brightening and tinting of the paints; some colours may be altogether wrong."""
    known = np.isfinite(paints[:, 0])
    if known.sum() < LEAST_PAINTS:
        return 0.0
    means, paints, sizes = means[known], paints[known], sizes[known].astype(float)
    weights = sizes.copy()
    off = np.zeros(len(sizes))
    for _ in range(2):
        total = weights.sum()
        mean, paint = weights @ means / total, weights @ paints / total
        spread = (weights @ ((means - mean) * (paints - paint)).sum(axis=1)) / max(
            weights @ ((paints - paint) ** 2).sum(axis=1), 1e-9
        )
        off = ((means - mean - np.clip(spread, 0.0, 2.0) * (paints - paint)) ** 2).sum(axis=1)
        weights = sizes / (1 + off / WRONG_PAINT)
    return float(sizes @ np.minimum(off, WRONG_PAINT))
