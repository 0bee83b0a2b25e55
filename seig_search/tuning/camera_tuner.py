"""Tuning of camera and placement: from points on the scene's surfaces, with a few renders to align what they found."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning.linear_algebra import on_one_thread
from seig_search.tuning.motion import CAMERA, Motions, Placement, placement
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.pose_search import Costs, Found, apart, descended, guessed
from seig_search.tuning.regions import Regions
from seig_search.tuning.reprojection import Reprojection
from seig_search.tuning.residual_image import Floats, ResidualImage
from seig_search.tuning.scene_look import SceneLook
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.space import Axis, Space
from seig_search.tuning.trials import Trials

__all__ = ["CameraTuner"]

PROBE = 0.1
JOINT, JOINT_REACH = 3, 0.25
TINY, ROUGH, FINE_SIDE = (32, 4300), (48, 8600), 96
"""Sizes of point pictures in px, and how many points are drawn."""
FEW, ABOUT = 256, 0.7
"""How many points tell where things are seen, and how far from the middle they may be, in pictures."""
AT_ONCE = 64
APART, NEXT, UNLIKE = 0.15, 0.08, 0.1
"""By how much places differ in some coordinate: guesses, what is gone on from, and what may have another light."""
PER_VALLEY = 12
FIRST, SECOND = ((48, 16), (32, 16)), ((16, 20), (8, 30))
"""How many places go on, and for how many rounds."""
WIDE, MIDDLE, NARROW = 0.1, 0.05, 0.03
MOST_AXES = 40
SCAN, BETTER = 300, 0.97
"""In how many places a thing is looked for elsewhere, and the share of the misfit that makes one worth a render."""
FAILURES, ENOUGH = 3, 0.99
"""Small steps end after so many that leave more than this share of the misfit."""
DAMPING, CREEP_PX, SHORTER, SHARP = 1e-5, 3.0, 4, 0.008
"""Of small steps: the first damping, how far they may move the picture, how often they are damped further for that, and the blur of their misfit as a share of the picture."""
SHADE_PROBE = 0.03
NEAR_PX, STILL_PX, CREPT_PX = 1.0, 0.08, 0.01
"""Small steps are enough from where the first moves the picture by less than that; and steps by less are not worth a render."""


class CameraTuner:
    """Finds camera, lens and the places of things without knowing light and colours.

    The scene is built, not rendered, with each number moved alone: from what that does to the camera's and the objects' matrices comes how they move together (a product of rigid
    motions, in the order that explains places where all were moved at once). With points on the surfaces maps of regions can then be drawn for any numbers,
    thousands a second, and those are taken that part the target best into regions, each lit evenly, of about the
    colours it is painted. Their renders are aligned by least squares: their own colours, moved with the points they lie on; at last by the flow of the picture.

    Numbers that change a shape are left to others.

    Args:
        reach: Half the width of the region about each current value in which numbers may move, as a fraction of its range, above 0 and at most 1.
        guesses: How many places the search begins with, the best twelfth of which it goes on from; 0 leaves it out and only aligns.
        candidates: How many of the places found are rendered.
        tint: How freely a region's brightness and tint may differ while renders are aligned, above 0; small where light is known.
        polish: Whether to go on to fractions of a pixel, which takes light and colours that are nearly right.
        shadows: Whether to look, by a render for each number that moves a thing, at what that does to shadows and light, before going on to fractions of a pixel.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(
        self,
        reach: float = 0.5,
        guesses: int = 600,
        candidates: int = 4,
        tint: float = 1.0,
        polish: bool = True,
        shadows: bool = False,
    ) -> None:
        if not 0 < reach <= 1:
            raise UsageError(f"the tuner's reach must be above 0 and at most 1, got {reach}")
        if guesses < 0 or candidates < 1:
            raise UsageError(
                f"the tuner's guesses must be at least 0 and its candidates at least 1, got {guesses} and {candidates}"
            )
        if not tint > 0:
            raise UsageError(f"the tuner's tint must be above 0, got {tint}")
        self.tint, self.polish, self.shadows = tint, polish, shadows
        self.reach, self.guesses, self.candidates = reach, guesses, candidates

    @on_one_thread
    def tune(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> TuningResult:
        """Search for values with a better score; see ``Tuner``."""
        if problem.target is None or problem.scenes is None or problem.start.picture is None:
            return TuningResult({}, problem.start, 0, "there is no scene to take points from")
        if problem.max_renders < 1 or not _axes(problem, self.reach):
            return TuningResult({}, problem.start, 0, "no number can move the camera or a thing")
        return _Alignment(self, problem, submit, rng, progress).run()

    @on_one_thread
    def places(self, problem: TuningProblem, rng: np.random.Generator) -> list[dict[str, Value]]:
        """Search without a single render.

        Args:
            problem: As for ``tune``; ``max_renders`` does not matter.
            rng: The only source of randomness.

        Returns:
            The best values found, unlike each other and the current ones, best first, at most ``candidates``.
        """
        if problem.target is None or problem.scenes is None or problem.start.picture is None:
            return []
        if not _axes(problem, self.reach):
            return []
        return _Alignment(self, problem, _nobody, rng, lambda now: None).places()


def _nobody(values: Mapping[str, Value]) -> Future[Trial]:
    raise AssertionError("places are found without renders")


def _axes(problem: TuningProblem, reach: float) -> list[Axis]:
    """Give the numbers that may move the camera or things."""
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


@dataclass
class _Seen:
    """A place that was rendered."""

    at: Floats
    misfit: float
    reprojection: Reprojection
    trial: Trial


class _Alignment:
    """One tuning."""

    def __init__(
        self,
        tuner: CameraTuner,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> None:
        assert problem.target is not None and problem.scenes is not None and problem.start.picture is not None
        self._tuner, self._problem, self._scenes, self._rng = tuner, problem, problem.scenes, rng
        self._space, self._axes = Space.of(problem.parameters, tuner.reach), _axes(problem, tuner.reach)
        self._trials = Trials(problem, self._space, submit, progress)
        self._start = np.array([float(axis.start) for axis in self._axes])
        self._spans = np.array([axis.high - axis.low for axis in self._axes])
        self.looked = 0
        picture = problem.start.picture()
        height, width = picture.shape[:2]
        self._image = ResidualImage(problem.target, width, height)
        self._width, self._height = width, height

    def run(self) -> TuningResult:
        """Learn what moves, search, align."""
        base, why = self._begun()
        if base is None:
            return self._result([], why, None)
        places = [self._start[self._numbers]]
        if self._tuner.guesses:
            # Where it begins is known already, and may be the best.
            places += [found.at for found in self._searched(base, NEXT)]
        best = self._aligned(places)
        return self._result(self._numbers, "", best)

    def places(self) -> list[dict[str, Value]]:
        """Learn what moves, and search."""
        base, _ = self._begun()
        if base is None:
            return []
        here = Found(-np.inf, self._start[self._numbers])
        others = apart([here, *self._searched(base, UNLIKE)], UNLIKE, self._tuner.candidates + 1)[1:]
        return [self._values(self._whole(found.at)) for found in others]

    def _begun(self) -> tuple[SceneLook | None, str]:
        """Learn what moves; says why, if nothing does."""
        base = self._looks([(self._start, True)])[0]
        if base is None or base.surface is None or not base.names:
            return None, "the scene could not be built, or has no surface"
        self._motions = self._learnt(base)
        self._numbers = sorted(self._motions.numbers)
        return (base, "") if self._numbers else (None, "no number moves the camera or a thing")

    def _t(self, at: Floats) -> Floats:
        """How far numbers are moved at (..., n), as fractions of their regions; even in the number itself, whatever its axis is even in."""
        values = np.stack([_value(axis, at[..., index]) for index, axis in enumerate(self._axes)], axis=-1)
        starts = np.stack([_value(axis, x) for axis, x in zip(self._axes, self._start, strict=True)])
        moved: Floats = (values - starts) / self._spans
        return moved

    def _whole(self, at: Floats) -> Floats:
        whole = np.tile(self._start, (*at.shape[:-1], 1))
        whole[..., self._numbers] = np.clip(at, 0.0, 1.0)
        return whole

    def _values(self, whole: Floats) -> dict[str, Value]:
        return self._space.changes(
            {axis.name: float(x) for axis, x in zip(self._axes, whole, strict=True) if x != float(axis.start)}
        )

    def _looks(self, asked: Sequence[tuple[Floats, bool]]) -> list[SceneLook | None]:
        waiting: deque[Future[SceneLook | None]] = deque()
        answers: list[SceneLook | None] = []
        for whole, surface in asked:
            waiting.append(self._scenes(self._values(whole), surface))
            if len(waiting) >= max(1, self._problem.in_flight):
                answers.append(waiting.popleft().result())
        answers += [future.result() for future in waiting]
        self.looked += len(asked)
        return answers

    def _learnt(self, base: SceneLook) -> Motions:
        """Move every number alone, twice, and all that move something at once."""
        probes = []
        for index in range(len(self._axes)):
            sign = 1.0 if self._start[index] < 0.5 else -1.0
            for far in (1, 2):
                whole = self._start.copy()
                whole[index] += sign * far * PROBE
                probes.append((index, whole))
        looks = self._looks([(whole, False) for _, whole in probes])
        here = placement(base.facts)
        alone: list[tuple[int, float, Placement]] = [
            (index, float(self._t(whole)[index]), placement(look.facts))
            for (index, whole), look in zip(probes, looks, strict=True)
            if look is not None
        ]
        numbers = sorted(Motions.learn(here, alone, []).numbers)
        if len(numbers) < 2:
            return Motions.learn(here, alone, [])
        places = []
        for _ in range(JOINT):
            whole = self._start.copy()
            whole[numbers] = np.clip(
                whole[numbers] + self._rng.uniform(-JOINT_REACH, JOINT_REACH, len(numbers)), 0.0, 1.0
            )
            places.append(whole)
        joint = [
            (self._t(whole), placement(look.facts))
            for whole, look in zip(places, self._looks([(whole, False) for whole in places]), strict=True)
            if look is not None
        ]
        return Motions.learn(here, alone, joint)

    def _costs(self, picture: PointPicture, side: int) -> Costs:
        assert self._problem.target is not None
        share = side / max(self._width, self._height)
        width, height = max(8, round(self._width * share)), max(8, round(self._height * share))
        regions = Regions(ResidualImage(self._problem.target, width, height).target)

        def costs(ats: Floats) -> Floats:
            parts = [ats[low : low + AT_ONCE] for low in range(0, len(ats), AT_ONCE)]
            maps = (picture.maps(self._t(self._whole(part)), width, height) for part in parts)
            return np.concatenate([regions.costs(drawn, picture.paints) for drawn in maps])

        return costs

    def _searched(self, base: SceneLook, least: float) -> list[Found]:
        """Search by point pictures; the best places, different from each other."""
        start = self._start[self._numbers]
        here = np.zeros(len(self._axes))
        few = PointPicture(base, self._motions, here, FEW)

        def spots(ats: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
            x, y, depth = few.spots(self._t(self._whole(ats)))
            with np.errstate(invalid="ignore"):
                seen = (depth > 0) & (np.abs(x - 0.5) < ABOUT) & (np.abs(y - 0.5) < ABOUT)
            return x.astype(float), y.astype(float), seen

        eye = self._eye()
        first = np.array([not eye or number in eye for number in self._numbers])
        tiny = self._costs(PointPicture(base, self._motions, here, TINY[1]), TINY[0])
        rough = self._costs(PointPicture(base, self._motions, here, ROUGH[1]), ROUGH[0])
        reach = 0.7 * 0.5 / self._tuner.reach
        guesses = guessed(tiny, spots, start, first, reach, self._tuner.guesses, self._rng)
        tops = [start, *(guess.at for guess in apart(guesses, APART, self._tuner.guesses // PER_VALLEY))]
        ends = descended(tiny, tops, WIDE, FIRST, start, self._rng)
        ends = descended(rough, [end.at for end in apart(ends, NEXT, SECOND[0][0])], MIDDLE, SECOND, start, self._rng)
        # From the best place found the points lie better for what it shows.
        (look,) = self._looks([(self._whole(ends[0].at), True)])
        if look is None or look.surface is None:
            return apart(ends, least, self._tuner.candidates)
        fine = self._costs(PointPicture(look, self._motions, self._t(self._whole(ends[0].at))), FINE_SIDE)
        costs = fine(np.array([end.at for end in ends]))
        order = [Found(float(cost), end.at) for cost, end in zip(costs, ends, strict=True)]
        places = apart(sorted(order, key=lambda found: found.cost), least, self._tuner.candidates)
        ends = descended(fine, [place.at for place in places], NARROW, ((len(places), 20),), start, self._rng)
        return apart(ends, least, self._tuner.candidates)

    def _eye(self) -> set[int]:
        """The numbers of the camera."""
        lens = self._motions.lens
        eye = {motion.index for motion in self._motions.things.get(CAMERA, [])}
        return eye if lens is None else eye | set(lens.zooms) | set(lens.shifts)

    def _aligned(self, places: Sequence[Floats]) -> _Seen | None:
        """Render the places, go on from the best two, then from the better one."""
        seen = self._rendered(places)
        if not seen:
            return None
        start = self._start[self._numbers]
        if self._tuner.polish and not self._tuner.guesses:
            near = seen[0].reprojection.shift(seen[0].reprojection.creep(DAMPING, {})) < NEAR_PX
            if near:
                return self._polished(seen[0])
        tops = sorted(seen, key=lambda one: one.misfit)[:2]
        steps = [top.reprojection.step(top.at, start) for top in tops]
        again = self._rendered(
            [top.at + step for top, (step, shift) in zip(tops, steps, strict=True) if shift > STILL_PX]
        )
        best = min([*tops, *again], key=lambda one: one.misfit)
        tried: set[int] = {id(top) for top in tops}
        while self._trials.left > 0 and id(best) not in tried:
            tried.add(id(best))
            step, shift = best.reprojection.step(best.at, start)
            if shift < STILL_PX:
                break
            found = self._rendered([best.at + step])
            best = min([best, *found], key=lambda one: one.misfit)
        return self._polished(best) if self._tuner.polish else best

    def _polished(self, best: _Seen) -> _Seen:
        """Go on to fractions of a pixel, and look for things elsewhere."""
        best = self._crept(best)
        other = self._elsewhere(best) if self._trials.left > 0 else None
        if other is not None:
            best = min([best, self._crept(other)], key=lambda one: one.reprojection.misfit(SHARP))
        return best

    def _crept(self, best: _Seen) -> _Seen:
        """Go on by small steps, shorter ones where they fail (Levenberg-Marquardt)."""
        damping, sharp, failed = DAMPING, best.reprojection.misfit(SHARP), 0
        shades = self._shades(best) if self._tuner.shadows else {}
        while self._trials.left > 0 and failed < FAILURES:
            step, shift = self._short_step(best, damping, shades)
            if shift < CREPT_PX:
                break
            found = self._rendered([best.at + step])
            now = found[0].reprojection.misfit(SHARP) if found else np.inf
            failed = failed + 1 if now > sharp * ENOUGH else 0
            if now < sharp:
                best, sharp, damping = found[0], now, damping / 10
            else:
                damping *= 100
        return best

    def _short_step(self, best: _Seen, damping: float, shades: Mapping[int, Floats]) -> tuple[Floats, float]:
        """Damp a step until it moves the picture by few enough pixels; the step, and by how many."""
        for _ in range(SHORTER):
            step = np.clip(best.at + best.reprojection.creep(damping, shades), 0.0, 1.0) - best.at
            shift = best.reprojection.shift(step)
            if shift <= CREEP_PX:
                return step, shift
            damping *= 10
        return step * CREEP_PX / shift, CREEP_PX

    def _shades(self, best: _Seen) -> dict[int, Floats]:
        """Tell what numbers that move things do to shadows and to the light on them; nothing if that would take most of the renders."""
        eye = self._eye()
        moving = [place for place, number in enumerate(self._numbers) if number not in eye]
        if len(moving) > self._trials.left // 2:
            return {}
        steps = [
            (SHADE_PROBE if best.at[place] < 0.5 else -SHADE_PROBE) * np.eye(len(best.at))[place] for place in moving
        ]
        shades = {}
        for place, step, trial in zip(moving, steps, self._tried([best.at + step for step in steps]), strict=True):
            if trial is not None and trial.picture is not None:
                planes = self._image.planes(trial.picture())
                if planes.shape[:2] == self._image.size:
                    shades[place] = best.reprojection.shade(step, planes) / step[place]
        return shades

    def _tried(self, places: Sequence[Floats]) -> list[Trial | None]:
        return self._trials.run(
            [{axis.name: float(x) for axis, x in zip(self._axes, self._whole(at), strict=True)} for at in places]
        )

    def _elsewhere(self, best: _Seen) -> _Seen | None:
        """Look whether one of the things fits better quite elsewhere, whatever is between here and there."""
        eye = self._eye()
        places = []
        for numbers in {
            tuple(sorted(m.index for m in own if m.index not in eye)) for own in self._motions.things.values()
        }:
            mine = [self._numbers.index(number) for number in numbers if number in self._numbers]
            if not mine:
                continue
            steps = np.zeros((SCAN, len(self._numbers)))
            steps[:, mine] = self._rng.random((SCAN, len(mine))) - best.at[mine]
            told = [best.reprojection.told(step) for step in steps]
            places.append((min(told), best.at + steps[int(np.argmin(told))]))
        if not places:
            return None
        least, there = min(places, key=lambda place: place[0])
        here = best.reprojection.told(np.zeros(len(self._numbers)))
        found = self._rendered([there]) if least < here * BETTER else []
        return found[0] if found else None

    def _rendered(self, places: Sequence[Floats]) -> list[_Seen]:
        wholes = [self._whole(at) for at in places]
        trials = self._tried(places)
        looks = self._looks([(whole, True) for whole in wholes])
        seen = []
        for whole, trial, look in zip(wholes, trials, looks, strict=True):
            if trial is None or trial.picture is None or look is None or look.surface is None:
                continue
            picture = trial.picture()
            if picture.shape[:2] != self._image.size:
                continue
            t = self._t(whole)
            reprojection = Reprojection(
                PointPicture(look, self._motions, t),
                t,
                self._image.planes(picture),
                self._image.target,
                self._spans_t(whole),
                self._numbers,
                self._tuner.tint,
            )
            seen.append(_Seen(whole[self._numbers], reprojection.misfit(), reprojection, trial))
        return seen

    def _spans_t(self, whole: Floats) -> Floats:
        """How much ``t`` changes per unit of coordinates, at a place."""
        small = 1e-3
        slopes: Floats = (self._t(np.minimum(whole + small, 1.0)) - self._t(np.maximum(whole - small, 0.0))) / (
            np.minimum(whole + small, 1.0) - np.maximum(whole - small, 0.0)
        )
        return slopes

    def _result(self, numbers: Sequence[int], why: str, best: _Seen | None) -> TuningResult:
        method = f"camera and placement by {self.looked} scene evaluations"
        if why:
            return TuningResult({}, self._problem.start, self._trials.used, f"{method}: {why}")
        return self._trials.result(
            method, len(numbers), None if best is None else (self._values(self._whole(best.at)), best.trial)
        )


def _value(axis: Axis, coordinate: Floats) -> Floats:
    """The numbers at coordinates, not rounded."""
    if axis.warp == "log":
        return np.asarray(axis.low * (axis.high / axis.low) ** coordinate)
    return np.asarray(axis.low + coordinate * (axis.high - axis.low))
