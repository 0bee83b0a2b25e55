"""The VLM proposer through real litellm and real HTTP, against a loopback server that plays one model."""

from __future__ import annotations

import base64
import io
import socket
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from asking import PROGRAM, context, fenced, proposer
from model_server import Desk
from PIL import Image

from seig_search.camera import GivenCamera
from seig_search.candidate import Status
from seig_search.edits import NewProgram, ParameterValues, Patch, StageRewrite
from seig_search.errors import InvalidEdit, SeigError, UsageError
from seig_search.models import ModelCall
from seig_search.program import Program
from seig_search.proposal import Attempt, Failure
from seig_search.proposers.vlm import VlmProposer
from seig_search.stages import Stage
from seig_search.verification import ToDo

GEOMETRY = """BALL_RADIUS = 0.4  # @param 0.1..1.0 m


def geometry():
    bpy.ops.mesh.primitive_ico_sphere_add(radius=BALL_RADIUS)
    bpy.context.object.name = "Ball"
"""


def test_a_scaffold_is_a_new_program_and_is_recorded(desk: Desk) -> None:
    desk.steps, calls = [fenced(PROGRAM)], list[ModelCall]()
    (edit,) = proposer(desk).propose(context(Stage.SCAFFOLD, calls))
    assert edit == NewProgram(PROGRAM, "it was too large")
    (call,) = calls
    assert (call.model, call.tokens_in, call.tokens_out, call.usd, call.error) == ("openai/desk", 100, 20, None, "")


def test_a_rewrite_applies_whatever_it_is_wrapped_in(desk: Desk) -> None:
    small = "```python\nx = (\n```"
    wrappings = {
        "prose": f"Sure!\n\n{fenced(GEOMETRY)}\nHope it helps.",
        "crlf": fenced(GEOMETRY).replace("\n", "\r\n"),
        "bare": GEOMETRY,
        "no language": fenced(GEOMETRY, ""),
        "several": f"First idea:\n{small}\n{fenced(GEOMETRY)}",
        "tildes": f"~~~py\n{GEOMETRY}~~~",
        "indented": "1. Here:\n" + "\n".join("   " + line for line in fenced(GEOMETRY).splitlines()),
        "thinking": f"<think>\n```python\ndef geometry(): pass\n{'#' * 900}\n```\n</think>{fenced(GEOMETRY)}",
        "no end": f"```python\n{GEOMETRY}",
    }
    desk.steps = list(wrappings.values())
    for name in wrappings:
        (edit,) = proposer(desk).propose(context())
        assert isinstance(edit, StageRewrite), name
        after = Program.parse(PROGRAM).apply(edit)
        assert "ico_sphere" in after.source and "def materials" in after.source, name


def test_a_whole_program_counts_as_a_rewrite_of_the_stage_alone(desk: Desk) -> None:
    whole = PROGRAM.replace("radius=BALL_RADIUS", "radius=2 * BALL_RADIUS").replace("(0, 0, 5)", "(0, 0, 9)")
    desk.steps = [fenced(whole)]
    (edit,) = proposer(desk).propose(context())
    after = Program.parse(PROGRAM).apply(edit).source
    assert "2 * BALL_RADIUS" in after and "(0, 0, 5)" in after and "(0, 0, 9)" not in after


@pytest.mark.parametrize("around", ["{}", "```\n{}\n```", "```diff\n{}\n```"])
def test_search_and_replace(desk: Desk, around: str) -> None:
    block = "<<<<<<< SEARCH\n    camera.location = (0, 0, 5)\n=======\n    camera.location = (0, 0, 6)\n>>>>>>> REPLACE"
    desk.steps = ["Why: too near\n" + around.format(block)]
    (edit,) = proposer(desk).propose(context(Stage.COMPOSITION))
    assert isinstance(edit, Patch) and edit.why == "too near"
    assert "(0, 0, 6)" in Program.parse(PROGRAM).apply(edit).source


@pytest.mark.parametrize("text", ['{"BALL_RADIUS": 0.3, "RINGS": 20.0}', "BALL_RADIUS = 0.3\nRINGS = 20"])
def test_parameter_values(desk: Desk, text: str) -> None:
    desk.steps = [fenced(text, "json" if text[0] == "{" else "python")]
    (edit,) = proposer(desk).propose(context())
    assert edit == ParameterValues(Stage.GEOMETRY, {"BALL_RADIUS": 0.3, "RINGS": 20}, "it was too large")
    assert "RINGS = 20 " in Program.parse(PROGRAM).apply(edit).source


