"""Tuning of camera and placement: from points on the scene's surfaces, with a few renders to align what they found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from seig_search.errors import UsageError
from seig_search.render import Value
from seig_search.tuning.alignment import Alignment
from seig_search.tuning.linear_algebra import on_one_thread
from seig_search.tuning.look_alikes import free_ways, look_alikes
from seig_search.tuning.moving_scene import MovingScene, moving_axes
from seig_search.tuning.place_search import searched
from seig_search.tuning.pose_search import Found, apart
from seig_search.tuning.residual_image import Floats
from seig_search.tuning.scene_look import SceneLook
from seig_search.tuning.seam import Submit, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.trials import Trials

__all__ = ["CameraTuner", "FreeWays"]

NEXT, UNLIKE = 0.08, 0.1
"""By how much places differ in some coordinate: those that are rendered, and those that may have another light."""


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
        if problem.max_renders < 1 or not moving_axes(problem, self.reach):
            return TuningResult({}, problem.start, 0, "no number can move the camera or a thing")
        scene = MovingScene(problem, self.reach, rng)
        trials = Trials(problem, scene.space, submit, progress)
        base, why = scene.learn()
        method = "camera and placement by {} scene evaluations"
        if base is None:
            return TuningResult({}, problem.start, trials.used, f"{method.format(scene.built)}: {why}")
        alignment = Alignment(scene, trials, self.tint, self.shadows, rng)
        here = scene.start[scene.numbers]
        best = alignment.near(here) if self.polish and not self.guesses else None
        if best is None:
            # Where it begins is known already, and may be the best.
            places = [here]
            if self.guesses:
                places += [found.at for found in searched(scene, base, self.guesses, self.candidates, NEXT, rng)]
            best = alignment.aligned(places)
        if best is not None and self.polish:
            best = alignment.polished(best)
        onward = None if best is None else (scene.values(scene.whole(best.at)), best.trial)
        return trials.result(method.format(scene.built), len(scene.numbers), onward)

    @on_one_thread
    def places(self, problem: TuningProblem, rng: np.random.Generator) -> list[dict[str, Value]]:
        """Search without a single render.

        Args:
            problem: As for ``tune``; ``max_renders`` does not matter.
            rng: The only source of randomness.

        Returns:
            The best values found, unlike each other and the current ones, best first, at most ``candidates``.
        """
        learnt = self._learnt(problem, rng)
        if learnt is None:
            return []
        scene, base = learnt
        here = Found(-np.inf, scene.start[scene.numbers])
        # With no guesses there is nothing but where it begins.
        found = searched(scene, base, self.guesses, self.candidates, UNLIKE, rng) if self.guesses else []
        others = apart([here, *found], UNLIKE, self.candidates + 1)[1:]
        return [scene.values(scene.whole(place.at)) for place in others]

    @on_one_thread
    def look_alikes(self, problem: TuningProblem, rng: np.random.Generator) -> list[dict[str, Value]]:
        """Find places quite elsewhere that show the same outlines as the current values, without a single render.

        Args:
            problem: As for ``tune``; ``max_renders`` does not matter.
            rng: The only source of randomness.

        Returns:
            Values, in no order; none where outlines tell where the camera is.
        """
        learnt = self._learnt(problem, rng)
        if learnt is None:
            return []
        scene, base = learnt
        return [scene.values(scene.whole(at)) for at in look_alikes(scene, base, UNLIKE)]

    @on_one_thread
    def free_ways(self, problem: TuningProblem, rng: np.random.Generator, step: float) -> FreeWays | None:
        """Tell how camera and things may be moved together without anything being seen elsewhere, without a single render.

        Args:
            problem: As for ``tune``; ``max_renders`` does not matter.
            rng: The only source of randomness.
            step: How far a number of the camera is moved, as a share of the region about its current value.

        Returns:
            The ways, or None if there are none.
        """
        learnt = self._learnt(problem, rng)
        if learnt is None:
            return None
        scene, base = learnt
        ways = free_ways(scene, base, step)
        return FreeWays(scene, ways) if ways else None

    def _learnt(self, problem: TuningProblem, rng: np.random.Generator) -> tuple[MovingScene, SceneLook] | None:
        if problem.target is None or problem.scenes is None or problem.start.picture is None:
            return None
        if not moving_axes(problem, self.reach):
            return None
        scene = MovingScene(problem, self.reach, rng)
        base, _ = scene.learn()
        return None if base is None else (scene, base)


class FreeWays:
    """Ways in which camera and things move together without anything being seen elsewhere.

    Args:
        scene: What moves, learnt.
        ways: (n,) moves of its numbers each.
    """

    def __init__(self, scene: MovingScene, ways: Sequence[Floats]) -> None:
        self._scene, self._ways = scene, np.array(ways)

    def __len__(self) -> int:
        return len(self._ways)

    def gone(self, steps: Sequence[float]) -> dict[str, Value]:
        """Give the values after so many steps of each way."""
        start = self._scene.start[self._scene.numbers]
        return self._scene.values(self._scene.whole(start + np.asarray(steps) @ self._ways))
