"""One expansion: from a strategy's wish to a measured candidate."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from seig_search.camera import GivenCamera
from seig_search.candidate import Ask, Status
from seig_search.edits import Edit, NewProgram, edit_from_dict, edit_to_dict
from seig_search.errors import InvalidEdit, InvalidProgram, ReplayMismatch, SeigError
from seig_search.fidelity import Fidelity
from seig_search.metrics import Metrics, Scorer
from seig_search.models import Models
from seig_search.program import Program
from seig_search.proposal import Attempt, Context, Failure, Proposer
from seig_search.render import RenderJob, View
from seig_search.runs.journal import Journal
from seig_search.search.candidates import Candidate
from seig_search.search.renders import Measured, PaidRenders
from seig_search.search.reviewing import Previews, Reviewer
from seig_search.search.visit import Visit
from seig_search.sight.views import Seen
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.verification import Review

__all__ = ["COVERAGE", "Expander", "Expansion"]

COVERAGE = "coverage"
"""The metric of a first program that the verifier's list of things gives: the share that is there."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What became of an ask.

    Args:
        ask: The ask.
        status: What became of it; duplicates are told apart later, in the order of the asks.
        why: What the proposer meant to do.
        program: The new program; None if there was no edit or it did not apply.
        measured: Its render; None unless it came so far.
        reason: The cause of a failure.
        review: What the verifier said of the parent, if it was asked.
        repairs: How often the edit went back to who made it.
    """

    ask: Ask
    status: Status
    why: str = ""
    program: Program | None = None
    measured: Measured | None = None
    reason: str = ""
    review: Review | None = None
    repairs: int = 0


@dataclass(frozen=True, slots=True)
class Expander:
    """Expands parents: asks the verifier and the proposer, applies, checks, renders, measures. Safe to call from many
    threads.

    Args:
        proposer: Who makes edits.
        scorer: Who weighs metrics.
        renders: Who renders and measures.
        target: The target.
        fidelity: Search fidelity.
        journal: Where proposals are written before they are used.
        seed: The run's seed.
        camera: The true camera, if given.
        models: How models are called; None where nobody calls any.
        previews: What models look at; None where nobody does.
        reviewer: Who puts candidates before the verifier; None without one.
        repairs: How often an edit that failed goes back to a proposer that asks models.
    """

    proposer: Proposer
    scorer: Scorer
    renders: PaidRenders
    target: Target
    fidelity: Fidelity
    journal: Journal
    seed: int
    camera: GivenCamera | None = None
    models: Models | None = None
    previews: Previews | None = None
    reviewer: Reviewer | None = None
    repairs: int = 0

    @property
    def asks_models(self) -> bool:
        """Whether the proposer calls models: it then is bound by rounds, shown previews, and given its failures back."""
        return bool(getattr(self.proposer, "asks_models", False))

    def expand(
        self, visit: Visit, ask: Ask, parent: Candidate | None, history: Sequence[Attempt], before: Metrics
    ) -> Expansion:
        """Expand one parent once.

        Args:
            visit: The active stage.
            ask: The strategy's wish.
            parent: The candidate to edit; None in the scaffold stage.
            history: Earlier expansions of this parent whose outcome was told before the ask.
            before: Metrics of the candidate that the stage began with.
        """
        try:
            review = self._review(visit, parent, before)
        except ReplayMismatch:
            raise
        except SeigError as error:
            return Expansion(ask, Status.REJECTED, reason=str(error))
        if review is not None and (review.approved or (review.fault is not None and not review.todo)):
            said = "approves it" if review.approved else f"sees the cause in {review.fault}"
            return Expansion(ask, Status.SURPLUS, reason=f"the verifier {said}: {review.summary}", review=review)
        failure: Failure | None = None
        done = Expansion(ask, Status.REJECTED, reason="nothing was tried", review=review)
        for attempt in range(1 + (self.repairs if self.asks_models else 0)):
            done, failure = self._attempt(visit, ask, parent, history, review, failure, attempt)
            if failure is None:
                break
        return done

    def _attempt(
        self,
        visit: Visit,
        ask: Ask,
        parent: Candidate | None,
        history: Sequence[Attempt],
        review: Review | None,
        failure: Failure | None,
        attempt: int,
    ) -> tuple[Expansion, Failure | None]:
        """Propose, apply and render once; gives what is to go back where that came to nothing."""
        key = f"{visit.label}/{ask.id}" + (f"/repair-{attempt}" if attempt else "")
        try:
            edit = self._propose(visit, ask, parent, history, review, failure, key)
        except InvalidEdit as error:
            return Expansion(ask, Status.REJECTED, reason=str(error), review=review, repairs=attempt), Failure(
                "", str(error)
            )
        except ReplayMismatch:
            raise
        except SeigError as error:
            return Expansion(ask, Status.REJECTED, reason=str(error), review=review, repairs=attempt), None
        if edit is None:
            reason = "the proposer has nothing left to try here"
            return Expansion(ask, Status.SURPLUS, reason=reason, review=review, repairs=attempt), None
        try:
            program = self._apply(visit.stage, edit, parent)
        except (InvalidEdit, InvalidProgram) as error:
            told = Failure(_as_text(edit), str(error))
            return Expansion(ask, Status.REJECTED, edit.why, reason=str(error), review=review, repairs=attempt), told
        measured = self.renders.submit(RenderJob(program.source, self.fidelity, passes=("facts",))).result()
        if visit.stage is Stage.SCAFFOLD and measured.status is Status.OK:
            try:
                measured = self._covered(visit, ask, program, measured)
            except ReplayMismatch:
                raise
            except SeigError as error:
                return Expansion(ask, Status.REJECTED, edit.why, program, reason=str(error)), None
        done = Expansion(ask, measured.status, edit.why, program, measured, measured.reason, review, attempt)
        return done, Failure(_as_text(edit), measured.reason) if measured.status is Status.BROKEN else None

    def _review(self, visit: Visit, parent: Candidate | None, before: Metrics) -> Review | None:
        if self.reviewer is None or parent is None:
            return None
        return self.reviewer.review(visit.label, visit.stage, parent, before)

    def _covered(self, visit: Visit, ask: Ask, program: Program, measured: Measured) -> Measured:
        """Add the share of the target's things that a first program shows to its metrics."""
        if self.reviewer is None:
            return measured
        coverage = self.reviewer.cover(f"{visit.label}-{ask.id:04d}", program)
        return replace(measured, metrics={**measured.metrics, COVERAGE: coverage.share})

    def _propose(
        self,
        visit: Visit,
        ask: Ask,
        parent: Candidate | None,
        history: Sequence[Attempt],
        review: Review | None,
        failure: Failure | None,
        key: str,
    ) -> Edit | None:
        event = self.journal.find("proposed", key)
        if event is None:
            context = self.context(visit, ask, parent, history, review, failure, key)
            turns: list[str] = []
            if parent is not None and self.previews is not None and self.asks_models:
                context = replace(context, turn=_turning(self.previews, parent.program, turns))
            try:
                edits = [edit_to_dict(edit) for edit in self.proposer.propose(context)[:1]]
                event = self.journal.write("proposed", key, parent=ask.parent, edits=edits, **_if_any(turns))
            except InvalidEdit as error:
                # The reply was paid for; asking again would pay again.
                event = self.journal.write("proposed", key, parent=ask.parent, error=str(error), **_if_any(turns))
            except SeigError as error:
                # No key: nothing was paid, so a resumed run asks again.
                self.journal.write("proposal_failed", stage=visit.label, ask=ask.id, reason=str(error))
                raise
        elif parent is not None and self.previews is not None and self.asks_models:
            self.previews.count_again(parent.program, visit.stage, bool(getattr(self.proposer, "shows_views", False)))
            for view in event.get("turns", ()):
                self.previews.turned(parent.program, View.parse(view))
        if "error" in event:
            raise InvalidEdit(event["error"])
        return edit_from_dict(event["edits"][0]) if event["edits"] else None

    def context(
        self,
        visit: Visit,
        ask: Ask,
        parent: Candidate | None,
        history: Sequence[Attempt] = (),
        review: Review | None = None,
        failure: Failure | None = None,
        key: str = "",
    ) -> Context:
        """Make what the proposer is shown for an ask.

        Raises:
            SeigError: The parent fails at the preview's fidelity.
        """
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(*visit.spawn, 1, ask.id)))
        base = Context(
            visit.stage,
            self.target,
            1,
            rng,
            attempt=ask.attempt,
            history=history,
            camera=self.camera,
            failure=failure,
            models=self.models,
            key=key or f"{visit.label}/{ask.id}",
            things=self.reviewer.things() if self.reviewer is not None and self.asks_models else (),
        )
        if parent is None:
            return base
        look = self.previews.of(parent.program) if self.previews is not None and self.asks_models else parent.measured
        index, names = look.objects or (None, ())
        return replace(
            base,
            parent=parent.program,
            render=look.pixels,
            facts=look.facts,
            metrics=parent.measured.metrics,
            score=parent.score(self.scorer, visit.stage),
            passes={} if index is None else {"object_index": index},
            names=names,
            views=self._views(visit.stage, parent.program),
            todo=() if review is None else review.todo,
            verdict="" if review is None else review.summary,
            settled=parent.settled,
        )

    def _views(self, stage: Stage, program: Program) -> tuple[Seen, ...]:
        wanted = self.asks_models and bool(getattr(self.proposer, "shows_views", False))
        return () if self.previews is None else self.previews.views(program, stage, wanted)

    @staticmethod
    def _apply(stage: Stage, edit: Edit, parent: Candidate | None) -> Program:
        if isinstance(edit, NewProgram) != (stage is Stage.SCAFFOLD):
            raise InvalidEdit(
                f"the {stage.value} stage got a {type(edit).__name__}; only the scaffold is a whole program"
            )
        if not isinstance(edit, NewProgram) and edit.stage is not stage:
            raise InvalidEdit(f"the edit is of {edit.stage.value}, but the active stage is {stage.value}")
        program = parent.program.apply(edit) if parent else Program.parse(edit.source).with_kit()  # type: ignore[union-attr]
        faults = [problem for problem in program.lint() if problem.severity == "error"]
        if faults:
            raise InvalidEdit("; ".join(f"line {fault.line}: {fault.message}" for fault in faults))
        return program


def _turning(previews: Previews, program: Program, turns: list[str]) -> Callable[[View], npt.NDArray[np.uint8] | None]:
    """Render other views of a program, and note which."""

    def turn(view: View) -> npt.NDArray[np.uint8] | None:
        turns.append(str(view))
        return previews.turned(program, view)

    return turn


def _if_any(turns: list[str]) -> dict[str, list[str]]:
    return {"turns": turns} if turns else {}


def _as_text(edit: Edit) -> str:
    """Give an edit in the form in which it was replied."""
    data = edit_to_dict(edit)
    if "blocks" in data:
        return "\n".join(f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE" for old, new in data["blocks"])
    return str(data.get("source") or data.get("code") or json.dumps(data.get("values"), indent=1))
