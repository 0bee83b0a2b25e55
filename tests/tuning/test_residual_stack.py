"""Outlines and features beside pixels, on pictures that are drawn from known numbers; no Blender, no network."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

import numpy as np
import pytest

from seig_search.candidate import Status
from seig_search.errors import UsageError
from seig_search.program.parameter import Parameter
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import ResidualTuner, Trial, TuningProblem
from seig_search.tuning.outline_distance import outline_distance

SIDE = 96
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE] / SIDE
TRUTH = {"X": 0.85, "Y": 0.8}
FAR = {"X": 0.5, "Y": 0.5}


def cover(values: Mapping[str, Value], radius: float = 0.08) -> np.ndarray:
    """A sharp little disc's coverage."""
    reach = np.hypot(COLUMNS - float(values["X"]), ROWS - float(values["Y"]))
    return np.clip((radius - reach) * SIDE + 0.5, 0, 1)


def draw(values: Mapping[str, Value]) -> np.ndarray:
    """A dark disc over nothing."""
    return np.dstack([np.full((SIDE, SIDE, 3), 60), 255 * cover(values)]).round().astype(np.uint8)


def opaque(values: Mapping[str, Value]) -> np.ndarray:
    """The same over white, as a photograph has it."""
    ground = 255 - 195 * cover(values)[..., None]
    return np.dstack([np.repeat(ground, 3, axis=-1), np.full((SIDE, SIDE), 255)]).round().astype(np.uint8)


class Middle:
    """Features that tell where the darkness is, from anywhere, and counts who asks."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        self.seen += 1
        dark = (255 - picture[..., :3].mean(axis=-1)) * (picture[..., 3] / 255) + 1e-3
        return np.array([float((dark * where).sum() / dark.sum()) for where in (COLUMNS, ROWS)])


def tuned(tuner, picture=draw, features=None, start=FAR, renders=40, seed=0):
    """Tune a disc's place; gives the result and how many pictures were drawn."""
    target = Target.from_array(picture(TRUTH))
    drawn = []

    def trial(values: Mapping[str, Value]) -> Trial:
        whole = {**start, **values}
        drawn.append(whole)
        off = np.hypot(whole["X"] - TRUTH["X"], whole["Y"] - TRUTH["Y"])
        return Trial(Status.OK, float(np.exp(-off)), {}, lambda: picture(whole))

    def submit(values: Mapping[str, Value]) -> Future[Trial]:
        answer: Future[Trial] = Future()
        answer.set_result(trial(values))
        return answer

    parameters = tuple(
        Parameter(key, key, start[key], "float", 0.0, 1.0, False, "", (), Stage.COMPOSITION, 1, True) for key in start
    )
    problem = TuningProblem(parameters, trial({}), renders, 4, Stage.COMPOSITION, target, features=features)
    return tuner.tune(problem, submit, np.random.default_rng(seed), lambda progress: None), len(drawn)


def error(result) -> float:
    return max(abs(float(result.values.get(key, FAR[key])) - TRUTH[key]) for key in TRUTH)


def test_a_disc_that_nothing_overlaps_is_found_by_its_outline_and_not_by_its_pixels():
    by_pixels, _ = tuned(ResidualTuner(reach=1.0, silhouette=0.0, features=0.0))
    by_outline, _ = tuned(ResidualTuner(reach=1.0, silhouette=2.0, features=0.0))
    assert error(by_pixels) > 0.3
    assert error(by_outline) < 0.06
    assert "outlines" in by_outline.explanation
    assert "outlines" not in by_pixels.explanation


def test_a_target_without_alpha_has_no_outline():
    alone, _ = tuned(ResidualTuner(silhouette=0.0, features=0.0), picture=opaque)
    asked, _ = tuned(ResidualTuner(silhouette=1.0, features=0.0), picture=opaque)
    assert asked.values == alone.values
    assert asked.explanation == alone.explanation


def test_features_lead_where_pixels_do_not_and_are_taken_once_per_render():
    seen = Middle()
    result, drawn = tuned(ResidualTuner(reach=1.0, silhouette=0.0, features=1.0), opaque, seen)
    assert error(result) < 0.02
    assert "features" in result.explanation
    # Every render, and the target.
    assert seen.seen == drawn + 1


def test_features_that_are_off_are_not_asked_for():
    seen = Middle()
    tuned(ResidualTuner(silhouette=1.0, features=0.0), features=seen)
    assert seen.seen == 0


@pytest.mark.parametrize("nothing", [None, lambda picture: np.zeros(0)])
def test_features_that_nobody_has_are_told_and_the_rest_goes_on(nothing):
    without, _ = tuned(ResidualTuner(silhouette=1.0, features=0.0))
    asked, _ = tuned(ResidualTuner(silhouette=1.0, features=0.5), features=nothing)
    assert asked.values == without.values
    assert "without features" in asked.explanation
    assert "without features" not in without.explanation


def test_equal_problems_have_equal_results():
    tuner = ResidualTuner(silhouette=1.0, features=0.3)
    one, other = (tuned(tuner, features=Middle(), seed=3)[0] for _ in range(2))
    assert one.values == other.values
    assert one.explanation == other.explanation


@pytest.mark.parametrize("name", ["silhouette", "features"])
@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_weights_that_are_none_are_refused(name, weight):
    with pytest.raises(UsageError, match=name):
        ResidualTuner(**{name: weight})


def test_distances_answer_evenly_to_parts_of_a_pixel_and_to_the_whole_picture():
    def alpha(x: float) -> np.ndarray:
        return (255 * cover({"X": x, "Y": 0.5}, 0.15)).round().astype(np.uint8)

    at = outline_distance(alpha(0.3))
    changes = [float(np.sqrt(np.mean((outline_distance(alpha(0.3 + step)) - at) ** 2))) for step in (0.002, 0.02, 0.5)]
    assert changes[0] == pytest.approx(changes[1] / 10, rel=0.15)
    assert changes[1] < changes[2] < 1
    assert at[at.shape[0] // 2, round(0.3 * at.shape[1])] > 0 > at[0, 0]
    assert np.abs(at).max() < 1


@pytest.mark.parametrize(("level", "sign"), [(0, -1.0), (255, 1.0)])
def test_without_an_outline_everything_is_far_off(level, sign):
    assert np.all(outline_distance(np.full((40, 60), level, np.uint8)) == sign)
