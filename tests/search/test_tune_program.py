"""Tuning on its own: resumable at any point, bounded by what the user names, and clear when it cannot work."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from toy_world import SOURCE, TRUTH, ToyPool, draw

from seig_search.cli.main import main
from seig_search.cli.tune_command import report
from seig_search.config import PlugIn, load_settings
from seig_search.errors import SeigError, UsageError
from seig_search.fidelity import Fidelity
from seig_search.program import Program
from seig_search.render import ProgramError, RenderResult
from seig_search.runs import Journal
from seig_search.runs.folder import RunFolder
from seig_search.search.tune_program import execute_tuning
from seig_search.search.tuning_folder import Choice, create_tuning
from seig_search.target import Target
from seig_search.tuning.cheap_fidelity import cheap_fidelity

START = SOURCE.format(radius=0.2, red=0.5, x=0.4)
SETS = (
    "fidelity.search={long_side: 48, samples: 1}",
    "fidelity.guard={long_side: 64, samples: 1}",
    "scoring.evaluators=[pixel, structure, colour]",
)


@pytest.fixture(scope="module")
def target():
    return Target.from_array(draw(Program.parse(TRUTH), 96, 72), name="disc")


def settings(*sets, tuner="auto", renders=44, **of_tuner):
    pairs = [*SETS, f"budget.renders={renders}", *sets]
    return load_settings("draft", pairs, {}, {"tuner": PlugIn(name=tuner, settings=of_tuner)})


def tune(folder, pool=None, **kind):
    toy = pool or ToyPool(**kind)
    try:
        return execute_tuning(folder, quiet=True, pool=toy), toy
    finally:
        toy.close()


class PickyPool(ToyPool):
    """Breaks where the program's values make a function true."""

    def __init__(self, breaks, **more):
        self._breaks = breaks
        super().__init__(**more)

    def _answer(self, job, number):
        program = Program.parse(job.source)
        program = program.with_values(job.values) if job.values else program
        if self._breaks({p.key: p.value for p in program.parameters}):
            return RenderResult("broken", error=ProgramError("ValueError", "a disc cannot be like that", 3))
        return super()._answer(job, number)


def outcome(folder, summary):
    kept = {key: value for key, value in summary.items() if key not in ("spend", "best", "comparison")}
    journal = Journal(folder.journal)
    journal.close()
    rendered = sorted(event["key"] for event in journal.events("rendered"))
    return kept, rendered, (folder.best / "program.py").read_text(), (folder.best / "render.png").read_bytes()


@pytest.mark.parametrize("tuner", [{"tuner": "auto"}, {"tuner": "optuna"}, {"tuner": "optuna", "pruning": True}])
def test_resumed_anywhere_it_ends_as_if_it_had_not_been_stopped(target, tmp_path, tuner):
    program, chosen = Program.parse(START), settings(**tuner, renders=36)
    whole = create_tuning(program, target, chosen, tmp_path / "whole")
    expected = outcome(whole, tune(whole)[0])
    for cut in (1, 22):
        folder = create_tuning(program, target, chosen, tmp_path / f"cut{cut}")
        with pytest.raises(KeyboardInterrupt):
            tune(folder, die_after=cut, shuffle=3)
        before = [event["key"] for event in Journal(folder.journal).events("rendered")]
        # The same command with the same --out goes on; so does `seig resume`, which opens the folder.
        assert create_tuning(program, target, chosen, folder.root) == RunFolder.open(folder.root)
        summary, pool = tune(folder, workers=3, shuffle=5)
        assert outcome(folder, summary) == expected
        assert not set(before) & set(pool.rendered)
        assert summary["spend"]["renders"] <= 36


