"""The judge through real litellm and real HTTP, against a loopback server that plays the model."""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from seig_search.cli import judge_command
from seig_search.errors import SeigError, UsageError
from seig_search.evaluators.judge import JudgeEvaluator
from seig_search.judge import (
    Comparison,
    JournalReplies,
    Judge,
    MemoryReplies,
    by_score,
    rank,
    reliability,
    vetoed,
)
from seig_search.judge.reply import Unreadable, read_grade, read_place
from seig_search.metrics import Score
from seig_search.runs.journal import Journal
from seig_search.target import Target
from seig_search.testing import EvaluatorSuite

MARKS = "geometry: 8 - rim\nmaterials: 6.5 - too dark\ncomposition: 9/10 - 3 px left\nlighting: 2 - no shadow"
Model = Callable[[dict[str, Any]], str | int]


@dataclass
class Desk:
    """Who plays the model, and what it was asked; an int is an HTTP status."""

    model: Model = lambda request: "verdict: FIRST"
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


def serve(desk: Desk) -> tuple[ThreadingHTTPServer, threading.Thread]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            desk.asked.append(request)
            said = desk.model(request)
            message = {"role": "assistant", "content": said}
            body: dict[str, Any] = {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "desk",
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
            }
            if isinstance(said, int):
                body = {"error": {"message": f"no: status {said}", "code": said}}
            raw = json.dumps(body).encode()
            self.send_response(said if isinstance(said, int) else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    desk.url = f"http://127.0.0.1:{server.server_port}/v1"
    return server, thread


@pytest.fixture(scope="module")
def served() -> Iterator[Desk]:
    state = Desk()
    server, thread = serve(state)
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(served: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("OPENAI_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    served.asked.clear()
    served.model = lambda request: "verdict: FIRST"
    return served


def disc(red: int = 200, x: int = 20) -> np.ndarray:
    picture = np.full((30, 40, 4), 255, np.uint8)
    rows, columns = np.mgrid[:30, :40]
    picture[(rows - 15) ** 2 + (columns - x) ** 2 < 64, :3] = (red, 30, 30)
    return picture


TARGET = Target.from_array(disc())
NEAR, FAR = disc(190), disc(90, 8)


def judge(desk: Desk, **more: Any) -> Judge:
    return Judge("openai/desk", desk.url, **{"timeout_s": 20, "backoff_s": 0, "retries": 1, **more})


def shown(request: dict[str, Any]) -> list[np.ndarray]:
    parts = [part for message in request["messages"] for part in message["content"] if isinstance(part, dict)]
    uris = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))), int) for uri in uris]


def looks(request: dict[str, Any]) -> str:
    """Play a model that can see: the picture with the smaller difference from the target."""
    target, first, second = shown(request)[:3]
    apart = [np.abs(target - one).mean() for one in (first, second)]
    return f"geometry: TIE\nverdict: {'FIRST' if apart[0] < apart[1] else 'SECOND'}"


def test_a_model_that_sees_gives_a_verdict_by_picture_not_by_place(desk: Desk) -> None:
    desk.model = looks
    near_first, near_second = judge(desk).compare(TARGET, [(NEAR, FAR), (FAR, NEAR)])
    assert (near_first.verdict, near_first.agreed) == ("a", True)
    assert (near_second.verdict, near_second.agreed) == ("b", True)


def test_both_orders_are_asked_and_a_model_that_goes_by_place_gives_a_tie(desk: Desk) -> None:
    (found,) = judge(desk).compare(TARGET, [(NEAR, FAR)])
    orders = [tuple(int(picture[144, 192, 0]) for picture in shown(request)[1:3]) for request in desk.asked]
    assert len(orders) == 2 and orders[0] == orders[1][::-1] and orders[0][0] != orders[0][1]
    assert found.answers == ("a", "b")
    assert (found.verdict, found.agreed) == ("tie", False)
    assert reliability([found]).position_bias == 1.0


def test_equal_pictures_are_a_tie_that_costs_nothing(desk: Desk) -> None:
    assert judge(desk).compare(TARGET, [(NEAR, NEAR.copy())])[0].verdict == "tie"
    assert desk.asked == []


