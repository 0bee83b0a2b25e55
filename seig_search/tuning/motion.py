"""How numbers move a camera and things: rigid motions, measured on the scene and put together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["CAMERA", "Lens", "Motion", "Motions", "Placement", "log_motion", "placement"]

Floats = npt.NDArray[np.float64]

CAMERA = ""
"""The name under which a placement holds the camera; no object has an empty name."""

STILL = 1e-5
RIGID = 1e-3
SWEEPS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where camera and objects stand at some values.

    Args:
        matrices: (4, 4) to the world by object name; ``CAMERA`` is the camera's, without scale.
        projection: (4, 4) of the camera, at the picture's aspect.
        shapes: Local bounding boxes' extents by object name, (3,).
    """

    matrices: Mapping[str, Floats]
    projection: Floats
    shapes: Mapping[str, Floats]


def placement(facts: Mapping[str, Any]) -> Placement:
    """Read a placement from facts."""
    camera = np.array(facts["camera"]["matrix_world"], float)
    camera[:3, :3] /= np.maximum(np.linalg.norm(camera[:3, :3], axis=0), 1e-12)
    matrices, shapes = {CAMERA: camera}, {}
    for told in facts["objects"]:
        matrix = np.array(told["matrix_world"], float)
        matrices[told["name"]] = matrix
        corners = np.array(told["bbox_world"], float)
        edges = (corners[[4, 3, 1]] - corners[0]) if len(corners) == 8 else np.zeros((3, 3))
        scale = np.maximum(np.linalg.norm(matrix[:3, :3], axis=0), 1e-12)
        shapes[told["name"]] = np.linalg.norm(edges, axis=1) / scale
    return Placement(matrices, np.array(facts["camera"]["projection"], float), shapes)


def log_motion(motion: Floats) -> tuple[Floats, Floats, float] | None:
    """Take the logarithm of a rigid motion (Murray, Li, Sastry 1994).

    Args:
        motion: (4, 4).

    Returns:
        (3, 3) unit axis as a cross-product matrix, (3,) translation part, angle; None if it is not rigid.
    """
    turn, shift = motion[:3, :3], motion[:3, 3]
    if np.abs(turn @ turn.T - np.eye(3)).max() > RIGID or np.linalg.det(turn) < 0:
        return None
    bent = (turn - turn.T) / 2
    sine = float(np.sqrt((bent**2).sum() / 2))
    angle = float(np.arctan2(sine, (np.trace(turn) - 1) / 2))
    if angle < 1e-7:
        return np.zeros((3, 3)), shift, 0.0
    if np.pi - angle < 1e-3:
        return None
    axis = bent / sine
    inverse = np.linalg.inv(_shifted(axis, angle, 1.0))
    return axis, inverse @ shift, angle


