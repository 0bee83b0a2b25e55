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
from seig_search.proposal import Attempt
from seig_search.runs.atomic import write_text
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal
from seig_search.search.candidates import Candidate
from seig_search.search.expansion import Expander, Expansion
from seig_search.search.progress import Progress
from seig_search.stages import Stage

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
    """

    ranked: tuple[Candidate, ...]
    counts: Counter[Status]
    stop: str
    reasons: tuple[str, ...] = ()


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


def search_stage(
    stage: Stage,
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
) -> StageResult:
    """Search one stage.

    A fixed number of expansions is kept under way, and outcomes are told in the order of their asks. So the workers
    are busy without a barrier between rounds, and what the strategy sees depends on the seed alone, not on who
    was faster.

    Args:
        stage: The stage.
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
    """
    scorer = expander.scorer
    root_outcomes = tuple(root.as_root(scorer, stage) for root in roots)
    strategy.begin(StageStart(stage, root_outcomes, expansions), rng)
    loop = _Loop(
        known={root.id: root for root in roots},
        seen={root.program.digest for root in roots},
        best=max((outcome.score for outcome in root_outcomes if outcome.score is not None), default=-np.inf),
    )
    pending: deque[Future[Expansion]] = deque()
    stop = ""
    with ThreadPoolExecutor(settings.in_flight, thread_name_prefix=stage.value) as threads:
        try:
            while True:
                room = min(settings.in_flight - len(pending), expansions - loop.asked)
                stop = stop or halted() or ""
                for ask in strategy.ask(room) if room > 0 and not stop else ():
                    parent = _parent(ask, stage, loop, strategy)
                    loop.asked += 1
                    history = tuple(loop.history.get(ask.parent, ()))
                    pending.append(threads.submit(expander.expand, stage, ask, parent, history))
                if not pending:
                    break
                _tell(
                    stage,
                    pending.popleft().result(),
                    strategy,
                    loop,
                    expander,
                    settings,
                    folder,
                    journal,
                    progress,
                )
                if stop:
                    continue  # what was under way is heard, but the reason stands
                if loop.failed >= settings.failures:
                    stop = f"{loop.failed} candidates in a row failed"
                elif loop.stale >= settings.plateau:
                    stop = f"plateau: {loop.stale} candidates in a row without a better score"
        except BaseException:
            for future in pending:
                future.cancel()
            raise
    if not stop:
        stop = "all expansions used" if loop.asked >= expansions else "strategy done"
    order = sorted(loop.known.values(), key=lambda c: -c.score(scorer, stage))
    return StageResult(tuple(order), loop.counts, stop, tuple(reason for reason, _ in loop.reasons.most_common(3)))


def _parent(ask: Ask, stage: Stage, loop: _Loop, strategy: Strategy) -> Candidate | None:
    if stage is Stage.SCAFFOLD:
        return None
    if ask.parent not in loop.known:
        raise SeigError(
            f"the strategy {type(strategy).__name__} asked to expand {ask.parent!r}; expected a root or a candidate told "
            f"with status ok: {', '.join(sorted(loop.known))}. seig_search.testing.StrategySuite finds such faults."
        )
    return loop.known[ask.parent]


def _tell(
    stage: Stage,
    done: Expansion,
    strategy: Strategy,
    loop: _Loop,
    expander: Expander,
    settings: SearchSettings,
    folder: RunFolder,
    journal: Journal,
    progress: Progress,
) -> None:
    ask, status, reason, score = done.ask, done.status, done.reason, None
    name = f"{stage.value}-{ask.id:04d}"
    parent = loop.known.get(ask.parent)
    depth = parent.depth + 1 if parent else 0
    if status is Status.OK and done.program and done.measured:
        if done.program.digest in loop.seen:
            status, reason = Status.SURPLUS, "the same program as an earlier candidate"
        else:
            loop.seen.add(done.program.digest)
            candidate = Candidate(name, done.program, done.measured, depth)
            loop.known[name] = candidate
            score = candidate.score(expander.scorer, stage)
            write_text(folder.programs / f"{name}.py", done.program.source)
            progress.score(max(score, loop.best))
    elif done.program is not None:
        write_text(folder.programs / f"{name}.{status.value}.py", done.program.source)
    loop.counts[status] += 1
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
    )
    loop.history.setdefault(ask.parent, []).append(Attempt(done.why, status, score, reason))
    strategy.tell(outcome)
