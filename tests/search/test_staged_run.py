"""The staged run: reproducible whatever the workers do, resumable at any point, honest about how it ended."""

import json
import shutil
from collections import Counter

import pytest
from toy_world import TRUTH, ToyPool, ToyProposer, draw

from seig_search.config import load_settings
from seig_search.errors import SeigError, UsageError
from seig_search.program import Program
from seig_search.render import RenderResult
from seig_search.runs import Journal, RunFolder
from seig_search.search.session import create, execute
from seig_search.target import Target

SETS = (
    "proposer={name: 'toy_world:ToyProposer'}",
    "fidelity.search={long_side: 48, samples: 1}",
    "fidelity.guard={long_side: 64, samples: 1}",
    "fidelity.final={long_side: 96, samples: 1}",
)


@pytest.fixture(scope="module")
def target():
    return Target.from_array(draw(Program.parse(TRUTH), 96, 72), name="disc")


def start(target, root, *sets, **more):
    return create(target, load_settings("draft", [*SETS, "budget.renders=160", *sets]), root, **more)


def run(folder, **pool):
    toy = ToyPool(**pool)
    try:
        return execute(folder, quiet=True, pool=toy), toy
    finally:
        toy.close()


def result(folder, summary):
    told = {e["key"]: (e["status"], e["score"]) for e in Journal(folder.journal).events("told")}
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in summary["stages"]]
    return folder.best.joinpath("program.py").read_text(), summary["final"], rows, told


def test_a_run_finds_something_close_and_writes_everything(target, tmp_path):
    folder = start(target, tmp_path / "run")
    summary, _ = run(folder)
    assert [row["stage"] for row in summary["stages"]] == [
        "scaffold",
        "geometry",
        "materials",
        "composition",
        "lighting",
    ]
    assert summary["stages"][-1]["overall"] > summary["stages"][0]["overall"]
    assert summary["spend"]["renders"] <= 160
    for path in (folder.best / "program.py", folder.best / "render.png", folder.best / "scene.blend"):
        assert path.is_file()
    assert folder.comparison.is_file() and folder.env.is_file()
    assert json.loads(folder.summary.read_text()) == summary
    assert summary["target"]["name"] == "disc"


def test_equal_seeds_give_equal_runs_whatever_the_workers_do(target, tmp_path):
    results = []
    for number, (workers, shuffle) in enumerate(((1, 0), (4, 1), (3, 2))):
        folder = start(target, tmp_path / str(number))
        summary, _ = run(folder, workers=workers, shuffle=shuffle)
        results.append(result(folder, summary))
    assert results[0] == results[1] == results[2]


def test_another_seed_gives_another_run(target, tmp_path):
    first, second = start(target, tmp_path / "a"), start(target, tmp_path / "b", "seed=1")
    assert result(first, run(first)[0])[0] != result(second, run(second)[0])[0]


@pytest.mark.parametrize("strategy", ["greedy", "best_of_n", "beam"])
def test_every_strategy_runs_through_all_stages(target, tmp_path, strategy):
    folder = start(target, tmp_path / "run", f"strategy={{name: {strategy}}}")
    summary, _ = run(folder)
    assert len(summary["stages"]) == 5 and summary["final"]["overall"] > 0


