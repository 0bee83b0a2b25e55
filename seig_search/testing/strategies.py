"""What every search strategy must hold to, as a test class."""

from __future__ import annotations

import random
from typing import Literal

import numpy as np
import pytest

from seig_search.candidate import Ask, Outcome, Status, Strategy
from seig_search.testing.simulation import Event, SimulatedStage

__all__ = ["StrategySuite"]

SEEDS = range(5)


def asks_of(events: list[Event]) -> list[Ask]:
    """Give every ask of a run, in order."""
    return [ask for event in events if event[0] == "ask" for ask in event[2]]


class StrategySuite:
    """Checks a strategy against a simulated stage. Subclass it under a name that pytest collects, and say how to make yours.

    Example:
        ```python
        class TestMine(StrategySuite):
            def make(self):
                return Mine(width=3)
        ```
    """

    def make(self) -> Strategy:
        """Make a fresh strategy; every call with the same settings."""
        raise TypeError(f"{type(self).__name__} must define make(self), which gives a fresh strategy")

    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize("order", ["asked", "reversed", "random"])
    def test_outcomes_may_come_in_any_order(self, seed: int, order: Literal["asked", "reversed", "random"]) -> None:
        """Valid parents, ids and attempts, the limit respected, and an end, whatever the order."""
        assert asks_of(SimulatedStage(seed, order=order).run(self.make())), "it never asked for anything"

    @pytest.mark.parametrize("roots", [1, 2, 7])
    @pytest.mark.parametrize("window", [1, 3, 64])
    def test_any_number_of_roots_and_workers(self, roots: int, window: int) -> None:
        """One worker or many, one root or many."""
        SimulatedStage(11, roots=roots, window=window).run(self.make())

    @pytest.mark.parametrize("expansions", [0, 1, 2, 5, 300])
    def test_the_limit_is_respected(self, expansions: int) -> None:
        """Never more asks than the stage allows, however few or many."""
        asked = asks_of(SimulatedStage(5, expansions=expansions).run(self.make()))
        assert len(asked) <= expansions
        assert asked or not expansions, "expansions are allowed, yet it asked for none"

    @pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
    def test_all_failing(self, status: Status) -> None:
        """When every outcome is a failure (or only a low-fidelity score), only the roots are expanded, and it ends."""
        stage = SimulatedStage(3, failures={status: 1.0}, roots=2)
        parents = {ask.parent for ask in asks_of(stage.run(self.make()))}
        assert parents <= {"root-0", "root-1"}

    @pytest.mark.parametrize("seed", SEEDS)
    def test_many_failures(self, seed: int) -> None:
        """When three of four fail, it still ends and stays within its rules."""
        failures = {Status.REJECTED: 0.3, Status.BROKEN: 0.2, Status.LOST: 0.15, Status.SURPLUS: 0.1}
        SimulatedStage(seed, failures=failures, expansions=80).run(self.make())

    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_repeat_is_ignored(self, seed: int) -> None:
        """Telling an outcome twice changes nothing."""
        once, twice = SimulatedStage(seed, order="asked"), SimulatedStage(seed, order="asked", repeats=True)
        first, second = asks_of(once.run(self.make())), asks_of(twice.run(self.make()))
        assert first == second, "telling outcomes twice changed what it asked for"

    @pytest.mark.parametrize("seed", SEEDS)
    def test_equal_scores(self, seed: int) -> None:
        """Many ties break nothing, and are broken alike each time."""
        stage = SimulatedStage(seed, ties=True)
        assert stage.run(self.make()) == stage.run(self.make())

    @pytest.mark.parametrize("seed", SEEDS)
    def test_equal_seeds_give_equal_asks(self, seed: int) -> None:
        """All randomness comes from the given generator: global random state is neither used nor touched."""
        stage = SimulatedStage(seed, roots=3)
        runs = []
        before_python, before_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        try:
            for world_seed in (1, 2):
                random.seed(world_seed)
                np.random.seed(world_seed)  # noqa: NPY002
                python, numpy_state = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
                runs.append(stage.run(self.make()))
                assert random.getstate() == python, "it drew from Python's global random state"
                assert np.random.get_state()[1].tolist() == numpy_state, "it drew from numpy's global state"  # type: ignore[index] # noqa: NPY002
        finally:
            random.setstate(before_python)
            np.random.set_state(before_numpy)  # noqa: NPY002
        assert runs[0] == runs[1], "equal seeds and outcomes gave different asks"

    @pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 1.0])
    def test_a_replay_rebuilds_the_state(self, part: float) -> None:
        """A fresh one that is asked and told the same goes on in the same way; a resumed run needs nothing else."""
        stage = SimulatedStage(8, roots=2, expansions=60, order="asked")
        whole = stage.run(self.make())
        cut = int(part * (len(whole) - 1))
        while whole[cut][0] != "ask":
            cut -= 1
        steps = whole[:cut]
        again = stage.run(self.make(), steps=steps)
        assert asks_of(again) == asks_of(whole), f"after a replay of {len(steps)} steps it went another way"

    def test_asking_for_none_gives_none(self) -> None:
        """``ask(0)`` gives nothing and changes nothing."""
        stage = SimulatedStage(2)
        one, other = self.make(), self.make()
        for strategy in (one, other):
            strategy.begin(stage.start, stage.rng())
        assert not one.ask(0), "ask(0) gave asks"
        assert list(one.ask(4)) == list(other.ask(4)), "ask(0) changed what comes next"

    def test_asking_for_very_many(self) -> None:
        """``ask(1000)`` stays within the stage's limit."""
        SimulatedStage(2, expansions=30, window=1000).run(self.make())

    def test_instances_share_nothing(self) -> None:
        """Two searches at once do not disturb each other."""
        stage = SimulatedStage(4)
        alone = asks_of(stage.run(self.make()))
        one, other = self.make(), self.make()
        other.begin(SimulatedStage(9, roots=3).start, np.random.default_rng(9))
        for ask in other.ask(5):
            other.tell(Outcome(ask.id, f"other-{ask.id}", ask.parent, Status.OK, 0.99))
        assert asks_of(stage.run(one)) == alone, "another instance's outcomes changed this one's asks"
