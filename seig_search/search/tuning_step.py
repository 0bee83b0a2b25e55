"""Tuning inside a run: the tuner's trials become renders, its result a candidate that must pass the guard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from seig_search.candidate import Status
from seig_search.errors import InvalidEdit, SeigError
from seig_search.fidelity import Fidelity
from seig_search.metrics import Metrics, Scorer, for_tuning, since
from seig_search.program import Parameter, Program
from seig_search.render import RenderJob, Value
from seig_search.search.candidates import Candidate, still_settled
from seig_search.search.in_part import accepted_in_part
from seig_search.search.progress import Progress
from seig_search.search.renders import Measured, PaidRenders
from seig_search.search.trial_log import TrialLog
from seig_search.stages import Stage
from seig_search.tuning import AtBound, CheapTrials, Noise, Trial, Tuner, TuningProblem, Verdict, accept, at_bounds
from seig_search.tuning.cheap_fidelity import cheap_fidelity
from seig_search.tuning.light_layers import LightLayers
from seig_search.tuning.scene_look import SceneLook

__all__ = ["Border", "Tuned", "tunable", "tune_candidate"]


T = TypeVar("T")

RENDERS_PER_PART = 8
MOST_PARTS = 8
"""Of so many trials, one render at guard fidelity is kept back, at most eight: for accepting a rejected result in part."""


@dataclass(frozen=True, slots=True)
class Border:
    """The guard: what counts as better, judged at a higher fidelity than it was found on.

    Args:
        renders: Who renders.
        scorer: Who weighs and guards.
        fidelity: Guard fidelity.
        min_gain: Least gain in score that counts.
        noise: What is known of chance; more than it explains must be gained as well.
        tuning: Whether only numbers change, for which a scorer may have stricter guards.
    """

    renders: PaidRenders
    scorer: Scorer
    fidelity: Fidelity
    min_gain: float
    noise: Noise
    tuning: bool = False

    def measure(self, program: Program) -> Future[Measured]:
        """Render a program at guard fidelity."""
        return self.renders.submit(RenderJob(program.source, self.fidelity))

    def judge(self, before: Program, after: Program, stage: Stage) -> Verdict:
        """Say whether ``after`` may take the place of ``before``."""
        old, new = self.measure(before), self.measure(after)
        if new.result().status is not Status.OK:
            return Verdict(False, (f"it failed at guard fidelity: {new.result().reason}",))
        if old.result().status is not Status.OK:
            return Verdict(True, ("the program it replaces failed at guard fidelity",))
        self._listen(before, old.result().metrics, stage)
        least = max(self.min_gain, self.noise.least_gain(self.scorer, stage))
        scorer = for_tuning(self.scorer) if self.tuning else self.scorer
        return accept(old.result().metrics, new.result().metrics, scorer, stage, least)

    def _listen(self, program: Program, metrics: Metrics, stage: Stage) -> None:
        """Once a stage, render under another seed to learn what chance does."""
        if self.noise.wants(stage):
            other = replace(self.fidelity, seed=self.fidelity.seed ^ 1)
            again = self.renders.submit(RenderJob(program.source, other)).result()
            if again.status is Status.OK:
                self.noise.hear(stage, metrics, again.metrics)


@dataclass(frozen=True, slots=True)
class Tuned:
    """What tuning did to a candidate.

    Args:
        candidate: The tuned candidate if accepted, else the one that came.
        accepted: Whether the guard let it pass.
        trials: How many trials were used.
        explanation: What the tuner did, and what the guard said.
        values: What the tuner found, or what of it was accepted.
        at_bounds: Which of the moved numbers, or those that could have, ended on a bound of their range.
        without_effect: Keys of parameters that the picture does not answer to.
        failures: Causes of failed trials with how often each came, the commonest first.
        rendered: How many trials gave a picture that could be measured.
    """

    candidate: Candidate
    accepted: bool
    trials: int
    explanation: str
    values: Mapping[str, Value] = field(default_factory=dict)
    at_bounds: Sequence[AtBound] = ()
    without_effect: frozenset[str] = frozenset()
    failures: Sequence[tuple[str, int]] = ()
    rendered: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Give the facts for the journal."""
        return {
            "candidate": self.candidate.id,
            "accepted": self.accepted,
            "trials": self.trials,
            "explanation": self.explanation,
            "values": {key: list(v) if isinstance(v, tuple) else v for key, v in self.values.items()},
            "at_bounds": [one.as_dict() for one in self.at_bounds],
            "without_effect": sorted(self.without_effect),
        }