def test_every_look_at_low_fidelity_is_written_down_and_counted_by_its_share(target, tmp_path):
    folder = create_tuning(Program.parse(START), target, settings(tuner="optuna", pruning=True), tmp_path / "run")
    summary, pool = tune(folder)
    assert "cut at low fidelity" in summary["explanation"] and summary["accepted"]
    spend, share = summary["spend"], cheap_fidelity(Fidelity(48, 36, samples=1))[1]
    journal = Journal(folder.journal)
    journal.close()
    assert {event["key"] for event in journal.events("rendered")} == set(pool.rendered)
    assert spend["cheap_renders"] > 0
    whole = len(pool.rendered) - spend["cheap_renders"]
    assert spend["renders"] == -(-(whole + spend["cheap_renders"] * share) // 1) <= 44 < len(pool.rendered)


def test_a_program_that_breaks_only_at_low_fidelity_makes_failed_trials(target, tmp_path):
    class BreaksSmall(ToyPool):
        def _answer(self, job, number):
            if job.fidelity.width < 48:
                return RenderResult("broken", error=ProgramError("ValueError", "too small to see", 3))
            return super()._answer(job, number)

    folder = create_tuning(Program.parse(START), target, settings(tuner="optuna", pruning=True), tmp_path / "run")
    summary, _ = tune(folder, BreaksSmall())
    assert f"{summary['spend']['cheap_renders']} failed" in summary["explanation"]
    assert summary["spend"]["renders"] <= 44


def test_what_is_done_is_not_done_again_and_can_be_shown(target, tmp_path, capsys):
    folder = create_tuning(
        Program.parse(IDLE), target, settings(tuner="local"), tmp_path / "run", Choice(freeze=("X",))
    )
    first, _ = tune(folder)
    again, pool = tune(folder)
    assert again == first
    assert pool.rendered == []
    # `seig resume` and `seig show` know a tuning's folder from a run's.
    assert main(["resume", str(folder.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert main(["show", str(folder.root)]) == 0
    shown = capsys.readouterr().out
    assert first["explanation"] in shown
    assert f"{first['after']['overall']:.4f}" in shown
    assert "without effect on the picture: " + ", ".join(first["without_effect"]) in shown


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"program": START.replace("0.6", "0.7")}, "the program"),
        ({"sets": ("seed=3",)}, "'seed'"),
        ({"sets": ("budget.renders=80",)}, "'budget'"),
        ({"choice": Choice(freeze=("X",))}, "which parameters may move"),
    ],
)
def test_a_folder_of_another_tuning_is_not_gone_on_with(target, tmp_path, change, says):
    create_tuning(Program.parse(START), target, settings(), tmp_path / "run")
    program = Program.parse(change.get("program", START))
    with pytest.raises(UsageError, match=says):
        create_tuning(program, target, settings(*change.get("sets", ())), tmp_path / "run", change.get("choice"))


def test_the_number_of_workers_may_differ_between_sittings(target, tmp_path):
    create_tuning(Program.parse(START), target, settings("pool.workers=1"), tmp_path / "run")
    create_tuning(Program.parse(START), target, settings("pool.workers=2"), tmp_path / "run")


def test_ctrl_c_saves_the_best_so_far_and_can_be_gone_on_from(target, tmp_path):
    whole = create_tuning(Program.parse(START), target, settings(), tmp_path / "whole")
    expected = outcome(whole, tune(whole)[0])

    class Interrupted(ToyPool):
        def _answer(self, job, number):
            if number == 20:
                os.kill(os.getpid(), signal.SIGINT)
            return super()._answer(job, number)

    folder = create_tuning(Program.parse(START), target, settings(), tmp_path / "run")
    summary, _ = tune(folder, Interrupted(workers=1))
    assert summary["interrupted"] and summary["stop"] == "stopped by the user"
    assert report(summary, as_json=True) == 130
    assert (folder.best / "program.py").exists()
    resumed = outcome(folder, tune(folder)[0])
    assert (resumed[0], *resumed[2:]) == (expected[0], *expected[2:])
    # Beside what the whole run rendered, the best so far was put to the guard.
    assert set(expected[1]) <= set(resumed[1])


def test_the_cap_on_minutes_ends_it(target, tmp_path):
    folder = create_tuning(Program.parse(START), target, settings("budget.minutes=1e-7"), tmp_path / "run")
    summary, pool = tune(folder)
    assert "minutes" in summary["stop"] and "minutes" in summary["explanation"]
    assert len(pool.rendered) <= 4
    assert not summary["interrupted"] and not summary["failure"]