def test_the_pictures_shown_have_one_size_and_the_target_is_as_sharp_as_the_render(desk: Desk) -> None:
    large = np.kron(disc(), np.ones((8, 8, 1), np.uint8))
    stripes = large.copy()
    stripes[::2, :, :3] = 0
    judge(desk).compare(Target.from_array(stripes), [(NEAR, FAR)])
    pictures = shown(desk.asked[0])
    assert {picture.shape for picture in pictures[:3]} == {(288, 384, 3)}
    assert np.abs(np.diff(pictures[0], axis=0)).max() < 60, "stripes that no 40 px render could have"


def test_an_unreadable_reply_is_told_and_asked_for_once_more(desk: Desk) -> None:
    desk.model = lambda r: "verdict: TIE" if len(r["messages"]) > 2 else "The second one, I think."
    (found,) = judge(desk).compare(TARGET, [(NEAR, FAR)])
    assert found.verdict == "tie" and found.agreed
    assert len(desk.asked) == 4
    assert "The second one, I think." in found.complaints[0]
    again = next(request["messages"] for request in desk.asked if len(request["messages"]) > 2)
    assert again[2]["content"] == "The second one, I think."
    assert "verdict: FIRST" in again[3]["content"]


def test_two_unreadable_replies_are_no_verdict_and_a_warning(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.model = lambda r: ""
    (found,) = judge(desk).compare(TARGET, [(NEAR, FAR)])
    assert found.verdict is None and found.agreed is None
    assert len(desk.asked) == 4
    assert "no verdict" in caplog.text
    assert judge(desk).grade(TARGET, [NEAR]) == [None]


def test_a_server_that_is_busy_is_asked_again_and_one_that_is_not_there_is_told(desk: Desk) -> None:
    states: list[str | int] = [503, "verdict: TIE", "verdict: TIE"]
    desk.model = lambda r: states.pop(0)
    replies = MemoryReplies()
    assert judge(desk, replies=replies, at_once=1).compare(TARGET, [(NEAR, FAR)])[0].verdict == "tie"
    assert [bool(call.error) for call in replies.calls] == [True, False, False]
    assert sum(call.tokens_in for call in replies.calls) == 200
    with pytest.raises(SeigError, match="no connection"):
        Judge("openai/desk", "http://127.0.0.1:9/v1", retries=0).compare(TARGET, [(NEAR, FAR)])


def test_a_run_replays_from_the_journal_without_the_model(desk: Desk, tmp_path: Path) -> None:
    desk.model = lambda r: looks(r) if "FIRST" in str(r["messages"]) else MARKS
    spent: list[Any] = []
    journal = Journal(tmp_path / "journal.jsonl")
    first = judge(desk, replies=JournalReplies(journal, spent.append))
    wanted = first.compare(TARGET, [(NEAR, FAR)]), first.grade(TARGET, [NEAR, FAR])
    journal.close()
    assert len(spent) == len(desk.asked) == 4
    desk.model = lambda r: 500
    again = judge(desk, replies=JournalReplies(Journal(tmp_path / "journal.jsonl"), spent.append))
    assert (again.compare(TARGET, [(NEAR, FAR)]), again.grade(TARGET, [NEAR, FAR])) == wanted
    assert len(spent) == len(desk.asked) == 4
    calls = list(Journal(tmp_path / "journal.jsonl").events("model_call"))
    assert sum(event["tokens_out"] for event in calls) == 80


def test_another_model_or_size_or_picture_is_another_question(desk: Desk) -> None:
    replies = MemoryReplies()
    for more in ({}, {"image_side": 256}, {"seed": 1}):
        judge(desk, replies=replies, **more).grade(TARGET, [NEAR])
    Judge("openai/other", desk.url, replies=replies).grade(TARGET, [NEAR])
    judge(desk, replies=replies).grade(TARGET, [FAR])
    judge(desk, replies=replies).grade(Target.from_array(FAR), [NEAR])
    assert len(desk.asked) == 6 * 2, "each is asked twice, since no reply here is a grade"
    judge(desk, replies=replies).grade(TARGET, [NEAR])
    assert len(desk.asked) == 6 * 2


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        ("verdict: FIRST", "first"),
        ("**Verdict:** SECOND", "second"),
        ("- **verdict: tie**", "tie"),
        ("geometry: SECOND - x\nVERDICT = first.", "first"),
        ("verdict: FIRST - nearer than SECOND", "first"),
        ("Final verdict: draw", "tie"),
        ("<think>verdict: SECOND</think>\nverdict: FIRST", "first"),
        ("verdict: FIRST\nOn second thoughts:\nverdict: SECOND", "second"),
        ('```json\n{"geometry": "TIE", "verdict": "SECOND"}\n```', "second"),
        ("verdict: the second render\r\n", "second"),
    ],
)
def test_choices_are_read_whatever_they_are_dressed_in(reply: str, place: str) -> None:
    assert read_place(reply)[0] == place


