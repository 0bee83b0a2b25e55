"""Tuning light in closed form: one render taken apart by light tells what every energy and colour would do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError
from seig_search.program import Parameter
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning.light_drivers import Drives, all_moved, as_number, moved_alone, told_alone, told_apart
from seig_search.tuning.light_layers import Answer, LightLayers, Relit
from seig_search.tuning.linear_algebra import on_one_thread
from seig_search.tuning.residual_image import ResidualImage
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.space import Coordinates, Space
from seig_search.tuning.surfaces import surface_answers, surface_probes
from seig_search.tuning.trials import Trials
from seig_search.tuning.view_curve import Floats, ViewCurve

__all__ = ["LightsTuner"]

AMOUNT = re.compile(r"energ|power|strength|intens|emission|glow|bright|watt", re.IGNORECASE)
LEAST_RENDERS = 4
FLOOR = 0.02
"""A number at 0 tells nothing of what it does: it is looked at from this share of its range."""
NOISE_BLUR = 0.02
FAR = 0.3
DIRECTION_STEP = 0.12
LEAST_STEP = 0.02
LEAST_GAIN = 0.005

DRIVES = "drives"
"""Under which name it is kept which number drives which layers."""

Layered = Callable[[Mapping[str, Value]], Future[LightLayers | None]]


class LightsTuner:
    """Solves for energies and colours of lights, world and emission, with a small search over directions about it.

    The scene is rendered with every light's own part, and once more with all numbers that may drive light (those whose unit or
    name says so, and colours) moved at once, each by a factor of its own, which tells who drives which layer; where it does not, numbers are moved alone. Then all of them together are a least-squares problem that
    needs no render; its solution, a half of it and one without the colours are rendered, and the best score counts. Numbers of the lighting stage that are no
    amounts (directions, places, sizes) are searched outside of it, a step either way at a time, each place judged by what the lights could make of it.

    Args:
        reach: Half the width of the region about each current value in which numbers may move, as a fraction of its
            range, above 0 and at most 1.
        pull: Weight of staying near the current values, per e-fold, at least 0.
        directions: Share of the renders that directions may use, 0..1.

    Raises:
        UsageError: A setting is out of its range.
    """

    surfaces = False
    """Whether colours of surfaces are solved for as well."""

    def __init__(self, reach: float = 1.0, pull: float = 0.01, directions: float = 0.5) -> None:
        if not 0 < reach <= 1:
            raise UsageError(f"the tuner's reach must be above 0 and at most 1, got {reach}")
        if not pull >= 0:
            raise UsageError(f"the tuner's pull must be at least 0, got {pull}")
        if not 0 <= directions <= 1:
            raise UsageError(f"the tuner's directions must be 0..1, got {directions}")
        self.reach, self.pull, self.directions = reach, pull, directions

    @on_one_thread
    def tune(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> TuningResult:
        """Search for values with a better score; see ``Tuner``."""
        if problem.layers is None or problem.target is None:
            return TuningResult({}, problem.start, 0, "there are no light layers to solve for")
        amounts = [parameter for parameter in problem.parameters if is_amount(parameter)]
        surfaces = [parameter for parameter in problem.parameters if self.surfaces and is_surface(parameter)]
        if not amounts and not surfaces:
            return TuningResult(
                {}, problem.start, 0, "no number drives a light" + " or colours a surface" * self.surfaces
            )
        if problem.max_renders < LEAST_RENDERS:
            told = f"light in closed form needs {LEAST_RENDERS} renders, there are {problem.max_renders}"
            return TuningResult({}, problem.start, 0, told)
        space = Space.of(problem.parameters, self.reach)
        trials = Trials(problem, space, submit, progress)
        return _Lighting(self, problem, problem.layers, amounts, surfaces, space, trials).run()

    @on_one_thread
    def judge(self, problem: TuningProblem, places: Sequence[Mapping[str, Value]]) -> tuple[list[float], int]:
        """Tell how near light could bring the picture to the target at some values of other numbers.

        Args:
            problem: As for ``tune``; where it is known which number drives which light, from an earlier ``tune``, a place takes
                one render and another per three colours of surfaces.
            places: The values.

        Returns:
            The error of each place, infinite where that failed, those only that there were renders for; and how many renders that took.
        """
        amounts = [parameter for parameter in problem.parameters if is_amount(parameter)]
        surfaces = [parameter for parameter in problem.parameters if self.surfaces and is_surface(parameter)]
        if problem.layers is None or problem.target is None or not (amounts or surfaces) or problem.max_renders < 1:
            return [], 0
        space = Space.of(problem.parameters, self.reach)
        trials = Trials(problem, space, _nobody, lambda now: None)
        return _Lighting(self, problem, problem.layers, amounts, surfaces, space, trials).judge(places)


def _nobody(values: Mapping[str, Value]) -> Future[Trial]:
    raise AssertionError("places are judged by their layers")


def is_amount(parameter: Parameter) -> bool:
    """Whether a number may be an amount of light: a colour, or one whose unit, name or range says so."""
    if parameter.kind == "rgb":
        return parameter.stage in (Stage.LIGHTING, None) or bool(AMOUNT.search(parameter.name))
    if parameter.kind != "float" or parameter.high is None or parameter.high <= 0:
        return False
    return parameter.unit in ("W", "W/m2", "W/m²") or bool(AMOUNT.search(parameter.name))


def is_surface(parameter: Parameter) -> bool:
    """Whether a number may be a surface's colour."""
    return parameter.kind == "rgb" and not is_amount(parameter)


