"""How numbers move a camera and things, learnt from matrices alone."""

from __future__ import annotations

import numpy as np
import pytest

from seig_search.tuning.motion import CAMERA, Motions, Placement, log_motion

BASE = {
    "azimuth": 0.4,
    "height": 0.3,
    "distance": 5.0,
    "aim_x": 0.1,
    "aim_z": 0.5,
    "place": 0.0,
    "turn": 0.2,
    "fov": 0.7,
}
SPANS = dict(zip(BASE, (1.0, 0.6, 4.0, 1.0, 1.0, 2.0, 2.0, 0.6), strict=True))


def turned(axis: int, angle: float) -> np.ndarray:
    matrix = np.eye(4)
    one, other = [(1, 2), (2, 0), (0, 1)][axis]
    matrix[one, one] = matrix[other, other] = np.cos(angle)
    matrix[other, one], matrix[one, other] = np.sin(angle), -np.sin(angle)
    return matrix


def moved(x: float, y: float, z: float) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


def scene(t: np.ndarray) -> Placement:
    v = {name: value + SPANS[name] * step for (name, value), step in zip(BASE.items(), t, strict=True)}
    camera = moved(v["aim_x"], 0, v["aim_z"]) @ turned(2, v["azimuth"]) @ turned(0, np.pi / 2 - v["height"])
    projection = np.diag([1 / np.tan(v["fov"] / 2)] * 2 + [-1.0, 0.0])
    projection[3, 2] = -1
    box = moved(v["place"], 1.0, 0.0) @ turned(2, v["turn"])
    matrices = {CAMERA: camera @ moved(0, 0, v["distance"]), "Box": box, "Floor": np.eye(4)}
    return Placement(matrices, projection, {"Box": np.ones(3), "Floor": np.array([9.0, 9.0, 0.0])})


def learnt(joints: int) -> Motions:
    rng = np.random.default_rng(1)
    alone = [(i, step, scene(step * np.eye(len(BASE))[i])) for i in range(len(BASE)) for step in (0.1, 0.2)]
    joint = [(t, scene(t)) for t in rng.uniform(-0.3, 0.3, (joints, len(BASE)))]
    return Motions.learn(scene(np.zeros(len(BASE))), alone, joint)


def test_an_orbit_camera_a_turned_box_and_a_lens_are_told_where_all_numbers_move_far():
    motions = learnt(3)
    assert motions.error < 1e-6
    assert motions.numbers == set(range(len(BASE)))
    assert set(motions.things) == {CAMERA, "Box"}
    for t in np.random.default_rng(2).uniform(-0.5, 0.5, (20, len(BASE))):
        there = scene(t)
        assert motions.matrix(CAMERA, t) == pytest.approx(there.matrices[CAMERA], abs=1e-6)
        assert motions.matrix("Box", t) == pytest.approx(there.matrices["Box"], abs=1e-6)
        assert motions.matrix("Floor", t) == pytest.approx(np.eye(4))
        assert motions.projection(t) == pytest.approx(there.projection, abs=1e-6)


def test_without_joint_probes_the_order_is_a_guess_and_the_error_unknown():
    assert learnt(0).error == 0
    t = np.full(len(BASE), 0.3)
    assert np.abs(learnt(0).matrix(CAMERA, t) - scene(t).matrices[CAMERA]).max() > 1e-3


def test_what_is_not_rigid_has_no_logarithm_and_deforms():
    assert log_motion(np.diag([2.0, 1.0, 1.0, 1.0])) is None
    base = scene(np.zeros(len(BASE)))
    grown = Placement(base.matrices, base.projection, {**base.shapes, "Box": np.array([1.0, 1.0, 2.0])})
    motions = Motions.learn(base, [(0, 0.1, grown)], [])
    assert motions.deforms == {0}
    assert motions.numbers == set()
