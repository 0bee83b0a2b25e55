"""A scene whose numbers move the camera and things: what they do is learnt from scenes that are built, not rendered."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning.motion import CAMERA, Motions, Placement, placement
from seig_search.tuning.residual_image import Floats, ResidualImage
from seig_search.tuning.scene_look import SceneLook
from seig_search.tuning.seam import TuningProblem
from seig_search.tuning.space import Axis, Space

__all__ = ["MovingScene", "moving_axes"]

PROBE = 0.1
JOINT, JOINT_REACH = 3, 0.25
MOST_AXES = 40


def moving_axes(problem: TuningProblem, reach: float) -> list[Axis]:
    """Give the numbers that may move the camera or things, in regions of half that width about the current values, as fractions of their ranges."""
    stages = {parameter.key: parameter.stage for parameter in problem.parameters}
    kinds = {parameter.key: parameter.kind for parameter in problem.parameters}
    axes = [
        axis
        for axis in Space.of(problem.parameters, reach).axes
        if axis.kind == "float" and kinds[axis.key] != "rgb" and stages[axis.key] in (Stage.COMPOSITION, None)
    ]
    # Where things are is the matter of composition; what belongs to no stage comes as far as there is room.
    axes.sort(key=lambda axis: stages[axis.key] is not Stage.COMPOSITION)
    return axes[:MOST_AXES]


class MovingScene:
    """The scene of a problem, and what its numbers do to camera and things.

    Args:
        problem: A problem with a target, a picture and somebody who builds scenes.
        reach: Half the width of the region about each current value, as a fraction of its range.
        rng: The only source of randomness.

    Raises:
        ValueError: The problem has none of these.
    """

    motions: Motions

    def __init__(self, problem: TuningProblem, reach: float, rng: np.random.Generator) -> None:
        if problem.target is None or problem.scenes is None or problem.start.picture is None:
            raise ValueError("a moving scene needs a target, a picture and somebody who builds it")
        self.reach = reach
        self._scenes, self._in_flight, self._rng = problem.scenes, problem.in_flight, rng
        self.target = problem.target
        self.space, self.axes = Space.of(problem.parameters, reach), moving_axes(problem, reach)
        self.start = np.array([float(axis.start) for axis in self.axes])
        self._spans = np.array([axis.high - axis.low for axis in self.axes])
        self.built = 0
        height, width = problem.start.picture().shape[:2]
        self.image = ResidualImage(problem.target, width, height)
        self.numbers: list[int] = []

    @property
    def outlined(self) -> bool:
        """Whether the target tells what shows nothing."""
        return self.image.target.shape[2] > 3

    def learn(self) -> tuple[SceneLook | None, str]:
        """Learn what moves: the scene as it is with its surface, or None and why."""
        base = self.looks([(self.start, True)])[0]
        if base is None or base.surface is None or not base.names:
            return None, "the scene could not be built, or has no surface"
        self.motions = self._learnt(base)
        self.numbers = sorted(self.motions.numbers)
        return (base, "") if self.numbers else (None, "no number moves the camera or a thing")

    def t(self, at: Floats) -> Floats:
        """Tell how far numbers are moved at (..., axes), as fractions of their regions; even in the number itself, whatever its axis is even in."""
        values = np.stack([_value(axis, at[..., index]) for index, axis in enumerate(self.axes)], axis=-1)
        starts = np.stack([_value(axis, x) for axis, x in zip(self.axes, self.start, strict=True)])
        moved: Floats = (values - starts) / self._spans
        return moved

    def whole(self, at: Floats) -> Floats:
        """Give all coordinates, (..., axes), for those of ``numbers``, (..., n); kept within their region."""
        whole = np.tile(self.start, (*at.shape[:-1], 1))
        whole[..., self.numbers] = np.clip(at, 0.0, 1.0)
        return whole

    def values(self, whole: Floats) -> dict[str, Value]:
        """Give the values that differ from the current ones at (axes,) coordinates."""
        return self.space.changes(
            {axis.name: float(x) for axis, x in zip(self.axes, whole, strict=True) if x != float(axis.start)}
        )

    def looks(self, asked: Sequence[tuple[Floats, bool]]) -> list[SceneLook | None]:
        """Build the scene at (axes,) coordinates each, with points on its surfaces where that is asked."""
        waiting: deque[Future[SceneLook | None]] = deque()
        answers: list[SceneLook | None] = []
        for whole, surface in asked:
            waiting.append(self._scenes(self.values(whole), surface))
            if len(waiting) >= max(1, self._in_flight):
                answers.append(waiting.popleft().result())
        answers += [future.result() for future in waiting]
        self.built += len(asked)
        return answers

    def _learnt(self, base: SceneLook) -> Motions:
        """Move every number alone, twice, and all that move something at once."""
        probes = []
        for index in range(len(self.axes)):
            sign = 1.0 if self.start[index] < 0.5 else -1.0
            for far in (1, 2):
                whole = self.start.copy()
                whole[index] += sign * far * PROBE
                probes.append((index, whole))
        looks = self.looks([(whole, False) for _, whole in probes])
        here = placement(base.facts)
        alone: list[tuple[int, float, Placement]] = [
            (index, float(self.t(whole)[index]), placement(look.facts))
            for (index, whole), look in zip(probes, looks, strict=True)
            if look is not None
        ]
        numbers = sorted(Motions.learn(here, alone, []).numbers)
        if len(numbers) < 2:
            return Motions.learn(here, alone, [])
        places = []
        for _ in range(JOINT):
            whole = self.start.copy()
            whole[numbers] = np.clip(
                whole[numbers] + self._rng.uniform(-JOINT_REACH, JOINT_REACH, len(numbers)), 0.0, 1.0
            )
            places.append(whole)
        joint = [
            (self.t(whole), placement(look.facts))
            for whole, look in zip(places, self.looks([(whole, False) for whole in places]), strict=True)
            if look is not None
        ]
        return Motions.learn(here, alone, joint)

    def eye(self) -> set[int]:
        """Give the numbers of the camera."""
        lens = self.motions.lens
        eye = {motion.index for motion in self.motions.things.get(CAMERA, [])}
        return eye if lens is None else eye | set(lens.zooms) | set(lens.shifts)

    def spans_t(self, whole: Floats) -> Floats:
        """Tell how much ``t`` changes per unit of coordinates, at a place."""
        small = 1e-3
        slopes: Floats = (self.t(np.minimum(whole + small, 1.0)) - self.t(np.maximum(whole - small, 0.0))) / (
            np.minimum(whole + small, 1.0) - np.maximum(whole - small, 0.0)
        )
        return slopes


def _value(axis: Axis, coordinate: Floats) -> Floats:
    """Give the numbers at coordinates, not rounded."""
    if axis.warp == "log":
        return np.asarray(axis.low * (axis.high / axis.low) ** coordinate)
    return np.asarray(axis.low + coordinate * (axis.high - axis.low))
