"""The tuner that picks and chains the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from seig_search.errors import UsageError
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning.camera_tuner import CameraTuner
from seig_search.tuning.colours_tuner import ColoursTuner
from seig_search.tuning.lights_tuner import LightsTuner, is_amount, is_surface
from seig_search.tuning.residual_image import ResidualImage
from seig_search.tuning.residual_tuner import ResidualTuner
from seig_search.tuning.sampling import Sampler, SamplingTuner
from seig_search.tuning.seam import Submit, Trial, Tuner, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.trials import finite

__all__ = ["AutoTuner"]


MOST_LOOKS = 8
LOOKS_AGAIN = 6
TURNS, BETTER = 5, 0.95
FAR, NEAR, BLUR = 0.045, 0.005, 0.015
"""Blurred differences: from which on a place is given up at once, and below which it is as good as found; the blur is a share of the picture."""
PROBE, FURTHEST = 0.08, 2.0
"""How far camera and things are moved together to see whether their light fits better, as a share of a region, and how many such steps they go at most."""
RESTARTS, LEAST_ANEW, JUDGED = 2, 24, 0.35
"""How often to begin anew, how many renders must be left for it, and the share of them for judging places by their light."""


class AutoTuner:
    """Camera and places from points, light and colours in closed form, least squares on the residual image, and sampling, each from where the last one got to.

    Where numbers move the camera or things, they are found first, whatever the light. Where numbers drive lights or colour surfaces, they are solved for: a few renders settle all of them at once. Then camera and places once
    more, since things can be set to the pixel only once their light is right; if the picture is still far off, the search begins anew. If there is nobody to build scenes, least squares
    comes before light, since light that is solved for while things stand in the wrong place makes up for that. Least squares gets furthest per render where the
    picture answers to the numbers, but knows nothing of integers and choices, and climbs no score where pictures and score disagree; for these, and for what is left
    of the renders, numbers are sampled: by local search, or by CMA-ES where there are some hundred renders per number (it learns a covariance over all numbers at once).

    A tuner goes on from where the last one wants it to; the result is the best score of all renders.

    Args:
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first sampled steps' size, as a fraction of the trust region, above 0 and at most 1.
        residual: Share of the renders left that least squares may use, 0..1; half of it before light is solved for.
        lights: Share of the renders that the closed form may use, 0..1.
        camera: Share of the renders that finding camera and places may use, 0..1; as many again each time that light was solved for in between.

    Raises:
        UsageError: A setting is out of its range.
    """

    TRIALS_PER_NUMBER = 100

    def __init__(
        self, reach: float = 0.35, sigma: float = 0.18, residual: float = 0.85, lights: float = 0.3, camera: float = 0.2
    ) -> None:
        for name, share in (("residual", residual), ("lights", lights), ("camera", camera)):
            if not 0 <= share <= 1:
                raise UsageError(f"the tuner's {name} must be 0..1, got {share}")
        self.residual, self.lights, self.camera = residual, lights, camera
        self._camera, self._elsewhere = CameraTuner(polish=False), CameraTuner(candidates=8)
        self._align = CameraTuner(guesses=0, candidates=1, tint=0.01)
        self._settle = CameraTuner(guesses=0, candidates=1, tint=0.01, shadows=True)
        self._lights, self._plain_lights = ColoursTuner(), LightsTuner()
        self._least_squares = ResidualTuner(reach=reach)
        self._sampling = SamplingTuner(self._sampler, reach, sigma)

    def _sampler(self, problem: TuningProblem) -> Sampler:
        numbers = len(problem.parameters)
        choices = any(parameter.kind == "choice" for parameter in problem.parameters)
        return "cmaes" if problem.max_renders >= self.TRIALS_PER_NUMBER * numbers and not choices else "local"

    def tune(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> TuningResult:
        """Search for values with a better score; see ``Tuner``."""
        if problem.target is None or problem.start.picture is None:
            return self._sampling.tune(problem, submit, rng, progress)
        chain = _Chain(problem, submit, rng, progress)
        light = [p for p in problem.parameters if is_amount(p) or is_surface(p)] if problem.layers is not None else []
        looks = min(MOST_LOOKS + len(light) // 3, int(self.lights * problem.max_renders)) if light else 0
        found = problem.scenes is not None and chain.go_on(self._camera, int(self.camera * problem.max_renders))
        if not found and light and len(light) < len(problem.parameters):
            # While things stand in the wrong place, light would be bent to make up for it.
            chain.go_on(self._least_squares, int(self.residual / 2 * chain.left))
        chain.go_on(self._lights, looks)
        if found:
            # What only least squares and sampling can move must not go without.
            others = [p for p in problem.parameters if p not in light and p.stage not in (Stage.COMPOSITION, None)]
            self._found(chain, looks, LEAST_ANEW + 2 * len(others))
        # What looks nearer but scores worse shows what the program cannot match; numbers are no cure for that.
        chain.back_to_best()
        chain.go_on(self._least_squares, int(self.residual * chain.left))
        chain.go_on(self._sampling, chain.left)
        return chain.result()

    def _found(self, chain: _Chain, looks: int, least: int) -> None:
        """Settle camera, places and light from what was found; begin anew where that is far off, first or last."""
        if chain.state.off > NEAR and looks:
            self._from_which_side(chain, looks)
        turned = chain.state.off < FAR
        if turned:
            self._in_turn(chain, looks)
        for _ in range(RESTARTS):
            if chain.state.off < NEAR or chain.left < least or not chain.gained:
                break
            kept = chain.state
            if not self._begun_anew(chain, looks):
                break
            if chain.state is kept and not turned:
                self._in_turn(chain, looks)
            turned = True
        if not turned:
            self._in_turn(chain, looks)

    def _in_turn(self, chain: _Chain, looks: int) -> None:
        """Place and light in turn: while light is wrong, things can be found but not set to the pixel, so each makes the other's task easier."""
        for aligner, share in ((self._align, self.camera / 2), (self._settle, self.camera)):
            for _ in range(TURNS):
                before = chain.state.off
                chain.go_on(aligner, int(share * chain.renders))
                chain.go_on(self._lights, min(looks, LOOKS_AGAIN))
                if chain.state.off > before * BETTER:
                    break

    def _from_which_side(self, chain: _Chain, looks: int) -> None:
        """Where outlines are the same from elsewhere, go on from where light could make the picture look best."""
        if not self._camera.look_alikes(chain.problem(chain.left), chain.rng.spawn(1)[0]):
            return
        # Light tells sides apart only where things are seen as in the target.
        chain.go_on(self._align, int(self.camera / 2 * chain.renders))
        chain.go_on(self._lights, min(looks, LOOKS_AGAIN))
        places = self._camera.look_alikes(chain.problem(chain.left), chain.rng.spawn(1)[0])
        if chain.state.off < NEAR or not places:
            return
        ordered = chain.by_best_light(self._lights, [{}, *places])
        if ordered and ordered[0] and chain.look(ordered[0]):
            chain.go_on(self._lights, min(looks, LOOKS_AGAIN))
        chain.go_on(self._align, int(self.camera / 2 * chain.renders))
        chain.go_on(self._lights, min(looks, LOOKS_AGAIN))
        self._under_its_light(chain, looks)

    def _under_its_light(self, chain: _Chain, looks: int) -> None:
        """Move camera and things together to where light fits best: to the vertex of a parabola each way, since outlines say nothing there."""
        ways = self._camera.free_ways(chain.problem(chain.left), chain.rng.spawn(1)[0], PROBE)
        if ways is None or chain.left < 2 * len(ways) + 1 + LOOKS_AGAIN:
            return
        probes = [sign * np.eye(len(ways))[way] for way in range(len(ways)) for sign in (1.0, -1.0)]
        here, *errors = chain.errors_by_light(self._plain_lights, [{}, *(ways.gone(probe) for probe in probes)])
        steps = [_vertex(errors[2 * way + 1], here, errors[2 * way]) for way in range(len(ways))]
        kept = chain.state
        if any(steps) and chain.look(ways.gone(steps)):
            chain.go_on(self._lights, min(looks, LOOKS_AGAIN))
            if chain.state.off > kept.off:
                chain.state = kept

    def _begun_anew(self, chain: _Chain, looks: int) -> bool:
        """Go on from quite another place, the one that light could make look best; says whether there was one.

        Where light is unknown, too many places fit: what is round looks the same from everywhere, but for its light.
        """
        kept = chain.state
        places: Sequence[Mapping[str, Value]] = self._elsewhere.places(chain.problem(chain.left), chain.rng)
        if places and looks:
            places = chain.by_best_light(self._lights, places)
        if not places:
            return False
        if chain.look(places[0]):
            chain.go_on(self._lights, min(looks, LOOKS_AGAIN))
            self._in_turn(chain, looks)
        if chain.state.off > kept.off or chain.state.score < kept.score:
            chain.state = kept
        return True


