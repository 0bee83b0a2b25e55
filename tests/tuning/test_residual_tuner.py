"""Least squares on pictures that are drawn from known numbers: soft discs before a soft ground, no Blender."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from seig_search.candidate import Status
from seig_search.errors import UsageError
from seig_search.program.parameter import Parameter
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import AutoTuner, LocalTuner, OptunaTuner, ResidualTuner, Trial, TuningProblem

SIDE = 48
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE] / SIDE
TRUTH = {"X": 0.55, "Y": 0.4, "SIZE": 0.22, "LIGHT": 0.7, "RGB": (0.8, 0.3, 0.2), "NOTHING": 0.5}
START = {"X": 0.4, "Y": 0.5, "SIZE": 0.32, "LIGHT": 0.4, "RGB": (0.5, 0.5, 0.5), "NOTHING": 0.5}


def draw(values: Mapping[str, Value], alpha: bool = True) -> np.ndarray:
    reach = np.hypot(COLUMNS - float(values["X"]), ROWS - float(values["Y"]))
    cover = 1 / (1 + np.exp((reach - float(values["SIZE"])) * 40))
    shade = float(values["LIGHT"]) * (1.2 - COLUMNS)
    body = np.stack([np.clip(part * shade * 2, 0, 1) for part in values["RGB"]], axis=-1)
    ground = np.full((SIDE, SIDE, 3), 0.9)
    image = body * cover[..., None] + ground * (1 - cover[..., None])
    covered = cover if alpha else np.ones_like(cover)
    return np.dstack([255 * image, 255 * covered]).round().astype(np.uint8)


def parameters(*keys: str, start: Mapping[str, Value] = START) -> tuple[Parameter, ...]:
    kinds = {"RGB": "rgb"}
    return tuple(
        Parameter(key, key, start[key], kinds.get(key, "float"), 0.05, 1.0, False, "", (), Stage.GEOMETRY, 1, True)
        for key in keys
    )


class Scene:
    """Draws, scores by the mean square error, and counts."""

    def __init__(self, start=START, breaks=lambda values: False, target=None, size=None):
        self.start, self.breaks, self.asked = dict(start), breaks, []
        self.target = target or Target.from_array(draw(TRUTH))

    def trial(self, values: Mapping[str, Value]) -> Trial:
        whole = {**self.start, **values}
        if self.breaks(whole):
            return Trial(Status.BROKEN, None)
        picture = draw(whole)
        aim = np.dstack([self.target.rgb, self.target.alpha])
        score = float(np.exp(-30 * np.mean((picture / 255 - aim / 255) ** 2)))
        return Trial(Status.OK, score, {}, lambda: picture)

    def submit(self, values: Mapping[str, Value]) -> Future[Trial]:
        self.asked.append(dict(values))
        answer: Future[Trial] = Future()
        answer.set_result(self.trial(values))
        return answer

    def tune(self, tuner, keys, renders=60, seed=0, submit=None):
        problem = TuningProblem(
            parameters(*keys, start=self.start), self.trial({}), renders, 4, Stage.GEOMETRY, self.target
        )
        return tuner.tune(problem, submit or self.submit, np.random.default_rng(seed), lambda progress: None)


ALL = ("X", "Y", "SIZE", "LIGHT", "RGB", "NOTHING")


@pytest.mark.parametrize("tuner", [ResidualTuner, AutoTuner])
def test_finds_the_numbers_in_fewer_renders_than_samplers_need(tuner):
    result = Scene().tune(tuner(), ALL, renders=60)
    sampled = [Scene().tune(other(), ALL, renders=60) for other in (LocalTuner, OptunaTuner)]
    assert result.trial.score > 0.99
    assert result.trial.score > max(other.trial.score for other in sampled)
    for key in ("X", "Y", "SIZE"):
        assert result.values[key] == pytest.approx(TRUTH[key], abs=0.02)


def test_a_number_without_effect_stays_where_it_is():
    assert "NOTHING" not in Scene().tune(ResidualTuner(), ALL).values


def test_never_asks_for_more_than_it_may_nor_twice_for_the_same():
    for renders in (1, 2, 7, 30):
        scene = Scene()
        result = scene.tune(ResidualTuner(), ALL, renders=renders)
        assert len(scene.asked) == result.trials <= renders
        assert len({repr(sorted(values.items())) for values in scene.asked}) == len(scene.asked)


def test_values_that_break_the_program_are_passed_over():
    scene = Scene(breaks=lambda values: float(values["SIZE"]) < 0.27 or float(values["LIGHT"]) > 0.9)
    result = scene.tune(ResidualTuner(), ALL)
    assert result.trial.score > scene.trial({}).score
    assert result.values.get("SIZE", START["SIZE"]) >= 0.27


def test_nothing_but_failures_leaves_everything_as_it_was():
    scene = Scene()
    first = scene.trial({})

    def fail(values):
        answer = Future()
        answer.set_result(Trial(Status.BROKEN, None))
        return answer

    result = scene.tune(ResidualTuner(), ALL, submit=fail)
    assert result.values == {}
    assert result.trial.score == first.score


@pytest.mark.parametrize("score", [float("nan"), float("inf"), None])
def test_scores_that_are_none_are_failures(score):
    scene = Scene()

    def submit(values):
        answer = Future()
        good = scene.trial(values)
        answer.set_result(Trial(Status.OK, score, {}, good.picture))
        return answer

    assert scene.tune(ResidualTuner(), ALL, submit=submit).values == {}


def test_the_order_of_completion_does_not_matter():
    def slowly(scene, threads):
        return lambda values: threads.submit(scene.trial, values)

    results = []
    for count in (1, 7):
        scene = Scene()
        with ThreadPoolExecutor(count) as threads:
            results.append(scene.tune(ResidualTuner(), ALL, submit=slowly(scene, threads)))
    assert results[0].values == results[1].values
    assert results[0].trial.score == results[1].trial.score


def test_one_number_and_a_start_on_its_bound():
    scene = Scene(start={**TRUTH, "SIZE": 0.05})
    result = scene.tune(ResidualTuner(reach=1.0), ("SIZE",), renders=40)
    assert result.values["SIZE"] == pytest.approx(TRUTH["SIZE"], abs=0.02)


def test_without_a_picture_or_a_target_it_says_so():
    scene = Scene()
    blind = TuningProblem(parameters("X"), Trial(Status.OK, 0.5), 10, 2, Stage.GEOMETRY, scene.target)
    result = ResidualTuner().tune(blind, scene.submit, np.random.default_rng(0), lambda progress: None)
    assert result.values == {}
    assert "picture" in result.explanation
    assert scene.asked == []


@pytest.mark.parametrize("wrong", [{"reach": 0.0}, {"probe": 0.6}, {"stride": 1.5}, {"reach": float("nan")}])
def test_settings_out_of_range_are_told(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        ResidualTuner(**wrong)
