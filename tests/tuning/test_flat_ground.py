"""Points on flat things for every pixel that shows them."""

import numpy as np
import pytest

from seig_search.tuning.flat_ground import with_flat_ground
from seig_search.tuning.motion import Motions, placement
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.scene_look import SceneLook

SIDE = 48
HERE = np.zeros(1)


def scene(half=9.0, bump=0.0, materials=1):
    """A floor of few points under a ball of many, seen from above."""
    rng = np.random.default_rng(0)
    floor = np.zeros((60, 8))
    floor[:, :2] = rng.uniform(-half, half, (60, 2))
    floor[:4, :2] = half * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    floor[:, 2] = bump * rng.random(60)
    floor[:, 5], floor[:, 7] = 1.0, np.arange(60) % materials
    normals = rng.normal(size=(4000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    ball = np.concatenate([0.6 * normals + [0, 0, 0.6], normals, np.tile([1, 0], (4000, 1))], axis=1)
    out = np.array([0.0, -0.6, 0.8])
    camera = np.eye(4)
    camera[:3, :3] = np.column_stack([[1, 0, 0], np.cross(out, [1, 0, 0]), out])
    camera[:3, 3] = 6.0 * out
    projection = [[2.0, 0, 0, 0], [0, 2.0, 0, 0], [0, 0, -1, -0.2], [0, 0, -1, 0]]
    objects = [
        {"name": name, "matrix_world": np.eye(4), "bbox_world": np.zeros((8, 3)), "materials": []}
        for name in ("Floor", "Ball")
    ]
    facts = {"camera": {"matrix_world": camera, "projection": projection}, "objects": objects, "materials": []}
    return SceneLook(facts, np.concatenate([floor, ball]).astype(np.float32), ("Floor", "Ball"))


def shown(look):
    picture = PointPicture(look, Motions(placement(look.facts)), HERE)
    points = picture.shown(HERE, SIDE, SIDE)
    return picture, points, np.where(points >= 0, picture.owners[points], -1)


def grown(look):
    return with_flat_ground(look, Motions(placement(look.facts)), HERE, SIDE, SIDE)


def test_a_floor_of_few_points_gets_one_in_each_pixel_that_shows_it():
    look = scene()
    _, _, before = shown(look)
    picture, points, owners = shown(grown(look))
    assert (before == -1).mean() > 0.4 and (owners == -1).mean() < 0.03
    # What stands on it stays in front; a pixel at its rim may go either way.
    assert (owners == 1).sum() == pytest.approx((before == 1).sum(), rel=0.35)
    floor = owners == 0
    x, y, _ = picture.projected(HERE)
    row, column = np.nonzero(floor)
    assert np.abs(x[points[floor]] * SIDE - column - 0.5).max() < 1.6
    assert np.abs(y[points[floor]] * SIDE - row - 0.5).max() < 1.6


def test_it_ends_where_the_floor_ends():
    look = scene(half=1.0)
    added = grown(look).surface[len(look.surface) :, :3]
    assert len(added) and np.abs(added[:, 2]).max() < 1e-6 and np.abs(added[:, :2]).max() < 1.05
    _, _, owners = shown(grown(look))
    assert (owners == -1).mean() > 0.3


@pytest.mark.parametrize("look", [scene(bump=0.5), scene(materials=2)])
def test_what_is_not_flat_or_of_several_materials_stays_as_it_is(look):
    assert len(grown(look).surface) == len(look.surface)


def test_without_points_there_is_nothing_to_add():
    bare = SceneLook(scene().facts, None, ())
    assert grown(bare) is bare
