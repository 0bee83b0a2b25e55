"""A staged run: scaffold, geometry, materials, composition, lighting, and the result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seig_search.candidate import Status, Strategy
from seig_search.config import Settings
from seig_search.errors import SeigError, UsageError
from seig_search.fidelity import Fidelity
from seig_search.metrics import Scorer, since
from seig_search.render import RenderJob
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal
from seig_search.search.budget import Budget
from seig_search.search.candidates import Candidate
from seig_search.search.expansion import Expander
from seig_search.search.progress import Progress
from seig_search.search.renders import Measured, PaidRenders
from seig_search.search.stage_search import Samples, StageResult, search_stage
from seig_search.search.tuning_step import Border, tune_candidate
from seig_search.stages import STAGES, Stage
from seig_search.tuning import Noise, Tuner

__all__ = ["Finished", "StageReport", "StagedRun", "active_stages", "check_budget"]

MIN_TRIALS = 12
"""Fewer trials than this are no tuning; a candidate's part is not split below it."""


def active_stages(settings: Settings) -> list[Stage]:
    """Give the stages that have a share of the budget, in order."""
    return [stage for stage in STAGES if settings.stage(stage).share > 0]


def check_budget(settings: Settings, has_start: bool) -> None:
    """Refuse a budget that cannot carry a run to its end.

    Args:
        settings: The run's settings.
        has_start: Whether a start program takes the place of the scaffold.

    Raises:
        UsageError: It is too small; names the least.
    """
    stages = active_stages(settings)
    if Stage.SCAFFOLD not in stages and not has_start:
        raise UsageError("the scaffold stage has no share, so there is nothing to start from; give --start PROGRAM")
    least = 1 + sum(1 + _guards(settings, stage) for stage in stages)
    if settings.budget.renders < least:
        raise UsageError(
            f"a budget of {settings.budget.renders} renders is too small to do anything: {len(stages)} stages need "
            f"at least {least} (one candidate and its guards each, and the final render). Raise --max-renders, or "
            "leave stages out with --set stages.NAME.share=0."
        )


def _guards(settings: Settings, stage: Stage) -> int:
    """Count the renders at a stage's border: the root, those who want to cross, each tuned one twice, one for the noise."""
    mine = settings.stage(stage)
    return 2 + (settings.search.noise_sigmas > 0) + mine.carry + (2 * mine.carry if mine.tuning > 0 else 0)


