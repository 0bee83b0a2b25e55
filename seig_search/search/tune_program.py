"""Tuning on its own: a program's numbers against a target, outside of a staged run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

import seig_search
from seig_search.candidate import Status
from seig_search.config import Settings
from seig_search.errors import SeigError, UsageError
from seig_search.metrics import Metrics, Score, Scorer, since
from seig_search.program import Program
from seig_search.render import RenderJob
from seig_search.runs.atomic import write_json, write_png, write_text
from seig_search.runs.environment import environment
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal
from seig_search.runs.pictures import comparison
from seig_search.search.budget import Budget
from seig_search.search.candidates import Candidate
from seig_search.search.parts import make_parts, open_pool
from seig_search.search.progress import Progress
from seig_search.search.renders import PaidRenders
from seig_search.search.tuning_step import Border, tunable, tune_candidate
from seig_search.stages import EDIT_STAGES, Stage
from seig_search.target import Target
from seig_search.tuning import Noise

__all__ = ["tune_program"]

GUARD_RENDERS = 5
"""The start, the start and the result at guard fidelity, and the result at both again."""


@dataclass(frozen=True, slots=True)
class _Overall:
    """A scorer that weighs the whole picture whatever the stage."""

    inner: Scorer

    @property
    def needs(self) -> Sequence[str]:
        return self.inner.needs

    def score(self, metrics: Metrics, stage: Stage) -> Score:
        return self.inner.overall(metrics)

    def overall(self, metrics: Metrics) -> Score:
        return self.inner.overall(metrics)

    def since(self, before: Metrics) -> Scorer:
        return _Overall(since(self.inner, before))

    def broken_guards(self, before: Metrics, after: Metrics, stage: Stage) -> list[str]:
        return self.inner.broken_guards(before, after, stage)


def tune_program(
    program: Program,
    target: Target,
    settings: Settings,
    folder: RunFolder,
    stage: Stage | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Tune a program and write the result to ``folder.best``.

    Args:
        program: What to tune; declared and found parameters alike.
        target: What it should look like.
        settings: Preset; its tuner, fidelities, pool and render budget count.
        folder: A new run folder.
        stage: Only this stage's parameters and weights; the whole program and the overall weights by default.
        quiet: No progress bar.

    Returns:
        The summary, as in ``summary.json``.

    Raises:
        UsageError: The budget is too small, or there is nothing to tune.
        SeigError: The program does not render.
    """
    trials = settings.budget.renders - GUARD_RENDERS
    if trials < 1:
        raise UsageError(
            f"a budget of {settings.budget.renders} renders is too small to tune: {GUARD_RENDERS} go to the start and the "
            f"guard, so at least {GUARD_RENDERS + 1} are needed. Raise --max-renders."
        )
    stages = (stage,) if stage else EDIT_STAGES
    parameters = tunable(program, stages)
    if not parameters:
        where = f" in its {stage.value} stage" if stage else ""
        raise UsageError(f"the program has no number to tune{where}; declare some: NAME = 1.0  # @param 0.5..2.0")
    parts = make_parts(settings)
    scorer: Scorer = parts.scorer if stage else _Overall(parts.scorer)
    with ExitStack() as stack:
        stack.enter_context(folder.lock())
        write_text(folder.config, settings.to_yaml())
        target.save(folder.target)
        write_text(folder.start, program.source)
        journal = Journal(folder.journal)
        stack.callback(journal.close)
        journal.write("tune", target=target.name, target_digest=target.digest, seed=settings.seed)
        budget = Budget(settings.budget)
        pool = open_pool(settings.pool)
        stack.callback(pool.close)
        progress = Progress(budget, quiet)
        stack.callback(progress.close)
        progress.stage("tune")
        env = environment() | {
            "blender": getattr(pool, "blender_version", ""),
            "sandbox": dict(getattr(pool, "sandbox", {})),
        }
        write_json(folder.env, env)
        renders = PaidRenders(pool, parts.measurer, target, folder, journal, budget, progress.render_done)
        stack.callback(renders.close)
        size = (target.width, target.height, settings.seed)
        search, guard = settings.fidelity.search.fidelity(*size), settings.fidelity.guard.fidelity(*size)
        measured = renders.submit(RenderJob(program.source, search, passes=("facts",))).result()
        if measured.status is not Status.OK:
            raise SeigError(f"the program does not render: {measured.reason}")
        border = Border(renders, scorer, guard, settings.search.min_gain, Noise(settings.search.noise_sigmas))
        tuned = tune_candidate(
            Candidate("start", program, measured),
            stage or Stage.JOINT,
            stages,
            parts.tuner,
            border,
            search,
            trials,
            settings.search.in_flight,
            np.random.default_rng(np.random.SeedSequence(settings.seed)),
            progress,
            folder.studies,
        )
        journal.write("tuned", "tune", **tuned.as_dict())
        before, after = border.measure(program).result(), border.measure(tuned.candidate.program).result()
        write_text(folder.best / "program.py", tuned.candidate.program.source)
        write_png(folder.best / "render.png", after.pixels)
        write_png(folder.comparison, comparison(target, after.pixels))
        summary = {
            "seig_search": seig_search.__version__,
            "tuner": settings.tuner.name,
            "seed": settings.seed,
            "accepted": tuned.accepted,
            "explanation": tuned.explanation,
            "parameters": len(parameters),
            "values": tuned.as_dict()["values"] if tuned.accepted else {},
            "before": {"metrics": dict(before.metrics), "overall": scorer.overall(before.metrics).value},
            "after": {"metrics": dict(after.metrics), "overall": scorer.overall(after.metrics).value},
            "spend": budget.spend().as_dict(),
            "best": {"program": str(folder.best / "program.py"), "render": str(folder.best / "render.png")},
            "comparison": str(folder.comparison),
        }
        write_json(folder.summary, summary)
        return summary
