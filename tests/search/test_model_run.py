"""Whole runs with a model: real HTTP through litellm, a toy pool instead of Blender."""

import json
import re
import threading
import zlib

import pytest
from toy_world import SOURCE, TRUTH, ToyPool, draw

from seig_search.config import PlugIn, load_settings
from seig_search.errors import ReplayMismatch, SeigError, UsageError
from seig_search.program import Program
from seig_search.runs import Journal
from seig_search.search.session import create, execute
from seig_search.target import Target

SETS = (
    "fidelity.search={long_side: 48, samples: 1}",
    "fidelity.guard={long_side: 64, samples: 1}",
    "fidelity.preview={long_side: 64, samples: 1}",
    "fidelity.final={long_side: 96, samples: 1}",
    "proposer.settings.backoff_s=0",
    "proposer.settings.timeout_s=20",
    "budget.renders=60",
)
FIRST = SOURCE.format(radius=0.2, red=0.6, x=0.4)
BETTER = {
    "geometry": {"RADIUS": 0.3},
    "materials": {"RGB": [0.9, 0.4, 0.2]},
    "composition": {"X": 0.55, "Y": 0.5},
    "lighting": {"LIGHT": 0.9},
    "joint": {"LIGHT": 0.9},
}


@pytest.fixture(scope="module")
def target():
    return Target.from_array(draw(Program.parse(TRUTH), 96, 72), name="disc")


