"""What a model asks to see is answered from what is there; what is asked wrongly is told what would be right."""

import json

import numpy as np
import pytest

from seig_search.sight import TOOLS, Look, Looker
from seig_search.target import Target

SIDE = 64


@pytest.fixture
def look():
    wanted = np.full((SIDE, SIDE, 3), 255, np.uint8)
    wanted[16:48, 16:48] = (200, 30, 30)
    render = np.full((SIDE, SIDE, 4), 255, np.uint8)
    render[20:52, 20:52, :3] = (150, 20, 20)
    index = np.zeros((SIDE, SIDE), np.uint16)
    index[20:52, 20:52] = 1
    facts = {"objects": [{"name": "Ball", "location": [0, 1, 0.5], "dimensions": [1, 1, 1]}, {"name": "Back"}]}
    return Look(Target.from_array(wanted), render, SIDE, index, ("", "Ball"), facts)


def ask(looker, tool, **arguments):
    return looker.answer(tool, json.dumps(arguments))


def test_zoom_shows_both_and_puts_corners_in_order(look):
    words, picture = ask(Looker(look), "zoom", x0=60, y0=12, x1=12, y1=999)
    assert words.startswith("x 12..60, y 12..64")
    middle = picture.shape[1] // 2
    assert tuple(picture[picture.shape[0] // 2, middle // 2]) == (200, 30, 30)
    assert tuple(picture[picture.shape[0] // 2, middle + middle // 2]) == (150, 20, 20)


def test_probe_reads_both_and_names_the_object(look):
    words, picture = ask(Looker(look), "probe", x=40, y=40)
    assert picture is None and words == "at (40, 40) the target is sRGB 200 30 30, the render 150 20 20: Ball"
    assert ask(Looker(look), "probe", x=2, y=2)[0].endswith("no object")


def test_project_tells_box_and_place(look):
    words, _ = ask(Looker(look), "project", name="Ball")
    assert "20,20-52,52 px" in words and "25.0 %" in words and "location 0, 1, 0.5 m" in words
    assert "not seen" in ask(Looker(look), "project", name="Back")[0]
    assert "has Ball, Back" in ask(Looker(look), "project", name="Bull")[0]


def test_view_turns_the_camera(look):
    seen = []

    def turn(view):
        seen.append(str(view))
        return None if view.azimuth > 90 else look.render

    words, picture = ask(Looker(look, turn), "view", azimuth=-30, elevation=20)
    assert seen == ["orbit:-30,20"] and picture.shape == (SIDE, SIDE, 3) and "turned -30" in words
    assert ask(Looker(look, turn), "view", azimuth=120, elevation=0) == ("this view could not be rendered", None)
    assert ask(Looker(look), "view", azimuth=1, elevation=0)[1] is None


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("zoom", "{", "takes x0, y0, x1, y1"),
        ("zoom", "[1]", "takes x0"),
        ("zoom", '{"x0": 1}', "takes x0"),
        ("zoom", '{"x0": 1, "y0": 1, "x1": 3, "y1": 3}', "8 px wide"),
        ("zoom", '{"x0": 1e400, "y0": 1, "x1": 3, "y1": 3}', "takes x0"),
        ("probe", '{"x": 640, "y": 1}', "outside of 64 x 64"),
        ("probe", '{"x": null, "y": 1}', "takes x, y"),
        ("view", '{"azimuth": "left", "elevation": 0}', "takes azimuth, elevation"),
        ("view", '{"azimuth": NaN, "elevation": 0}', "takes azimuth, elevation"),
        ("paint", "{}", "there are zoom, probe, view, project"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_one(look, name, arguments, said):
    words, picture = Looker(look).answer(name, arguments)
    assert said in words and picture is None


def test_every_tool_is_described_and_answered(look):
    for tool in TOOLS:
        told = tool["function"]
        assert told["description"] and "there is no tool" not in Looker(look).answer(told["name"], "{}")[0]
