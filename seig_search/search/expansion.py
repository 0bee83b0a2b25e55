"""One expansion: from a strategy's wish to a measured candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from seig_search.camera import GivenCamera
from seig_search.candidate import Ask, Status
from seig_search.edits import Edit, NewProgram, edit_from_dict, edit_to_dict
from seig_search.errors import InvalidEdit, InvalidProgram, SeigError
from seig_search.fidelity import Fidelity
from seig_search.metrics import Scorer
from seig_search.program import Program
from seig_search.proposal import Attempt, Context, ModelCall, Proposer
from seig_search.render import RenderJob
from seig_search.runs.journal import Journal
from seig_search.search.budget import Budget
from seig_search.search.candidates import Candidate
from seig_search.search.renders import Measured, PaidRenders
from seig_search.stages import STAGES, Stage
from seig_search.target import Target

__all__ = ["Expander", "Expansion"]


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
    """

    ask: Ask
    status: Status
    why: str = ""
    program: Program | None = None
    measured: Measured | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expander:
    """Expands parents: proposes, applies, checks, renders, measures. Safe to call from many threads.

    Args:
        proposer: Who makes edits.
        scorer: Who weighs metrics.
        renders: Who renders and measures.
        target: The target.
        fidelity: Search fidelity.
        journal: Where proposals are written before they are used.
        budget: Who counts model calls.
        seed: The run's seed.
        camera: The true camera, if given.
    """

    proposer: Proposer
    scorer: Scorer
    renders: PaidRenders
    target: Target
    fidelity: Fidelity
    journal: Journal
    budget: Budget
    seed: int
    camera: GivenCamera | None = None

    def expand(self, stage: Stage, ask: Ask, parent: Candidate | None, history: Sequence[Attempt]) -> Expansion:
        """Expand one parent once.

        Args:
            stage: The active stage.
            ask: The strategy's wish.
            parent: The candidate to edit; None in the scaffold stage.
            history: Earlier expansions of this parent whose outcome was told before the ask.
        """
        try:
            edit = self._propose(stage, ask, parent, history)
        except SeigError as error:
            return Expansion(ask, Status.REJECTED, reason=str(error))
        if edit is None:
            return Expansion(ask, Status.SURPLUS, reason="the proposer has nothing left to try here")
        try:
            program = self._apply(stage, edit, parent)
        except (InvalidEdit, InvalidProgram) as error:
            return Expansion(ask, Status.REJECTED, edit.why, reason=str(error))
        measured = self.renders.submit(RenderJob(program.source, self.fidelity, passes=("facts",))).result()
        return Expansion(ask, measured.status, edit.why, program, measured, measured.reason)

    def _propose(self, stage: Stage, ask: Ask, parent: Candidate | None, history: Sequence[Attempt]) -> Edit | None:
        key = f"{stage.value}/{ask.id}"
        event = self.journal.find("proposed", key)
        if event is None:
            context = self._context(stage, ask, parent, history, key)
            try:
                edits = self.proposer.propose(context)[:1]
                event = self.journal.write("proposed", key, parent=ask.parent, edits=[edit_to_dict(e) for e in edits])
            except InvalidEdit as error:
                # The reply was paid for; asking again would pay again.
                event = self.journal.write("proposed", key, parent=ask.parent, error=str(error))
            except SeigError as error:
                # No key: nothing was paid, so a resumed run asks again.
                self.journal.write("proposal_failed", stage=stage.value, ask=ask.id, reason=str(error))
                raise
        if "error" in event:
            raise InvalidEdit(event["error"])
        return edit_from_dict(event["edits"][0]) if event["edits"] else None

    def _context(
        self, stage: Stage, ask: Ask, parent: Candidate | None, history: Sequence[Attempt], key: str
    ) -> Context:
        def record(call: ModelCall) -> None:
            self.journal.write("model_call", ask=key, **asdict(call))
            self.budget.count_call(call)

        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(STAGES.index(stage), 1, ask.id)))
        if parent is None:
            return Context(
                stage,
                self.target,
                1,
                rng,
                attempt=ask.attempt,
                history=history,
                camera=self.camera,
                record=record,
            )
        return Context(
            stage,
            self.target,
            1,
            rng,
            parent=parent.program,
            render=parent.measured.pixels,
            facts=parent.measured.facts,
            metrics=parent.measured.metrics,
            score=parent.score(self.scorer, stage),
            attempt=ask.attempt,
            history=history,
            camera=self.camera,
            record=record,
        )

    @staticmethod
    def _apply(stage: Stage, edit: Edit, parent: Candidate | None) -> Program:
        if isinstance(edit, NewProgram) != (stage is Stage.SCAFFOLD):
            raise InvalidEdit(
                f"the {stage.value} stage got a {type(edit).__name__}; only the scaffold is a whole program"
            )
        if not isinstance(edit, NewProgram) and edit.stage is not stage:
            raise InvalidEdit(f"the edit is of {edit.stage.value}, but the active stage is {stage.value}")
        program = parent.program.apply(edit) if parent else Program.parse(edit.source)  # type: ignore[union-attr]
        faults = [problem for problem in program.lint() if problem.severity == "error"]
        if faults:
            raise InvalidEdit("; ".join(f"line {fault.line}: {fault.message}" for fault in faults))
        return program
