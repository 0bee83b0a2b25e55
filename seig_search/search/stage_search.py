"""The ask/tell loop of one stage."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from seig_search.candidate import Ask, Outcome, StageStart, Status, Strategy
from seig_search.config import SearchSettings
from seig_search.errors import SeigError
from seig_search.metrics import Metrics
from seig_search.proposal import Attempt
from seig_search.runs.atomic import write_text
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal
from seig_search.search.candidates import Candidate, still_settled
from seig_search.search.expansion import Expander, Expansion
from seig_search.search.progress import Progress
from seig_search.search.visit import Visit
from seig_search.stages import Stage
from seig_search.verification import Review

__all__ = ["Samples", "StageResult", "search_stage"]


class Samples:
    """The scaffold's search: independent samples, since there is no parent yet."""

    def begin(self, start: StageStart, rng: np.random.Generator) -> None:
        """Take how many samples are allowed."""
        self._left = range(start.expansions)

    def ask(self, n: int) -> Sequence[Ask]:
        """Ask for the next ``n`` samples."""
        now, self._left = self._left[:n], self._left[n:]
        return [Ask(number, "", number) for number in now]

    def tell(self, outcome: Outcome) -> None:
        """Nothing is learnt from one sample for the next."""


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage's search found.

    Args:
        ranked: Roots and new candidates that rendered, best score first; of equal programs only one.
        counts: How many asks ended in which status.
        stop: Why the search ended.
        reasons: Causes of failures, commonest first.
        fault: The earlier stage in which the verifier sees the cause of what is left, if it does.
    """

    ranked: tuple[Candidate, ...]
    counts: Counter[Status]
    stop: str
    reasons: tuple[str, ...] = ()
    fault: Stage | None = None


@dataclass(slots=True)
class _Loop:
    """State of one stage's loop."""

    known: dict[str, Candidate]
    seen: set[str]
    best: float
    history: dict[str, list[Attempt]] = field(default_factory=dict)
    counts: Counter[Status] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    stale: int = 0
    failed: int = 0
    settled: str = ""
    fault: Stage | None = None
    tuned: set[str] = field(default_factory=set)
    stand_in: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An expansion under way, and the candidate that is expanded."""

    future: Future[Expansion]
    parent: Candidate | None


@dataclass(frozen=True, slots=True)
class _Beside:
    """A tuning under way beside the model's thinking, and whose."""

    future: Future[Candidate | None]
    parent: str


def search_stage(
    visit: Visit,
    roots: Sequence[Candidate],
    strategy: Strategy,
    expander: Expander,
    settings: SearchSettings,
    expansions: int,
    rng: np.random.Generator,
    folder: RunFolder,
    journal: Journal,
    progress: Progress,
    halted: Callable[[], str | None],
    beside: Callable[[Candidate, int], Candidate | None] | None = None,
) -> StageResult:
    """Search one stage.

    A fixed number of expansions is kept under way, and outcomes are told in the order of their asks. So the workers
    are busy without a barrier between rounds, and what the strategy sees depends on the seed alone, not on who
    was faster.

    Args:
        visit: The stage.
        roots: Candidates that crossed the border, best first; none for the scaffold.
        strategy: A fresh strategy.
        expander: Who carries out asks.
        settings: Window, plateau and failure limits.
        expansions: How many asks are allowed.
        rng: For the strategy.
        folder: Where programs go.
        journal: Where outcomes go.
        progress: Who shows them.
        halted: Says why no more may be asked, or None.
        beside: Tunes a candidate while a model thinks, given its number among those tuned so; gives a better one or None.
            It is asked for each new best candidate; what comes of it is told in its turn, like what was asked for.
    """
    stage, scorer = visit.stage, expander.scorer
    before = _metrics_of_best(roots, stage, expander)
    root_outcomes = tuple(root.as_root(scorer, stage) for root in roots)
    strategy.begin(StageStart(stage, root_outcomes, expansions), rng)
    loop = _Loop(
        known={root.id: root for root in roots},
        seen={root.program.digest for root in roots},
        best=max((outcome.score for outcome in root_outcomes if outcome.score is not None), default=-np.inf),
    )
    pending: deque[_Asked | _Beside] = deque()
    stop = ""
    # One thread more than expansions: tuning beside the model's thinking takes no expansion's place.
    with ThreadPoolExecutor(settings.in_flight + 1, thread_name_prefix=visit.label) as threads:
        try:
            while True:
                asked = sum(isinstance(one, _Asked) for one in pending)
                room = min(settings.in_flight - asked, expansions - loop.asked)
                stop = stop or halted() or ""
                for ask in strategy.ask(room) if room > 0 and not stop else ():
                    parent = _parent(ask, stage, loop, strategy)
                    loop.asked += 1
                    history = tuple(loop.history.get(ask.parent, ()))
                    future = threads.submit(expander.expand, visit, ask, parent, history, before)
                    pending.append(_Asked(future, parent))
                    asked += 1
                if beside is not None and asked and not any(isinstance(one, _Beside) for one in pending):
                    best = max(loop.known.values(), key=lambda candidate: candidate.score(scorer, stage))
                    if best.id not in loop.tuned:
                        loop.tuned.add(best.id)
                        pending.append(_Beside(threads.submit(beside, best, len(loop.tuned)), best.id))
                if not pending:
                    break
                match pending.popleft():
                    case _Beside(tuning, parent_id):
                        _take_tuned(tuning.result(), parent_id, loop, expander, stage, folder, progress)
                        continue
                    case _Asked(expanding, expanded):
                        done = expanding.result()
                        _tell(visit, done, expanded, strategy, loop, expander, settings, folder, journal, progress)
                if stop:
                    continue  # what was under way is heard, but the reason stands
                if loop.settled:
                    stop = loop.settled
                elif loop.failed >= settings.failures:
                    stop = f"{loop.failed} candidates in a row failed"
                elif loop.stale >= settings.plateau:
                    stop = f"plateau: {loop.stale} candidates in a row without a better score"
        except BaseException:
            for one in pending:
                one.future.cancel()
            raise
    if not stop:
        stop = "all expansions used" if loop.asked >= expansions else "strategy done"
    order = sorted(loop.known.values(), key=lambda c: -c.score(scorer, stage))
    return StageResult(
        tuple(order), loop.counts, stop, tuple(reason for reason, _ in loop.reasons.most_common(3)), loop.fault
    )


