"""Tuning by least squares on the residual image: Levenberg-Marquardt on finite differences of renders."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seig_search.errors import UsageError
from seig_search.tuning.linear_algebra import on_one_thread
from seig_search.tuning.residual_image import Floats
from seig_search.tuning.residual_stack import ResidualStack
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.space import Axis, Coordinates, Space
from seig_search.tuning.trials import Trials

__all__ = ["ResidualTuner"]

BLURS = (0.045, 0.018, 0.006)
"""Standard deviations as shares of the longer side, from coarse to fine."""

DAMPINGS = (1e-3, 3e-2, 1.0)
KINDS = [(damping, blur) for damping in range(len(DAMPINGS)) for blur in range(len(BLURS))]
PROPOSALS = 4
LEAST_GAIN = 1e-3
PRIOR = 0.003

WITHOUT_FEATURES = "without features: no evaluator of these settings sees any in these pictures"


@dataclass
class _Point:
    """Values that were rendered."""

    at: Floats
    row: Floats
    loss: float
    trial: Trial


@dataclass
class _Slopes:
    """How the picture answers to each axis that is known: its row's slope, (N,)."""

    rows: dict[int, Floats] = field(default_factory=dict)

    def learn(self, step: Floats, change: Floats) -> None:
        """Correct the slopes by what a step really did (Broyden 1965)."""
        known = [index for index in self.rows if step[index] != 0]
        length = float(sum(step[index] ** 2 for index in known))
        if not length:
            return
        missed = change - sum(step[index] * self.rows[index] for index in known)
        for index in known:
            self.rows[index] = self.rows[index] + missed * (step[index] / length)


