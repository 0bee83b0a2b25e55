"""Known answers: an error that is put in is the error that is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.errors import SeigError, UsageError
from seig_search.truth import (
    TRUTH_METRICS,
    SceneTruth,
    Similarity,
    TruthCamera,
    TruthLight,
    TruthObject,
    compared,
    least_squares_similarity,
    matched,
)
from seig_search.truth.errors_of_camera import rotation_angle
from seig_search.truth.errors_of_lights import irradiance


def about(axis: tuple[float, float, float], degrees: float) -> np.ndarray:
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    k, a = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]), np.radians(degrees)
    return np.eye(3) + np.sin(a) * k + (1 - np.cos(a)) * k @ k


def camera(rotation: np.ndarray | None = None, position: tuple[float, ...] = (0, 0, 8), fov: float = 40) -> TruthCamera:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = np.eye(3) if rotation is None else rotation, position
    return TruthCamera(matrix, fov)


def ball(name: str, *centre: float, size: float = 1.0, rgb: tuple[float, ...] = (0.5, 0.1, 0.1)) -> TruthObject:
    return TruthObject(name, np.array(centre), size * np.eye(3), np.array(rgb), "sphere")


def lamp(name: str, *direction: float, energy: float = 2.0, rgb: tuple[float, ...] = (1, 1, 1)) -> TruthLight:
    return TruthLight(name, "SUN", np.zeros(3), np.array(direction), energy, np.array(rgb))


def scene(**changes: object) -> SceneTruth:
    objects = (ball("a", 0, 0, 0), ball("b", 3, 0, 0, rgb=(0.1, 0.5, 0.1)), ball("c", 0, 2, 1, size=0.5))
    lights = (lamp("sun", 0, 0, -1), lamp("fill", 1, 0, 0, energy=1.0))
    base = SceneTruth("scene", camera(), objects, lights, np.full(3, 0.2))
    return replace(base, **changes)  # type: ignore[arg-type]


PERFECT = {"object_recall": 1, "object_precision": 1, "object_f1": 1, "object_class": 1}


@pytest.mark.parametrize("align", ["none", "camera", "similarity"])
def test_a_scene_against_itself_is_perfect(align: str) -> None:
    values = compared(scene(), scene(), align).values  # type: ignore[arg-type]
    assert {name: value for name, value in values.items() if name in PERFECT} == PERFECT
    for name, value in values.items():
        assert value == pytest.approx(PERFECT.get(name, 0), abs=1e-6), name
    assert set(values) <= set(TRUTH_METRICS)
    assert align != "camera" or "camera_rotation" not in values


def test_a_camera_turned_by_ten_degrees_is_ten_degrees_off() -> None:
    turned = scene(camera=camera(about((1, 2, 3), 10), (0, 3, 4), 46))
    values = compared(turned, scene(), "none").values
    assert values["camera_rotation"] == pytest.approx(10)
    assert values["camera_position"] == pytest.approx(5)
    assert values["camera_position_relative"] == pytest.approx(5 / scene().diagonal)
    assert values["camera_fov"] == pytest.approx(6)


@pytest.mark.parametrize("degrees", [1e-5, 90, 179.99999, 180])
def test_small_and_half_turns_keep_their_precision(degrees: float) -> None:
    assert rotation_angle(about((3, 1, 2), degrees)) == pytest.approx(degrees, rel=1e-6)


def test_objects_moved_grown_and_repainted_are_told() -> None:
    objects = (ball("x", 0.5, 0, 0, size=2.0), ball("y", 3, 0, 0, rgb=(0.5, 0.1, 0.1)))
    values = compared(scene(objects=objects), scene(), "none").values
    assert values["object_recall"] == pytest.approx(2 / 3)
    assert values["object_precision"] == 1
    assert values["object_f1"] == pytest.approx(0.8)
    assert values["object_position"] == pytest.approx(0.25)
    assert values["object_size"] == pytest.approx(0.5)
    assert 20 < values["object_colour"] < 60


def test_names_of_axes_do_not_matter_to_size() -> None:
    one = TruthObject("a", np.zeros(3), np.diag([1.0, 2.0, 3.0]))
    two = TruthObject("b", np.zeros(3), about((1, 0, 0), 90) @ np.diag([3.0, 1.0, 2.0]))
    values = compared(scene(objects=(two,)), scene(objects=(one,)), "none").values
    assert values["object_size"] == pytest.approx(0, abs=1e-9)


def test_the_chamfer_distance_of_two_shifted_plates_is_their_shift() -> None:
    def plate(z: float) -> TruthObject:
        return TruthObject("plate", np.array([0, 0, z]), np.diag([4.0, 4.0, 0.1]))

    values = compared(scene(objects=(plate(0.3),)), scene(objects=(plate(0.0),)), "none").values
    # Of two plates 0.1 thick, each bottom or top is 0.3 from its own and 0.2 from the other's nearest face.
    assert values["chamfer"] == pytest.approx(0.25, abs=0.02)


def test_the_chamfer_distance_does_not_hang_on_the_order_of_objects() -> None:
    shuffled = scene(objects=tuple(reversed(scene().objects)))
    there = scene(objects=(ball("a", 0.2, 0, 0), *scene().objects[1:]))
    values = [compared(one, there, "none").values["chamfer"] for one in (scene(), shuffled)]
    assert values[0] == pytest.approx(values[1], rel=1e-9)


def test_a_sun_turned_by_thirty_degrees_is_thirty_degrees_off() -> None:
    one, two = (replace(scene(), lights=(lamp("sun", *about((1, 0, 0), a) @ (0, 0, -1)),)) for a in (0, 30))
    values = compared(two, one, "none").values
    assert values["light_direction"] == pytest.approx(30)
    assert values["light_transport"] == pytest.approx(30)
    assert values["light_energy"] == pytest.approx(0, abs=1e-9)
    assert 0 < values["light_field"] < 0.5


def test_a_key_that_became_the_fill_keeps_its_directions_but_moves_light() -> None:
    swapped = scene(lights=(lamp("sun", 0, 0, -1, energy=1.0), lamp("fill", 1, 0, 0, energy=2.0)))
    values = compared(swapped, scene(), "none").values
    assert values["light_direction"] == pytest.approx(0, abs=1e-6)
    assert values["light_transport"] == pytest.approx(30)  # a third of the light, by 90 degrees
    assert values["light_energy"] == pytest.approx(0, abs=1e-9)


def test_one_lamp_shared_out_among_two_in_its_place_is_the_same_light() -> None:
    halves = (lamp("p", 0, 0, -1, energy=1.0), lamp("q", 0, 0, -1, energy=1.0), scene().lights[1])
    values = compared(scene(lights=halves), scene(), "none").values
    told = {name: value for name, value in values.items() if name.startswith("light")}
    assert len(told) == 6
    assert told == pytest.approx(dict.fromkeys(told, 0), abs=1e-6)


def test_energy_and_worlds_are_told_in_powers_of_two() -> None:
    brighter = scene(
        lights=tuple(replace(one, energy=4 * one.energy) for one in scene().lights), world_rgb=np.full(3, 0.1)
    )
    values = compared(brighter, scene(), "none").values
    assert values["light_energy"] == pytest.approx(2)
    assert values["light_ambient"] == pytest.approx(1)


def test_light_errors_are_left_out_where_there_is_no_light() -> None:
    values = compared(scene(lights=(), world_rgb=None), scene(), "none").values
    assert {name for name in values if name.startswith("light")} == {"light_field"}
    assert values["light_field"] == 1


def test_watts_fall_with_the_square_of_the_distance_and_areas_shine_forward() -> None:
    def light(kind: str, **rest: float) -> TruthLight:
        return TruthLight("l", kind, np.array([0, 0, 5.0]), np.array([0, 0, -1.0]), 100.0, np.ones(3), **rest)  # type: ignore[arg-type]

    below, aside, behind = np.zeros(3), np.array([5.0, 0, 0]), np.array([0, 0, 10.0])
    assert irradiance(light("POINT"), below)[1][0] == pytest.approx(100 / (4 * np.pi * 25))
    assert irradiance(light("AREA"), below)[1][0] == pytest.approx(100 / (np.pi * 25))
    assert irradiance(light("AREA"), behind)[1][0] == 0
    assert irradiance(light("SPOT", cone_deg=89), aside)[1][0] == 0
    assert irradiance(light("SPOT", cone_deg=91), aside)[1][0] > 0
    assert irradiance(light("SUN"), aside)[1][0] == 100


finite = st.floats(-3, 3)
moves = st.builds(
    lambda scale, axis, degrees, shift: Similarity(scale, about(axis, degrees), np.array(shift)),
    st.floats(0.2, 5),
    st.tuples(finite, finite, finite).filter(lambda axis: np.linalg.norm(axis) > 0.1),
    st.floats(-180, 180),
    st.tuples(finite, finite, finite),
)


@settings(max_examples=40, deadline=None)
@given(moves, st.sampled_from(["camera", "similarity"]))
def test_what_one_picture_cannot_tell_is_no_error(move: Similarity, align: str) -> None:
    values = compared(scene().moved(move), scene(), align, points=200).values  # type: ignore[arg-type]
    for name, value in values.items():
        assert value == pytest.approx(PERFECT.get(name, 0), abs=1e-3), name


def test_without_alignment_the_same_move_is_an_error() -> None:
    move = Similarity(1.0, np.eye(3), np.array([0.3, 0, 0]))
    values = compared(scene().moved(move), scene(), "none").values
    assert values["camera_position"] == pytest.approx(0.3)
    assert values["object_position"] == pytest.approx(0.3)


@settings(max_examples=40, deadline=None)
@given(moves, st.integers(0, 1000))
def test_the_least_squares_similarity_finds_a_known_one(move: Similarity, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(6, 3))
    found = least_squares_similarity(points, move.of_points(points))
    assert found is not None
    assert found.of_points(points) == pytest.approx(move.of_points(points), abs=1e-6)
    assert np.linalg.det(found.rotation) == pytest.approx(1)


def test_mirrored_points_are_not_fitted_by_mirroring() -> None:
    points = np.random.default_rng(0).normal(size=(8, 3))
    found = least_squares_similarity(points, points * [-1, 1, 1])
    assert found is None or np.linalg.det(found.rotation) == pytest.approx(1)


@pytest.mark.parametrize("points", [np.eye(3)[:2], np.outer(range(5), [1.0, 2, 3]), np.ones((4, 3))])
def test_points_on_a_line_fix_no_similarity(points: np.ndarray) -> None:
    assert least_squares_similarity(points, points) is None


def test_two_objects_are_too_few_for_the_similarity() -> None:
    few = scene(objects=scene().objects[:2])
    with pytest.raises(SeigError, match="at least three matching objects"):
        compared(few, scene(), "similarity")


places = st.lists(st.tuples(finite, finite, finite), min_size=0, max_size=6)


@settings(max_examples=80, deadline=None)
@given(places, places, st.randoms(use_true_random=False))
def test_matching_is_one_to_one_within_its_tolerance_and_blind_to_order(here, there, shuffle) -> None:  # type: ignore[no-untyped-def]
    found = [ball(f"f{n}", *place) for n, place in enumerate(here)]
    true = [ball(f"t{n}", *place) for n, place in enumerate(there)]
    pairs = matched(found, true)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    far = [float(np.linalg.norm(found[i].centre - true[j].centre)) for i, j in pairs]
    assert all(distance <= 0.5 * 3**0.5 + 1e-9 for distance in far)
    mixed = list(found)
    shuffle.shuffle(mixed)
    again = matched(mixed, true)
    assert len(again) == len(pairs)
    assert sum(np.linalg.norm(mixed[i].centre - true[j].centre) for i, j in again) == pytest.approx(sum(far))
    # Nothing that is left over could still be paired.
    left = [a for n, a in enumerate(found) if n not in {i for i, _ in pairs}]
    open_ = [b for n, b in enumerate(true) if n not in {j for _, j in pairs}]
    assert all(np.linalg.norm(a.centre - b.centre) > 0.5 * 3**0.5 - 1e-9 for a in left for b in open_)


def test_a_scene_without_objects_finds_nothing_and_still_compares() -> None:
    values = compared(scene(objects=()), scene(), "camera").values
    assert values["object_recall"] == 0
    assert values["object_f1"] == 0
    assert "object_position" not in values
    assert "chamfer" not in values


def test_impossible_settings_are_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="no objects to measure against"):
        compared(scene(), scene(objects=()))
    with pytest.raises(UsageError, match="more than 0 diagonals"):
        compared(scene(), scene(), "none", tolerance=0)
    with pytest.raises(UsageError, match=r"unknown alignment 'cam'.*camera"):
        compared(scene(), scene(), "cam")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="without scale or mirroring"):
        TruthCamera(np.diag([1.0, 1, -1, 1]), 40)
    with pytest.raises(UsageError, match="centre of 'a' must be 3 finite"):
        ball("a", 0, 0, float("nan"))