def _vertex(before: float, here: float, after: float) -> float:
    """Give where a parabola through three errors, a step apart, is lowest, in steps; at most ``FURTHEST`` away, 0 if there is none."""
    bend = before - 2 * here + after
    if not math.isfinite(bend):
        return 0.0
    slope = (after - before) / 2
    if bend <= 0:
        return 0.0 if min(before, after) >= here else math.copysign(1.0, -slope)
    return max(-FURTHEST, min(FURTHEST, -slope / bend))


@dataclass(frozen=True)
class _State:
    """Where a chain has got to.

    Args:
        values: What was changed.
        trial: What came of it.
        off: How far its picture is from the target, by root mean square of display values, blurred; 0..1.
    """

    values: Mapping[str, Value]
    trial: Trial
    off: float

    @property
    def score(self) -> float:
        """Its score, 0 if it has none."""
        return finite(self.trial.score) or 0.0


class _Chain:
    """Tuners one after the other, each from where the last one got to."""

    def __init__(
        self,
        problem: TuningProblem,
        submit: Submit,
        rng: np.random.Generator,
        progress: Callable[[TuningProgress], None],
    ) -> None:
        self._problem, self._submit, self.rng, self._progress = problem, submit, rng, progress
        self.state = _State({}, problem.start, self._off(problem.start))
        self._used = 0
        self._best: tuple[Mapping[str, Value], Trial] = ({}, problem.start)
        self._told: list[str] = []
        self._known: list[tuple[Mapping[str, Value], float]] = []

    @property
    def gained(self) -> bool:
        """Whether anything scored better than the start."""
        return self._best[1] is not self._problem.start

    def back_to_best(self) -> None:
        """Go on from the best score, if what was got to last scores worse."""
        values, trial = self._best
        if self.state.score < (finite(trial.score) or 0.0):
            self.state = _State(values, trial, self._off(trial))

    @property
    def renders(self) -> int:
        """Renders that there are for all tuners."""
        return self._problem.max_renders

    @property
    def left(self) -> int:
        """Renders that are left."""
        return self._problem.max_renders - self._used

    def _off(self, trial: Trial) -> float:
        target, picture = self._problem.target, trial.picture
        if target is None or picture is None:
            return 0.0
        seen = picture()
        image = ResidualImage(target, seen.shape[1], seen.shape[0])
        return float(np.linalg.norm(image.blurred(image.off(image.planes(seen)), BLUR * max(seen.shape[:2]))))

    def problem(self, renders: int) -> TuningProblem:
        """Give the problem from where the last tuner got to, for so many renders."""
        so_far = self.state.values
        moved = tuple(
            replace(parameter, value=so_far.get(parameter.key, parameter.value))
            for parameter in self._problem.parameters
        )
        ask, build = self._problem.layers, self._problem.scenes
        return replace(
            self._problem,
            parameters=moved,
            start=self.state.trial,
            max_renders=renders,
            layers=None if ask is None else lambda values: ask({**so_far, **values}),
            scenes=None if build is None else lambda values, surface: build({**so_far, **values}, surface),
            earlier=(*self._problem.earlier, *(known for known in self._known if math.isfinite(known[1]))),
        )

    def go_on(self, tuner: Tuner, renders: int) -> bool:
        """Let a tuner have so many renders, none if that is less than one; says whether it used any."""
        renders = min(renders, self.left)
        if renders < 1:
            return False
        so_far, used = self.state.values, self._used
        result = tuner.tune(
            self.problem(renders),
            lambda values: self._noted({**so_far, **values}),
            self.rng,
            lambda now: self._progress(replace(now, trials=now.trials + used, max_renders=self._problem.max_renders)),
        )
        self._hear({**so_far, **result.values}, result.trial)
        values, trial = result.onward or (result.values, result.trial)
        self.state = _State({**so_far, **values}, trial, self._off(trial))
        self._used = used + result.trials
        if result.trials:
            self._told.append(result.explanation)
        return result.trials > 0

    def by_best_light(self, lights: LightsTuner, places: Sequence[Mapping[str, Value]]) -> list[Mapping[str, Value]]:
        """Order places by how near light could bring them to the target, one render or more each; those that there are renders for."""
        errors = self.errors_by_light(lights, places, JUDGED)
        order = sorted(range(len(errors)), key=lambda place: errors[place])
        return [places[place] for place in order if math.isfinite(errors[place])]

    def errors_by_light(
        self, lights: LightsTuner, places: Sequence[Mapping[str, Value]], share: float = 1.0
    ) -> list[float]:
        """Tell how near light could bring places to the target, with so much of the renders left; infinite where that failed."""
        errors, used = lights.judge(self.problem(int(share * self.left)), places)
        self._used += used
        self._told.append(f"the best light for {len(errors)} places took {used} renders")
        return errors

    def look(self, values: Mapping[str, Value]) -> bool:
        """Render some values, laid over those so far, and go on from there; says whether there is a picture."""
        if self.left < 1:
            return False
        whole = {**self.state.values, **values}
        trial = self._noted(whole).result()
        self._used += 1
        self._hear(whole, trial)
        if trial.score is None or trial.picture is None:
            return False
        self.state = _State(whole, trial, self._off(trial))
        return True

    def _hear(self, values: Mapping[str, Value], trial: Trial) -> None:
        score = finite(trial.score)
        if score is not None and score > (self._best[1].score or 0.0):
            self._best = (values, trial)

    def _noted(self, values: Mapping[str, Value]) -> Future[Trial]:
        place = len(self._known)
        self._known.append((values, math.nan))
        future = self._submit(values)

        def note(done: Future[Trial]) -> None:
            if not done.cancelled() and done.exception() is None and done.result().score is not None:
                self._known[place] = (values, float(done.result().score or 0.0))

        future.add_done_callback(note)
        return future

    def result(self) -> TuningResult:
        """Tell what all of them found."""
        own = {parameter.key: parameter.value for parameter in self._problem.parameters}
        values = {key: value for key, value in self._best[0].items() if value != own[key]}
        told = "; then ".join(self._told) or "there were no renders to tune with"
        return TuningResult(values, self._best[1], self._used, told)
