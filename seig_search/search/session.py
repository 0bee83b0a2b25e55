"""One sitting of a run, new or resumed: from an image or a folder to the files of the result."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

import seig_search
from seig_search.camera import GivenCamera
from seig_search.candidate import Status
from seig_search.config import Settings
from seig_search.errors import SeigError, UsageError
from seig_search.judge import JournalReplies
from seig_search.models import LiveModels, ModelCall, Models, ReplayedModels, Tape, copy_tape
from seig_search.program import Program
from seig_search.render import RenderJob, RenderPool
from seig_search.runs.atomic import write_bytes, write_json, write_png, write_text
from seig_search.runs.environment import environment
from seig_search.runs.folder import FORMAT, RunFolder
from seig_search.runs.journal import Journal
from seig_search.runs.pictures import comparison
from seig_search.scoring import Measurer, require_all
from seig_search.scoring_actor import RemoteMeasurer
from seig_search.search.allotment import check_budget
from seig_search.search.budget import Budget
from seig_search.search.candidates import Candidate
from seig_search.search.expansion import Expander
from seig_search.search.parts import make_parts, open_pool
from seig_search.search.progress import Progress
from seig_search.search.renders import Measured, PaidRenders
from seig_search.search.reports import Finished
from seig_search.search.reviewing import Previews, Reviewer
from seig_search.search.run import StagedRun
from seig_search.search.stopping import signals
from seig_search.target import Target

__all__ = ["create", "execute", "load_folder"]


def create(
    target: Target,
    settings: Settings,
    root: Path,
    start: Path | None = None,
    camera: GivenCamera | None = None,
    preset: str = "",
    replay: Path | None = None,
) -> RunFolder:
    """Make a run folder that holds all a run needs; ``execute`` then runs it.

    Raises:
        UsageError: The folder is taken, or the start program cannot be read.
    """
    source = None
    if start is not None:
        try:
            source = start.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the program {start}: {error}") from error
        Program.parse(source)
    make_parts(settings)
    check_budget(settings, source is not None)
    if replay is not None and not Tape.is_in(replay):
        raise UsageError(
            f"{replay} holds no recorded calls (calls.jsonl); expected the --out folder of a run with a model"
        )
    folder = RunFolder.create(root)
    write_text(folder.config, settings.to_yaml())
    target.save(folder.target)
    if source is not None:
        write_text(folder.start, source)
    if camera is not None:
        write_json(
            folder.camera,
            {
                "matrix_world": camera.matrix_world,
                "lens_mm": camera.lens_mm,
                "sensor_width_mm": camera.sensor_width_mm,
            },
        )
    if replay is not None:
        copy_tape(replay, folder.replayed)
    journal = Journal(folder.journal)
    journal.write(
        "run",
        format=FORMAT,
        seig_search=seig_search.__version__,
        target=target.name,
        target_digest=target.digest,
        notes=list(target.notes),
        preset=preset,
        seed=settings.seed,
    )
    journal.close()
    return folder


def load_folder(folder: RunFolder) -> tuple[Settings, Target, GivenCamera | None, Program | None]:
    """Read back what ``create`` wrote.

    Raises:
        UsageError: A part is missing or damaged.
    """
    try:
        settings = Settings.model_validate(yaml.safe_load(folder.config.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"{folder.config} cannot be read as settings of this version: {error}") from error
    camera = GivenCamera.load(folder.camera) if folder.camera.exists() else None
    start = Program.parse(folder.start.read_text()) if folder.start.exists() else None
    return settings, Target.load(folder.target), camera, start


def execute(
    folder: RunFolder,
    quiet: bool = False,
    pool: RenderPool | None = None,
    require_sandbox: bool = False,
    models: Models | None = None,
) -> dict[str, Any]:
    """Run what a folder holds, from wherever its journal ends, and write the result.

    Args:
        folder: Made by ``create``.
        quiet: No progress bar.
        pool: A pool to use and leave open; else one is started from the settings.
        models: How models are called; else for real, or from the folder's recording.
        require_sandbox: Whether to refuse a pool without all walls, whatever the run's settings say.

    Returns:
        The summary, as in ``summary.json``.

    Raises:
        SeigError: Anything the user can act on.
    """
    settings, target, camera, start = load_folder(folder)
    parts = make_parts(settings)
    with ExitStack() as stack:
        stack.enter_context(folder.lock())
        journal = Journal(folder.journal)
        stack.callback(journal.close)
        done = journal.find("finished", "run")
        if done is not None and folder.summary.exists():
            return folder.read_summary()
        minutes_before = sum(event["minutes"] for event in journal.events("sitting_end"))
        budget = Budget(settings.budget, minutes_before)
        for event in journal.events("model_call"):
            _recount(budget, event)
        if pool is None:
            demand = {"sandbox": "require"} if require_sandbox else {}
            pool = open_pool(settings.pool.model_copy(update=demand))
            stack.callback(pool.close)
        progress = Progress(budget, quiet)
        stack.callback(progress.close)
        stop = threading.Event()
        stack.enter_context(signals(stop, progress.say))
        env = environment() | {
            "blender": getattr(pool, "blender_version", ""),
            "sandbox": dict(getattr(pool, "sandbox", {})),
        }
        write_json(folder.env, env)
        journal.write("sitting", env=env)
        measurer = _measurer(settings, parts.measurer, journal, budget, stack)
        renders = PaidRenders(pool, measurer, target, folder, journal, budget, progress.render_done)
        stack.callback(renders.close)
        size = (target.width, target.height, settings.seed)
        models = models or _models(settings, folder, journal, budget, stack)
        previews = Previews(renders, settings.fidelity.preview.fidelity(*size))
        reviewer = None
        if parts.verifier is not None:
            reviewer = Reviewer(parts.verifier, models, previews, parts.scorer, journal)
        expander = Expander(
            parts.proposer,
            parts.scorer,
            renders,
            target,
            settings.fidelity.search.fidelity(*size),
            journal,
            settings.seed,
            camera,
            models,
            previews,
            reviewer,
            settings.search.repairs,
        )
        run = StagedRun(
            settings,
            expander,
            parts.make_strategy,
            parts.tuner if any(s.tuning > 0 for s in settings.stages.values()) else None,
            renders,
            budget,
            folder,
            journal,
            progress,
            settings.fidelity.guard.fidelity(*size),
            stop,
        )
        began = budget.minutes
        try:
            finished = run.search(_start_candidates(start, expander))
            if finished.interrupted:
                return _pause(run, finished, journal)
            progress.stage("final")
            fidelity = settings.fidelity.final.fidelity(*size)
            source, measured = run.final(finished.best, fidelity)
            write_text(folder.best / "program.py", source)
            write_bytes(folder.best / "scene.blend", measured.blend.read_bytes())
            summary = _summary(run, finished, measured.metrics, target) | {"final_fidelity": fidelity.as_dict()}
            _pictures(folder, target, measured)
            write_json(folder.summary, summary)
            journal.write("finished", "run", stop=finished.stop)
            return summary
        finally:
            journal.write("sitting_end", minutes=round(budget.minutes - began, 4))


def _measurer(
    settings: Settings, here: Measurer, journal: Journal, budget: Budget, stack: ExitStack
) -> Measurer | RemoteMeasurer:
    """Give who measures: the driver, or a process of its own. A judge keeps its replies in the journal."""
    scoring = settings.scoring
    keepers = [evaluator for evaluator in here.evaluators if hasattr(evaluator, "keep_replies")]
    for evaluator in keepers:
        evaluator.keep_replies(JournalReplies(journal, budget.count_call))
    if scoring.process == "driver":
        return here
    if keepers:
        raise UsageError(
            "scoring.process is 'own', but a judge keeps its replies in the run's journal, so it measures in the driver; "
            "leave it at 'driver', or the judge out of scoring.evaluators"
        )
    # A Ray of our own promises all its CPUs to the render workers.
    cpus = 0.0 if settings.pool.ray == "local" else float(scoring.threads)
    parts = [(part.name, part.settings) for part in scoring.evaluators]
    remote = RemoteMeasurer(parts, threads=scoring.threads, cpus=cpus, gpus=scoring.gpus)
    stack.callback(remote.close)
    require_all(remote)
    return remote


def _models(
    settings: Settings, folder: RunFolder, journal: Journal, budget: Budget, stack: ExitStack
) -> LiveModels | ReplayedModels:
    """Give how models are called: for real, or from a recording; either way the run keeps its own."""

    def record(key: str, call: ModelCall) -> None:
        journal.write("model_call", ask=key, **asdict(call))

    tape = Tape(folder.calls)
    stack.callback(tape.close)
    models: LiveModels | ReplayedModels
    if Tape.is_in(folder.replayed):
        where = (folder.replayed / "source.txt").read_text().strip()
        models = ReplayedModels(Tape(folder.replayed), budget, tape, where, record, settings.models.replay == "strict")
    else:
        models = LiveModels(budget, tape, settings.models.in_flight, record)
    stack.callback(models.close)
    return models


def _recount(budget: Budget, event: dict[str, Any]) -> None:
    names = ("model", "tokens_in", "tokens_out", "usd", "seconds", "error", "role")
    budget.count_call(ModelCall(**{name: event[name] for name in names if name in event}))


def _start_candidates(start: Program | None, expander: Expander) -> Sequence[Candidate]:
    if start is None:
        return ()
    job = RenderJob(start.source, expander.fidelity, passes=("facts",))
    measured = expander.renders.submit(job).result()
    if measured.status is not Status.OK:
        raise SeigError(f"the program given with --start does not render: {measured.reason}")
    return (Candidate("start", start, measured),)


def _pictures(folder: RunFolder, target: Target, measured: Measured) -> None:
    pixels = measured.pixels
    write_png(folder.best / "render.png", pixels)
    write_png(folder.comparison, comparison(target, pixels))


def _pause(run: StagedRun, finished: Finished, journal: Journal) -> dict[str, Any]:
    """Save the best so far as it stands, at guard fidelity; the run can go on from its journal."""
    folder, best = run.folder, finished.best
    measured = run.border.measure(best.program).result()
    if measured.status is not Status.OK:
        measured = best.measured
    write_text(folder.best / "program.py", best.program.with_fidelity(run.guard).source)
    _pictures(folder, run.expander.target, measured)
    summary = _summary(run, finished, measured.metrics, run.expander.target)
    summary["final_fidelity"] = run.guard.as_dict()
    summary["best"].pop("scene")
    write_json(folder.summary, summary)
    return summary


def _summary(run: StagedRun, finished: Finished, metrics: Any, target: Target) -> dict[str, Any]:
    folder = run.folder
    return {
        "seig_search": seig_search.__version__,
        "target": {
            "name": _target_name(run.journal),
            "width": target.width,
            "height": target.height,
            "digest": target.digest,
        },
        "seed": run.settings.seed,
        "strategy": run.settings.strategy.name,
        "proposer": run.settings.proposer.name,
        "stop": finished.stop,
        "interrupted": finished.interrupted,
        "stages": [row.as_dict() for row in finished.rows],
        "final": {
            "candidate": finished.best.id,
            "metrics": dict(metrics),
            "overall": run.scorer.overall(metrics).value,
        },
        "spend": run.budget.spend().as_dict(),
        "best": {
            "program": str(folder.best / "program.py"),
            "render": str(folder.best / "render.png"),
            "scene": str(folder.best / "scene.blend"),
        },
        "comparison": str(folder.comparison),
    }


def _target_name(journal: Journal) -> str:
    # The copy in the run folder has lost the name of the user's file.
    return str(next(journal.events("run"))["target"])