def _shifted(axis: Floats, angle: float, t: Floats | float) -> Floats:
    far = np.asarray(t)[..., None, None]
    turned = far * angle
    left: Floats = (
        far * np.eye(3) + (1 - np.cos(turned)) / angle * axis + (turned - np.sin(turned)) / angle * (axis @ axis)
    )
    return left


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What one number does to one thing: ``t`` times the logarithm of a motion, seen from the world."""

    index: int
    axis: Floats
    shift: Floats
    angle: float

    def at(self, t: Floats | float) -> Floats:
        """Give the motions for (...) times as (..., 4, 4)."""
        far = np.asarray(t, float)
        motion = np.zeros((*far.shape, 4, 4))
        motion[...] = np.eye(4)
        if self.angle:
            turned = (far * self.angle)[..., None, None]
            motion[..., :3, :3] += np.sin(turned) * self.axis + (1 - np.cos(turned)) * (self.axis @ self.axis)
            motion[..., :3, 3] = _shifted(self.axis, self.angle, far) @ self.shift
        else:
            motion[..., :3, 3] = far[..., None] * self.shift
        return motion


VIEWS = ("angle", "focal", "scale")


def _bend(view: str, value: float) -> float:
    return float(np.arctan(1 / value)) if view == "angle" else value if view == "focal" else 1 / value


def _unbend(view: str, value: Floats | float) -> Floats:
    if view == "angle":
        return np.asarray(1 / np.tan(np.clip(value, 0.01, 1.55)))
    return np.maximum(value, 1e-3) if view == "focal" else 1 / np.maximum(value, 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """How numbers change the projection: its angle, its focal length or its scale grows evenly, whichever fits."""

    base: Floats
    view: str
    zooms: Mapping[int, float]
    shifts: Mapping[int, Floats]

    def at(self, t: Floats) -> Floats:
        """Give the projections for (..., n) as (..., 4, 4)."""
        found = np.zeros((*t.shape[:-1], 4, 4))
        found[...] = self.base
        if self.zooms:
            wide = _bend(self.view, float(self.base[0, 0])) + sum(
                t[..., index] * step for index, step in self.zooms.items()
            )
            grown = _unbend(self.view, wide) / self.base[0, 0]
            found[..., 0, 0] *= grown
            found[..., 1, 1] *= grown
        for index, step in self.shifts.items():
            found[..., :2, 2] += t[..., index, None] * step
        return found


@dataclass
class Motions:
    """Where everything is at any values, put together from what each number did alone.

    The motions of a thing are multiplied in the order that explains some places where all numbers were moved at once.

    Args:
        base: The placement they start from.
        things: Motions by name, outermost first.
        lens: The projection.
        error: By how much places are off at the joint probes: the median angle of view, in radians.
        deforms: Numbers that change a shape.
    """

    base: Placement
    things: dict[str, list[Motion]] = field(default_factory=dict)
    lens: Lens | None = None
    error: float = 0.0
    deforms: set[int] = field(default_factory=set)

    @classmethod
    def learn(
        cls,
        base: Placement,
        alone: Sequence[tuple[int, float, Placement]],
        joint: Sequence[tuple[Floats, Placement]],
    ) -> Motions:
        """Learn them.

        Args:
            base: Where everything is at ``t = 0``.
            alone: Number, its ``t``, and what came of it; at least one for each number that is to be known.
            joint: (n,) ``t`` of all numbers, and what came of them.
        """
        found = cls(base)
        names = list(base.matrices)
        for name in names:
            seen: dict[int, Motion] = {}
            for index, t, there in alone:
                if index in seen or name not in there.matrices:
                    continue
                if name != CAMERA and np.abs(there.shapes[name] - base.shapes[name]).max() > 1e-4 * max(
                    float(base.shapes[name].max()), 1e-9
                ):
                    found.deforms.add(index)
                moved = there.matrices[name] @ np.linalg.inv(base.matrices[name])
                if np.abs(moved - np.eye(4)).max() < STILL * max(1.0, float(np.abs(base.matrices[name]).max())) * 0.1:
                    continue
                known = log_motion(moved)
                if known is None:
                    found.deforms.add(index)
                    continue
                axis, shift, angle = known
                seen[index] = Motion(index, axis, shift / t, angle / t) if not angle else _per(index, known, t)
            if seen:
                found.things[name] = _ordered(list(seen.values()), base.matrices[name], name, joint)
        found.lens = _lens(base, alone)
        found.error = found._off(joint)
        return found

    @property
    def numbers(self) -> set[int]:
        """Numbers that move something or change the lens."""
        found = {motion.index for motions in self.things.values() for motion in motions}
        if self.lens is not None:
            found |= set(self.lens.zooms) | set(self.lens.shifts)
        return found

    def matrix(self, name: str, t: Floats) -> Floats:
        """Give where a thing is for (..., n), as (..., 4, 4), or as (4, 4) where nothing moves it."""
        found = self.base.matrices[name]
        for motion in reversed(self.things.get(name, [])):
            found = motion.at(t[..., motion.index]) @ found
        return found

    def projection(self, t: Floats) -> Floats:
        """Give the projection for (..., n), as (..., 4, 4), or as (4, 4) where nothing changes it."""
        return self.base.projection if self.lens is None else self.lens.at(t)

    def _off(self, joint: Sequence[tuple[Floats, Placement]]) -> float:
        offs = [_distance(self.matrix(CAMERA, t), there.matrices[CAMERA], self._scale()) for t, there in joint]
        return float(np.median(offs)) if offs else 0.0

    def _scale(self) -> float:
        return max(float(np.linalg.norm(self.base.matrices[CAMERA][:3, 3])), 1e-9)


def _per(index: int, known: tuple[Floats, Floats, float], t: float) -> Motion:
    """A motion per unit of ``t``: the same screw, less of it."""
    axis, shift, angle = known
    # The logarithm is (angle * axis, shift); both shrink alike, and the sign of t turns the axis over.
    if t < 0:
        return Motion(index, -axis, shift / t, angle / -t)
    return Motion(index, axis, shift / t, angle / t)


def _distance(one: Floats, other: Floats, scale: float) -> float:
    return float(np.linalg.norm(one[:3, :3] - other[:3, :3]) + np.linalg.norm(one[:3, 3] - other[:3, 3]) / scale)


def _ordered(motions: list[Motion], base: Floats, name: str, joint: Sequence[tuple[Floats, Placement]]) -> list[Motion]:
    """Find the order of a product of motions that explains the joint probes."""
    probes = [(t, there.matrices[name]) for t, there in joint if name in there.matrices]
    if len(motions) < 2 or not probes:
        return motions
    scale = max(float(np.linalg.norm(base[:3, 3])), 1e-9)
    steps = [[motion.at(float(t[motion.index])) for motion in motions] for t, _ in probes]

    def off(order: Sequence[int]) -> float:
        total = 0.0
        for moved, (_, there) in zip(steps, probes, strict=True):
            found = base
            for place in reversed(order):
                found = moved[place] @ found
            total += _distance(found, there, scale)
        return total

    order = list(range(len(motions)))
    best = off(order)
    for _ in range(SWEEPS):
        improved = False
        # Take one out and put it in elsewhere, the best of all such moves.
        for taken, put in itertools.product(range(len(order)), repeat=2):
            if taken == put:
                continue
            tried = [*order[:taken], *order[taken + 1 :]]
            tried.insert(put, order[taken])
            now = off(tried)
            if now < best - 1e-9:
                order, best, improved = tried, now, True
        if not improved or best < 1e-6 * len(probes):
            break
    return [motions[place] for place in order]


def _lens(base: Placement, alone: Sequence[tuple[int, float, Placement]]) -> Lens | None:
    by_index: dict[int, list[tuple[float, Floats]]] = {}
    for index, t, there in alone:
        if np.abs(there.projection - base.projection).max() > STILL:
            by_index.setdefault(index, []).append((t, there.projection))
    if not by_index:
        return None
    off = dict.fromkeys(VIEWS, 0.0)
    slopes: dict[str, dict[int, float]] = {view: {} for view in VIEWS}
    shifts: dict[int, Floats] = {}
    for index, seen in by_index.items():
        t, first = seen[0]
        moved = first[:2, 2] - base.projection[:2, 2]
        if np.abs(moved).max() > STILL:
            shifts[index] = moved / t
        if abs(first[0, 0] - base.projection[0, 0]) < STILL:
            continue
        for view in VIEWS:
            start = _bend(view, float(base.projection[0, 0]))
            slope = (_bend(view, float(first[0, 0])) - start) / t
            slopes[view][index] = slope
            for again, other in seen[1:]:
                told = _unbend(view, start + again * slope)
                off[view] += abs(float(told) / float(other[0, 0]) - 1)
    view = min(VIEWS, key=lambda name: off[name])
    return Lens(base.projection, view, slopes[view], shifts)
