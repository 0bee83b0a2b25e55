"""A staged run: scaffold, geometry, materials, composition, lighting, and the result."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seig_search.candidate import Status, Strategy
from seig_search.config import Settings
from seig_search.errors import ReplayMismatch, SeigError
from seig_search.fidelity import Fidelity
from seig_search.metrics import Scorer, since
from seig_search.render import RenderJob
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal
from seig_search.search.allotment import active_stages, allowance
from seig_search.search.budget import Budget
from seig_search.search.candidates import Candidate
from seig_search.search.expansion import COVERAGE, Expander
from seig_search.search.progress import Progress
from seig_search.search.renders import Measured, PaidRenders
from seig_search.search.reports import Finished, StageReport
from seig_search.search.stage_search import Samples, StageResult, search_stage
from seig_search.search.tuning_step import Border, Tuned, tune_candidate
from seig_search.search.visit import Visit
from seig_search.stages import Stage
from seig_search.tuning import Noise, Tuner

__all__ = ["StagedRun"]

MIN_TRIALS = 12
"""Fewer trials than this are no tuning; a candidate's part is not split below it."""


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
        ahead = deque(stage for stage in active_stages(self.settings) if not (stage is Stage.SCAFFOLD and start))
        stays: Counter[Stage] = Counter()
        reopened = 0
        while ahead:
            if reason := self._halted():
                stop = reason
                break
            if self.expander.reviewer is not None:
                self.expander.reviewer.earlier = tuple(one for one in stays if one not in (ahead[0], Stage.SCAFFOLD))
            stays[ahead[0]] += 1
            visit = Visit(ahead[0], stays[ahead[0]])
            self.progress.stage(visit.label)
            carried, row, fault = self._stage(visit, tuple(ahead), carried)
            rows.append(row)
            if not self.interrupted.is_set():  # a stage cut short is told anew by the resumed run
                self.journal.write("stage_done", visit.label, **row.as_dict())
            self.progress.say(f"{visit.label}: overall {row.overall:.4f}, {row.renders} renders, {row.stop}")
            if fault is not None and fault in stays and reopened < self.settings.search.reopen:
                reopened += 1
                ahead.appendleft(fault)
                self.progress.say(f"{fault} is entered again: {row.stop}")
            else:
                ahead.popleft()
        if not carried:
            raise SeigError(f"the run ended before there was a candidate: {stop}")
        best = max(carried, key=self._overall)
        return Finished(best, tuple(rows), self._halted() or stop, self.interrupted.is_set())

    def _stage(
        self, visit: Visit, ahead: Sequence[Stage], roots: Sequence[Candidate]
    ) -> tuple[list[Candidate], StageReport, Stage | None]:
        stage = visit.stage
        self._anchor(stage, roots)
        mine = self.settings.stage(stage)
        before = self.budget.renders_left
        share = allowance(self.settings, ahead, before)
        trials = int(share * mine.tuning) if self.tuner else 0
        expansions = max(1, share - trials)
        if mine.rounds is not None and self.expander.asks_models:
            expansions = min(expansions, mine.rounds)
        result = self._search(visit, roots, expansions)
        if not result.ranked:
            raise SeigError(
                f"no candidate of the {visit.label} stage rendered ({result.stop}). "
                + (
                    "Causes: " + " | ".join(result.reasons)
                    if result.reasons
                    else "The proposer had nothing to propose."
                )
            )
        survivors = self._cross(visit, roots, result, mine.carry)
        coverage = {survivor.id: survivor.measured.metrics.get(COVERAGE) for survivor in survivors}
        # Only first programs are asked what they cover: what a tuner makes of one could not be compared with it.
        survivors = [_uncovered(survivor) for survivor in survivors]
        if trials:  # what the search left over goes to the tuner
            trials = max(trials, share - (before - self.budget.renders_left))
        survivors, tuning = self._tune(visit, survivors, trials)
        best = survivors[0]
        measured = self.border.measure(best.program).result()
        metrics = measured.metrics if measured.status is Status.OK else best.measured.metrics
        covered = coverage.get(best.id.partition("-tuned")[0])
        metrics = metrics if covered is None else {**metrics, COVERAGE: covered}
        row = StageReport(
            visit,
            best.id,
            dict(metrics),
            self.scorer.score(metrics, stage).value,
            self.scorer.overall(metrics).value,
            {status.value: count for status, count in sorted(result.counts.items())},
            before - self.budget.renders_left,
            tuning,
            result.stop,
        )
        return survivors, row, result.fault

    def _search(self, visit: Visit, roots: Sequence[Candidate], expansions: int) -> StageResult:
        return search_stage(
            visit,
            roots,
            Samples() if visit.stage is Stage.SCAFFOLD else self.make_strategy(),
            replace(self.expander, scorer=self.seen),
            self.settings.search,
            expansions,
            self._rng(visit, 0),
            self.folder,
            self.journal,
            self.progress,
            lambda: self._halted() or self.budget.models_exhausted(),
            self._beside(visit),
        )

    def _beside(self, visit: Visit) -> Callable[[Candidate, int], Candidate | None] | None:
        """Give what tunes the best candidate while a model thinks; None where that is not wanted."""
        trials, tuner = self.settings.search.idle_tuning, self.tuner
        if tuner is None or trials < 1 or not self.expander.asks_models or visit.stage is Stage.SCAFFOLD:
            return None

        def tune(candidate: Candidate, number: int) -> Candidate | None:
            if self.budget.renders_left <= trials:
                return None
            outcome = self._tuned(visit, tuner, candidate, trials, self._rng(visit, 3, number))
            self.journal.write("tuned_beside", f"{visit.label}/{candidate.id}", **outcome.as_dict())
            return outcome.candidate if outcome.accepted else None

        return tune

    def _cross(self, visit: Visit, roots: Sequence[Candidate], result: StageResult, carry: int) -> list[Candidate]:
        """Let the best cross the border: new candidates only if the guard finds them better than the best root."""
        stage = visit.stage
        ranked = sorted(result.ranked, key=lambda c: -c.score(self.seen, stage))
        ranked = self._settled(visit, ranked)
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
                f"{visit.label}/{candidate.id}",
                accepted=verdict.accepted,
                reasons=list(verdict.reasons),
            )
            if verdict.accepted:
                crossed.append(candidate)
        return crossed or [root]

    def _settled(self, visit: Visit, ranked: list[Candidate]) -> list[Candidate]:
        """Let the verifier choose among the best few, if there is one and it can still be asked."""
        reviewer, most = self.expander.reviewer, self.settings.search.compare
        if reviewer is None or most < 2 or self.budget.models_exhausted():
            return ranked
        try:
            return reviewer.settle(visit.label, visit.stage, ranked, most)
        except ReplayMismatch:
            raise
        except SeigError as error:
            self.progress.say(f"{visit.label}: nobody compared the best few: {error}")
            return ranked

    def _tune(
        self, visit: Visit, survivors: Sequence[Candidate], trials: int
    ) -> tuple[list[Candidate], list[Mapping[str, Any]]]:
        if not self.tuner or trials < 1:
            return list(survivors), []
        heads = max(1, min(len(survivors), trials // MIN_TRIALS))
        parts = [trials // heads + (1 if n < trials % heads else 0) for n in range(heads)]
        tuned = list(survivors)
        told: list[Mapping[str, Any]] = []
        for place, part in enumerate(parts):
            if self._halted():
                break
            outcome = self._tuned(visit, self.tuner, survivors[place], part, self._rng(visit, 2, place))
            tuned[place] = outcome.candidate
            told.append(outcome.as_dict())
            self.journal.write("tuned", f"{visit.label}/{survivors[place].id}", **outcome.as_dict())
        tuned.sort(key=lambda c: -c.score(self.seen, visit.stage))
        return tuned, told

    def _tuned(self, visit: Visit, tuner: Tuner, candidate: Candidate, trials: int, rng: np.random.Generator) -> Tuned:
        return tune_candidate(
            candidate,
            visit.stage,
            self.settings.stage(visit.stage).tune or visit.stage.parts,
            tuner,
            self.border,
            self.expander.fidelity,
            trials,
            self.settings.search.in_flight,
            rng,
            self.progress,
            self.folder.studies,
        )

    def _overall(self, candidate: Candidate) -> float:
        measured = self.border.measure(candidate.program).result()
        return self.scorer.overall(measured.metrics).value if measured.status is Status.OK else -1.0

    def _halted(self) -> str | None:
        return "stopped by the user" if self.interrupted.is_set() else self.budget.exhausted()

    def _rng(self, visit: Visit, *purpose: int) -> np.random.Generator:
        spawn = (*visit.spawn, *purpose)
        return np.random.default_rng(np.random.SeedSequence(self.settings.seed, spawn_key=spawn))

    def final(self, best: Candidate, fidelity: Fidelity) -> tuple[str, Measured]:
        """Render the result at final fidelity.

        Returns:
            The finished program's text, with its render settings in it, and its render with facts and .blend.

        Raises:
            SeigError: It rendered small, but not at final fidelity.
        """
        source = best.program.with_fidelity(fidelity).source
        measured = self.renders.submit(RenderJob(source, fidelity, passes=("facts", "blend")), lost_again=True).result()
        if measured.status is not Status.OK:
            raise SeigError(
                f"the best program {best.id} failed at final fidelity {fidelity.width}x{fidelity.height}, {fidelity.samples} "
                f"samples: {measured.reason}. It is in {self.folder.programs}; lower --set fidelity.final.long_side or samples "
                f"in {self.folder.config} and run 'seig resume {self.folder.root}'."
            )
        return source, measured


def _uncovered(candidate: Candidate) -> Candidate:
    metrics = {name: value for name, value in candidate.measured.metrics.items() if name != COVERAGE}
    return replace(candidate, measured=replace(candidate.measured, metrics=metrics))
