"""Renders are aligned with the target, at last to fractions of a pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seig_search.tuning.flat_ground import with_flat_ground
from seig_search.tuning.moving_scene import MovingScene
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.reprojection import Reprojection
from seig_search.tuning.residual_image import Floats
from seig_search.tuning.seam import Trial
from seig_search.tuning.trials import Trials

__all__ = ["Alignment", "Seen"]

SCAN, BETTER = 300, 0.97
"""In how many places a thing is looked for elsewhere, and the share of the misfit that makes one worth a render."""
FAILURES, ENOUGH = 3, 0.99
"""Small steps end after so many that leave more than this share of the misfit."""
DAMPING, CREEP_PX, SHORTER, SHARP = 1e-5, 3.0, 4, 0.008
"""Of small steps: the first damping, how far they may move the picture, how often they are damped further for that, and the blur of their misfit as a share of the picture."""
SHADE_PROBE = 0.03
NEAR_PX, STILL_PX, CREPT_PX = 1.0, 0.08, 0.01
"""Small steps are enough from where the first moves the picture by less than that; and steps by less are not worth a render."""


@dataclass
class Seen:
    """A place that was rendered: its coordinates (n,), how far it is off, what it tells, and the trial."""

    at: Floats
    misfit: float
    reprojection: Reprojection
    trial: Trial


class Alignment:
    """Aligns renders of a scene.

    Args:
        scene: What moves, learnt.
        trials: Who renders.
        tint: As for ``CameraTuner``.
        shadows: Likewise.
        rng: The only source of randomness.
    """

    def __init__(
        self, scene: MovingScene, trials: Trials, tint: float, shadows: bool, rng: np.random.Generator
    ) -> None:
        self._scene, self._trials, self._tint, self._shadows, self._rng = scene, trials, tint, shadows, rng

    def near(self, place: Floats) -> Seen | None:
        """Render a place, and say whether small steps are enough from there; None if they are not."""
        seen = self._rendered([place])
        if seen and seen[0].reprojection.shift(seen[0].reprojection.creep(DAMPING, {})) < NEAR_PX:
            return seen[0]
        return None

    def aligned(self, places: Sequence[Floats]) -> Seen | None:
        """Render places, go on from the best two, then from the better one; None if no render can be told from."""
        seen = self._rendered(places)
        if not seen:
            return None
        start = self._scene.start[self._scene.numbers]
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
        return best

    def polished(self, best: Seen) -> Seen:
        """Go on to fractions of a pixel, and look for things elsewhere."""
        best = self._crept(best)
        other = self._elsewhere(best) if self._trials.left > 0 else None
        if other is not None:
            best = min([best, self._crept(other)], key=lambda one: one.reprojection.misfit(SHARP))
        return best

    def _crept(self, best: Seen) -> Seen:
        """Go on by small steps, shorter ones where they fail (Levenberg-Marquardt)."""
        damping, sharp, failed = DAMPING, best.reprojection.misfit(SHARP), 0
        shades = self._shades(best) if self._shadows else {}
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

    def _short_step(self, best: Seen, damping: float, shades: Mapping[int, Floats]) -> tuple[Floats, float]:
        """Damp a step until it moves the picture by few enough pixels; the step, and by how many."""
        for _ in range(SHORTER):
            step = np.clip(best.at + best.reprojection.creep(damping, shades), 0.0, 1.0) - best.at
            shift = best.reprojection.shift(step)
            if shift <= CREEP_PX:
                return step, shift
            damping *= 10
        return step * CREEP_PX / shift, CREEP_PX

    def _shades(self, best: Seen) -> dict[int, Floats]:
        """Tell what numbers that move things do to shadows and to the light on them; nothing if that would take most of the renders."""
        eye = self._scene.eye()
        moving = [place for place, number in enumerate(self._scene.numbers) if number not in eye]
        if len(moving) > self._trials.left // 2:
            return {}
        steps = [
            (SHADE_PROBE if best.at[place] < 0.5 else -SHADE_PROBE) * np.eye(len(best.at))[place] for place in moving
        ]
        shades = {}
        for place, step, trial in zip(moving, steps, self._tried([best.at + step for step in steps]), strict=True):
            if trial is not None and trial.picture is not None:
                planes = self._scene.image.planes(trial.picture())
                if planes.shape[:2] == self._scene.image.size:
                    shades[place] = best.reprojection.shade(step, planes) / step[place]
        return shades

    def _tried(self, places: Sequence[Floats]) -> list[Trial | None]:
        return self._trials.run(
            [
                {axis.name: float(x) for axis, x in zip(self._scene.axes, self._scene.whole(at), strict=True)}
                for at in places
            ]
        )

    def _elsewhere(self, best: Seen) -> Seen | None:
        """Look whether one of the things fits better quite elsewhere, whatever is between here and there."""
        eye = self._scene.eye()
        places = []
        for numbers in {
            tuple(sorted(m.index for m in own if m.index not in eye)) for own in self._scene.motions.things.values()
        }:
            mine = [self._scene.numbers.index(number) for number in numbers if number in self._scene.numbers]
            if not mine:
                continue
            steps = np.zeros((SCAN, len(self._scene.numbers)))
            steps[:, mine] = self._rng.random((SCAN, len(mine))) - best.at[mine]
            told = [best.reprojection.told(step) for step in steps]
            places.append((min(told), best.at + steps[int(np.argmin(told))]))
        if not places:
            return None
        least, there = min(places, key=lambda place: place[0])
        here = best.reprojection.told(np.zeros(len(self._scene.numbers)))
        found = self._rendered([there]) if least < here * BETTER else []
        return found[0] if found else None

    def _rendered(self, places: Sequence[Floats]) -> list[Seen]:
        wholes = [self._scene.whole(at) for at in places]
        trials = self._tried(places)
        looks = self._scene.looks([(whole, True) for whole in wholes])
        seen = []
        for whole, trial, look in zip(wholes, trials, looks, strict=True):
            if trial is None or trial.picture is None or look is None or look.surface is None:
                continue
            picture = trial.picture()
            if picture.shape[:2] != self._scene.image.size:
                continue
            t = self._scene.t(whole)
            height, width = picture.shape[:2]
            whole_look = with_flat_ground(look, self._scene.motions, t, width, height)
            reprojection = Reprojection(
                PointPicture(whole_look, self._scene.motions, t, outlined=self._scene.outlined),
                t,
                self._scene.image.planes(picture),
                self._scene.image.target,
                self._scene.spans_t(whole),
                self._scene.numbers,
                self._tint,
            )
            seen.append(Seen(whole[self._scene.numbers], reprojection.misfit(), reprojection, trial))
        return seen
