"""What the VLM proposer offers and tells: the kit, a photograph's focal length, and a closer look by tool calls."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from asking import PROGRAM, context, fenced, proposer, target
from model_server import Desk

from seig_search.edits import ParameterValues
from seig_search.errors import InvalidEdit
from seig_search.models import LiveModels, ReplayedModels, Tape, Unmetered
from seig_search.program import Program
from seig_search.stages import Stage


def test_a_photographs_focal_length_is_told(desk: Desk) -> None:
    photo = dataclasses.replace(target(), focal_mm=28)
    shown = dataclasses.replace(context(Stage.SCAFFOLD), target=photo)
    said = str(proposer(desk).messages(shown))
    assert "28 mm (35 mm equivalent)" in said and "camera.data.angle = radians(63.4)" in said
    assert "EXIF" not in str(proposer(desk).messages(context(Stage.SCAFFOLD)))


def test_the_kit_is_offered_where_it_is_of_use_and_folded(desk: Desk) -> None:
    def said(stage: Stage, **more: Any) -> str:
        return str(proposer(desk, **more).messages(context(stage))[0]["content"])

    assert "kit_lathe(name, profile" in said(Stage.SCAFFOLD) and "kit_wood(" in said(Stage.SCAFFOLD)
    assert "kit_lathe(" in said(Stage.GEOMETRY) and "kit_wood(" not in said(Stage.GEOMETRY)
    assert "kit_wood(" in said(Stage.MATERIALS) and "kit_lathe(" not in said(Stage.MATERIALS)
    assert "kit_" not in said(Stage.LIGHTING) + said(Stage.GEOMETRY, kit=False)
    program = Program.parse(PROGRAM + '\n\nkit_box("Box", (1, 1, 1))\n').with_kit()
    user = str(proposer(desk).messages(context(parent=program))[1]["content"])
    assert "def kit_box" in program.source and "def kit_" not in user and "pasted here: kit_box" in user


def wanting(*calls: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    made = [
        {"id": f"call-{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for n, (name, arguments) in enumerate(calls)
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}


def test_a_model_may_look_closer_before_it_edits(desk: Desk, tmp_path: Path) -> None:
    looks = wanting(("zoom", {"x0": 5, "y0": 5, "x1": 30, "y1": 25}), ("probe", {"x": 16, "y": 16}))
    values = fenced('{"RADIUS": 0.3}', "json")
    desk.steps = [looks, values]
    tape = Tape(tmp_path)
    shown = dataclasses.replace(context(), models=LiveModels(Unmetered(), tape), key="geometry/0")
    (edit,) = proposer(desk, looks=2).propose(shown)
    assert isinstance(edit, ParameterValues) and edit.values == {"RADIUS": 0.3}
    first, second = desk.asked
    assert [tool["function"]["name"] for tool in first["tools"]] == ["zoom", "probe", "view", "project"]
    told = [message for message in second["messages"] if message["role"] == "tool"]
    assert [message["tool_call_id"] for message in told] == ["call-0", "call-1"] and "sRGB" in told[1]["content"]
    assert second["messages"][-1]["content"][1]["type"] == "image_url"
    tape.close()
    replayed = ReplayedModels(Tape(tmp_path), Unmetered(), None, str(tmp_path))
    (again,) = proposer(desk, looks=2).propose(dataclasses.replace(shown, models=replayed, rng=context().rng))
    assert again == edit and len(desk.asked) == 2


def test_looking_ends_and_is_off_unless_asked_for(desk: Desk) -> None:
    desk.steps = [wanting(("probe", {"x": 1, "y": 1}))]
    with pytest.raises(InvalidEdit, match="empty"):
        proposer(desk, looks=2).propose(context())
    assert len(desk.asked) == 3
    assert "without another tool call" in desk.asked[2]["messages"][-1]["content"][0]["text"]
    assert all("tools" in request for request in desk.asked), "some providers refuse tool calls in a chat without them"
    desk.asked.clear()
    desk.steps = [fenced('{"RADIUS": 0.3}', "json")]
    proposer(desk).propose(context())
    assert "tools" not in desk.asked[0]