def test_colours_become_tuples(desk: Desk) -> None:
    desk.steps = [fenced('{"BALL_RGB": [0.5, 0.1, 0]}', "json")]
    (edit,) = proposer(desk).propose(context(Stage.MATERIALS))
    assert isinstance(edit, ParameterValues) and edit.values == {"BALL_RGB": (0.5, 0.1, 0.0)}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "the reply is empty"),
        ("I cannot help with that.", "holds no code block"),
        (fenced("def geometry(:"), "does not parse"),
        (fenced("def lighting():\n    pass"), r"lacks 'def geometry\(\)'"),
        (fenced('{"BALL_RADIUS": true}', "json"), "must be a number"),
        ("<<<<<<< SEARCH\na\n", "no ======="),
        (fenced("[1, 2]", "json"), "unreadable reply"),
    ],
)
def test_an_unreadable_reply_says_why_and_quotes_it(desk: Desk, reply: str, reason: str) -> None:
    desk.steps, calls = [reply], list[ModelCall]()
    with pytest.raises(InvalidEdit, match=reason) as caught:
        proposer(desk).propose(context(calls=calls))
    assert " ".join(reply.split())[:20] in str(caught.value)
    assert len(calls) == 1 and calls[0].tokens_out == 20


def test_a_scaffold_without_all_stages_is_refused(desk: Desk) -> None:
    desk.steps = [fenced(PROGRAM.replace("def lighting", "def light"))]
    with pytest.raises(InvalidEdit, match=r"lacks 'def lighting\(\)'"):
        proposer(desk).propose(context(Stage.SCAFFOLD))


def test_a_reply_cut_off_is_told_so(desk: Desk) -> None:
    desk.steps, desk.finish = ["```python\n" + GEOMETRY], "length"
    with pytest.raises(InvalidEdit, match="max_tokens"):
        proposer(desk).propose(context())


def test_what_the_model_is_shown(desk: Desk) -> None:
    desk.steps = [fenced(GEOMETRY)]
    history = [Attempt("made it taller", Status.BROKEN, None, "NameError: x"), Attempt("wider", Status.OK, 0.39)]
    camera = GivenCamera(tuple(tuple(float(i == j) for j in range(4)) for i in range(4)), 35.0)
    todo = [ToDo("G0.1", "Ball", "width", "10 px", "14 px", (0.25, 0.3, 0.5, 0.7))]
    broken = Failure("def geometry(:", "line 1: invalid syntax")
    proposer(desk).propose(
        context(
            history=history,
            camera=camera,
            todo=todo,
            verdict="too narrow",
            settled=frozenset({"RINGS"}),
            failure=broken,
        )
    )
    (request,) = desk.asked
    parts = request["messages"][1]["content"]
    text = "\n".join(part["text"] for part in parts if part["type"] == "text")
    for expected in (
        "Active stage: **geometry**",
        "psnr 12",
        "NameError: x",
        "wider -> ok",
        "lens = 35",
        "- BALL_RADIUS 0.5, in 0.1..1 m",
        "- RINGS 16 *, in 8..32",
        "Ball | 10,10-20,20 | 8.3 %",
        "G0.1: Ball, width: now 10 px, wanted 14 px",
        "The verifier: too narrow",
        "line 1: invalid syntax",
        "def geometry(:",
        PROGRAM.strip(),
        "def geometry():",
    ):
        assert expected in text
    assert "{program}" not in text and "{stage}" not in text
    assert '{"NAME": 0.12' in text
    sizes = [picture(part).size for part in parts if part["type"] == "image_url"]
    assert sizes[:2] == [(40, 30), (40, 30)]
    assert picture(next(p for p in parts if p["type"] == "image_url")).getpixel((15, 15)) == (200, 30, 30)
    assert "PROGRAM" not in request["messages"][0]["content"] and "BSDF" in request["messages"][0]["content"]


def picture(part: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition(",")[2])))


def test_pictures_are_scaled_to_the_setting(desk: Desk) -> None:
    desk.steps = [fenced(PROGRAM)]
    proposer(desk, image_side=32).propose(context(Stage.SCAFFOLD))
    (image,) = [p for p in desk.asked[0]["messages"][1]["content"] if p["type"] == "image_url"]
    assert picture(image).size == (32, 24)


