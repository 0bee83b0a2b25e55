"""What a picture would show from elsewhere, by points on surfaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from seig_search.tuning.motion import CAMERA, Motions
from seig_search.tuning.scene_look import SceneLook
from seig_search.tuning.view_curve import encoded

__all__ = ["PointPicture"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Narrow = npt.NDArray[np.float32]
Numbers = TypeVar("Numbers", npt.NDArray[np.int16], npt.NDArray[np.int64])

BEHIND = 0.02
"""A point this share of its depth behind the nearest one about it is hidden by it."""
FILLS, SPARSE, DENSE = 4, 4, 6
"""In how many rounds empty pixels are filled, and by how many neighbours: many where outlines count, since hollows are to stay."""
ENOUGH = 4.5
"""How many points in a pixel's middle are enough, those of what is hidden among them."""
NOTHING = -1
NEAR = 1e-6


class PointPicture:
    """Points on surfaces, drawn for any numbers within milliseconds.

    Args:
        look: The scene with its surface.
        motions: What numbers do.
        t: (n,) how far each number was moved in ``look``.
        most: How many points to take at most, evenly; fewer for smaller pictures.
        outlined: Whether what shows nothing counts: hollows in outlines are kept then, and things drawn no wider than they are. Otherwise pixels
            that points miss are filled, since large things may have few.
    """

    def __init__(
        self, look: SceneLook, motions: Motions, t: Floats, most: int | None = None, outlined: bool = False
    ) -> None:
        if look.surface is None:
            raise ValueError("a point picture needs points")
        surface = look.surface.reshape(-1, 8).astype(np.float64)
        surface = surface[:: -(-len(surface) // most)] if most else surface
        self._motions = motions
        self._outlined, self._around = outlined, DENSE if outlined else SPARSE
        owner = surface[:, 6].astype(int)
        order = np.argsort(owner, kind="stable")
        surface, owner = surface[order], owner[order]
        self._at = np.column_stack([surface[:, :3], np.ones(len(surface))])
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
        still = np.ones(len(owner), bool)
        for _, part, _ in self._parts:
            still[part] = False
        places = [np.flatnonzero(still), *(np.arange(len(owner))[part] for _, part, _ in self._parts)]
        self._pieces = [self._at[place].T.astype(np.float32) for place in places]
        self._piece_labels = np.concatenate([self.labels[place] for place in places])

    @property
    def spot_labels(self) -> Whole:
        """Which label each point of ``spots`` has, (N,)."""
        labels: Whole = self._piece_labels
        return labels

    def projected(self, t: Floats) -> tuple[Floats, Floats, Floats]:
        """Give x and y in 0..1 of the picture, y down, and depth in metres, (N,) each."""
        at = self._at
        if self._parts:
            at = at.copy()
            for name, part, back in self._parts:
                at[part] = at[part] @ (self._motions.matrix(name, t) @ back).T
        view = np.linalg.inv(self._motions.matrix(CAMERA, t))
        seen = at @ (self._motions.projection(t) @ view).T
        depth = -(at @ view[2])
        with np.errstate(divide="ignore", invalid="ignore"):
            x = (seen[:, 0] / seen[:, 3] + 1) / 2
            y = (1 - seen[:, 1] / seen[:, 3]) / 2
        return x, y, depth

    def shown(self, t: Floats, width: int, height: int) -> Whole:
        """Draw the points.

        Args:
            t: (n,) how far each number is moved.
            width: Of the picture, in px.
            height: Likewise.

        Returns:
            (H, W) number of the point, -1 where there is nothing.
        """
        x, y, depth = self.projected(t)
        inside = np.flatnonzero((depth > NEAR) & (x >= 0) & (x < 1) & (y >= 0) & (y < 1))
        column, row = (x[inside] * width).astype(np.int64), (y[inside] * height).astype(np.int64)
        deep = depth[inside]
        order = np.argsort(-deep)
        inside, column, row, deep = inside[order], column[order], row[order], deep[order]
        # Few points may miss a pixel of what is in front: what shows through is told by the pixels about it.
        rough = np.full(((height + 1) // 2, (width + 1) // 2), np.inf)
        rough[row // 2, column // 2] = deep
        front = deep <= rough[row // 2, column // 2] * (1 + BEHIND)
        inside, column, row = inside[front], column[front], row[front]
        points = np.full((height, width), NOTHING, np.int64)
        points[row, column] = inside
        return _filled(points, self._around)

    def spots(self, ts: Floats) -> tuple[Narrow, Narrow, Narrow]:
        """Tell where points are seen, for many settings at once.

        Args:
            ts: (B, n) how far each number is moved.

        Returns:
            x and y in 0..1 of the picture, y down, and depth in metres, (B, N) each; the points are in another order than elsewhere.
        """
        view = np.linalg.inv(self._motions.matrix(CAMERA, ts))
        through = self._motions.projection(ts) @ view
        # Across, down, by how much both are divided, and depth.
        rows = np.broadcast_arrays(through[..., 0, :], -through[..., 1, :], through[..., 3, :], -view[..., 2, :])
        lens = np.broadcast_to(np.stack(rows, axis=-2), (len(ts), 4, 4))
        moved = [lens, *(lens @ (self._motions.matrix(name, ts) @ back) for name, _, back in self._parts)]
        seen = np.concatenate(
            [matrix.astype(np.float32) @ piece for matrix, piece in zip(moved, self._pieces, strict=True)], axis=2
        )
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            half = np.float32(0.5) / seen[:, 2]
            return seen[:, 0] * half + np.float32(0.5), seen[:, 1] * half + np.float32(0.5), seen[:, 3]

    def maps(self, ts: Floats, width: int, height: int) -> npt.NDArray[np.int16]:
        """Draw labels only, for many settings at once; 0 where there is nothing.

        Args:
            ts: (B, n) how far each number is moved.
            width: Of the pictures, in px.
            height: Likewise.

        Returns:
            (B, H, W).
        """
        x, y, depth = self.spots(ts)
        pixels = width * height
        with np.errstate(invalid="ignore"):
            inside = (depth > NEAR) & (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
        picture, point = np.nonzero(inside)
        across, down = x[inside] * width, y[inside] * height
        column, row = across.astype(np.int64), down.astype(np.int64)
        cell = picture * pixels + row * width + column
        count = len(ts)
        if self._outlined:
            # A pixel that shows whatever falls anywhere in it makes things too wide by half a pixel all around: where points are many, its middle is enough.
            many = len(cell) / max(np.count_nonzero(np.bincount(cell, minlength=count * pixels)), 1)
            half = 0.5 * np.sqrt(min(1.0, ENOUGH / max(many, 1.0)))
            middle = (np.abs(across - column - 0.5) < half) & (np.abs(down - row - 0.5) < half)
            picture, point, cell = picture[middle], point[middle], cell[middle]
        # The bits of positive floats are in the order of the floats: the least of these is the nearest, with its label.
        depths = depth[picture, point].view(np.int32).astype(np.int64)
        nearest = np.full(count * pixels, np.iinfo(np.int64).max)
        np.minimum.at(nearest, cell, depths << 16 | self._piece_labels[point])
        labels = np.where(nearest < np.iinfo(np.int64).max, nearest & 0xFFFF, NOTHING).astype(np.int16)
        deep = np.minimum(nearest >> 16, np.int64(0x7F800000)).astype(np.int32).view(np.float32)
        labels, deep = labels.reshape(count, height, width), deep.reshape(count, height, width)
        # Few points may miss a pixel of what is in front: what shows through is told by the pixels about it.
        even = np.pad(deep, ((0, 0), (0, height % 2), (0, width % 2)), constant_values=np.inf)
        even = np.minimum(
            np.minimum(even[:, ::2, ::2], even[:, 1::2, ::2]), np.minimum(even[:, ::2, 1::2], even[:, 1::2, 1::2])
        )
        front = np.repeat(np.repeat(even, 2, axis=1), 2, axis=2)[:, :height, :width]
        labels[deep > front * np.float32(1 + BEHIND)] = NOTHING
        return np.maximum(_filled(labels, self._around), 0)


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


def _filled(shown: Numbers, around_it: int) -> Numbers:
    """Fill pixels (..., H, W) that so many of their neighbours surround."""
    around = [(0, 0)] * (shown.ndim - 2) + [(1, 1), (1, 1)]
    for _ in range(FILLS):
        edged = np.pad(shown, around, constant_values=NOTHING)
        some = (edged >= 0).astype(np.int8)
        across = some[..., :-2] + some[..., 1:-1] + some[..., 2:]
        empty = (shown < 0) & (across[..., :-2, :] + across[..., 1:-1, :] + across[..., 2:, :] >= around_it)
        if not empty.any():
            break
        most = np.maximum(np.maximum(edged[..., :-2], edged[..., 1:-1]), edged[..., 2:])
        most = np.maximum(np.maximum(most[..., :-2, :], most[..., 1:-1, :]), most[..., 2:, :])
        shown = np.where(empty, most, shown)
    return shown
