"""Scenes from truth files and scene facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seig_search.errors import UsageError
from seig_search.truth import compared, scene_of_facts, scene_of_file, scene_of_truth
from seig_search.truth.facts_scene import shape_of_name

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize("name", ["clevr_1", "clevr_3"])
@pytest.mark.parametrize("align", ["none", "camera", "similarity"])
def test_a_clevr_truth_against_itself_is_perfect(name: str, align: str) -> None:
    true = scene_of_file(EXAMPLES / f"{name}.json")
    report = compared(true, true, align, points=500)  # type: ignore[arg-type]
    for metric, value in report.values.items():
        wanted = 1 if metric in ("object_recall", "object_precision", "object_f1", "object_class") else 0
        assert value == pytest.approx(wanted, abs=1e-3), metric
    assert all(one == two for one, two in report.pairs)
    assert len(report.pairs) == len(true.objects)


def test_a_clevr_truth_is_read_as_it_is_written() -> None:
    true = scene_of_file(EXAMPLES / "clevr_1.json")
    assert true.camera.fov_deg == pytest.approx(2 * np.degrees(np.arctan(32 / 2 / 35)))
    cube = next(item for item in true.objects if item.name == "SmoothCube_v2_0")
    assert cube.shape == "cube"
    assert cube.size == pytest.approx([0.7, 0.7, 0.7])
    assert cube.centre == pytest.approx([2.603901, 1.27477, 0.35])
    assert {light.type for light in true.lights} == {"SUN", "AREA"}
    key = next(light for light in true.lights if light.name == "Lamp_Key")
    assert key.direction == pytest.approx(-np.array([0.722527, -0.244374, 0.646711]), abs=1e-5)


def test_one_object_less_is_one_object_less() -> None:
    data = json.loads((EXAMPLES / "clevr_1.json").read_text())
    true = scene_of_truth(data, "true")
    fewer = scene_of_truth({**data, "objects": data["objects"][1:]}, "fewer")
    values = compared(fewer, true).values
    assert values["object_precision"] == 1
    assert values["object_recall"] == pytest.approx(1 - 1 / len(true.objects))


def facts() -> dict[str, Any]:
    box = [[x, y, z] for x in (0.0, 1.0) for y, z in ((0.0, 0.0), (0.0, 3.0), (2.0, 3.0), (2.0, 0.0))]
    ground = [[50 * (x - 0.5), 50 * (y - 1), 0] for x, y, z in box]
    item = {"type": "MESH", "visible": True, "polygons": 6, "materials": ["Red"]}
    return {
        "objects": [
            {**item, "name": "RedBox", "bbox_world": box},
            {**item, "name": "Ground", "bbox_world": ground, "materials": []},
            {**item, "name": "Hidden", "bbox_world": box, "visible": False},
            {**item, "name": "Parent", "bbox_world": box, "type": "EMPTY"},
        ],
        "materials": [{"name": "Red", "base_color": [0.6, 0.1, 0.1], "textured": []}],
        "camera": {"matrix_world": np.eye(4).tolist(), "fov_x_deg": 40.0, "fov_y_deg": 30.0},
        "lights": [
            {
                "name": "Key", "type": "AREA", "location": [0, 0, 5], "direction": [0, 0, -1], "energy": 10.0,
                "color": [1, 1, 1],
            }
        ],
        "world": {"name": "World", "color": [0.5, 0.5, 1.0], "strength": 0.5, "textured": []},
    }  # fmt: skip


def test_facts_give_solid_things_their_boxes_colours_and_classes() -> None:
    scene = scene_of_facts(facts(), "facts")
    assert [(item.name, item.solid) for item in scene.objects] == [("RedBox", True), ("Ground", False)]
    thing = scene.solids[0]
    assert thing.size == pytest.approx([1, 2, 3])
    assert thing.centre == pytest.approx([0.5, 1, 1.5])
    assert thing.rgb == pytest.approx([0.6, 0.1, 0.1])
    assert thing.shape == "cube"
    assert scene.camera.fov_deg == 40
    assert scene.world_rgb == pytest.approx([0.25, 0.25, 0.5])


def test_colours_and_worlds_that_a_texture_makes_are_not_known() -> None:
    told = facts()
    told["materials"][0]["textured"] = ["base_color"]
    told["world"]["textured"] = ["color"]
    scene = scene_of_facts(told, "facts")
    assert scene.solids[0].rgb is None
    assert scene.world_rgb is None


def test_a_render_s_json_and_its_bare_facts_are_one_scene(tmp_path: Path) -> None:
    for name, body in (("bare", facts()), ("render", {"out": "x.png", "facts": facts()})):
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    one, two = (scene_of_file(tmp_path / f"{name}.json") for name in ("bare", "render"))
    assert compared(one, two, "none").values["object_f1"] == 1


def test_boxes_in_the_place_of_meshes_are_said_to_be(tmp_path: Path) -> None:
    scene = scene_of_facts(facts(), "mine")
    assert any("mine: the surfaces of 1 of 1 objects" in note for note in compared(scene, scene).notes)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("RedBall_2", "sphere"), ("BlueBlock", "cube"), ("post cylinder", "cylinder"), ("BoxBall", None), ("Mug", None)],
)
def test_classes_are_read_from_names_where_one_word_tells(name: str, shape: str | None) -> None:
    assert shape_of_name(name) == shape


def broken(path: list[Any], value: object) -> dict[str, Any]:
    data: Any = json.loads((EXAMPLES / "clevr_1.json").read_text())
    *way, last = path
    here = data
    for step in way:
        here = here[step]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return dict(data)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (["camera"], None, "camera"),
        (["camera", "lens_mm"], 0, "ZeroDivisionError"),
        (["camera", "matrix_world"], [[1, 2], [3, 4]], "4 x 4"),
        (["objects", 0, "dimensions"], None, "dimensions"),
        (["objects", 0, "name"], "Teapot", "origin of 'Teapot'"),
        (["objects", 0, "dimensions"], [1, 2, float("nan")], "box of 'SmoothCube_v2_0'"),
        (["lights", 0, "type"], "LASER", "LASER"),
        (["lights", 0, "energy"], -1, "at least 0"),
    ],
)
def test_a_wrong_truth_says_what_is_wrong(path: list[Any], value: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        scene_of_truth(broken(path, value), "it")


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "cannot read"), ("[]", "holds no scene"), ('{"a": 1}', "holds no scene"), (None, "no scene file")],
)
def test_a_file_that_is_no_scene_says_what_was_expected(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "scene.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=told) as raised:
        scene_of_file(path)
    assert "expected a truth file" in str(raised.value)


@pytest.mark.parametrize("lacking", ["objects", "camera", "lights", "materials"])
def test_facts_that_lack_a_part_say_how_to_make_them(lacking: str) -> None:
    told = facts()
    del told[lacking]
    with pytest.raises(UsageError, match="seig render PROGRAM"):
        scene_of_facts(told, "facts")
