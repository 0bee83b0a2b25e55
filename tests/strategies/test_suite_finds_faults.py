"""A suite is worth what it finds: each fault here must be caught by the test meant for it."""

import random
from typing import ClassVar

import numpy as np
import pytest

from seig_search.candidate import Ask, Status
from seig_search.strategies import Greedy
from seig_search.testing import StrategySuite


class CountsRepeats(Greedy):
    """Gives up early when an outcome is told twice."""

    def tell(self, outcome):
        self._stale += outcome.ask is not None
        super().tell(outcome)


class ExpandsFailures(Greedy):
    """Asks to expand whatever was told last."""

    def tell(self, outcome):
        super().tell(outcome)
        self._last = outcome.candidate

    def ask(self, n):
        return [Ask(a.id, getattr(self, "_last", a.parent), a.attempt) for a in super().ask(n)]


class UsesGlobalRandom(Greedy):
    """Asks for a random number of expansions, drawn from Python's global state."""

    def ask(self, n):
        return super().ask(random.randint(0, n) or min(1, n))


class SeedsItself(Greedy):
    """Ignores the generator it was given, and differs from instance to instance."""

    made = 0

    def begin(self, start, rng):
        super().begin(start, rng)
        SeedsItself.made += 1
        self._own = np.random.default_rng(SeedsItself.made)

    def ask(self, n):
        return super().ask(int(self._own.integers(1, n + 1)) if n else 0)


class Overdraws(Greedy):
    """Forgets the stage's limit."""

    def ask(self, n):
        self._ledger.left = max(self._ledger.left, n)
        return super().ask(n)


class AsksTooMany(Greedy):
    """Ignores how many were wanted."""

    def ask(self, n):
        return super().ask(n + 1)


class SkipsIds(Greedy):
    """Counts up by two."""

    def ask(self, n):
        return [Ask(2 * a.id, a.parent, a.attempt) for a in super().ask(n)]


class ForgetsAttempts(Greedy):
    """Always says that it is the first attempt."""

    def ask(self, n):
        return [Ask(a.id, a.parent) for a in super().ask(n)]


class ChokesOnFailures(Greedy):
    """Takes every outcome for one with a score."""

    def tell(self, outcome):
        assert outcome.score + 1.0
        super().tell(outcome)


class ReturnsNone(Greedy):
    """Gives None when it has nothing to ask."""

    def ask(self, n):
        return super().ask(n) or None


class SharesState(Greedy):
    """Keeps the best score of all instances."""

    bests: ClassVar[list] = []

    def begin(self, start, rng):
        super().begin(start, rng)
        self.bests.append(0.0)

    def tell(self, outcome):
        super().tell(outcome)
        self.bests.append(outcome.score or 0.0)

    def ask(self, n):
        return [] if max(self.bests) > 0.98 else super().ask(n)


@pytest.mark.parametrize(
    ("fault", "test", "arguments", "says"),
    [
        (CountsRepeats, "test_a_repeat_is_ignored", (0,), "twice changed"),
        (ExpandsFailures, "test_all_failing", (Status.BROKEN,), "wants to expand"),
        (UsesGlobalRandom, "test_equal_seeds_give_equal_asks", (0,), "global random state"),
        (SeedsItself, "test_equal_seeds_give_equal_asks", (0,), "gave different asks"),
        (Overdraws, "test_the_limit_is_respected", (5,), "more than the stage's 5 expansions"),
        (AsksTooMany, "test_any_number_of_roots_and_workers", (1, 3), "expected at most 3"),
        (SkipsIds, "test_the_limit_is_respected", (5,), "expected the id 1 next"),
        (ForgetsAttempts, "test_the_limit_is_respected", (5,), "says attempt=0"),
        (ChokesOnFailures, "test_all_failing", (Status.LOST,), "NoneType"),
        (ReturnsNone, "test_the_limit_is_respected", (2,), "gave None"),
        (SharesState, "test_instances_share_nothing", (), "another instance"),
    ],
)
def test_a_fault_is_found(fault, test, arguments, says):
    class Suite(StrategySuite):
        def make(self):
            return fault(k=4, patience=10)

    with pytest.raises((AssertionError, TypeError), match=says):
        getattr(Suite(), test)(*arguments)


def test_a_suite_without_make_is_told():
    with pytest.raises(TypeError, match=r"must define make\(self\)"):
        StrategySuite().test_asking_for_none_gives_none()
