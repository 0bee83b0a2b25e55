"""Camera and placement against balls that are drawn by tracing rays: no Blender."""

from __future__ import annotations

import numpy as np
import pytest
from balls import RANGES, START, Balls, done, draw

from seig_search.errors import UsageError
from seig_search.tuning import CameraTuner


def tuned(balls, tuner=None, **changes):
    problem = balls.problem(**changes)
    return (tuner or CameraTuner(guesses=200)).tune(problem, balls.submit, np.random.default_rng(0), lambda now: None)


def test_a_camera_far_off_and_a_ball_out_of_place_are_found_in_a_few_renders_under_another_light():
    balls = Balls()
    result = tuned(balls)
    values, _ = result.onward
    found = draw({**START, **values})[..., :3] / 255.0
    before, after = (
        np.sqrt(np.mean((picture - balls.target.rgb / 255.0) ** 2)) for picture in (draw(START)[..., :3] / 255.0, found)
    )
    assert after < before / 4
    assert balls.rendered == result.trials <= 20
    assert balls.built > 10
    assert f"{balls.built} scene evaluations" in result.explanation


def test_its_renders_are_kept_to():
    balls = Balls()
    assert tuned(balls, CameraTuner(guesses=100), renders=2).trials == balls.rendered == 2


@pytest.mark.parametrize(
    "missing", [{"scenes": None}, {"target": None}, {"scenes": lambda values, surface: done(None)}]
)
def test_without_a_scene_everything_stays(missing):
    balls = Balls()
    result = tuned(balls, **missing)
    assert (dict(result.values), result.trials, balls.rendered) == ({}, 0, 0)


def test_places_are_found_without_a_render():
    balls = Balls()
    places = CameraTuner(guesses=200, candidates=5).places(balls.problem(), np.random.default_rng(0))
    assert 1 <= len(places) <= 5 and balls.rendered == 0 and balls.built > 10

    def far(one, other):
        return max(
            abs(one.get(key, START[key]) - other.get(key, START[key])) / (b - a) for key, (a, b) in RANGES.items()
        )

    assert all(far(place, other) > 0.05 for k, place in enumerate(places) for other in [START, *places[:k]])
    pictures = [draw({**START, **place})[..., :3] / 255.0 for place in (places[0], {})]
    found, before = (np.sqrt(np.mean((picture - balls.target.rgb / 255.0) ** 2)) for picture in pictures)
    assert found < before / 2
    assert CameraTuner().places(balls.problem(scenes=None), np.random.default_rng(0)) == []


@pytest.mark.parametrize("settings", [{"reach": 0}, {"guesses": -1}, {"candidates": 0}, {"tint": 0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(UsageError):
        CameraTuner(**settings)
