"""Numbers to which the picture does not answer, found by moving each alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from seig_search.candidate import Status
from seig_search.render import Value
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress
from seig_search.tuning.space import Axis, Coordinates, Space
from seig_search.tuning.trials import Trials

__all__ = ["Looked", "look_for_idle", "same_picture", "step_of"]

WORTH = 10
"""Looking is worth it with so many renders for each number."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking brought.

    Args:
        space: The space without the axes that the picture does not answer to.
        trials: What was rendered on the way: values that differ from the start's, and what came of them.
    """

    space: Space
    trials: tuple[tuple[Mapping[str, Value], Trial], ...] = ()


def same_picture(trial: Trial, base: Trial) -> bool:
    """Whether two trials show one picture: renders of one seed are equal to the bit, and so are their metrics."""
    return trial.status is Status.OK and bool(trial.metrics) and dict(trial.metrics) == dict(base.metrics)


def step_of(axis: Axis, share: float, sign: float) -> float | int:
    """Give the coordinate that lies a share of the axis away from the start, inside the axis.

    Args:
        axis: A number's axis.
        share: How far, as a fraction of the axis; a whole number moves by 1 at least.
        sign: 1 up, -1 down.
    """
    if axis.kind == "int":
        whole = max(1, round(share * (axis.high - axis.low)))
        return int(min(max(int(axis.start) + sign * whole, axis.low), axis.high))
    return min(max(float(axis.start) + sign * share, 0.0), 1.0)


def look_for_idle(
    problem: TuningProblem, space: Space, share: float, submit: Submit, progress: Callable[[TuningProgress], None]
) -> Looked:
    """Move each number alone, to the wider side first, and those that changed nothing to the other side too.

    Samplers that move all numbers at once never learn which of them do nothing, and lose their way among them.

    Args:
        problem: What to tune; if it has too few renders for its numbers, nothing is done.
        space: The axes.
        share: How far to move, as a fraction of an axis.
        submit: Queues a trial.
        progress: As in ``Tuner``.
    """
    axes = [axis for axis in space.axes if axis.kind != "choice"]
    if not axes or problem.max_renders < WORTH * len(axes) or not problem.start.metrics:
        return Looked(space)
    trials = Trials(problem, space, submit, progress)
    seen: list[tuple[Mapping[str, Value], Trial]] = []
    idle = axes
    for turn in (1.0, -1.0):
        points: list[Coordinates] = [{axis.name: step_of(axis, share, turn * _wider(axis))} for axis in idle]
        still = []
        for axis, point, trial in zip(idle, points, trials.run(points), strict=True):
            values = space.changes(point)
            if trial is not None and values:
                seen.append((values, trial))
            if trial is None or not values or same_picture(trial, problem.start):
                still.append(axis)
        idle = still
    gone = {axis.name for axis in idle}
    return Looked(replace(space, axes=tuple(axis for axis in space.axes if axis.name not in gone)), tuple(seen))


def _wider(axis: Axis) -> float:
    middle = 0.5 if axis.kind == "float" else (axis.low + axis.high) / 2
    return 1.0 if float(axis.start) < middle else -1.0