def _metrics_of_best(roots: Sequence[Candidate], stage: Stage, expander: Expander) -> Metrics:
    """Give the metrics of the root that every approval is held against; none for the scaffold."""
    if not roots:
        return {}
    return max(roots, key=lambda root: root.score(expander.scorer, stage)).measured.metrics


def _parent(ask: Ask, stage: Stage, loop: _Loop, strategy: Strategy) -> Candidate | None:
    if stage is Stage.SCAFFOLD:
        return None
    if ask.parent not in loop.known:
        raise SeigError(
            f"the strategy {type(strategy).__name__} asked to expand {ask.parent!r}; expected a root or a candidate told "
            f"with status ok: {', '.join(sorted(loop.known))}. seig_search.testing.StrategySuite finds such faults."
        )
    return loop.known[loop.stand_in.get(ask.parent, ask.parent)]


def _take_tuned(
    found: Candidate | None,
    parent: str,
    loop: _Loop,
    expander: Expander,
    stage: Stage,
    folder: RunFolder,
    progress: Progress,
) -> None:
    """Let a tuned candidate stand in for the one it came from, for whoever expands that from now on."""
    if found is None or found.program.digest in loop.seen:
        return
    loop.seen.add(found.program.digest)
    loop.tuned.add(found.id)
    loop.known[found.id] = found
    loop.stand_in[parent] = found.id
    loop.best = max(loop.best, found.score(expander.scorer, stage))
    write_text(folder.programs / f"{found.id}.py", found.program.source)
    progress.score(loop.best)


def _tell(
    visit: Visit,
    done: Expansion,
    parent: Candidate | None,
    strategy: Strategy,
    loop: _Loop,
    expander: Expander,
    settings: SearchSettings,
    folder: RunFolder,
    journal: Journal,
    progress: Progress,
) -> None:
    ask, status, reason, score = done.ask, done.status, done.reason, None
    stage = visit.stage
    name = f"{visit.label}-{ask.id:04d}"
    depth = parent.depth + 1 if parent else 0
    if status is Status.OK and done.program and done.measured:
        if done.program.digest in loop.seen:
            status, reason = Status.SURPLUS, "the same program as an earlier candidate"
        else:
            loop.seen.add(done.program.digest)
            settled = still_settled(parent, done.program) if parent else frozenset[str]()
            candidate = Candidate(name, done.program, done.measured, depth, settled)
            loop.known[name] = candidate
            score = candidate.score(expander.scorer, stage)
            write_text(folder.programs / f"{name}.py", done.program.source)
            progress.score(max(score, loop.best))
    elif done.program is not None:
        write_text(folder.programs / f"{name}.{status.value}.py", done.program.source)
    loop.counts[status] += 1
    if done.review is not None and done.program is None and parent is not None:
        _heed(done.review, parent, loop, stage, expander)
    failure = status in (Status.REJECTED, Status.BROKEN, Status.LOST)
    loop.failed = loop.failed + 1 if failure else 0
    if failure:
        loop.reasons[reason] += 1
    better = score is not None and score > loop.best + settings.min_gain
    loop.stale = 0 if better else loop.stale + 1
    if score is not None:
        loop.best = max(loop.best, score)
    outcome = Outcome(
        ask.id,
        name,
        ask.parent or None,
        status,
        score,
        dict(done.measured.metrics) if score is not None and done.measured else {},
        depth,
        reason,
    )
    journal.write(
        "told",
        name,
        ask=ask.id,
        parent=ask.parent,
        status=status.value,
        score=score,
        why=done.why,
        reason=reason,
        render=done.measured.key if done.measured else None,
        repairs=done.repairs,
    )
    loop.history.setdefault(ask.parent, []).append(Attempt(done.why, status, score, reason))
    strategy.tell(outcome)


def _heed(review: Review, parent: Candidate, loop: _Loop, stage: Stage, expander: Expander) -> None:
    """End the stage where the verifier has nothing more to ask of its best candidate."""
    best = max(loop.known.values(), key=lambda candidate: candidate.score(expander.scorer, stage))
    if parent is not best:
        return
    if review.approved:
        loop.settled = f"the verifier approves {parent.id}"
    elif review.fault is not None and not review.todo:
        loop.settled, loop.fault = f"the verifier sees the cause of what is left in {review.fault}", review.fault