def test_only_what_is_named_moves_and_what_is_frozen_stays(target, tmp_path):
    program = Program.parse(START)
    folder = create_tuning(program, target, settings(), tmp_path / "a", Choice(only=("R*", "LIGHT"), freeze=("RGB",)))
    summary, _ = tune(folder)
    assert summary["parameters"] == 2
    assert summary["values"] and summary["values"].keys() <= {"RADIUS", "LIGHT"}


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (Choice(only=("RADUIS",)), "--only RADUIS: .*did you mean 'RADIUS'"),
        (Choice(freeze=("LAMP*",)), r"--freeze LAMP\*: no parameter"),
        (Choice(only=("X", "Y"), freeze=("?",)), "leave no parameter to move"),
    ],
)
def test_a_pattern_that_fits_nothing_is_told(target, tmp_path, choice, says):
    with pytest.raises(UsageError, match=says):
        create_tuning(Program.parse(START), target, settings(), tmp_path / "run", choice)
    assert not (tmp_path / "run").exists()


NARROW = TRUTH.replace("RADIUS = 0.3  # @param 0.05..0.45", "RADIUS = 0.2  # @param 0.15..0.24 m  # kept")


def test_a_range_that_binds_is_widened_in_the_source_when_that_pays(target, tmp_path):
    folder = create_tuning(
        Program.parse(NARROW), target, settings(renders=110), tmp_path / "run", Choice(only=("RADIUS",))
    )
    summary, _ = tune(folder)
    (wider,) = summary["widened"]
    assert (wider["name"], wider["before"]) == ("RADIUS", [0.15, 0.24])
    tuned = Program.parse((folder.best / "program.py").read_text())
    radius = tuned.parameters[0]
    assert 0.24 < radius.value <= radius.high == wider["after"][1]
    assert radius.low == 0.15 and radius.unit == "m" and tuned.lint() == []
    line = tuned.source.splitlines()[1]
    assert line == f"RADIUS = {radius.value}  # @param 0.15..{radius.high:g} m  # kept"
    assert summary["values"] == {"RADIUS": radius.value}
    assert "RADIUS 0.15..0.24 -> " in summary["explanation"]
    assert summary["spend"]["renders"] <= 110


def test_a_range_stays_where_going_beyond_it_breaks_the_program(target, tmp_path, capsys):
    folder = create_tuning(
        Program.parse(NARROW), target, settings(renders=110), tmp_path / "run", Choice(only=("RADIUS",))
    )
    summary, _ = tune(folder, PickyPool(lambda values: values["RADIUS"] > 0.2401))
    assert summary["widened"] == []
    assert "# @param 0.15..0.24 m  # kept" in (folder.best / "program.py").read_text()
    (reached,) = summary["at_bounds"]
    assert (reached["name"], reached["bound"], reached["limit"], reached["declared"]) == ("RADIUS", "high", 0.24, True)
    assert "nothing better was found" in summary["explanation"]
    assert report(summary, as_json=False) == 0
    assert "on its declared high bound: RADIUS = 0.24" in capsys.readouterr().out


IDLE = START.replace("LIGHT = 0.6", "IDLE = 0.5  # @param 0..1\nSTEPS = 4  # @param 1..9\nLIGHT = 0.6")


@pytest.mark.parametrize("tuner", ["auto", "optuna", "local"])
def test_numbers_without_effect_stay_and_are_told(target, tmp_path, tuner):
    # Optuna's samplers look for such numbers if ten renders or more are left for each once the guard's are kept back.
    folder = create_tuning(Program.parse(IDLE), target, settings(tuner=tuner, renders=130), tmp_path / "run")
    summary, _ = tune(folder)
    assert summary["accepted"]
    assert not {"IDLE", "STEPS"} & summary["values"].keys()
    assert set(summary["without_effect"]) <= {"IDLE", "STEPS"}
    assert "STEPS" in summary["without_effect"] or tuner == "auto"
    text = (folder.best / "program.py").read_text()
    assert "IDLE = 0.5 " in text and "STEPS = 4 " in text


