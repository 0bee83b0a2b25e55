"""The measure of what a program finds of a CLEVR scene."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def truth() -> ModuleType:
    path = ROOT / "benchmarks" / "clevr_truth" / "truth.py"
    spec = importlib.util.spec_from_file_location("clevr_truth_measure", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def found(truth: ModuleType, name: str, box: tuple[float, ...], colour: str, shift: float = 0.0) -> object:
    rgb = tuple(v / 255 for v in truth.PALETTE[colour])
    return truth.Found(name, box, rgb, (shift, 0.0, 0.0))


def true_objects(truth: ModuleType) -> list[object]:
    return [
        truth.TrueObject("Sphere_0", (10.0, 10.0, 30.0, 30.0), "red", (0.0, 0.0, 0.0)),
        truth.TrueObject("SmoothCube_0", (50.0, 10.0, 80.0, 40.0), "gray", (0.0, 0.0, 0.0)),
    ]


def test_the_right_things_in_the_right_place_count_fully(truth: ModuleType) -> None:
    things = [found(truth, "a", (51, 10, 80, 41), "gray", 0.3), found(truth, "b", (10, 10, 30, 31), "red", 0.1)]
    result = truth.tally(true_objects(truth), things)
    assert (result.recall, result.precision) == (1, 1)
    assert result.position_error == pytest.approx(0.2)
    assert set(result.pairs) == {("Sphere_0", "b"), ("SmoothCube_0", "a")}


@pytest.mark.parametrize(
    ("box", "colour"),
    [((10, 10, 30, 30), "blue"), ((25, 10, 45, 30), "red"), ((10, 10, 60, 60), "red")],
    ids=["colour", "place", "size"],
)
def test_wrong_colour_place_or_size_does_not_count(truth: ModuleType, box: tuple[int, ...], colour: str) -> None:
    result = truth.tally(true_objects(truth), [found(truth, "a", box, colour)])
    assert (result.recall, result.precision, result.position_error) == (0, 0, None)


def test_two_things_on_one_object_count_once(truth: ModuleType) -> None:
    things = [found(truth, name, (10, 10, 30, 30), "red") for name in "ab"]
    result = truth.tally(true_objects(truth), things)
    assert (result.recall, result.precision) == (0.5, 0.5)


def test_nothing_found_is_no_recall(truth: ModuleType) -> None:
    assert truth.tally(true_objects(truth), []).recall == 0


def test_each_palette_colour_is_named_in_brighter_and_darker_light(truth: ModuleType) -> None:
    for name, codes in truth.PALETTE.items():
        for light in (0.8, 1.0, 1.1):
            assert truth.colour_name(np.clip(np.array(codes) / 255 * light, 0, 1)) == name


def test_true_boxes_lie_where_the_example_shows_its_things(truth: ModuleType) -> None:
    objects, _, size = truth.load_truth(ROOT / "examples" / "clevr_3.json")
    assert size == (320, 240)
    boxes = {thing.name: (thing.box, thing.colour) for thing in objects}
    box, colour = boxes["Sphere_2"]
    assert colour == "red"
    assert box == pytest.approx((36.5, 93.5, 87.5, 144), abs=2)
    box, colour = boxes["SmoothCylinder_2"]
    assert colour == "cyan"
    assert box == pytest.approx((247, 75, 302, 137), abs=3)


def test_a_ground_is_no_thing(truth: ModuleType) -> None:
    item = {
        "name": "Ground", "type": "MESH", "visible": True, "materials": [], "polygons": 1,
        "bbox_image": [0, 5, 320, 240], "bbox_world": [[-9, -9, 0], [9, 9, 0]],
    }  # fmt: skip
    ball = {"bbox_image": [10, 10, 30, 30], "bbox_world": [[0, 0, 0], [1, 1, 1]], "materials": ["Ball"]}
    small = {**item, "name": "Ball", **ball}
    things = truth.things_of({"objects": [item, small]}, {"Ball": [1, 0, 0]}, (320, 240))
    assert [(thing.name, thing.rgb) for thing in things] == [("Ball", (1, 0, 0))]
