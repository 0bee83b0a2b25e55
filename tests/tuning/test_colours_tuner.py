"""Surface colours and light at once, on a scene that is made up."""

from __future__ import annotations

import numpy as np
import pytest
from toy_light import World, colour

from seig_search.stages import Stage
from seig_search.tuning import AutoTuner, ColoursTuner, LightsTuner

PAINTS = {
    "PAINT_A": (0.7, 0.2, 0.1),
    "PAINT_B": (0.1, 0.4, 0.6),
    "PAINT_C": (0.5, 0.5, 0.2),
    "PAINT_D": (0.3, 0.1, 0.4),
}


def painted(seed, count, spoil=0.6, lights=2, right_light=True):
    """A world with painted bands whose colours are wrong."""
    rng = np.random.default_rng(seed)
    world = World(lights, rng)
    paints = dict(list(PAINTS.items())[:count])
    world.truth |= paints
    world.target = world.picture(world.truth)
    if right_light:
        world.start = dict(world.truth)
    for key, value in paints.items():
        world.start[key] = tuple(float(np.clip(c * np.exp(rng.uniform(-spoil, spoil)), 0.02, 1)) for c in value)
    world.paints = [colour(key, world.start[key], Stage.MATERIALS) for key in paints]
    return world


def off(world, values):
    now = {**world.start, **values}
    return np.concatenate([np.abs(np.log(np.array(now[p.key]) / np.array(world.truth[p.key]))) for p in world.paints])


@pytest.mark.parametrize("count", [1, 2, 4])
def test_colours_are_found_where_the_light_is_right(count):
    world = painted(1, count)
    result = world.tune(12, *world.paints, tuner=ColoursTuner())
    assert np.median(off(world, result.values)) < 0.15 < np.median(off(world, {}))
    assert result.trial.score > 0.93
    assert result.trials == world.looks + world.trials <= 12
    assert world.looks <= 3 + -(-count // 3)
    assert "colouring" in result.explanation


def test_light_and_colours_together_explain_the_picture():
    world = painted(2, 3, right_light=False)
    both = world.tune(14, *world.paints, tuner=ColoursTuner())
    alone = painted(2, 3, right_light=False)
    light = alone.tune(14, *alone.paints, tuner=LightsTuner(directions=0.0))
    assert both.trial.score > 0.9
    assert both.trial.score > light.trial.score + 0.05
    assert not any(key.startswith("PAINT") for key in light.values)


def test_a_colour_that_is_seen_nowhere_keeps_still():
    world = painted(3, 2)
    hidden = colour("HIDDEN_RGB", (0.4, 0.4, 0.4), Stage.MATERIALS)
    world.start["HIDDEN_RGB"] = hidden.value
    result = world.tune(14, *world.paints, hidden, tuner=ColoursTuner())
    assert "HIDDEN_RGB" not in result.values
    assert result.trial.score > 0.9


def test_what_there_is_no_room_for_keeps_still():
    world = painted(4, 4)
    result = world.tune(5, *world.paints, tuner=ColoursTuner())
    assert result.trials <= 5
    assert result.trial.score >= world.trial({}).score
    assert not {"PAINT_D"} & set(result.values)


@pytest.mark.parametrize("fails", [{1}, {2}, {3}, {2, 3, 4}])
def test_looks_that_fail_cost_nothing_but_themselves(fails):
    world = painted(5, 3)
    world.fails = fails
    result = world.tune(14, *world.paints, tuner=ColoursTuner())
    assert result.trial.score >= world.trial({}).score
    assert result.trials == world.looks + world.trials <= 14


def test_auto_solves_for_colours_first():
    world = painted(6, 3)
    result = world.tune(40, *world.paints, tuner=AutoTuner())
    assert result.explanation.startswith("closed-form lighting and colouring")
    assert result.trial.score > 0.95