def test_a_program_whose_numbers_all_do_nothing_is_left_as_it_is(target, tmp_path):
    folder = create_tuning(
        Program.parse(IDLE), target, settings(tuner="optuna"), tmp_path / "run", Choice(only=("IDLE",))
    )
    summary, pool = tune(folder)
    assert not summary["accepted"] and summary["values"] == {}
    assert summary["without_effect"] == ["IDLE"]
    assert len(pool.rendered) < 10


@pytest.mark.parametrize("tuner", ["auto", "optuna", "residual", "local"])
def test_values_that_break_the_program_are_passed_over(target, tmp_path, tuner):
    folder = create_tuning(Program.parse(START), target, settings(tuner=tuner), tmp_path / "run")
    summary, _ = tune(folder, PickyPool(lambda values: values["RADIUS"] > 0.27 or 0.42 < values["X"] < 0.44))
    assert summary["accepted"] and not summary["failure"]
    assert summary["values"].get("RADIUS", 0.2) <= 0.27
    assert summary["after"]["overall"] > summary["before"]["overall"]


def test_when_all_trials_fail_the_cause_is_told_and_the_exit_code_is_not_0(target, tmp_path, capsys):
    folder = create_tuning(Program.parse(START), target, settings(), tmp_path / "run")
    start = {p.key: p.value for p in Program.parse(START).parameters}
    summary, _ = tune(folder, PickyPool(lambda values: values != start))
    assert (folder.best / "program.py").read_text() == START
    with pytest.raises(SeigError, match=r"all \d+ trials .*a disc cannot be like that.*--freeze") as told:
        report(summary, as_json=True)
    assert told.value.exit_code == 1
    assert json.loads(capsys.readouterr().out) == summary


def test_a_program_that_does_not_render_is_told(target, tmp_path):
    folder = create_tuning(Program.parse(START + "# explode\n"), target, settings(), tmp_path / "run")
    with pytest.raises(SeigError, match=r"does not render: .*boom"):
        tune(folder)


def test_a_metric_without_a_number_makes_a_failed_trial_not_a_failed_tuning(target, tmp_path):
    fussy = "scoring.evaluators=[pixel, structure, colour, 'toy_world:FussyEvaluator']"
    folder = create_tuning(Program.parse(START), target, settings(fussy), tmp_path / "run")
    summary, _ = tune(folder)
    assert summary["accepted"]
    journal = Journal(folder.journal)
    unmeasured = {e["key"] for e in journal.events("rendered")} - {e["key"] for e in journal.events("measured")}
    assert unmeasured, "no trial ran into the metric's hole; the test shows nothing"


def many(count):
    rows = "".join(f"SPARE_{n} = {n / count:.3f}  # @param 0..1\n" for n in range(count))
    return START.replace("LIGHT = 0.6", rows + "LIGHT = 0.6")


@pytest.mark.parametrize("tuner", ["auto", "optuna", "local", "residual"])
def test_one_parameter_and_sixty(target, tmp_path, tuner):
    one = create_tuning(Program.parse(START), target, settings(tuner=tuner), tmp_path / "one", Choice(only=("LIGHT",)))
    summary, _ = tune(one)
    assert summary["accepted"] and summary["values"].keys() == {"LIGHT"}
    sixty = Program.parse(many(55))
    assert len(sixty.parameters) == 60
    # TPE over sixty numbers takes a while per ask.
    renders = 30 if tuner == "optuna" else 90
    folder = create_tuning(sixty, target, settings(tuner=tuner, renders=renders), tmp_path / "sixty")
    summary, pool = tune(folder)
    assert len(pool.rendered) <= renders
    assert np.isfinite(summary["after"]["overall"])
    assert summary["after"]["overall"] >= summary["before"]["overall"]
    if tuner in ("auto", "residual"):
        assert not any(name.startswith("SPARE") for name in summary["values"])