@pytest.mark.parametrize("cut", [3, 25, 60, 110])
def test_a_killed_run_resumes_to_the_result_it_would_have_had(target, tmp_path, cut):
    whole = start(target, tmp_path / "whole")
    summary, pool = run(whole)

    broken = start(target, tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        run(broken, die_after=cut, shuffle=3)
    paid = {e["key"] for e in Journal(broken.journal).events("rendered")}
    calls = ToyProposer.calls
    again, second = run(broken, workers=1)

    assert not paid & set(second.rendered), "a render was paid twice"
    assert len(paid) + len(second.rendered) == len(pool.rendered)
    assert max(Counter(second.rendered).values(), default=1) == 1
    assert ToyProposer.calls - calls <= sum(row["counts"].get("ok", 0) + 200 for row in again["stages"])
    assert result(broken, again) == result(whole, summary)


def test_a_copy_of_a_cut_journal_is_enough_to_resume(target, tmp_path):
    whole = start(target, tmp_path / "whole")
    summary, _ = run(whole)
    cut = tmp_path / "cut"
    shutil.copytree(whole.root, cut)
    folder = RunFolder(cut)
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    folder.journal.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[len(lines) // 2][:7])
    for path in (folder.summary, folder.comparison, *folder.best.iterdir()):
        path.unlink()
    again, _ = run(RunFolder.open(cut))
    assert result(folder, again) == result(whole, summary)


def test_resuming_a_finished_run_costs_nothing(target, tmp_path):
    folder = start(target, tmp_path / "run")
    summary, _ = run(folder)
    again, pool = run(folder)
    assert again == summary and pool.rendered == []


def test_lost_workers_do_not_change_the_result_and_are_in_the_journal(target, tmp_path):
    calm, rough = start(target, tmp_path / "calm"), start(target, tmp_path / "rough")
    first, _ = run(calm)
    second, _ = run(rough, losses=7)
    assert result(calm, first) == result(rough, second)
    assert any(event["losses"] for event in Journal(rough.journal).events("rendered"))
    assert second["spend"]["lost_workers"] > 0


def test_a_proposer_that_only_fails_stops_the_run_early_and_says_why(target, tmp_path):
    folder = start(target, tmp_path / "run", "proposer={name: 'toy_world:ToyProposer', settings: {faulty: 1}}")
    with pytest.raises(SeigError, match=r"12 candidates in a row failed.*the toy proposer says no"):
        run(folder)


@pytest.mark.parametrize("renders", [1, 5, 15])
def test_a_budget_too_small_for_anything_is_refused_before_rendering(target, tmp_path, renders):
    with pytest.raises(UsageError, match=r"too small to do anything.*at least \d+"):
        start(target, tmp_path / "run", f"budget.renders={renders}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("renders", [45, 77, 300])
def test_the_render_budget_is_a_cap(target, tmp_path, renders):
    folder = start(target, tmp_path / "run", f"budget.renders={renders}")
    summary, pool = run(folder)
    assert len(pool.rendered) == summary["spend"]["renders"] <= renders
    assert len(pool.built) == summary["spend"]["scenes"]


def test_a_start_program_takes_the_place_of_the_scaffold(target, tmp_path):
    program = tmp_path / "start.py"
    program.write_text(TRUTH)
    folder = start(target, tmp_path / "run", start=program)
    summary, _ = run(folder)
    assert summary["stages"][0]["stage"] == "geometry"
    assert summary["final"]["metrics"]["psnr"] > 30
    assert folder.start.read_text() == TRUTH


def test_several_candidates_can_cross_a_border(target, tmp_path):
    folder = start(
        target, tmp_path / "run", "stages.scaffold.carry=3", "stages.scaffold.tuning=0", "strategy={name: beam}"
    )
    run(folder)
    parents = {e["parent"] for e in Journal(folder.journal).events("told") if e["key"].startswith("geometry")}
    assert len({p for p in parents if p.startswith("scaffold")}) > 1


def test_a_minutes_cap_ends_the_run_with_that_reason(target, tmp_path):
    folder = start(target, tmp_path / "run", "budget.minutes=0.0001")
    with pytest.raises(SeigError, match=r"before there was a candidate: budget: .* minutes"):
        run(folder)


def test_a_result_that_was_lost_is_rendered_when_the_run_is_resumed(target, tmp_path):
    class Slow(ToyPool):
        def _answer(self, job, number):
            done = super()._answer(job, number)
            return done if "blend" not in job.passes else RenderResult("lost", error=None, losses=done.losses)

    folder = start(target, tmp_path / "run")
    pool = Slow()
    with pytest.raises(SeigError, match="failed at final fidelity"):
        execute(folder, quiet=True, pool=pool)
    pool.close()
    summary, _ = run(folder)
    assert summary["final"]["overall"] > 0 and (folder.best / "render.png").is_file()
