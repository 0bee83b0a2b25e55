"""The ladder of a trial: low fidelity first where there is one, then the problem's own; each set of values once on each."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from fractions import Fraction

from seig_search.render import Value
from seig_search.tuning.seam import CheapTrials, Submit, Trial
from seig_search.tuning.spending import Spending

__all__ = ["Ladder", "Rung"]


@dataclass(frozen=True, slots=True)
class Rung:
    """A trial under way on one rung.

    Args:
        values: Its values, as far as they differ from the start's.
        future: What comes of it.
        cheap: Whether this is the low rung.
        cost: Renders that it takes to get here, were none of them known.
    """

    values: Mapping[str, Value]
    future: Future[Trial]
    cheap: bool
    cost: Fraction


class Ladder:
    """Queues trials and pays for them; equal values are paid once.

    Whoever is on the low rung has room held for a whole render, so that going on never breaks the budget. The last
    render, where both rungs no longer fit, leaves the low one out.

    Args:
        start: What came of no change at all.
        submit: Queues a trial at the problem's fidelity.
        cheap: Trials at a lower one; None for none.
        spending: Who counts.
    """

    def __init__(self, start: Trial, submit: Submit, cheap: CheapTrials | None, spending: Spending) -> None:
        self._submit, self._cheap, self._spending = submit, cheap, spending
        self._whole: dict[str, Future[Trial]] = {_key({}): _settled(start)}
        self._looks: dict[str, Future[Trial]] = {}

    @property
    def tried(self) -> int:
        """How many settings were tried beside the start, on any rung."""
        return len(self._whole.keys() | self._looks.keys()) - 1

    @property
    def has_room(self) -> bool:
        """Whether another trial may begin."""
        if self._cheap is None:
            return self._spending.has_room()
        # While room is held, it may come back: waiting for that beats a render without a look.
        return self._spending.has_room(self._cheap.share) or (not self._spending.held and self._spending.has_room())

    def know(self, values: Mapping[str, Value], trial: Trial) -> None:
        """Take a trial that was made, and paid for, before."""
        self._whole[_key(values)] = _settled(trial)

    def begin(self, values: Mapping[str, Value]) -> Rung:
        """Put a trial on its first rung. It takes that there is room."""
        key, cheap = _key(values), self._cheap
        if cheap is None or key in self._whole:
            return self._on_top(values, Fraction(1))
        if key not in self._looks:
            if not self._spending.has_room(cheap.share):
                return self._on_top(values, Fraction(1))
            self._spending.pay(cheap.share)
            self._looks[key] = cheap.submit(values)
        self._spending.hold()
        return Rung(values, self._looks[key], True, cheap.share)

    def go_on(self, rung: Rung) -> Rung:
        """Put a trial from the low rung on the top one."""
        self._spending.release()
        return self._on_top(rung.values, rung.cost + 1)

    def leave(self, rung: Rung) -> None:
        """Let a trial end where it is."""
        if rung.cheap:
            self._spending.release()

    def _on_top(self, values: Mapping[str, Value], cost: Fraction) -> Rung:
        key = _key(values)
        if key not in self._whole:
            self._spending.pay()
            self._whole[key] = self._submit(values)
        return Rung(values, self._whole[key], False, cost)


def _key(values: Mapping[str, Value]) -> str:
    return repr(sorted(values.items()))


def _settled(trial: Trial) -> Future[Trial]:
    answer: Future[Trial] = Future()
    answer.set_result(trial)
    return answer
