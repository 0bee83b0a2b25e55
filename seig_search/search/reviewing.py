"""What a run's verifier said: asked once for each question, written down before it is used, held against the metrics."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.candidate import Status
from seig_search.errors import SeigError
from seig_search.fidelity import Fidelity
from seig_search.metrics import Metrics, Scorer
from seig_search.models import Models
from seig_search.program import Program
from seig_search.render import RenderJob, View
from seig_search.runs.journal import Event, Journal
from seig_search.search.candidates import Candidate
from seig_search.search.renders import Measured, PaidRenders
from seig_search.sight.views import VIEWS, Seen
from seig_search.stages import Stage
from seig_search.verification import Coverage, Inspection, Review, Thing, ToDo, Verifier

__all__ = ["Previews", "Reviewer"]


@dataclass(frozen=True, slots=True)
class Previews:
    """Renders for models to look at: larger and cleaner than the search's, with what each pixel shows.

    Args:
        renders: Who renders.
        fidelity: Size and samples.
    """

    renders: PaidRenders
    fidelity: Fidelity

    def of(self, program: Program) -> Measured:
        """Render a program to be looked at.

        Raises:
            SeigError: It rendered before, but not at this fidelity.
        """
        job = RenderJob(program.source, self.fidelity, passes=("facts", "object_index"))
        measured = self.renders.submit(job).result()
        if measured.status is not Status.OK:
            raise SeigError(f"the program failed at the preview's fidelity: {measured.reason}")
        return measured

    def count_again(self, program: Program, stage: Stage | None = None, wanted: bool = False) -> None:
        """Ask again for what was rendered for an answer that is known already.

        It is not rendered again, but a resumed run must have spent what it had spent here before.
        """
        self.of(program)
        if stage is not None:
            self.views(program, stage, wanted)

    def turned(self, program: Program, view: View) -> npt.NDArray[np.uint8] | None:
        """Render a program's scene from another view; None if that fails."""
        found = self.renders.submit(RenderJob(program.source, self.fidelity, view=view)).result()
        return found.pixels if found.status is Status.OK else None

    def views(self, program: Program, stage: Stage, wanted: bool) -> tuple[Seen, ...]:
        """Render a program's scene from other views, where they are wanted and of use; a view that fails is left out."""
        if not wanted or stage not in (Stage.GEOMETRY, Stage.COMPOSITION):
            return ()
        futures = [self.renders.submit(RenderJob(program.source, self.fidelity, view=view)) for view in VIEWS]
        found = [(view, future.result()) for view, future in zip(VIEWS, futures, strict=True)]
        return tuple(Seen(view, one.pixels) for view, one in found if one.status is Status.OK)