class ResidualTuner:
    """Moves many numbers at once to where the residual image says, coarse to fine.

    A render per number tells how the picture answers to it (forward differences, the same Cycles seed throughout). From these
    slopes, least squares proposes steps at several blurs and dampings; all are rendered, and the one with the least residual is taken;
    the result is the best *score* of all renders. Slopes are corrected by what steps really did (Broyden), and taken anew when that no longer helps.
    Numbers to which the picture does not answer stay where they are, a weak pull keeps the rest near the author's values, and
    what fits no number counts less (Huber). Integers and choices are left alone. Distances from the outline stand beside the pixels where the target
    has alpha, and features of an evaluator's if asked for.

    Method: Levenberg 1944, Marquardt 1963; Huber 1964; Broyden 1965.

    Args:
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        probe: Finite difference, as a fraction of the trust region, above 0 and at most 0.5.
        stride: Longest step of a number at a time, as a fraction of the trust region, above 0 and at most 1.
        silhouette: Weight of the distances from the outline beside display values, where the target has alpha; 0 leaves them out.
        features: Weight of features that an evaluator sees (LPIPS) beside display values; 0 leaves them out. Where no evaluator offers
            any, tuning goes on without, and the explanation says so.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(
        self,
        reach: float = 0.5,
        probe: float = 0.03,
        stride: float = 0.25,
        silhouette: float = 0.5,
        features: float = 0.0,
    ) -> None:
        for name, value, most in (("reach", reach, 1.0), ("probe", probe, 0.5), ("stride", stride, 1.0)):
            if not 0 < value <= most:
                raise UsageError(f"the tuner's {name} must be above 0 and at most {most:g}, got {value}")
        for name, value in (("silhouette", silhouette), ("features", features)):
            if not (math.isfinite(value) and value >= 0):
                raise UsageError(f"the tuner's {name} is a weight, 0 or more, got {value}")
        self.reach, self.probe, self.stride = reach, probe, stride
        self.silhouette, self.features = silhouette, features

    @on_one_thread
    def tune(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> TuningResult:
        """Search for values with a better score; see ``Tuner``."""
        space = Space.of(problem.parameters, self.reach)
        axes = [axis for axis in space.axes if axis.kind == "float"]
        if not axes:
            return TuningResult({}, problem.start, 0, "no number can be moved continuously")
        if problem.target is None or problem.start.picture is None or problem.start.score is None:
            return TuningResult({}, problem.start, 0, "there is no picture to take a residual from")
        trials = Trials(problem, space, submit, progress)
        return _Descent(self, problem, axes, trials, rng).run()


class _Descent:
    """One tuning."""

    def __init__(
        self, tuner: ResidualTuner, problem: TuningProblem, axes: list[Axis], trials: Trials, rng: np.random.Generator
    ) -> None:
        picture = problem.start.picture() if problem.start.picture else np.zeros((1, 1, 4), np.uint8)
        height, width = picture.shape[:2]
        if problem.target is None or problem.start.score is None:
            raise ValueError("a descent needs a target and a start with a score")
        self._sigmas = [share * max(width, height) for share in BLURS]
        self._stack = ResidualStack(
            problem.target, width, height, tuner.silhouette, tuner.features, problem.features, self._sigmas[-1]
        )
        self._wants_features = tuner.features > 0
        self._axes, self._trials, self._rng = axes, trials, rng
        self._probe, self._stride = tuner.probe, tuner.stride
        start = np.array([float(axis.start) for axis in axes])
        self._start = start
        row = self._stack.row(picture)
        self._best = _Point(start, row, self._loss(row), problem.start)
        self._slopes = _Slopes()
        self._answers = np.full(len(axes), np.inf)
        self._turn: list[int] = []
        self._won = KINDS[0]

    def run(self) -> TuningResult:
        """Go on until the renders are spent or nothing helps any more."""
        stride, failures = self._stride, 0
        while self._trials.left > 1 and failures < 3:
            before = self._best.loss
            self._look(self._axes_to_probe())
            # Slopes serve for about as many renders as they cost.
            for _ in range(max(2, len(self._slopes.rows) // PROPOSALS)):
                if self._trials.left < 1 or not self._step(stride):
                    break
            if self._best.loss < before * (1 - LEAST_GAIN):
                failures = 0
            else:
                failures += 1
                stride /= 3
                self._probe = max(self._probe / 2, 0.005)
        values = self._trials.values({axis.name: float(x) for axis, x in zip(self._axes, self._best.at, strict=True)})
        parts = ["the residual image"]
        parts += ["outlines"] if self._stack.has_silhouette else []
        parts += ["features"] if self._stack.has_features else []
        method = f"least squares on {' and '.join(parts)}"
        result = self._trials.result(method, len(self._axes), (values, self._best.trial))
        if self._wants_features and not self._stack.has_features:
            return replace(result, explanation=f"{result.explanation}; {WITHOUT_FEATURES}")
        return result

    def _loss(self, row: Floats) -> float:
        """How far a render is off: what the steps are to lessen, so that no score leads them astray."""
        off = self._stack.off(row)
        return float(sum(np.linalg.norm(self._stack.blurred(off, sigma)) for sigma in self._sigmas))

    def _axes_to_probe(self) -> list[int]:
        """All axes if a round of them leaves renders for steps; else some, the ones that the picture answers to first."""
        room = max(1, int(0.7 * self._trials.left))
        alive = [index for index in range(len(self._axes)) if self._answers[index] > 0]
        if len(alive) <= room:
            return alive
        if not self._turn:
            unknown = [index for index in alive if np.isinf(self._answers[index])]
            known = sorted(set(alive) - set(unknown), key=lambda index: -self._answers[index])
            self._turn = [int(unknown[k]) for k in self._rng.permutation(len(unknown))] + known
        chosen, self._turn = self._turn[:room], self._turn[room:]
        return sorted(chosen)

    def _look(self, indexes: Sequence[int]) -> None:
        """Take slopes at the best point."""
        base = self._best
        points = []
        for index in indexes:
            # Towards the wider side, so that a number on its bound can be probed too.
            sign = 1.0 if base.at[index] < 0.5 else -1.0
            at = base.at.copy()
            at[index] = np.clip(at[index] + sign * self._probe, 0.0, 1.0)
            points.append(at)
        for index, at, found in zip(indexes, points, self._rendered(points), strict=True):
            if found is None:
                self._slopes.rows.pop(index, None)
                continue
            slope = (found.row - base.row) / (at[index] - base.at[index])
            self._answers[index] = float(np.sqrt(np.mean(self._stack.blurred(slope, self._sigmas[1]) ** 2)))
            self._slopes.rows[index] = slope
        # Below a thousandth of the strongest answer is rounding, and a step there would be a leap into nothing.
        strongest = max((a for a in self._answers if np.isfinite(a)), default=0.0)
        self._answers[self._answers < 1e-3 * strongest] = 0.0
        for index in [index for index in self._slopes.rows if not self._answers[index] > 0]:
            del self._slopes.rows[index]

    def _step(self, stride: float) -> bool:
        """Propose, render, take the best; says whether that gained anything."""
        base, known = self._best, sorted(self._slopes.rows)
        if not known:
            return False
        steps: list[tuple[tuple[int, int], Floats]] = []
        for kind in sorted(KINDS, key=lambda kind: abs(kind[0] - self._won[0]) + abs(kind[1] - self._won[1])):
            step = self._proposal(base, known, self._sigmas[kind[1]], DAMPINGS[kind[0]], stride)
            if step is not None and all(np.max(np.abs(step - other)) > 1e-3 for _, other in steps):
                steps.append((kind, step))
            if len(steps) == PROPOSALS:
                break
        rendered = self._rendered([base.at + step for _, step in steps])
        found = [point for point in rendered if point is not None]
        if not found:
            return False
        kinds = {id(point): kind for (kind, _), point in zip(steps, rendered, strict=True)}
        self._won = kinds[id(min(found, key=lambda point: point.loss))]
        for point in sorted(found, key=lambda point: -point.loss):
            # The best last: it counts most where the next step starts.
            self._slopes.learn(point.at - base.at, point.row - base.row)
        return self._best.loss < base.loss * (1 - LEAST_GAIN)

    def _proposal(
        self, base: _Point, known: Sequence[int], sigma: float, damping: float, stride: float
    ) -> Floats | None:
        """Solve the damped, bounded, robust normal equations at one blur."""
        off = self._stack.blurred(self._stack.off(base.row), sigma)
        slopes = np.stack([self._stack.blurred(self._slopes.rows[index], sigma) for index in known], axis=1)
        weights = self._stack.weights(off, sigma)
        off, slopes = off * weights, slopes * weights[:, None]
        curvature = slopes.T @ slopes
        scale = np.maximum(np.diag(curvature), 1e-12)
        pull = PRIOR * float(np.mean(scale))
        wanted = slopes.T @ off + pull * (self._start[known] - base.at[known])
        low = np.maximum(-stride, -base.at[known])
        high = np.minimum(stride, 1.0 - base.at[known])
        free = np.ones(len(known), bool)
        step = np.zeros(len(known))
        # Numbers that hit their bound are held there, and the rest solved again.
        for _ in range(len(known)):
            if not free.any():
                break
            held = curvature[np.ix_(free, ~free)] @ step[~free]
            matrix = curvature[np.ix_(free, free)] + np.diag(damping * scale[free] + pull)
            try:
                step[free] = np.linalg.solve(matrix, wanted[free] - held)
            except np.linalg.LinAlgError:
                return None
            beyond = free & ((step < low) | (step > high))
            if not beyond.any():
                break
            step = np.clip(step, low, high)
            free &= ~beyond
        whole = np.zeros(len(self._axes))
        whole[known] = step
        return whole if np.max(np.abs(whole)) > 1e-4 else None

    def _rendered(self, points: Sequence[Floats]) -> list[_Point | None]:
        """Render points; None for those that failed or for which no renders were left."""
        wanted: list[Coordinates] = [
            {axis.name: float(value) for axis, value in zip(self._axes, at, strict=True)} for at in points
        ]
        answers: list[_Point | None] = []
        for at, trial in zip(points, self._trials.run(wanted), strict=True):
            if trial is None or trial.picture is None or trial.score is None:
                answers.append(None)
                continue
            picture = trial.picture()
            if picture.shape[:2] != self._stack.size:
                answers.append(None)
                continue
            row = self._stack.row(picture)
            point = _Point(at, row, self._loss(row), trial)
            answers.append(point)
            if point.loss < self._best.loss:
                self._best = point
        return answers
