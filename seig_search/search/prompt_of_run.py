"""What a model would be sent next in a run, without sending it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from seig_search.candidate import Ask, Status
from seig_search.errors import SeigError, UsageError, nearest
from seig_search.program import Program
from seig_search.proposal import Attempt
from seig_search.render import RenderJob, RenderPool
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal
from seig_search.search.budget import Budget
from seig_search.search.candidates import Candidate
from seig_search.search.expansion import Expander
from seig_search.search.parts import make_parts, open_pool
from seig_search.search.renders import PaidRenders
from seig_search.search.reviewing import Previews, Reviewer
from seig_search.search.session import load_folder
from seig_search.search.visit import Visit
from seig_search.stages import Stage

__all__ = ["prompt_of_run"]


def prompt_of_run(
    folder: RunFolder, stage: Stage, candidate: str | None = None, pool: RenderPool | None = None
) -> list[dict[str, Any]]:
    """Give the chat that the run's proposer would be sent for a candidate. Nothing in the run folder changes.

    Args:
        folder: The run's folder.
        stage: The stage.
        candidate: The candidate's id; by default the one that the stage before handed on.
        pool: Who renders the previews; None starts one from the run's settings.

    Raises:
        UsageError: The run has no such candidate, or its proposer asks no model.
        SeigError: The candidate does not render.
    """
    settings, target, camera, _ = load_folder(folder)
    parts = make_parts(settings)
    messages = getattr(parts.proposer, "messages", None)
    if messages is None:
        raise UsageError(
            f"the run's proposer {settings.proposer.name!r} sends no prompts; expected one that asks a model"
        )
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seig-prompt-")))
        copy = RunFolder(place)
        copy.renders.mkdir()
        shutil.copy(folder.journal, copy.journal)
        journal = Journal(copy.journal)
        stack.callback(journal.close)
        visit = Visit(stage)
        chosen = None if stage is Stage.SCAFFOLD else candidate or _handed_on(journal, settings.search.order, stage)
        if pool is None:
            pool = open_pool(settings.pool)
            stack.callback(pool.close)
        budget = Budget(settings.budget)
        renders = PaidRenders(pool, parts.measurer, target, copy, journal, budget)
        stack.callback(renders.close)
        size = (target.width, target.height, settings.seed)
        previews = Previews(renders, settings.fidelity.preview.fidelity(*size))
        reviewer = None
        if parts.verifier is not None:
            reviewer = Reviewer(_Silent(), None, previews, parts.scorer, journal)  # type: ignore[arg-type]
        search = settings.fidelity.search.fidelity(*size)
        expander = Expander(
            parts.proposer,
            parts.scorer,
            renders,
            target,
            search,
            journal,
            settings.seed,
            camera,
            None,
            previews,
            reviewer,
        )
        if chosen is None:
            return list(messages(expander.context(visit, Ask(0, ""), None)))
        parent = _candidate(folder, chosen, expander)
        told = [event for event in journal.events("told") if event.get("parent") == chosen]
        history = [
            Attempt(event.get("why", ""), Status(event["status"]), event.get("score"), event.get("reason", ""))
            for event in told
            if event["key"].startswith(f"{visit.label}-")
        ]
        review = reviewer.reviewed(visit.label, chosen) if reviewer is not None else None
        ask = Ask(len(told), chosen, len(history))
        return list(messages(replace(expander.context(visit, ask, parent, history, review), models=None)))


class _Silent:
    """A verifier that was asked before or says nothing."""

    def inventory(self, target: Any, models: Any) -> tuple[Any, ...]:
        return ()


def _handed_on(journal: Journal, order: Sequence[Stage], stage: Stage) -> str:
    done = {event["stage"]: str(event["candidate"]) for event in journal.events("stage_done")}
    before = [done[one.value] for one in order[: order.index(stage)] if one.value in done] if stage in order else []
    if not before and not done:
        raise UsageError("no stage of the run is done yet, so there is no candidate to edit; name one with --candidate")
    return before[-1] if before else list(done.values())[-1]


def _candidate(folder: RunFolder, name: str, expander: Expander) -> Candidate:
    path = folder.programs / f"{name}.py"
    if not path.is_file():
        known = [one.stem for one in folder.programs.glob("*.py") if one.stem.count(".") == 0]
        raise UsageError(
            f"the run has no candidate {name!r}{nearest(name, known)}; it has {len(known)} in {folder.programs}"
        )
    program = Program.parse(path.read_text())
    measured = expander.renders.submit(RenderJob(program.source, expander.fidelity, passes=("facts",))).result()
    if measured.status is not Status.OK:
        raise SeigError(f"the candidate {name} does not render: {measured.reason}")
    return Candidate(name, program, measured)