def text_of(request):
    content = request["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n".join(p["text"] for p in content if p["type"] == "text")


def fenced(value, language="json"):
    body = value if isinstance(value, str) else json.dumps(value)
    return f"Why: nearer to the target\n\n```{language}\n{body}\n```"


class Model:
    """Answers as a sensible model would; keeps who asked what."""

    def __init__(self, **instead):
        self.instead, self.asked, self._lock = instead, [], threading.Lock()

    def __call__(self, request):
        text = text_of(request)
        kind, stage = self._kind(text)
        with self._lock:
            self.asked.append((kind, stage))
        special = self.instead.get(kind)
        if special is not None:
            answer = special(text, stage) if callable(special) and not hasattr(special, "fault") else special
            if answer is not None:
                return answer
        if kind == "inventory":
            return fenced({"things": [{"name": "Disc", "what": "a disc", "box": [20, 10, 80, 60]}]})
        if kind == "cover":
            return fenced({"present": ["Disc"], "missing": []})
        if kind == "scaffold":
            return fenced(FIRST, "python")
        if kind == "review":
            item = {"part": "Disc", "attribute": stage, "now": "1 px", "wanted": "2 px"}
            return fenced({"approved": False, "summary": "not yet", "todo": [item]})
        return fenced(BETTER[stage])

    def count(self, kind):
        return sum(one == kind for one, _ in self.asked)

    @staticmethod
    def _kind(text):
        if "List every separate thing" in text:
            return "inventory", ""
        if "rough first render" in text:
            return "cover", ""
        if "Write the whole first program" in text:
            return "scaffold", "scaffold"
        stage = re.search(r"Active stage: \*\*(\w+)\*\*", text)
        review = "Approve if no difference" in text or "cannot be read" in text
        return ("review" if review else "edit"), stage[1] if stage else ""


def folder_for(target, root, desk, preset="draft", *sets, **more):
    named = {"proposer": PlugIn(name="vlm", settings={"model": "openai/desk", "api_base": desk.url})}
    settings = load_settings(preset, [*SETS, *sets], plugins=named)
    return create(target, settings, root, **more)


def run(folder, **pool):
    toy = ToyPool(**pool)
    try:
        return execute(folder, quiet=True, pool=toy)
    finally:
        toy.close()


def events(folder, kind):
    return list(Journal(folder.journal).events(kind))


def test_a_run_with_a_model_closes_what_the_verifier_finds(desk, target, tmp_path):
    desk.brain = model = Model()
    folder = folder_for(target, tmp_path / "run", desk)
    summary = run(folder)
    assert summary["final"]["overall"] > summary["stages"][0]["overall"]
    assert model.count("inventory") == 1 and model.count("cover") == model.count("scaffold") == 2
    assert all("coverage" not in json.dumps(row["metrics"]) or row["stage"] == "scaffold" for row in summary["stages"])
    edits = [text_of(asked) for asked in desk.asked if Model._kind(text_of(asked))[0] == "edit"]
    first = summary["stages"][0]
    assert first["metrics"]["coverage"] == 1
    assert edits and all("not yet" in text and "Disc, " in text for text in edits)
    assert summary["spend"]["model_calls"] == len(desk.asked)
    assert summary["spend"]["tokens_in"] == 100 * len(desk.asked)
    assert {event["role"] for event in events(folder, "model_call")} == {"proposer", "verifier"}


def test_a_first_program_is_tuned_by_what_was_measured_not_by_what_it_covers(desk, target, tmp_path):
    desk.brain = Model()
    sets = ("budget.renders=300", "stages.scaffold.tune=[composition]", "stages.scaffold.tuning=0.8")
    summary = run(folder_for(target, tmp_path / "run", desk, "draft", *sets))
    assert any("; accepted" in one["explanation"] for one in summary["stages"][0]["tuning"])


def test_a_replayed_run_is_the_same_to_the_pixel(desk, target, tmp_path):
    desk.brain = Model()
    folder = folder_for(target, tmp_path / "run", desk)
    first = run(folder)
    asked = len(desk.asked)
    again = folder_for(target, tmp_path / "again", desk, replay=folder.calls)
    second = run(again, workers=3, shuffle=5)
    assert len(desk.asked) == asked, "a replay asks nobody"
    assert (folder.best / "render.png").read_bytes() == (again.best / "render.png").read_bytes()
    assert (folder.best / "program.py").read_text() == (again.best / "program.py").read_text()
    assert {**first["spend"], "minutes": 0} == {**second["spend"], "minutes": 0}
    third = folder_for(target, tmp_path / "third", desk, replay=again.calls)
    assert run(third)["final"] == first["final"], "a replayed run has a recording of its own"


def test_a_replay_with_another_prompt_says_which_call(desk, target, tmp_path):
    desk.brain = Model()
    folder = folder_for(target, tmp_path / "run", desk)
    run(folder)
    again = folder_for(
        target, tmp_path / "again", desk, "draft", "proposer.settings.sections=[crops]", replay=folder.calls
    )
    with pytest.raises(ReplayMismatch, match=r"the call \w+/\S+ no longer matches the recording"):
        run(again)
    loose = folder_for(
        target,
        tmp_path / "loose",
        desk,
        "draft",
        "proposer.settings.sections=[crops]",
        "models.replay=keys",
        replay=folder.calls,
    )
    assert run(loose)["final"]["overall"] > 0


@pytest.mark.parametrize("after", [3, 9, 30, 50])
def test_a_killed_run_pays_no_reply_twice_and_ends_the_same(desk, target, tmp_path, after):
    desk.brain = Model()
    whole = run(folder_for(target, tmp_path / "whole", desk))
    asked = len(desk.asked)
    broken = folder_for(target, tmp_path / "broken", desk)
    with pytest.raises(KeyboardInterrupt):
        run(broken, die_after=after)
    summary = run(broken)
    assert len(desk.asked) == 2 * asked
    assert summary["final"] == whole["final"]
    assert summary["spend"]["renders"] == whole["spend"]["renders"]


def test_an_approval_ends_the_stage(desk, target, tmp_path):
    desk.brain = model = Model(review=fenced({"approved": True, "todo": [], "summary": "fine"}))
    summary = run(folder_for(target, tmp_path / "run", desk))
    assert model.count("edit") == 0
    assert all("the verifier approves" in row["stop"] for row in summary["stages"][1:])


def test_an_approval_that_the_guards_contradict_is_none(desk, target, tmp_path):
    worse = {"RADIUS": 0.06}

    def review(text, stage):
        item = {"part": "Disc", "attribute": "radius", "now": "2 px", "wanted": "1 px"}
        approved = "RADIUS 0.06" in text
        return fenced({"approved": approved, "todo": [] if approved else [item]})

    desk.brain = Model(review=review, edit=lambda text, stage: fenced(worse) if stage == "geometry" else None)
    folder = folder_for(target, tmp_path / "run", desk, "draft")
    summary = run(folder)
    program = (folder.best / "program.py").read_text()
    assert "RADIUS = 0.06" not in program and summary["final"]["overall"] > 0


def test_a_broken_edit_goes_back_once_with_its_reason(desk, target, tmp_path):
    def edit(text, stage):
        if stage != "geometry" or "came to nothing" in text:
            return None
        return fenced({"RADIUSS": 0.3})

    desk.brain = model = Model(edit=edit)
    folder = folder_for(target, tmp_path / "run", desk)
    run(folder)
    texts = [text_of(asked) for asked in desk.asked]
    back = [text for text in texts if "Your last reply came to nothing" in text]
    assert back and "RADIUSS" in back[0] and "did you mean 'RADIUS'" in back[0]
    told = [event for event in events(folder, "told") if event["key"].startswith("geometry-") and event["repairs"]]
    assert told and all(event["status"] in ("ok", "surplus") for event in told)
    assert model.count("edit") > len(back)


def test_an_earlier_stage_is_entered_again(desk, target, tmp_path):
    def review(text, stage):
        if stage == "materials" and "RADIUS 0.3" not in text:
            return fenced({"approved": False, "todo": [], "fault": "geometry", "summary": "it is too small"})
        return fenced({"approved": True, "todo": []})

    desk.brain = Model(review=review)
    folder = folder_for(target, tmp_path / "run", desk, "draft", "search.reopen=1")
    summary = run(folder)
    visits = [(row["stage"], row["visit"]) for row in summary["stages"]]
    assert visits[1:5] == [("geometry", 1), ("materials", 1), ("geometry", 2), ("materials", 2)]
    assert "sees the cause of what is left in geometry" in summary["stages"][2]["stop"]


def test_presets_of_the_paper_and_of_one_call(desk, target, tmp_path):
    desk.brain = model = Model()
    paper = run(folder_for(target, tmp_path / "paper", desk, "paper"))
    assert [model.count(kind) for kind in ("inventory", "scaffold", "cover")] == [1, 4, 4]
    rounds = {stage: sum(one == ("edit", stage) for one in model.asked) for stage in BETTER}
    assert all(0 < rounds[stage] <= most for stage, most in zip(BETTER, (5, 3, 3, 2), strict=False))
    assert not any(row["tuning"] for row in paper["stages"])
    desk.brain = model = Model()
    shot = run(folder_for(target, tmp_path / "shot", desk, "one_shot"))
    assert model.asked == [("scaffold", "scaffold")] and shot["spend"]["model_calls"] == 1


def test_the_order_and_the_joint_round(desk, target, tmp_path):
    desk.brain = model = Model()
    folder = folder_for(
        target,
        tmp_path / "run",
        desk,
        "balanced",
        "budget.renders=400",
        "search.idle_tuning=8",
        "scoring.evaluators=[pixel, structure, colour, edges, detail, silhouette]",
        "search.compare=0",
    )
    summary = run(folder)
    assert [row["stage"] for row in summary["stages"]] == [
        "scaffold",
        "composition",
        "geometry",
        "lighting",
        "materials",
        "joint",
    ]
    assert ("review", "joint") in model.asked
    assert events(folder, "tuned_beside")
    joint = next(text_of(a) for a in desk.asked if Model._kind(text_of(a)) == ("edit", "joint"))
    assert "SEARCH" not in joint and "- LIGHT" in joint and "- RADIUS" not in joint


def test_runs_with_tuning_beside_are_equal_whatever_the_workers_do(desk, target, tmp_path):
    results = []
    for number, (workers, shuffle) in enumerate(((1, 0), (4, 2))):
        desk.brain = Model()
        folder = folder_for(target, tmp_path / str(number), desk, "draft", "search.idle_tuning=6", "budget.renders=120")
        summary = run(folder, workers=workers, shuffle=shuffle)
        results.append((summary["final"], [row["counts"] for row in summary["stages"]]))
    assert results[0] == results[1]


FAULTS = {
    "malformed": "```python\ndef geometry(:\n```",
    "empty": "",
    "refusal": "I cannot help with that.",
    "wrong stage": fenced("def lighting():\n    pass", "python"),
    "server error": 500,
    "invalid key": 401,
    "not json": lambda to: to.send(200, {"nothing": 1}),
    "content filter": lambda to: to.send(
        400, {"error": {"message": "content management policy", "code": "content_filter"}}
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_model_that_only_fails_ends_the_run_early_with_the_cause(desk, target, tmp_path, fault):
    answer = FAULTS[fault]
    desk.brain = lambda request: answer
    folder = folder_for(
        target,
        tmp_path / "run",
        desk,
        "one_shot",
        "stages.scaffold.rounds=12",
        "search.failures=3",
        "proposer.settings.retries=0",
    )
    with pytest.raises(SeigError, match=r"no candidate of the scaffold stage rendered.*Causes: "):
        run(folder)
    told = events(folder, "told")
    assert 3 <= len(told) <= 3 + 4 and {event["status"] for event in told} == {"rejected"}
    assert len(events(folder, "model_call")) == len(desk.asked) <= 8


@pytest.mark.parametrize("fault", ["malformed", "empty", "refusal", "wrong stage"])
def test_some_bad_replies_do_not_end_a_run(desk, target, tmp_path, fault):
    turns = []

    def edit(text, stage):
        turns.append(stage)
        return FAULTS[fault] if len(turns) % 2 else None

    desk.brain = Model(edit=edit)
    summary = run(folder_for(target, tmp_path / "run", desk))
    assert summary["final"]["overall"] > summary["stages"][0]["overall"]


def test_a_verifier_nobody_can_read_approves_nothing(desk, target, tmp_path, caplog):
    desk.brain = model = Model(review="It looks nice.")
    summary = run(folder_for(target, tmp_path / "run", desk))
    assert model.count("edit") > 0 and not any("approves" in row["stop"] for row in summary["stages"])
    assert "gave no readable reply" in caplog.text


def test_a_first_program_gets_what_it_calls_of_the_kit(desk, target, tmp_path):
    desk.brain = Model(
        scaffold=fenced(
            FIRST.replace("def geometry():\n", "def geometry():\n    kit_paint('Red', (1, 0, 0))\n"), "python"
        )
    )
    folder = folder_for(target, tmp_path / "run", desk)
    run(folder)
    assert "def kit_paint(" in (folder.best / "program.py").read_text()


def test_a_cap_on_calls_ends_the_asking_not_the_tuning(desk, target, tmp_path):
    desk.brain = Model()
    folder = folder_for(target, tmp_path / "run", desk, "draft", "budget.model_calls=7", "budget.renders=120")
    summary = run(folder)
    assert len(desk.asked) == 7 == summary["spend"]["model_calls"]
    assert len(summary["stages"]) == 5
    assert "7 of 7 model calls" in summary["stages"][-1]["stop"] and summary["stages"][-1]["tuning"]


def test_no_key_ends_up_in_the_run_folder(desk, target, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-77aa31")
    desk.brain = Model()
    folder = folder_for(target, tmp_path / "run", desk)
    run(folder)
    assert desk.asked[0]["authorization"] == "Bearer sk-planted-77aa31"
    assert not [p for p in folder.root.rglob("*") if p.is_file() and b"planted" in p.read_bytes()]


def test_a_model_is_needed_where_the_settings_ask_for_one(target, tmp_path):
    with pytest.raises(UsageError, match="name one with --vlm"):
        create(target, load_settings("paper"), tmp_path / "paper")
    with pytest.raises(UsageError, match="give one with --vlm MODEL"):
        create(target, load_settings("one_shot"), tmp_path / "one")


def test_other_views_are_rendered_where_they_are_wanted(desk, target, tmp_path):
    desk.brain = Model()
    sets = ("proposer.settings.sections=[views]", "verifier.settings.sections=[crops]")
    run(folder_for(target, tmp_path / "run", desk, "draft", *sets))
    texts = [(Model._kind(text_of(asked)), text_of(asked)) for asked in desk.asked]
    shown = {("edit", "geometry"), ("edit", "composition")}
    assert all(("from other views" in text) == (kind in shown) for kind, text in texts)
    assert any("from other views" in text for _, text in texts)


def test_views_that_a_model_asked_for_are_paid_for_once(desk, target, tmp_path):
    model = Model()

    def brain(request):
        answered = any(message["role"] == "tool" for message in request["messages"])
        if request.get("tools") and not answered:
            # Another view for every question: one that was rendered before would hide that it was not counted.
            arguments = json.dumps({"azimuth": zlib.crc32(text_of(request).encode()) % 180, "elevation": 10})
            call = {"id": "1", "type": "function", "function": {"name": "view", "arguments": arguments}}
            return {"role": "assistant", "content": "", "tool_calls": [call]}
        if answered:
            request = {**request, "messages": list(request["messages"][:2])}
        return model(request)

    desk.brain = brain
    whole = run(folder_for(target, tmp_path / "whole", desk, "draft", "proposer.settings.looks=1"))
    without = Model()
    desk.brain = without
    plain = run(folder_for(target, tmp_path / "plain", desk))
    assert whole["spend"]["model_calls"] > plain["spend"]["model_calls"]
    desk.brain = brain
    broken = folder_for(target, tmp_path / "broken", desk, "draft", "proposer.settings.looks=1")
    with pytest.raises(KeyboardInterrupt):
        run(broken, die_after=25)
    assert any("turns" in event for event in events(broken, "proposed"))
    summary = run(broken)
    assert summary["final"] == whole["final"]
    assert summary["spend"]["renders"] == whole["spend"]["renders"]
