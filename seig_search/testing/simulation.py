"""A stage without proposers and renders: what becomes of an ask is drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from seig_search.candidate import Ask, Outcome, StageStart, Status, Strategy
from seig_search.stages import Stage

__all__ = ["Event", "SimulatedStage"]

Event: TypeAlias = tuple[Literal["ask"], int, tuple[Ask, ...]] | tuple[Literal["tell"], Outcome]
"""One step of a search: ``("ask", n, asks)`` or ``("tell", outcome)``."""

FAILURES: Mapping[Status, float] = {
    Status.REJECTED: 0.12,
    Status.BROKEN: 0.08,
    Status.LOST: 0.05,
    Status.CUT: 0.08,
    Status.SURPLUS: 0.07,
}


@dataclass(frozen=True)
class SimulatedStage:
    """A stage whose outcomes follow from a seed, the ask's number, its parent and its attempt, and nothing else.

    Args:
        seed: Seed of the scores, the statuses and the order of telling.
        expansions: How many asks the stage allows.
        roots: How many candidates it begins with.
        failures: Probability of each status other than ok; they may sum to 1.
        order: In which order outcomes are told: as asked, the latest first, or at random.
        window: How many asks may be under way at once.
        repeats: Whether every outcome is told twice, the second time later.
        ties: Whether scores are so coarse that many are equal.
    """

    seed: int = 0
    expansions: int = 40
    roots: int = 1
    failures: Mapping[Status, float] = field(default_factory=lambda: FAILURES)
    order: Literal["asked", "reversed", "random"] = "random"
    window: int = 6
    repeats: bool = False
    ties: bool = False

    @property
    def start(self) -> StageStart:
        """What the strategy begins with; roots best first."""
        rng = np.random.default_rng([self.seed, 1])
        scores = sorted((self._coarse(score) for score in rng.uniform(0.2, 0.5, self.roots)), reverse=True)
        roots = tuple(Outcome(None, f"root-{place}", None, Status.OK, score) for place, score in enumerate(scores))
        return StageStart(Stage.GEOMETRY, roots, self.expansions)

    def rng(self) -> np.random.Generator:
        """Give the generator for the strategy, fresh."""
        return np.random.default_rng([self.seed, 2])

    def outcome(self, ask: Ask, parent: Outcome) -> Outcome:
        """Say what becomes of an ask."""
        rng = np.random.default_rng([self.seed, 3, ask.id, ask.attempt, *parent.candidate.encode()])
        draw, drift = rng.uniform(), rng.normal(0.0, 0.08)
        status = Status.OK
        for failure, probability in self.failures.items():
            if draw < probability:
                status = failure
                break
            draw -= probability
        score = None
        if status.scored:
            score = self._coarse(float(np.clip((parent.score or 0.0) + drift, 0.0, 1.0)))
        metrics = {} if score is None else {"psnr": 40.0 * score}
        return Outcome(ask.id, f"child-{ask.id}", ask.parent, status, score, metrics, parent.depth + 1, "simulated")

    def _coarse(self, score: float) -> float:
        return round(score, 1) if self.ties else float(score)

    def run(self, strategy: Strategy, steps: Sequence[Event] = ()) -> list[Event]:
        """Run a strategy until it is done, checking what every strategy must hold to.

        Args:
            strategy: A fresh strategy.
            steps: What has already happened; it is done to the strategy first.

        Returns:
            What happened, ``steps`` included.

        Raises:
            AssertionError: The strategy broke a rule; the message says which.
        """
        rng = np.random.default_rng([self.seed, 4])
        strategy.begin(self.start, self.rng())
        known = {root.candidate: root for root in self.start.roots}
        attempts: dict[str, int] = {}
        waiting: list[Outcome] = []
        again: list[Outcome] = []
        asked: list[Ask] = []
        events: list[Event] = []

        def ask(n: int) -> tuple[Ask, ...]:
            wishes = strategy.ask(n)
            assert wishes is not None, f"ask({n}) gave None; expected a sequence of Ask, empty for none"
            assert len(wishes) <= n, f"ask({n}) gave {len(wishes)} asks; expected at most {n}"
            for wish in wishes:
                assert isinstance(wish, Ask), f"ask({n}) gave {wish!r}; expected seig_search.candidate.Ask"
                assert wish.id == len(asked), f"expected the id {len(asked)} next (they count up), got {wish.id}"
                assert len(asked) < self.expansions, f"asked more than the stage's {self.expansions} expansions"
                assert wish.parent in known, (
                    f"ask {wish.id} wants to expand {wish.parent!r}; expected a root or a candidate told with "
                    f"status ok: {', '.join(known)}"
                )
                expected = attempts.get(wish.parent, 0)
                assert wish.attempt == expected, (
                    f"ask {wish.id} is expansion number {expected} of {wish.parent!r} (counting from 0), "
                    f"but says attempt={wish.attempt}"
                )
                attempts[wish.parent] = expected + 1
                asked.append(wish)
                waiting.append(self.outcome(wish, known[wish.parent]))
            events.append(("ask", n, tuple(wishes)))
            return tuple(wishes)

        def tell(outcome: Outcome) -> None:
            strategy.tell(outcome)
            events.append(("tell", outcome))
            if outcome.status is Status.OK:
                known[outcome.candidate] = outcome

        for step in steps:
            if step[0] == "ask":
                wishes = ask(step[1])
                assert wishes == step[2], (
                    f"after the same tells, ask({step[1]}) gave {wishes}; expected {step[2]} as before"
                )
            else:
                told = step[1]
                waiting[:] = [other for other in waiting if other.ask != told.ask]
                tell(told)
        limit = 4 * self.expansions + 40
        for _ in range(limit):
            room = self.window - len(waiting)
            wished = ask(room) if room > 0 else ()
            if not waiting:
                assert not wished
                break
            if len(waiting) == self.window or not wished:
                place = {"asked": 0, "reversed": -1, "random": int(rng.integers(len(waiting)))}[self.order]
                outcome = waiting.pop(place)
                tell(outcome)
                if self.repeats:
                    again.append(outcome)
                    tell(again[int(rng.integers(len(again)))])
        else:
            raise AssertionError(f"not done after {limit} steps with {self.expansions} expansions allowed")
        assert not ask(3), "asked again after giving nothing while nothing was under way, which means done"
        return events
