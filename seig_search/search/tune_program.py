"""Tuning on its own: a program's numbers against a target, outside of a staged run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

import seig_search
from seig_search.candidate import Status
from seig_search.config import Settings
from seig_search.errors import SeigError, UsageError
from seig_search.metrics import Metrics, Score, Scorer, for_tuning, since
from seig_search.program import Parameter, Program
from seig_search.render import RenderJob, RenderPool
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
from seig_search.search.session import load_folder
from seig_search.search.stopping import signals
from seig_search.search.tuning_folder import GUARD_RENDERS, Choice
from seig_search.search.tuning_step import Border, Tuned, tune_candidate
from seig_search.search.widening import OVERHEAD, Widened, widen
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import Noise, Tuner, at_bounds

__all__ = ["execute_tuning"]

WIDENING_SHARE, MOST_WIDENING = 12, 8
"""Of so many renders one is kept back for going beyond ranges, and at most so many; what accepting in part did not need is added."""


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

    def for_tuning(self) -> Scorer:
        return _Overall(for_tuning(self.inner))

    def broken_guards(self, before: Metrics, after: Metrics, stage: Stage) -> list[str]:
        return self.inner.broken_guards(before, after, stage)


def execute_tuning(
    folder: RunFolder, quiet: bool = False, pool: RenderPool | None = None, require_sandbox: bool = False
) -> dict[str, Any]:
    """Tune what a folder holds, from wherever its journal ends, and write the result to ``folder.best``.

    Args:
        folder: Made by ``create_tuning``.
        quiet: No progress bar.
        pool: A pool to use and leave open; else one is started from the settings.
        require_sandbox: Whether to refuse a pool without all walls, whatever the settings say.

    Returns:
        The summary, as in ``summary.json``. Where every trial failed, ``failure`` in it says so.

    Raises:
        SeigError: The program does not render, or anything else that the user can act on.
    """
    settings, target, _, program = load_folder(folder)
    if program is None:
        raise UsageError(f"{folder.start} is missing; tune the program anew with another --out")
    parts = make_parts(settings)
    with ExitStack() as stack:
        stack.enter_context(folder.lock())
        journal = Journal(folder.journal)
        stack.callback(journal.close)
        if journal.find("finished", "tune") is not None and folder.summary.exists():
            return folder.read_summary()
        choice = Choice.from_dict(next(iter(journal.events("tune")))["choice"])
        budget = Budget(settings.budget, sum(event["minutes"] for event in journal.events("sitting_end")))
        if pool is None:
            demand = {"sandbox": "require"} if require_sandbox else {}
            pool = open_pool(settings.pool.model_copy(update=demand))
            stack.callback(pool.close)
        progress = Progress(budget, quiet)
        stack.callback(progress.close)
        progress.stage("tune")
        stop = threading.Event()
        stack.enter_context(signals(stop, progress.say))
        env = environment() | {
            "blender": getattr(pool, "blender_version", ""),
            "sandbox": dict(getattr(pool, "sandbox", {})),
        }
        write_json(folder.env, env)
        journal.write("sitting", env=env)
        renders = PaidRenders(pool, parts.measurer, target, folder, journal, budget, progress.render_done)
        stack.callback(renders.close)
        scorer: Scorer = parts.scorer if choice.stage else _Overall(parts.scorer)
        began = budget.minutes
        try:
            tuning = _Tuning(settings, choice, parts.tuner, scorer, renders, budget, folder, progress, stop, target)
            summary = tuning.run(program)
            write_json(folder.summary, summary)
            if not summary["interrupted"]:
                journal.write(
                    "tuned", "tune", **{k: summary[k] for k in ("accepted", "explanation", "values", "widened")}
                )
                journal.write("finished", "tune", stop=summary["stop"])
            return summary
        finally:
            journal.write("sitting_end", minutes=round(budget.minutes - began, 4))


@dataclass(slots=True)
class _Tuning:
    """One sitting of a tuning."""

    settings: Settings
    choice: Choice
    tuner: Tuner
    scorer: Scorer
    renders: PaidRenders
    budget: Budget
    folder: RunFolder
    progress: Progress
    stop: threading.Event
    target: Target

    def _halted(self) -> str | None:
        if self.stop.is_set():
            return "stopped by the user"
        caps, spent = self.budget.caps, self.budget.minutes
        over = caps.minutes is not None and spent >= caps.minutes
        return f"budget: {spent:.3g} of {caps.minutes:g} minutes" if over else None

    def run(self, program: Program) -> dict[str, Any]:
        """Tune, put the result to the guard, go beyond ranges where that pays, and write the result."""
        size = (self.target.width, self.target.height, self.settings.seed)
        search = self.settings.fidelity.search.fidelity(*size)
        guard = self.settings.fidelity.guard.fidelity(*size)
        measured = self.renders.submit(RenderJob(program.source, search, passes=("facts",))).result()
        if measured.status is not Status.OK:
            raise SeigError(f"the program does not render: {measured.reason}")
        search_settings = self.settings.search
        border = Border(self.renders, self.scorer, guard, search_settings.min_gain, Noise(search_settings.noise_sigmas))
        parameters = self.choice.parameters(program)
        rng = np.random.default_rng(np.random.SeedSequence(self.settings.seed))

        def tune(candidate: Candidate, keys: frozenset[str], renders: int) -> Tuned:
            return tune_candidate(
                candidate,
                self.choice.stage or Stage.JOINT,
                self.choice.stages,
                self.tuner,
                border,
                search,
                renders,
                search_settings.in_flight,
                rng,
                self.progress,
                self.folder.studies,
                keys,
                self._halted,
            )

        trials = self.settings.budget.renders - GUARD_RENDERS
        kept = min(MOST_WIDENING, trials // WIDENING_SHARE)
        tuned = tune(Candidate("start", program, measured), frozenset(p.key for p in parameters), trials - kept)
        beyond = Widened(tuned.candidate)
        if not self._halted():
            movable = _living(self.choice.parameters(tuned.candidate.program), tuned.without_effect)
            # The result at guard fidelity, and the start if nothing was judged, are still to be paid.
            left = self.budget.renders_left - 2
            beyond = widen(tuned.candidate, movable, border, search, min(left, MOST_WIDENING + OVERHEAD), tune)
        return self._summary(program, parameters, tuned, beyond, border)

    def _summary(
        self, program: Program, parameters: Sequence[Parameter], tuned: Tuned, beyond: Widened, border: Border
    ) -> dict[str, Any]:
        folder, best = self.folder, beyond.candidate.program
        before, after = border.measure(program).result(), border.measure(best).result()
        if before.status is not Status.OK or after.status is not Status.OK:
            lost = before if before.status is not Status.OK else after
            raise SeigError(f"the program renders small, but failed at guard fidelity: {lost.reason}")
        write_text(folder.best / "program.py", best.source)
        write_png(folder.best / "render.png", after.pixels)
        write_png(folder.comparison, comparison(self.target, after.pixels))
        living = _living(self.choice.parameters(best), tuned.without_effect)
        # What was found has a guessed range about the value that it began with.
        guessed = [p for p in parameters if not p.declared and p.key not in tuned.without_effect]
        reached = [
            *at_bounds([p for p in living if p.declared], {}),
            *at_bounds(guessed, tuned.values if tuned.accepted else {}),
        ]
        values = {**(tuned.values if tuned.accepted else {}), **beyond.values}
        accepted = tuned.accepted or bool(beyond.values)
        failed = sum(count for _, count in tuned.failures)
        failure = ""
        if failed and not tuned.rendered and not accepted:
            reason, count = tuned.failures[0]
            failure = (
                f"the program renders as it is, but all {failed} trials with other values failed; the commonest cause ({count} of "
                f"them): {reason}. Freeze what breaks it (--freeze NAME), or give it a narrower range (# @param LOW..HIGH)."
            )
        return {
            "seig_search": seig_search.__version__,
            "tuner": self.settings.tuner.name,
            "seed": self.settings.seed,
            "accepted": accepted,
            "explanation": "; ".join(filter(None, (tuned.explanation, beyond.explanation))),
            "failure": failure,
            "stop": self._halted() or "done",
            "interrupted": self.stop.is_set(),
            "parameters": len(parameters),
            "values": {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()},
            "widened": [one.as_dict() for one in beyond.ranges],
            "at_bounds": [one.as_dict() for one in reached],
            "without_effect": sorted(p.name for p in parameters if p.key in tuned.without_effect),
            "before": {"metrics": dict(before.metrics), "overall": self.scorer.overall(before.metrics).value},
            "after": {"metrics": dict(after.metrics), "overall": self.scorer.overall(after.metrics).value},
            "spend": self.budget.spend().as_dict(),
            "best": {"program": str(folder.best / "program.py"), "render": str(folder.best / "render.png")},
            "comparison": str(folder.comparison),
        }


def _living(parameters: Sequence[Parameter], dead: frozenset[str]) -> list[Parameter]:
    return [p for p in parameters if p.key not in dead]