@dataclass(slots=True)
class Reviewer:
    """Puts candidates before the verifier. Safe to call from many threads: one question is asked once.

    Args:
        verifier: Who looks.
        models: How models are called.
        previews: What is looked at.
        scorer: Whose guards an approval must agree with.
        journal: Where it is written down.
        earlier: The stages that the run has been in before the present one; the run sets it.
    """

    verifier: Verifier
    models: Models
    previews: Previews
    scorer: Scorer
    journal: Journal
    earlier: tuple[Stage, ...] = ()
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def things(self) -> tuple[Thing, ...]:
        """List what the target shows; asked once a run.

        Raises:
            SeigError: There is no answer, for a reason the user can act on.
        """

        def ask() -> dict[str, Any]:
            found = self.verifier.inventory(self.previews.renders.target, self.models)
            return {"things": [{"name": one.name, "what": one.what, "box": one.box} for one in found]}

        event = self._once("inventory", "inventory", ask, lambda: None)
        return tuple(
            Thing(one["name"], one["what"], None if one["box"] is None else tuple(one["box"]))
            for one in event["things"]
        )

    def cover(self, candidate: str, program: Program) -> Coverage:
        """Say which things a first program shows.

        Raises:
            SeigError: As above.
        """
        things = self.things()
        if not things:
            return Coverage((), ())

        def ask() -> dict[str, Any]:
            shown = self._inspection(f"scaffold/{candidate}", Stage.SCAFFOLD, program)
            found = self.verifier.cover(replace(shown, things=things))
            return {"present": list(found.present), "missing": list(found.missing)}

        event = self._once("covered", candidate, ask, lambda: self.previews.count_again(program))
        return Coverage(tuple(event["present"]), tuple(event["missing"]))

    def review(
        self, visit: str, stage: Stage, candidate: Candidate, before: Metrics, open_items: Sequence[ToDo] = ()
    ) -> Review:
        """Review a candidate for a stage.

        Args:
            visit: The stage's visit, as in ``geometry`` or ``geometry~2``.
            stage: The stage.
            candidate: The candidate.
            before: Search metrics of the candidate that the visit began with.
            open_items: What was to be done in its parent.

        Returns:
            The review; an approval that the metrics contradict is no approval.

        Raises:
            SeigError: As above.
        """
        wants_views = bool(getattr(self.verifier, "shows_views", False))

        def ask() -> dict[str, Any]:
            key = f"{visit}/{candidate.id}/{stage.value[0].upper()}{candidate.id.rpartition('-')[2]}"
            shown = replace(
                self._inspection(key, stage, candidate.program),
                metrics=candidate.measured.metrics,
                settled=candidate.settled,
                before=before,
                open=tuple(open_items),
                earlier=self.earlier,
                views=self.previews.views(candidate.program, stage, wants_views),
            )
            found = self.verifier.review(shown)
            objections = self._objections(stage, before, candidate.measured.metrics) if found.approved else []
            if objections:
                words = f"approved, but the metrics object: {'; '.join(objections)}"
                found = Review(False, summary=words)
            return {"review": found.as_dict(), "overruled": objections}

        event = self._once(
            "reviewed",
            f"{visit}/{candidate.id}",
            ask,
            lambda: self.previews.count_again(candidate.program, stage, wants_views),
        )
        return Review.from_dict(event["review"])

    def reviewed(self, visit: str, candidate: str) -> Review | None:
        """Give the review that a candidate got, if it got one."""
        event = self.journal.find("reviewed", f"{visit}/{candidate}")
        return None if event is None else Review.from_dict(event["review"])

    def settle(self, visit: str, stage: Stage, ranked: Sequence[Candidate], most: int) -> list[Candidate]:
        """Let the verifier compare the best few in both orders, and put the one it prefers first.

        Each in turn, best by score first, meets who has won so far; to win it must be preferred in both orders, and the
        guards must not object to it in the other's place.

        Args:
            visit: The stage's visit.
            stage: The stage.
            ranked: Candidates, best first.
            most: How many are compared.

        Raises:
            SeigError: As above.
        """
        compare = getattr(self.verifier, "compare", None)
        if compare is None or most < 2 or len(ranked) < 2:
            return list(ranked)
        champion = ranked[0]
        for rival in ranked[1:most]:
            key = f"{visit}/{champion.id}/{rival.id}"
            event = self._once(
                "compared",
                key,
                self._comparison(compare, stage, champion, rival),
                functools.partial(self._count_both, champion, rival),
            )
            if event["winner"] == rival.id:
                champion = rival
        return [champion, *(candidate for candidate in ranked if candidate is not champion)]

    def _comparison(
        self, compare: Callable[..., Any], stage: Stage, champion: Candidate, rival: Candidate
    ) -> Callable[[], dict[str, Any]]:
        def ask() -> dict[str, Any]:
            target = self.previews.renders.target
            pictures = tuple(self.previews.of(one.program).pixels for one in (champion, rival))
            (verdict,) = compare(target, [pictures], self.models)
            objections = self.scorer.broken_guards(champion.measured.metrics, rival.measured.metrics, stage)
            won = verdict.verdict == "b" and not objections
            return {
                "winner": (rival if won else champion).id,
                "choices": list(verdict.choices),
                "objections": objections,
            }

        return ask

    def _objections(self, stage: Stage, before: Metrics, now: Metrics) -> list[str]:
        if not before or before == now:
            return []
        return self.scorer.broken_guards(before, now, stage)

    def _inspection(self, key: str, stage: Stage, program: Program) -> Inspection:
        look = self.previews.of(program)
        index, names = look.objects or (np.zeros((1, 1), np.uint16), ("",))
        return Inspection(
            key,
            stage,
            self.previews.renders.target,
            program,
            look.pixels,
            look.facts,
            look.metrics,
            {"object_index": index},
            names,
            models=self.models,
        )

    def _count_both(self, champion: Candidate, rival: Candidate) -> None:
        for one in (champion, rival):
            self.previews.count_again(one.program)

    def _once(self, kind: str, key: str, ask: Callable[[], dict[str, Any]], again: Callable[[], None]) -> Event:
        """Ask, or give what is written down; ``again`` then counts what was rendered to ask."""
        with self._lock:
            lock = self._locks.setdefault(f"{kind}/{key}", threading.Lock())
        with lock:
            event = self.journal.find(kind, key)
            if event is None:
                return self.journal.write(kind, key, **ask())
            again()
            return event