class _Lighting:
    """One tuning."""

    def __init__(
        self,
        tuner: LightsTuner,
        problem: TuningProblem,
        layered: Layered,
        amounts: Sequence[Parameter],
        surfaces: Sequence[Parameter],
        space: Space,
        trials: Trials,
    ) -> None:
        self._tuner, self._problem, self._layered = tuner, problem, layered
        self._amounts, self._surfaces, self._space, self._trials = amounts, surfaces, space, trials
        self._answers: list[Answer] = []
        self._seen: list[tuple[Mapping[str, Value], Trial]] = []
        self._base: dict[str, Value] = {}
        self._ranges = {(axis.key, axis.index): (axis.low, axis.high) for axis in space.axes if axis.kind == "float"}

    def run(self) -> TuningResult:
        """Look, solve, search directions."""
        method = "closed-form lighting" + " and colouring" * bool(self._surfaces)
        self._base = {parameter.key: self._floored(parameter) for parameter in (*self._amounts, *self._surfaces)}
        known = self._problem.learnt.get(DRIVES)
        first = self._look_at({})
        if first is None:
            return self._trials.result(method, 0)
        if not self._answers:
            return self._trials.result(f"{method} (no number was found to drive light or colour)", 0)
        view, target = first.view(), self._target(first)
        steps, error = self._solved(first, view, target)
        if known is None:
            plain, _ = self._solved(first, view, target, colours=False)
            self._tried([self._point(values, {}) for values in (steps, plain, steps / 2)])
        else:
            self._tried([self._point(steps, {})])
        error = self._look_again(steps, view, target, error)
        self._search_directions(view, target, error)
        numbers = len({answer.key for answer in self._answers})
        return self._trials.result(
            f"{method} ({view.name} view, {len(first.names)} layers)", numbers, self._nearest_seen()
        )

    def judge(self, places: Sequence[Mapping[str, Value]]) -> tuple[list[float], int]:
        """Solve for the light of each place."""
        self._base = {parameter.key: self._floored(parameter) for parameter in (*self._amounts, *self._surfaces)}
        errors = []
        for place in places:
            before = self._trials.used
            look = self._look_at(place)
            told = look is not None and bool(self._answers)
            errors.append(self._solved(look, look.view(), self._target(look))[1] if look and told else math.inf)
            if self._trials.left < self._trials.used - before:
                break
        return errors, self._trials.used

    def _look_at(self, place: Mapping[str, Value]) -> LightLayers | None:
        """Look at the scene, and learn which numbers drive which light and colour what; who drives what only if that is not known."""
        drives: Drives | None = self._problem.learnt.get(DRIVES)
        base = {**place, **self._base}
        probe = {} if drives is not None else all_moved(self._amounts, self._base)
        room = max(0, self._trials.left - (LEAST_RENDERS if drives is None else 2))
        # Each look tells of three colours; those that there is no room for keep still.
        surfaces = self._surfaces[: 3 * room]
        paints = surface_probes(surfaces, self._base)
        asked = ([{**base, **probe}] if probe else []) + [{**base, **paint} for paint in paints]
        first, *looks = self._looks([base, *asked])
        self._answers = []
        if first is None:
            return None
        if drives is None:
            drives, unsure = told_apart(self._amounts, self._base, probe, first, looks[0]) if probe else ({}, [])
            whole = self._probe_alone(unsure, base, first, drives)
            if whole and all(look is not None for look in looks[: len(asked) - len(paints)]):
                self._problem.learnt[DRIVES] = drives
        self._answers = [
            answer
            for parameter in self._amounts
            if parameter.key in drives and len(drives[parameter.key]) == len(first.names)
            for answer in self._made(parameter, drives[parameter.key])
        ]
        self._answers += surface_answers(surfaces, self._base, paints, first, looks[1:] if probe else looks)
        return first

    def _look_again(self, steps: Floats, view: ViewCurve, target: npt.NDArray[np.uint8], error: float) -> float:
        """Solve once more from where the solution is: what was too dim to be told from noise may be bright there."""
        if self._trials.left < 2 or np.max(np.abs(steps), initial=0) < FAR:
            return error
        self._base = {**self._base, **self._values(steps)}
        self._answers = [
            replace(answer, value=min(max(answer.value * math.exp(step), answer.low), answer.high))
            for step, answer in zip(steps, self._answers, strict=True)
        ]
        (look,) = self._looks([self._base])
        if look is None or look.picture.shape[:2] != target.shape[:2]:
            return error
        again, found = self._solved(look, view, target)
        self._tried([self._point(again, {})])
        return found

    def _solved(
        self, look: LightLayers, view: ViewCurve, target: npt.NDArray[np.uint8], colours: bool = True
    ) -> tuple[Floats, float]:
        """Solve for all numbers, or for those that are no colours; the others keep still."""
        moving = [n for n, answer in enumerate(self._answers) if colours or answer.index is None]
        answers = [self._answers[n] for n in moving]
        found, error = Relit(look, view, answers, target, pull=self._tuner.pull).solve()
        steps = np.zeros(len(self._answers))
        steps[moving] = found
        return steps, error

    def _probe_alone(
        self, unsure: Sequence[Parameter], base: Mapping[str, Value], first: LightLayers, drives: Drives
    ) -> bool:
        """Move numbers one at a time, as far as the renders go; says whether that was all of them."""
        room = max(0, self._trials.left - 3)
        probes = {parameter.key: moved_alone(parameter, self._base[parameter.key]) for parameter in unsure[:room]}
        looks = self._looks([{**base, key: value} for key, value in probes.items()])
        for (key, probe), look in zip(probes.items(), looks, strict=True):
            powers = told_alone(self._base[key], probe, first, look)
            if powers is not None:
                drives[key] = powers
        return len(unsure) <= room and all(look is not None for look in looks)

    def _made(self, parameter: Parameter, powers: Floats) -> list[Answer]:
        base = self._base[parameter.key]
        parts: list[tuple[int | None, float]] = (
            [(index, float(part)) for index, part in enumerate(base)]
            if isinstance(base, tuple)
            else [(None, as_number(base))]
        )
        answers = []
        for index, value in parts:
            # A channel of a colour drives that channel of light.
            mine = powers if index is None else powers * (np.arange(3) == index)
            low, high = self._ranges.get((parameter.key, index), (value, value))
            low = min(max(low, value * 1e-3), value * (1 - 1e-6))
            if mine.any() and high > low:
                answers.append(Answer(parameter.key, index, value, low, max(high, value * (1 + 1e-6)), mine))
        return answers

    def _looks(self, asked: Sequence[Mapping[str, Value]]) -> list[LightLayers | None]:
        """Render with layers, as many at once as the problem allows."""
        answers: list[LightLayers | None] = []
        futures: list[Future[LightLayers | None]] = []
        for index in range(len(asked)):
            while len(futures) < len(asked) and len(futures) - index < max(1, self._problem.in_flight):
                futures.append(self._layered(asked[len(futures)]))
            answers.append(futures[index].result())
            self._trials.pay(1)
        return answers

    def _floored(self, parameter: Parameter) -> Value:
        high = 1.0 if parameter.high is None else float(parameter.high)
        least = FLOOR * high if parameter.kind == "rgb" else max(float(parameter.low or 0), FLOOR * FLOOR * high)
        if isinstance(parameter.value, tuple):
            return tuple(max(float(part), least) for part in parameter.value)
        return max(as_number(parameter.value), least)

    def _target(self, look: LightLayers) -> npt.NDArray[np.uint8]:
        assert self._problem.target is not None
        height, width = look.picture.shape[:2]
        sized = self._problem.target.sized(width, height)
        alpha = np.full((height, width), 255, np.uint8) if sized.alpha is None else sized.alpha
        return np.dstack([sized.rgb, alpha])

    def _values(self, steps: Floats) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for step, answer in zip(steps, self._answers, strict=True):
            value = float(np.clip(answer.value * np.exp(step), answer.low, answer.high))
            if answer.index is None:
                found[answer.key] = value
            else:
                whole: Any = found.get(answer.key, self._base[answer.key])
                found[answer.key] = (*whole[: answer.index], value, *whole[answer.index + 1 :])
        return found

    def _tried(self, points: Sequence[Coordinates]) -> None:
        self._seen += [
            (self._trials.values(point), trial)
            for point, trial in zip(points, self._trials.run(points), strict=True)
            if trial is not None and trial.picture is not None
        ]

    def _nearest_seen(self) -> tuple[Mapping[str, Value], Trial] | None:
        """Give what looks most like the target, whatever its score."""
        found: list[tuple[float, Mapping[str, Value], Trial]] = []
        for values, trial in [({}, self._problem.start), *self._seen]:
            picture = None if trial.picture is None else trial.picture()
            if picture is not None and self._problem.target is not None:
                image = ResidualImage(self._problem.target, picture.shape[1], picture.shape[0])
                off = image.blurred(image.off(image.planes(picture)), NOISE_BLUR * max(picture.shape[:2]))
                found.append((float(np.linalg.norm(off)), values, trial))
        return min(found, key=lambda one: one[0])[1:] if found else None

    def _point(self, steps: Floats, directions: Coordinates) -> Coordinates:
        return {**self._space.locate(self._values(steps)), **directions}

    def _search_directions(self, view: ViewCurve, target: npt.NDArray[np.uint8], error: float) -> None:
        """Walk numbers of the lighting stage that are no amounts, each place judged by the best light for it."""
        driven = {answer.key for answer in self._answers}
        stages = {parameter.key: parameter.stage for parameter in self._problem.parameters}
        axes = [
            axis
            for axis in self._space.axes
            if axis.kind == "float" and axis.key not in driven and stages[axis.key] in (Stage.LIGHTING, None)
        ]
        allowed = int(self._tuner.directions * self._problem.max_renders)
        here: Coordinates = {axis.name: axis.start for axis in axes}
        step, used = DIRECTION_STEP, 0
        while axes and step >= LEAST_STEP:
            asked: list[Coordinates] = []
            for axis in axes:
                for sign in (1.0, -1.0):
                    there = float(np.clip(float(here[axis.name]) + sign * step, 0.0, 1.0))
                    if there != here[axis.name]:
                        asked.append({**here, axis.name: there})
            room = min(allowed - used, self._trials.left - 2)
            if room < 2:
                return
            asked = asked[:room]
            used += len(asked)
            looks = self._looks([{**self._space.changes(point), **self._base} for point in asked])
            solved = []
            for point, look in zip(asked, looks, strict=True):
                if look is not None and look.picture.shape == target.shape:
                    steps, found = self._solved(look, view, target)
                    solved.append((found, point, steps))
            best = min(solved, key=lambda entry: entry[0], default=None)
            if best is None or best[0] > error * (1 - LEAST_GAIN):
                step /= 2
                continue
            error, here, steps = best
            self._tried([self._point(steps, here)])