def test_several_edits_are_several_calls_that_differ(desk: Desk) -> None:
    desk.steps, calls = [fenced(GEOMETRY)], list[ModelCall]()
    assert len(proposer(desk).propose(context(calls=calls, wanted=3))) == 3 == len(calls)
    assert len({(asked["seed"], asked["temperature"]) for asked in desk.asked}) == 3


def test_one_bad_reply_of_several_does_not_spoil_the_others(desk: Desk) -> None:
    desk.steps = ["no", fenced(GEOMETRY)]
    assert len(proposer(desk).propose(context(wanted=2))) == 1


def test_equal_contexts_send_equal_seeds(desk: Desk) -> None:
    desk.steps = [fenced(GEOMETRY)]
    for _ in range(2):
        proposer(desk).propose(context())
    assert desk.asked[0]["seed"] == desk.asked[1]["seed"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_failures_are_tried_again(desk: Desk, status: int) -> None:
    desk.steps, calls = [status, fenced(GEOMETRY)], list[ModelCall]()
    assert proposer(desk).propose(context(calls=calls))
    assert [bool(call.error) for call in calls] == [True, False]


def test_a_lasting_rate_limit_is_told(desk: Desk) -> None:
    desk.steps, calls = [429], list[ModelCall]()
    with pytest.raises(SeigError, match=r"limiting the rate .* after 3 tries"):
        proposer(desk, retries=2).propose(context(calls=calls))
    assert len(calls) == 3 == len(desk.asked)


def test_a_lasting_server_error_is_told(desk: Desk) -> None:
    desk.steps = [500]
    with pytest.raises(SeigError, match="status 500"):
        proposer(desk, retries=1).propose(context())
    assert len(desk.asked) == 2


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "OPENAI_API_KEY"),
        (403, "OPENAI_API_KEY"),
        (404, "knows no model 'openai/desk'"),
        (400, "refused the request"),
    ],
)
def test_lasting_failures_are_not_tried_again(desk: Desk, status: int, told: str) -> None:
    desk.steps, calls = [status], list[ModelCall]()
    with pytest.raises(SeigError, match=told):
        proposer(desk).propose(context(calls=calls))
    assert len(desk.asked) == 1 == len(calls) and calls[0].error and calls[0].usd == 0


def test_a_key_comes_from_the_environment_and_is_never_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-very-private-0123456789"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    desk.steps, calls = [lambda to: to.send(400, {"error": {"message": f"bad key {key}"}})], list[ModelCall]()  # type: ignore[attr-defined]
    with pytest.raises(SeigError) as caught:
        proposer(desk).propose(context(calls=calls))
    assert key in desk.asked[0]["authorization"]
    assert key not in str(caught.value) and key not in calls[0].error


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("gemini/gemini-2.5-pro", "GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_is_named_at_once(model: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (variable, "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    calls = list[ModelCall]()
    with pytest.raises(SeigError, match=variable):
        VlmProposer(model, retries=1, timeout_s=5, backoff_s=0).propose(context(calls=calls))
    assert len(calls) == 1


def test_a_slow_server_ends_the_call(desk: Desk) -> None:
    release = threading.Event()
    desk.steps, calls = [lambda to: release.wait(20)], list[ModelCall]()  # type: ignore[list-item]
    try:
        with pytest.raises(SeigError, match="did not answer within 1 s"):
            proposer(desk, timeout_s=1).propose(context(calls=calls))
    finally:
        release.set()
    assert len(desk.asked) == 1 == len(calls)


def test_a_server_that_is_down_is_told_with_its_url() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(SeigError, match=r"no connection to http://127.0.0.1.* base URL"):
            VlmProposer("openai/desk", url, retries=1, backoff_s=0).propose(context())


def test_a_reply_that_is_no_json_is_told(desk: Desk) -> None:
    def garbage(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Content-Length", "5")
        to.end_headers()
        to.wfile.write(b"<html")

    desk.steps = [garbage]
    with pytest.raises(SeigError):
        proposer(desk, retries=0).propose(context())


def test_a_name_without_a_provider_is_told() -> None:
    with pytest.raises(SeigError, match="PROVIDER/MODEL"):
        VlmProposer("nonsense", retries=0).propose(context())


def test_a_model_known_to_be_blind_is_refused() -> None:
    with pytest.raises(SeigError, match="takes no pictures"):
        VlmProposer("openai/o3-mini").propose(context())


def test_settings_are_checked() -> None:
    with pytest.raises(UsageError, match="timeout_s must be above 0"):
        VlmProposer("openai/desk", timeout_s=0)
