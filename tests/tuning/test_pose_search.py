"""The search for camera and places: pictures of points, what they cost, and how good places are found."""

import numpy as np
import pytest
from balls import NAMES, START, TRUTH, Balls, draw

from seig_search.program.parameter import Parameter
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import CameraTuner, TuningProblem
from seig_search.tuning.motion import Motions, placement
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.pose_search import Found, apart, descended, guessed
from seig_search.tuning.regions import Regions
from seig_search.tuning.reprojection import Reprojection

SIDE = 48
SPANS = np.array([6.0, 6.0, 9.0, 60.0, 3.0])


@pytest.fixture(scope="module")
def picture():
    """Points of the balls, for ``t`` in units of the ranges, from the truth."""
    balls = Balls()

    def look(t):
        values = {key: TRUTH[key] + t[index] * SPANS[index] for index, key in enumerate(TRUTH)}
        return balls.scenes(values, True).result()

    alone = [(index, far, placement(look(far * np.eye(5)[index]).facts)) for index in range(5) for far in (0.05, 0.1)]
    base = look(np.zeros(5))
    return PointPicture(base, Motions.learn(placement(base.facts), alone, []), np.zeros(5))


def moved(count, size=0.15):
    return np.vstack([np.zeros(5), np.random.default_rng(3).uniform(-size, size, (count, 5))])


def test_many_pictures_are_drawn_as_one_is(picture):
    ts = moved(5)
    maps = picture.maps(ts, SIDE, SIDE)
    assert maps.shape == (6, SIDE, SIDE) and set(np.unique(maps[0])) == {0, 1, 2, 3, 4}
    for t, drawn in zip(ts, maps, strict=True):
        points = picture.shown(t, SIDE, SIDE)
        labels = np.where(points >= 0, picture.labels[points], 0)
        assert (labels == drawn).mean() > 0.97
    x, y, depth = picture.spots(ts)
    one, two, deep = picture.projected(ts[4])
    for many, single in ((x, one), (y, two), (depth, deep)):
        assert np.allclose(np.sort(many[4]), np.sort(single), atol=1e-4)


def test_few_points_are_spread_over_everything():
    balls = Balls()
    look = balls.scenes(TRUTH, True).result()
    few = PointPicture(look, Motions(placement(look.facts)), np.zeros(5), most=100)
    assert 90 <= len(few.labels) <= 100 and set(few.labels) == {1, 2, 3, 4}


def test_the_truth_costs_least_whatever_the_light_and_the_colours(picture):
    ts = moved(40)
    maps = picture.maps(ts, SIDE, SIDE)
    colours = np.random.default_rng(1).random((5, 3))
    for shown in (draw(TRUTH)[..., :3] / 255.0, colours[picture.maps(ts[:1], 64, 64)[0]]):
        target = np.asarray(Target.from_array((255 * shown).astype(np.uint8)).sized(SIDE, SIDE).rgb, float) / 255.0
        costs = Regions(target).costs(maps, np.full((5, 3), np.nan))
        assert costs[0] < 0.75 * costs[1:].min()
        assert (costs >= 0).all() and (costs <= 1.01).all()


def test_paints_tell_apart_what_regions_cannot():
    target = np.zeros((16, 16, 3))
    quarters = np.repeat(np.repeat(np.array([[0, 1], [2, 3]], np.int16), 8, 0), 8, 1)
    paints = np.array([(0.9, 0.1, 0.1), (0.1, 0.9, 0.1), (0.1, 0.1, 0.9), (0.8, 0.8, 0.2)])
    target = paints[quarters]
    swapped = np.array([1, 0, 2, 3], np.int16)[quarters]
    right, wrong = Regions(target).costs(np.stack([quarters, swapped]), paints)
    assert right < wrong - 0.01
    alike = Regions(target).costs(np.stack([quarters, swapped]), np.full((4, 3), np.nan))
    assert alike[0] == pytest.approx(alike[1])


def test_guesses_are_slid_to_where_they_fit():
    points = np.random.default_rng(2).uniform(-0.2, 0.2, (2, 30))
    goal = np.array([0.7, 0.35, 0.6, 0.2])

    def spots(ats):
        # Two numbers pan, one zooms, and one is not seen.
        x = 0.5 + ats[:, :1] - 0.5 + points[0] * (0.5 + ats[:, 2:3])
        y = 0.5 + ats[:, 1:2] - 0.5 + points[1] * (0.5 + ats[:, 2:3])
        return x, y, np.ones(x.shape, bool)

    def costs(ats):
        return ((ats - goal) ** 2)[:, :3].sum(axis=1) + 0.01 * (ats[:, 3] - goal[3]) ** 2

    start, first = np.full(4, 0.5), np.array([True, True, True, False])
    found = guessed(costs, spots, start, first, 0.4, 100, np.random.default_rng(0))
    raw = np.random.default_rng(0).uniform(-0.4, 0.4, (100, 4)) + start
    assert len(found) == 100 and [one.cost for one in found] == sorted(one.cost for one in found)
    assert np.median([one.cost for one in found]) < np.median(costs(raw)) / 10
    assert all(((one.at >= 0) & (one.at <= 1)).all() for one in found)