def tunable(program: Program, stages: Sequence[Stage]) -> tuple[Parameter, ...]:
    """Give the parameters that the tuner may move in these stages, in source order, each once."""
    found = {parameter.key: parameter for stage in stages for parameter in program.tunable(stage)}
    return tuple(sorted(found.values(), key=lambda parameter: parameter.line))


def tune_candidate(
    candidate: Candidate,
    stage: Stage,
    stages: Sequence[Stage],
    tuner: Tuner,
    border: Border,
    fidelity: Fidelity,
    max_renders: int,
    in_flight: int,
    rng: np.random.Generator,
    progress: Progress,
    studies: Path | None = None,
    keys: Collection[str] | None = None,
    halted: Callable[[], str | None] = lambda: None,
) -> Tuned:
    """Tune a candidate's parameters and put the result to the guard.

    Args:
        candidate: What to tune.
        stage: Whose weights count.
        stages: Whose parameters may move.
        tuner: Who tunes.
        border: Who decides.
        fidelity: What trials are rendered at; the fidelity the candidate was measured at.
        max_renders: Trials allowed.
        in_flight: Trials under way at once.
        rng: For the tuner.
        progress: Who shows the best score.
        studies: File where a tuner may keep its study.
        keys: Of these parameters only; all by default.
        halted: Says why no more trials may be made, or None; trials asked for after that are not made.
    """
    scorer, program = since(border.scorer, candidate.measured.metrics), candidate.program
    parameters = tuple(p for p in tunable(program, stages) if keys is None or p.key in keys)
    if not parameters or max_renders < 1:
        return Tuned(candidate, False, 0, "nothing to tune" if not parameters else "no renders left for tuning")
    start = Trial(
        Status.OK, candidate.score(scorer, stage), dict(candidate.measured.metrics), _picture(candidate.measured)
    )
    log, lower = TrialLog(), cheap_fidelity(fidelity)
    log.hear({}, start.metrics)

    def submit(values: Mapping[str, Value]) -> Future[Trial]:
        if halted():
            return _settled(Trial(Status.SURPLUS, None))
        return _trial(border.renders.submit(RenderJob(program.source, fidelity, values)), values, scorer, stage, log)

    def layers(values: Mapping[str, Value]) -> Future[LightLayers | None]:
        if halted():
            return _settled(None)
        # The layers are read before the denoiser; the view is learnt from layers and picture of one kind.
        noisy = replace(fidelity, denoise=False)
        job = RenderJob(program.source, noisy, values, passes=("lights", "albedo"))
        return _light_layers(border.renders.submit(job))

    def scenes(values: Mapping[str, Value], surface: bool) -> Future[SceneLook | None]:
        if halted():
            return _settled(None)
        return border.renders.build(program.source, fidelity, values, surface)

    def look(values: Mapping[str, Value]) -> Future[Trial]:
        if halted() or lower is None:
            return _settled(Trial(Status.SURPLUS, None))
        job = RenderJob(program.source, lower[0], values)
        # Which numbers do nothing is told by pictures of one fidelity.
        return _trial(border.renders.submit(job, share=lower[1]), values, scorer, stage, log, heard=False)

    parts = min(MOST_PARTS, max_renders // RENDERS_PER_PART)
    result = tuner.tune(
        TuningProblem(
            parameters,
            start,
            max_renders - parts,
            in_flight,
            stage,
            border.renders.target,
            layers if fidelity.engine == "CYCLES" else None,
            scenes if fidelity.engine == "CYCLES" else None,
            cheap=CheapTrials(look, lower[1]) if lower else None,
            storage=None if studies is None else (studies, f"{stage.value}/{candidate.id}"),
            features=border.renders.features,
        ),
        submit,
        rng,
        lambda now: progress.score(now.best) if now.best is not None else None,
    )
    dead, stopped = log.without_effect(), halted()
    told = result.explanation + (f"; stopped early, {stopped}" if stopped else "")

    def told_as(one: Candidate, accepted: bool, explanation: str, values: Mapping[str, Value]) -> Tuned:
        reached = at_bounds([p for p in parameters if p.key not in dead], values if accepted else {})
        return Tuned(one, accepted, result.trials, explanation, values, reached, dead, log.reasons, log.rendered - 1)

    values = _without_idle(result.values, dead, result.trial, border, program, fidelity)
    if not values:
        return told_as(candidate, False, told, {})
    try:
        tuned = program.with_values(values)
    except InvalidEdit as error:
        return told_as(candidate, False, f"{told}; the values do not fit: {error}", {})
    strict = replace(border, tuning=True)
    verdict = strict.judge(program, tuned, stage)
    explanation = f"{told}; {'accepted' if verdict.accepted else 'rejected'}: {'; '.join(verdict.reasons)}"
    if not verdict.accepted:
        kept = accepted_in_part(
            program, values, parameters, lambda old, new: strict.judge(old, new, stage).accepted, parts
        )
        if not kept:
            return told_as(candidate, False, explanation, values)
        values, tuned = kept, program.with_values(kept)
        explanation += f"; accepted in part: {', '.join(sorted(kept))}"
    measured = border.renders.submit(RenderJob(tuned.source, fidelity, passes=("facts",))).result()
    if measured.status is not Status.OK:
        return told_as(candidate, False, f"{explanation}; but {measured.reason}", values)
    settled = still_settled(candidate, tuned) | frozenset(parameter.key for parameter in parameters)
    better = Candidate(f"{candidate.id}-tuned-{stage.value}", tuned, measured, candidate.depth, settled)
    return told_as(better, True, explanation, values)


def _without_idle(
    values: Mapping[str, Value],
    dead: Collection[str],
    trial: Trial,
    border: Border,
    program: Program,
    fidelity: Fidelity,
) -> dict[str, Value]:
    """Leave out values of numbers that the picture does not answer to, if it is the same picture without them."""
    kept = {key: value for key, value in values.items() if key not in dead}
    if len(kept) == len(values):
        return kept
    if not kept:
        return {}
    measured = border.renders.submit(RenderJob(program.source, fidelity, kept)).result()
    return kept if measured.status is Status.OK and measured.metrics == trial.metrics else dict(values)


def _picture(measured: Measured) -> Callable[[], npt.NDArray[np.uint8]] | None:
    return (lambda: measured.pixels) if measured.status is Status.OK else None


def _light_layers(measured: Future[Measured]) -> Future[LightLayers | None]:
    answer: Future[LightLayers | None] = Future()

    def settle(done: Future[Measured]) -> None:
        try:
            got = done.result()
            answer.set_result(got.light_layers if got.status is Status.OK else None)
        except SeigError:
            answer.set_result(None)
        except BaseException as error:
            answer.set_exception(error)

    measured.add_done_callback(settle)
    return answer


def _settled(answer: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(answer)
    return future


def _trial(
    measured: Future[Measured],
    values: Mapping[str, Value],
    scorer: Scorer,
    stage: Stage,
    log: TrialLog,
    heard: bool = True,
) -> Future[Trial]:
    answer: Future[Trial] = Future()

    def settle(done: Future[Measured]) -> None:
        try:
            got = done.result()
        except SeigError as error:
            # A picture that cannot be measured is no better than none; the others go on.
            log.hear_failure(str(error))
            answer.set_result(Trial(Status.BROKEN, None))
            return
        except BaseException as error:
            answer.set_exception(error)
            return
        if got.status is Status.OK:
            if heard:
                log.hear(values, got.metrics)
        else:
            log.hear_failure(got.reason)
        try:
            score = scorer.score(got.metrics, stage).value if got.status is Status.OK else None
            answer.set_result(Trial(got.status, score, dict(got.metrics), _picture(got)))
        except BaseException as error:
            answer.set_exception(error)

    measured.add_done_callback(settle)
    return answer
