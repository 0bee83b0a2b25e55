"""Sides from which round things look alike, without Blender: two balls and a camera that goes round them."""

from concurrent.futures import Future

import numpy as np
import pytest

from seig_search.candidate import Status
from seig_search.program.parameter import Parameter
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import CameraTuner, Trial, TuningProblem
from seig_search.tuning.motion import Motions, placement
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.regions import Regions
from seig_search.tuning.scene_look import SceneLook

SIDE = 64
START = {"AZIMUTH": 20.0, "FIRST_X": 0.8, "FIRST_Y": 0.3, "SECOND_X": -0.7, "SECOND_Y": -0.5}
RANGES = {"AZIMUTH": (-180.0, 180.0)} | dict.fromkeys(list(START)[1:], (-3.0, 3.0))


def done(value):
    future = Future()
    future.set_result(value)
    return future


def ball(radius, centre):
    normals = np.random.default_rng(0).normal(size=(4000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(centre) + radius * normals, normals


def scene(values, post):
    """Two balls, and where ``post`` is true a third one that no number moves."""
    now = {**START, **values}
    turn = np.radians(now["AZIMUTH"])
    out = np.array([np.sin(turn) * 0.9, -np.cos(turn) * 0.9, np.sqrt(1 - 0.81)])
    right = np.array([np.cos(turn), np.sin(turn), 0.0])
    camera = np.eye(4)
    camera[:3, :3] = np.column_stack([right, np.cross(out, right), out])
    camera[:3, 3] = 7.0 * out
    projection = [[2.4, 0, 0, 0], [0, 2.4, 0, 0], [0, 0, -1, -0.2], [0, 0, -1, 0]]
    things = [
        ("First", 0.5, (now["FIRST_X"], now["FIRST_Y"], 0)),
        ("Second", 0.35, (now["SECOND_X"], now["SECOND_Y"], 0)),
    ]
    things += [("Post", 0.3, (0.1, -1.2, 0.5))] * post
    objects, points = [], []
    for index, (name, radius, centre) in enumerate(things):
        matrix = np.eye(4)
        matrix[:3, 3] = centre
        box = np.asarray(centre) + radius * np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        objects.append({"name": name, "matrix_world": matrix, "bbox_world": box, "materials": []})
        at, normals = ball(radius, centre)
        points.append(np.concatenate([at, normals, np.tile([index, 0], (len(at), 1))], axis=1))
    facts = {"camera": {"matrix_world": camera, "projection": projection}, "objects": objects, "materials": []}
    return SceneLook(facts, np.concatenate(points).astype(np.float32), tuple(name for name, *_ in things))


def drawn(values, post=False):
    look = scene(values, post)
    picture = PointPicture(look, Motions(placement(look.facts)), np.zeros(1), outlined=True)
    return picture.maps(np.zeros((1, 1)), SIDE, SIDE)[0]


def problem(post):
    labels = drawn({}, post)
    shown = np.dstack([60 * labels + 40, 255 - 60 * labels, 60 * labels, np.where(labels > 0, 255, 0)]).astype(np.uint8)
    parameters = tuple(
        Parameter(key, key, START[key], "float", *RANGES[key], False, "", (), Stage.COMPOSITION, 1, True)
        for key in START
    )
    start = Trial(Status.OK, 0.5, {}, lambda: shown)
    return TuningProblem(
        parameters,
        start,
        20,
        2,
        Stage.COMPOSITION,
        Target.from_array(shown),
        scenes=lambda values, surface: done(scene(values, post)),
    )


def test_round_things_look_alike_from_all_sides_and_each_of_the_places_shows_the_same():
    places = CameraTuner().look_alikes(problem(post=False), np.random.default_rng(0))
    turned = sorted(place["AZIMUTH"] for place in places)
    assert len(places) >= 6 and turned[0] < START["AZIMUTH"] - 90 and turned[-1] > START["AZIMUTH"] + 90
    before = drawn({})
    for place in places:
        assert (drawn(place) == before).mean() > 0.99
        # The same turn alone shows something else: the balls have to come along.
        assert (drawn({"AZIMUTH": place["AZIMUTH"]}) == before).mean() < 0.98


def test_something_that_does_not_come_along_tells_the_side():
    assert CameraTuner().look_alikes(problem(post=True), np.random.default_rng(0)) == []
    assert CameraTuner().free_ways(problem(post=True), np.random.default_rng(0), 0.05) is None


def test_a_step_of_a_free_way_is_not_seen():
    ways = CameraTuner().free_ways(problem(post=False), np.random.default_rng(0), 0.05)
    assert len(ways) == 1
    for steps in ([1.0], [-1.0]):
        gone = ways.gone(steps)
        assert gone["AZIMUTH"] == pytest.approx(START["AZIMUTH"] + 20.0 * steps[0], abs=5.0)
        assert (drawn(gone) == drawn({})).mean() > 0.97


def test_without_a_scene_nothing_looks_alike():
    nothing = CameraTuner().look_alikes(
        TuningProblem((), Trial(Status.OK, 0.5), 20, 2, Stage.COMPOSITION), np.random.default_rng(0)
    )
    assert nothing == []


def test_outlines_are_no_wider_than_things_are_and_keep_their_hollows():
    # Two balls whose outlines nearly touch: what is between them is a hollow that filling would close.
    look = scene({"AZIMUTH": 0.0, "FIRST_X": 0.5, "FIRST_Y": 0.0, "SECOND_X": -0.42, "SECOND_Y": 0.0}, post=False)
    motions = Motions(placement(look.facts))

    def area(side, **settings):
        drawn = PointPicture(look, motions, np.zeros(1), **settings).maps(np.zeros((1, 1)), side, side)[0]
        return (drawn > 0).mean()

    exact = area(256, outlined=True)
    assert area(32, outlined=True) == pytest.approx(exact, rel=0.15)
    assert area(32) > 1.3 * exact


def test_coverage_costs_where_something_is_missing_or_too_much():
    cover = np.zeros((16, 16))
    cover[4:12, 4:12] = 1.0
    colours = np.random.default_rng(0).random((16, 16, 3))
    right = cover.astype(np.int16)
    less, more = right.copy(), right.copy()
    less[4:6], more[1:4] = 0, 1
    costs, without = (
        Regions(target).costs(np.stack([right, less, more]), np.full((2, 3), np.nan))
        for target in (np.dstack([colours, cover]), colours)
    )
    assert costs[0] == pytest.approx(without[0])
    assert (costs[1:] > without[1:] + 0.1).all()