@dataclass(frozen=True, slots=True)
class StageReport:
    """One row of the summary.

    Args:
        stage: The stage.
        candidate: Id of the best candidate at its end.
        metrics: That candidate's metrics at guard fidelity.
        score: Its score under the stage's weights, at guard fidelity.
        overall: Its score under the overall weights, at guard fidelity.
        counts: How many asks ended in which status.
        renders: Renders paid in this stage.
        tuning: What the tuner did, per candidate.
        stop: Why the stage's search ended.
    """

    stage: Stage
    candidate: str
    metrics: Mapping[str, float]
    score: float
    overall: float
    counts: Mapping[str, int]
    renders: int
    tuning: Sequence[Mapping[str, Any]]
    stop: str

    def as_dict(self) -> dict[str, Any]:
        """Give the row as JSON values."""
        return {
            "stage": self.stage.value,
            "candidate": self.candidate,
            "score": self.score,
            "overall": self.overall,
            "metrics": dict(self.metrics),
            "counts": dict(self.counts),
            "renders": self.renders,
            "tuning": [dict(entry) for entry in self.tuning],
            "stop": self.stop,
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a run.

    Args:
        best: The result.
        rows: One report per stage.
        stop: Why the run ended.
        interrupted: Whether the user stopped it, so that it can be resumed.
    """

    best: Candidate
    rows: tuple[StageReport, ...]
    stop: str
    interrupted: bool = False


@dataclass(slots=True)
class StagedRun:
    """Carries candidates through the stages.

    Every decision follows from the settings, the seed and the outcomes in the order of their asks; nothing
    depends on which worker was faster. A resumed run is this same run with its past effects in the journal.

    Args:
        settings: Everything.
        expander: Who carries out asks.
        make_strategy: Makes a fresh strategy for a stage.
        tuner: Who tunes; None for no tuning.
        renders: Who renders and measures.
        budget: Who counts.
        folder: The run folder.
        journal: The journal.
        progress: Who shows it.
        guard: Guard fidelity.
        interrupted: Set to drain and stop.
        noise: What the run has learnt of chance.
    """

    settings: Settings
    expander: Expander
    make_strategy: Callable[[], Strategy]
    tuner: Tuner | None
    renders: PaidRenders
    budget: Budget
    folder: RunFolder
    journal: Journal
    progress: Progress
    guard: Fidelity
    interrupted: threading.Event = field(default_factory=threading.Event)
    noise: Noise | None = None
    seen: Scorer = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing to compare with."""
        self.seen = self.expander.scorer

    @property
    def scorer(self) -> Scorer:
        """Who weighs metrics."""
        return self.expander.scorer

    def _anchor(self, stage: Stage, roots: Sequence[Candidate]) -> None:
        """See every change of a stage from the best candidate that it begins with."""
        if roots:
            root = max(roots, key=lambda candidate: candidate.score(self.scorer, stage))
            self.seen = since(self.scorer, root.measured.metrics)
        else:
            self.seen = self.scorer

    @property
    def border(self) -> Border:
        """Who guards the stage borders."""
        return Border(self.renders, self.scorer, self.guard, self.settings.search.min_gain, self._noise())

    def _noise(self) -> Noise:
        if self.noise is None:
            self.noise = Noise(self.settings.search.noise_sigmas)
        return self.noise

    def search(self, start: Sequence[Candidate]) -> Finished:
        """Go through the stages.

        Args:
            start: Where the first stage after the scaffold begins; empty when the scaffold has to be made.

        Raises:
            SeigError: No candidate rendered at all.
        """
        carried = list(start)
        rows: list[StageReport] = []
        stop = "every stage is done"
        for stage in active_stages(self.settings):
            if stage is Stage.SCAFFOLD and start:
                continue
            if reason := self._halted():
                stop = reason
                break
            self.progress.stage(stage.value)
            carried, row = self._stage(stage, carried)
            rows.append(row)
            if not self.interrupted.is_set():  # a stage cut short is told anew by the resumed run
                self.journal.write("stage_done", stage.value, **row.as_dict())
            self.progress.say(f"{stage.value}: overall {row.overall:.4f}, {row.renders} renders, {row.stop}")
        if not carried:
            raise SeigError(f"the run ended before there was a candidate: {stop}")
        best = max(carried, key=self._overall)
        return Finished(best, tuple(rows), self._halted() or stop, self.interrupted.is_set())

    def _stage(self, stage: Stage, roots: Sequence[Candidate]) -> tuple[list[Candidate], StageReport]:
        self._anchor(stage, roots)
        mine = self.settings.stage(stage)
        before = self.budget.renders_left
        allowance = self._allowance(stage)
        trials = int(allowance * mine.tuning) if self.tuner else 0
        result = self._search(stage, roots, max(1, allowance - trials))
        if not result.ranked:
            raise SeigError(
                f"no candidate of the {stage.value} stage rendered ({result.stop}). "
                + (
                    "Causes: " + " | ".join(result.reasons)
                    if result.reasons
                    else "The proposer had nothing to propose."
                )
            )
        survivors = self._cross(stage, roots, result, mine.carry)
        if trials:  # what the search left over goes to the tuner
            trials = max(trials, allowance - sum(result.counts.values()))
        survivors, tuning = self._tune(stage, survivors, trials)
        best = survivors[0]
        measured = self.border.measure(best.program).result()
        metrics = measured.metrics if measured.status is Status.OK else best.measured.metrics
        return survivors, StageReport(
            stage,
            best.id,
            dict(metrics),
            self.scorer.score(metrics, stage).value,
            self.scorer.overall(metrics).value,
            {status.value: count for status, count in sorted(result.counts.items())},
            before - self.budget.renders_left,
            tuning,
            result.stop,
        )

    def _search(self, stage: Stage, roots: Sequence[Candidate], expansions: int) -> StageResult:
        return search_stage(
            stage,
            roots,
            Samples() if stage is Stage.SCAFFOLD else self.make_strategy(),
            replace(self.expander, scorer=self.seen),
            self.settings.search,
            expansions,
            self._rng(stage, 0),
            self.folder,
            self.journal,
            self.progress,
            self._halted,
        )

    def _cross(self, stage: Stage, roots: Sequence[Candidate], result: StageResult, carry: int) -> list[Candidate]:
        """Let the best cross the border: new candidates only if the guard finds them better than the best root."""
        ranked = sorted(result.ranked, key=lambda c: -c.score(self.seen, stage))
        if not roots:
            return ranked[:carry]
        root = max(roots, key=lambda c: c.score(self.seen, stage))
        roots_by_id = {candidate.id for candidate in roots}
        crossed: list[Candidate] = []
        tried = 0
        for candidate in ranked:
            if len(crossed) >= carry:
                break
            if candidate.id in roots_by_id:
                crossed.append(candidate)
                continue
            if tried > carry:  # the guard's renders are capped like all others
                continue
            tried += 1
            verdict = self.border.judge(root.program, candidate.program, stage)
            self.journal.write(
                "border",
                f"{stage.value}/{candidate.id}",
                accepted=verdict.accepted,
                reasons=list(verdict.reasons),
            )
            if verdict.accepted:
                crossed.append(candidate)
        return crossed or [root]

    def _tune(
        self, stage: Stage, survivors: Sequence[Candidate], trials: int
    ) -> tuple[list[Candidate], list[Mapping[str, Any]]]:
        mine = self.settings.stage(stage)
        if not self.tuner or trials < 1:
            return list(survivors), []
        stages = mine.tune or (stage,)
        heads = max(1, min(len(survivors), trials // MIN_TRIALS))
        parts = [trials // heads + (1 if n < trials % heads else 0) for n in range(heads)]
        tuned = list(survivors)
        told: list[Mapping[str, Any]] = []
        for place, part in enumerate(parts):
            if self._halted():
                break
            outcome = tune_candidate(
                survivors[place],
                stage,
                stages,
                self.tuner,
                self.border,
                self.expander.fidelity,
                part,
                self.settings.search.in_flight,
                self._rng(stage, 2, place),
                self.progress,
                self.folder.studies,
            )
            tuned[place] = outcome.candidate
            told.append(outcome.as_dict())
            self.journal.write("tuned", f"{stage.value}/{survivors[place].id}", **outcome.as_dict())
        tuned.sort(key=lambda c: -c.score(self.seen, stage))
        return tuned, told

    def _allowance(self, stage: Stage) -> int:
        """Give the stage its share of what is left after everybody's guards, at least one render."""
        ahead = active_stages(self.settings)[active_stages(self.settings).index(stage) :]
        reserved = 1 + sum(_guards(self.settings, name) for name in ahead)
        shares = [self.settings.stage(name).share for name in ahead]
        left = self.budget.renders_left - reserved - (len(ahead) - 1)
        return max(1, int(left * shares[0] / sum(shares)))

    def _overall(self, candidate: Candidate) -> float:
        measured = self.border.measure(candidate.program).result()
        return self.scorer.overall(measured.metrics).value if measured.status is Status.OK else -1.0

    def _halted(self) -> str | None:
        return "stopped by the user" if self.interrupted.is_set() else self.budget.exhausted()

    def _rng(self, stage: Stage, *purpose: int) -> np.random.Generator:
        spawn = (STAGES.index(stage), *purpose)
        return np.random.default_rng(np.random.SeedSequence(self.settings.seed, spawn_key=spawn))

    def final(self, best: Candidate, fidelity: Fidelity) -> tuple[str, Measured]:
        """Render the result at final fidelity.

        Returns:
            The finished program's text, with its render settings in it, and its render with facts and .blend.

        Raises:
            SeigError: It rendered small, but not at final fidelity.
        """
        source = best.program.with_fidelity(fidelity).source
        measured = self.renders.submit(RenderJob(source, fidelity, passes=("facts", "blend"))).result()
        if measured.status is not Status.OK:
            raise SeigError(
                f"the best program {best.id} failed at final fidelity {fidelity.width}x{fidelity.height}, {fidelity.samples} "
                f"samples: {measured.reason}. It is in {self.folder.programs}; lower --set fidelity.final.long_side or samples "
                f"in {self.folder.config} and run 'seig resume {self.folder.root}'."
            )
        return source, measured