@pytest.mark.parametrize(
    "reply",
    ["", "<think>verdict: FIRST</think>", "first", "verdict: FIRST or SECOND or TIE", "verdict: both", "verdict:"],
)
def test_what_is_no_choice_is_not_read_as_one(reply: str) -> None:
    with pytest.raises(Unreadable):
        read_place(reply)


@pytest.mark.parametrize(
    "reply",
    [
        MARKS,
        MARKS.upper(),
        "* **geometry**: 8\n* **materials**: 6.5\n* **composition**: 9\n* **lighting**: 2",
        '{"geometry": 8, "materials": {"score": 6.5, "why": "dark"}, "composition": "9/10", "lighting": 2.0}',
    ],
)
def test_marks_are_read_whatever_they_are_dressed_in(reply: str) -> None:
    grade = read_grade(reply)
    assert dict(grade.marks) == {"geometry": 8, "materials": 6.5, "composition": 9, "lighting": 2}
    assert grade.value == pytest.approx(0.6375)


@pytest.mark.parametrize("bad", ["11", "-3", "80/100", "0-10", "0..10", "NUMBER", "nan", ""])
def test_marks_outside_their_range_are_not_read(bad: str) -> None:
    with pytest.raises(Unreadable, match="lighting"):
        read_grade(MARKS.replace("lighting: 2", f"lighting: {bad}"))


@given(st.text(max_size=200))
def test_no_reply_makes_the_readers_fail_otherwise(text: str) -> None:
    for read in (read_place, read_grade):
        for reply in (text, f"verdict: {text}", "{" + text + "}"):
            with contextlib.suppress(Unreadable):
                read(reply)


def test_metrics_may_veto_a_choice() -> None:
    class Scorer:
        def overall(self, metrics: Any) -> Score:
            return Score(metrics["x"])

    objections = by_score(Scorer(), 0.2)  # type: ignore[arg-type]
    chose_a = Comparison(("a", "a"))
    assert vetoed(chose_a, {"x": 0.5}, {"x": 0.65}, objections).verdict == "a"
    overruled = vetoed(chose_a, {"x": 0.5}, {"x": 0.75}, objections)
    assert overruled.verdict == "tie" and overruled.choice == "a"
    assert "0.500" in overruled.vetoes[0] and "0.750" in overruled.vetoes[0]
    assert vetoed(Comparison(("b", "b")), {"x": 0.5}, {"x": 0.75}, objections).verdict == "b"
    assert vetoed(Comparison((None, "b")), {"x": 0.9}, {"x": 0.1}, objections).verdict is None
    with pytest.raises(UsageError, match="margin"):
        by_score(Scorer(), 0)  # type: ignore[arg-type]


@given(st.permutations(range(11)).map(tuple), st.integers(1, 11), st.integers(0, 2**31))
def test_the_best_wins_the_tournament_in_few_games(strength: tuple[int, ...], count: int, seed: int) -> None:
    values = strength[:count]

    def play(pairs: Any) -> list[Any]:
        return ["a" if values[a] > values[b] else "b" for a, b in pairs]

    ranking = rank(count, play, np.random.default_rng(seed))
    assert ranking.order[0] == int(np.argmax(values))
    assert sorted(ranking.order) == list(range(count))
    assert len(ranking.games) <= count / 2 * np.ceil(np.log2(count)) if count > 1 else not ranking.games
    assert len({frozenset((game.a, game.b)) for game in ranking.games}) == len(ranking.games), "met twice"
    assert ranking == rank(count, play, np.random.default_rng(seed))


