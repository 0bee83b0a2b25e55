"""Light in closed form: on layers that are made up, so that what is right is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_light import World, colour, filmic, number

from seig_search.errors import UsageError
from seig_search.program import Parameter
from seig_search.stages import Stage
from seig_search.tuning import AutoTuner, LightsTuner
from seig_search.tuning.light_layers import Answer, LightLayers, Relit
from seig_search.tuning.lights_tuner import is_amount
from seig_search.tuning.view_curve import ViewCurve, encoded


@pytest.mark.parametrize("lights", [1, 2, 4, 6])
@pytest.mark.parametrize("seed", range(3))
def test_all_energies_and_colours_come_from_a_few_renders(lights, seed):
    world = World(lights, np.random.default_rng(seed))
    result = world.tune(8, tuner=LightsTuner(directions=0.0))
    assert np.median(world.errors(result.values)) < 0.02
    assert result.trial.score > 0.95 > world.trial({}).score
    assert world.looks + world.trials == result.trials <= 8
    assert f"{len(world.names)} layers" in result.explanation
    assert "Standard" in result.explanation


def test_the_third_render_is_as_good_as_it_gets():
    world = World(3, np.random.default_rng(5))
    scores = []
    world.tune(8, tuner=LightsTuner(directions=0.0, pull=0.002))
    first = World(3, np.random.default_rng(5))
    submit = first.submit
    first.submit = lambda values: scores.append(first.trial(values).score) or submit(values)
    first.tune(8, tuner=LightsTuner(directions=0.0, pull=0.002))
    assert scores[0] > 0.97


def test_a_view_that_is_not_standard_is_learnt_from_the_picture():
    world = World(3, np.random.default_rng(1), view=filmic)
    result = world.tune(8, tuner=LightsTuner(directions=0.0))
    assert "learnt" in result.explanation
    assert np.median(world.errors(result.values)) < 0.05


def test_what_is_transparent_is_left_alone():
    world = World(3, np.random.default_rng(2), alpha=True)
    result = world.tune(8, tuner=LightsTuner(directions=0.0))
    assert np.median(world.errors(result.values)) < 0.03


def test_a_direction_is_found_by_what_the_light_could_make_of_it():
    world = World(2, np.random.default_rng(3))
    world.start["ANGLE"] = 0.8
    angle = Parameter("ANGLE", "ANGLE", 0.8, "float", 0.0, 1.0, False, "", (), Stage.LIGHTING, 1, True)
    result = world.tune(40, angle)
    assert abs(result.values["ANGLE"] - 0.5) < 0.06
    assert result.trial.score > 0.9
    stays = World(2, np.random.default_rng(3))
    stays.start["ANGLE"] = 0.8
    elsewhere = replace(angle, stage=Stage.GEOMETRY)
    assert "ANGLE" not in stays.tune(40, elsewhere).values


def test_numbers_that_do_nothing_or_not_evenly_do_not_disturb():
    world = World(2, np.random.default_rng(4))
    idle = number("IDLE_ENERGY", 50.0, 1, 1000)
    world.start["IDLE_ENERGY"] = 50.0
    plain = World(2, np.random.default_rng(4)).tune(12, tuner=LightsTuner(directions=0.0))
    result = world.tune(12, idle, tuner=LightsTuner(directions=0.0))
    assert "IDLE_ENERGY" not in result.values
    assert np.median(world.errors(result.values)) < 0.03
    assert plain.trial.score == pytest.approx(result.trial.score, abs=0.03)
    # The angle is called an energy here: it moves light about, and is not taken for an amount.
    odd = World(2, np.random.default_rng(4))
    odd.start["ANGLE"] = 0.5
    layers = odd.layers
    odd.layers = lambda values: layers({**values, "ANGLE": values.get("ODD_POWER", 0.5)})
    odd.start["ODD_POWER"] = 0.5
    result = odd.tune(12, number("ODD_POWER", 0.5, 0.1, 5.0), tuner=LightsTuner(directions=0.0))
    assert "ODD_POWER" not in result.values


def test_who_drives_what_is_learnt_once():
    world = World(3, np.random.default_rng(7))
    problem, tuner = world.problem(8), LightsTuner(directions=0.0)
    tuner.tune(problem, world.submit, np.random.default_rng(0), lambda now: None)
    first, world.looks = world.looks, 0
    again = tuner.tune(
        replace(world.problem(8), learnt=problem.learnt), world.submit, np.random.default_rng(0), lambda now: None
    )
    assert world.looks < first and again.trials < 8
    assert np.median(world.errors(again.values)) < 0.02


def test_what_was_learnt_in_part_is_not_kept():
    world = World(2, np.random.default_rng(6))
    world.fails = {2}
    problem = world.problem(16)
    LightsTuner().tune(problem, world.submit, np.random.default_rng(0), lambda now: None)
    assert problem.learnt == {}


def test_places_are_judged_by_the_best_light_for_them():
    world = World(2, np.random.default_rng(8))
    problem = world.problem(8)
    LightsTuner(directions=0.0).tune(problem, world.submit, np.random.default_rng(0), lambda now: None)
    world.looks = world.trials = 0
    places = [{"ANGLE": angle} for angle in (0.9, 0.5, 0.1, 0.3)]
    errors, used = LightsTuner().judge(replace(problem, max_renders=20), places)
    assert np.argmin(errors) == 1 and errors[1] < min(errors[0], errors[2], errors[3]) / 2
    assert (used, world.trials) == (world.looks, 0) == (4, 0)
    world.fails = {world.looks + 2}
    errors, _ = LightsTuner().judge(replace(problem, max_renders=20), places)
    assert errors[1] == np.inf and np.isfinite([errors[0], *errors[2:]]).all()
    world.looks, world.fails = 0, set()
    errors, used = LightsTuner().judge(replace(problem, max_renders=2), places)
    assert len(errors) == used == world.looks == 2
    assert LightsTuner().judge(replace(problem, layers=None), places) == ([], 0)


def test_it_goes_on_from_what_looks_nearest_whatever_the_score():
    world = World(2, np.random.default_rng(9))
    world.score = lambda picture: float(np.exp(-np.abs(picture.astype(float) - world.picture(world.start)).mean()))
    result = world.tune(8, tuner=LightsTuner(directions=0.0))
    assert not result.values
    values, _ = result.onward
    assert np.median(world.errors(values)) < 0.02


@pytest.mark.parametrize("fails", [{1}, {2}, {1, 2}, {3}, set(range(1, 50))])
def test_looks_that_fail_cost_nothing_but_themselves(fails):
    world = World(2, np.random.default_rng(6))
    world.fails = fails
    result = world.tune(16)
    assert result.trial.score >= world.trial({}).score
    assert result.trials <= 16
    assert result.trials == world.looks + world.trials
    if 1 not in fails:
        assert result.trial.score > 0.8 or fails >= {2, 3}


def test_without_layers_amounts_or_renders_it_says_so():
    world = World(1, np.random.default_rng(7))
    assert "needs 4 renders" in world.tune(3).explanation
    problem = replace(world.problem(8), layers=None)
    told = LightsTuner().tune(problem, world.submit, np.random.default_rng(0), lambda now: None)
    assert "no light layers" in told.explanation
    problem = replace(world.problem(8), parameters=(number("WIDTH", 1.0, 0.5, 2.0, unit="m"),))
    told = LightsTuner().tune(problem, world.submit, np.random.default_rng(0), lambda now: None)
    assert "no number drives a light" in told.explanation
    assert world.looks == 0


def test_black_scenes_and_black_targets():
    world = World(2, np.random.default_rng(8))
    world.patterns = world.patterns * 0
    result = world.tune(8)
    assert result.values == {}
    dark = World(2, np.random.default_rng(8))
    dark.target = np.zeros_like(dark.target)
    dark.target[..., 3] = 255
    result = dark.tune(8)
    assert all(np.isfinite(np.atleast_1d(value)).all() for value in result.values.values())


def test_values_stay_in_their_ranges():
    world = World(3, np.random.default_rng(9), spoil=8.0)
    problem = world.problem(10)
    narrow = tuple(
        replace(p, low=p.value * 0.8, high=p.value * 1.25) if p.kind == "float" else p for p in problem.parameters
    )
    result = LightsTuner(directions=0.0).tune(
        replace(problem, parameters=narrow), world.submit, np.random.default_rng(0), lambda now: None
    )
    for parameter in narrow:
        for part in np.atleast_1d(result.values.get(parameter.key, parameter.value)):
            assert parameter.low <= part <= parameter.high


@pytest.mark.parametrize("setting", [{"reach": 0}, {"reach": 2}, {"pull": -1}, {"directions": 1.5}])
def test_settings_are_checked(setting):
    with pytest.raises(UsageError, match=next(iter(setting))):
        LightsTuner(**setting)


def test_what_may_be_an_amount():
    assert is_amount(number("A", 1.0, 0.1, 5, unit="W"))
    assert is_amount(number("key.energy", 1.0, 0.1, 5, unit=""))
    assert is_amount(colour("LAMP", (1, 1, 1)))
    assert not is_amount(colour("MUG", (1, 1, 1), Stage.MATERIALS))
    assert is_amount(colour("GLOW_EMISSION", (1, 1, 1), Stage.MATERIALS))
    assert not is_amount(number("ANGLE", 1.0, 0.1, 5, unit="deg"))


def test_auto_begins_with_light_and_goes_on_from_there():
    world = World(2, np.random.default_rng(10))
    result = world.tune(30, tuner=AutoTuner())
    assert result.explanation.index("closed-form lighting") < result.explanation.index("least squares")
    assert result.trial.score > 0.95
    again = World(2, np.random.default_rng(10)).tune(30, tuner=AutoTuner())
    assert again.values == result.values
    assert world.trial(result.values).score == pytest.approx(result.trial.score)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3))
def test_standard_is_recognised_at_any_exposure(seed, stops):
    linear = np.random.default_rng(seed).gamma(1.0, 0.3, (400, 3))
    view = ViewCurve.fit(linear, np.rint(encoded(linear * 2**stops) * 255) / 255)
    assert view.name == "Standard"
    assert np.abs(view(linear) - encoded(linear * 2**stops)).max() < 0.02
    assert np.all(np.diff(view(np.linspace(0, 4, 50)[:, None].repeat(3, 1)), axis=0) >= 0)


def test_a_learnt_curve_holds_for_light_that_it_has_seen():
    rng = np.random.default_rng(0)
    linear = rng.gamma(1.0, 0.4, (3000, 3))
    view = ViewCurve.fit(linear, np.rint(filmic(linear) * 255) / 255)
    other = rng.gamma(1.2, 0.3, (3000, 3))
    assert view.name == "learnt"
    assert np.quantile(np.abs(view(other) - filmic(other)), 0.95) < 0.02
    with pytest.raises(ValueError, match="no pixels"):
        ViewCurve.fit(linear[:0], linear[:0])


def test_a_number_on_its_bound_does_not_hold_up_the_others():
    # Less of both lights on the left would be better, but best is less of one and more of the other, which is on its bound. The
    # third has the right to itself.
    layers = np.zeros((5, 24, 32, 3), np.float32)
    layers[0, :, :16] = np.linspace(0.12, 0.18, 16)[:, None]
    layers[1, :, :16] = np.linspace(0.18, 0.12, 16)[:, None]
    layers[2, :, 16:] = 0.15
    opaque = np.full((24, 32, 1), 255, np.uint8)

    def shown(*growth):
        light = np.einsum("nhwc,n->hwc", layers[:3], growth)
        return np.dstack([np.round(255 * encoded(light)).astype(np.uint8), opaque])

    look = LightLayers(layers, ("a", "b", "c", "world", "emission"), shown(1, 1, 1))
    answers = [
        Answer(name, None, 1.0, 0.05, high, np.eye(5)[n][:, None] * np.ones(3))
        for n, (name, high) in enumerate([("a", 1.0), ("b", 20.0), ("c", 20.0)])
    ]
    steps, _ = Relit(look, look.view(), answers, shown(1.3, 0.3, 1.05), blur=1e-3, pull=1e-4).solve()
    assert steps[0] == pytest.approx(0, abs=0.01)
    assert steps[1] < np.log(0.7)
    assert steps[2] == pytest.approx(np.log(1.05), abs=0.01)