def test_the_deeper_of_two_valleys_is_found_and_ends_are_kept_apart():
    wells = np.array([[0.2, 0.2, 0.3], [0.8, 0.7, 0.6]])

    def costs(ats):
        far = ((ats[:, None] - wells) ** 2).sum(axis=2)
        return np.minimum(0.2 + far[:, 0], 2 * far[:, 1])

    tops = [np.full(3, 0.1), np.full(3, 0.3), np.full(3, 0.95)]
    ends = descended(costs, tops, 0.05, ((3, 15), (2, 20)), np.full(3, 0.5), np.random.default_rng(0))
    assert len(ends) == 3 and np.allclose(ends[0].at, wells[1], atol=0.02)
    assert descended(costs, [], 0.05, ((3, 15),), np.full(3, 0.5), np.random.default_rng(0)) == []
    near = [Found(0.1, np.array([0.1, 0.1])), Found(0.2, np.array([0.12, 0.1])), Found(0.3, np.array([0.5, 0.1]))]
    assert [one.cost for one in apart(near, 0.08, 3)] == [0.1, 0.3]
    assert len(apart(near, 0.0, 1)) == 1


class Lit(Balls):
    """As bright as the target, and near the truth."""

    def __init__(self, start):
        super().__init__()
        self.start, self.asked = {**TRUTH, **start}, []

    def submit(self, values):
        self.asked.append(values)
        return super().submit(values)

    def trial(self, values):
        found = super().trial({**self.start, **values, "light": 1.0})
        shown = draw({**self.start, **values})
        off = np.mean((shown[..., :3] / 255.0 - self.target.rgb / 255.0) ** 2)
        return type(found)(found.status, float(np.exp(-10 * off)), {}, lambda: shown)

    def scenes(self, values, surface):
        return super().scenes({**self.start, **values}, surface)

    def tuned(self, tuner, renders):
        parameters = tuple(
            Parameter(key, key, self.start[key], "float", *span, False, "", (), Stage.COMPOSITION, 1, True)
            for key, span in (("CAMERA_X", (-3, 3)), ("CAMERA_Z", (-3, 3)), ("FOV", (20, 80)), ("BALL_X", (-1.5, 1.5)))
        )
        problem = TuningProblem(
            parameters, self.trial({}), renders, 2, Stage.COMPOSITION, self.target, scenes=self.scenes
        )
        result = tuner.tune(problem, self.submit, np.random.default_rng(0), lambda now: None)
        values, _ = result.onward or (result.values, result.trial)
        return {**self.start, **values}


def off(values):
    return max(abs(values[key] - TRUTH[key]) / span for key, span in zip(TRUTH, SPANS, strict=True))


def test_what_is_near_is_set_to_a_fraction_of_a_pixel():
    start = {"CAMERA_X": 0.12, "CAMERA_Z": -0.1, "FOV": 41.5, "BALL_X": 0.85}
    plain, polished = (
        Lit(start).tuned(CameraTuner(reach=0.1, guesses=0, candidates=1, tint=0.01, polish=polish), 16)
        for polish in (False, True)
    )
    assert off(polished) < 0.004 < off(Lit(start).start)
    assert off(polished) < off(plain)


def test_a_thing_that_hangs_behind_another_is_looked_for_elsewhere():
    start = {"BALL_X": -1.1}
    found = Lit(start).tuned(CameraTuner(reach=1.0, guesses=0, candidates=1, tint=0.01), 24)
    assert off(found) < 0.01
    assert set(NAMES) and START["BALL_X"] != TRUTH["BALL_X"]


def test_what_moving_a_thing_does_to_shadows_counts_beside_where_it_is_seen(picture):
    planes = draw(TRUTH)[..., :3] / 255.0
    y, x = np.mgrid[0:64, 0:64] / 64
    shadow = -5.0 * np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) / 0.1)[..., None] * np.ones(3)
    here = Reprojection(picture, np.zeros(5), planes, planes + 0.03 * shadow, np.ones(5), [4], 0.01)
    step = np.array([0.02])
    shade = here.shade(step, planes + here.seen_from(step) - here.seen_from(0 * step) + step * shadow) / step
    assert np.corrcoef(shade.ravel(), shadow.ravel())[0, 1] > 0.99
    assert abs(here.creep(1e-5, {})[0]) < 0.01
    # The ball itself says that it stays.
    assert 0.015 < here.creep(1e-5, {0: shade})[0] < 0.03


def test_shadows_are_looked_at_by_a_render_for_each_number_that_moves_a_thing():
    start = {"CAMERA_X": 0.06, "FOV": 40.8, "BALL_X": 0.82}
    blind, seeing = (Lit(start) for _ in range(2))
    for world, shadows in ((blind, False), (seeing, True)):
        assert off(world.tuned(CameraTuner(guesses=0, candidates=1, tint=0.01, shadows=shadows), 16)) < 0.004
    assert seeing.asked[0].keys() == {"BALL_X"} != blind.asked[0].keys()