def test_equal_points_are_ordered_by_the_prior_and_no_verdict_counts_as_a_tie() -> None:
    ranking = rank(4, lambda pairs: [None] * len(pairs), np.random.default_rng(0), prior=[0.1, 0.9, 0.3, 0.5])
    assert ranking.order == (1, 3, 2, 0)
    assert ranking.points == (1.0, 1.0, 1.0, 1.0)
    with pytest.raises(UsageError, match="prior"):
        rank(3, lambda pairs: [], np.random.default_rng(0), prior=[1.0])


class TestJudgeEvaluator(EvaluatorSuite):
    """The public suite, on a model that gives the same marks to all."""

    @pytest.fixture(autouse=True)
    def _desk(self, desk: Desk) -> None:
        desk.model = lambda request: MARKS
        self.url = desk.url

    def make(self) -> JudgeEvaluator:
        return JudgeEvaluator(model="openai/desk", api_base=self.url, timeout_s=20, image_side=64)


def test_marks_become_metrics_and_none_leaves_them_out(desk: Desk) -> None:
    desk.model = lambda request: MARKS
    evaluator = JudgeEvaluator(model="openai/desk", api_base=desk.url)
    assert evaluator.evaluate([NEAR], TARGET) == [
        {
            "judge": pytest.approx(0.6375),
            "judge_geometry": 0.8,
            "judge_materials": 0.65,
            "judge_composition": 0.9,
            "judge_lighting": 0.2,
        }
    ]
    desk.model = lambda request: "hm"
    assert evaluator.evaluate([FAR], TARGET) == [{}]


def test_without_a_model_it_says_what_is_missing() -> None:
    evaluator = JudgeEvaluator()
    assert set(evaluator.missing) == {metric.name for metric in evaluator.metrics}
    assert "model" in evaluator.missing["judge"]
    assert evaluator.evaluate([NEAR], TARGET) == [{}]
    with pytest.raises(UsageError, match="image_side must be at least 32, got 4"):
        JudgeEvaluator(model="openai/x", image_side=4)


def run_command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    parser = argparse.ArgumentParser()
    judge_command.add_arguments(parser)
    code = judge_command.execute(parser.parse_args([*words, "--json"]))
    return code, json.loads(capsys.readouterr().out)


def test_the_command_ranks_vetoes_and_replays(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk.model = looks
    pictures = {"target": disc(), "near": NEAR, "far": FAR, "mid": disc(150, 16)}
    for name, picture in pictures.items():
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    target, near, far, mid = (str(tmp_path / f"{name}.png") for name in pictures)
    model = ("--vlm", "openai/desk", "--vlm-base", desk.url, "--replies", str(tmp_path / "replies.jsonl"))
    code, found = run_command(capsys, target, far, near, mid, *model)
    assert code == 0
    assert found["order"][0] == near
    assert found["reliability"]["agreement"] == 1.0
    assert found["spend"]["model_calls"] == 2 * len(found["comparisons"]) == len(desk.asked)
    assert found["spend"]["usd"] is None, "an unknown price is not a price of 0"
    desk.model = lambda request: 500
    code, again = run_command(capsys, target, far, near, mid, *model)
    assert again["order"] == found["order"] and again["spend"]["model_calls"] == 0

    # A model that is wrong both times, which the metrics see.
    desk.model = lambda request: {"FIRST": "verdict: SECOND", "SECOND": "verdict: FIRST"}[looks(request).split()[-1]]
    fresh = ("--vlm", "openai/desk", "--vlm-base", desk.url)
    wrong = run_command(capsys, target, far, near, *fresh)[1]["comparisons"][0]
    held = run_command(capsys, target, far, near, *fresh, "--veto", "0.1")[1]["comparisons"][0]
    assert (wrong["verdict"], held["verdict"], held["agreed"]) == ("a", "tie", True)
    assert held["vetoes"]
    desk.model = lambda request: "?"
    code, silent = run_command(capsys, target, far, near, *fresh)
    assert code == 1 and silent["comparisons"][0]["verdict"] is None
    with pytest.raises(UsageError, match="two renders"):
        run_command(capsys, target, far, *fresh)
