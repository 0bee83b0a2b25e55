"""The built-in strategies hold to the public suite, and do what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.candidate import Outcome, StageStart, Status
from seig_search.errors import UsageError
from seig_search.stages import Stage
from seig_search.strategies import Beam, BestOfN, Greedy
from seig_search.testing import SimulatedStage, StrategySuite


class TestGreedy(StrategySuite):
    def make(self):
        return Greedy(k=4, patience=12)


class TestGreedySingle(StrategySuite):
    def make(self):
        return Greedy(k=1, patience=None)


class TestBestOfN(StrategySuite):
    def make(self):
        return BestOfN(n=6)


class TestBeam(StrategySuite):
    def make(self):
        return Beam(width=3, branch=2)


class TestBeamRounds(StrategySuite):
    def make(self):
        return Beam(width=4, branch=3, rounds=2)


def begin(strategy, *scores, expansions=100):
    roots = tuple(Outcome(None, f"root-{i}", None, Status.OK, score) for i, score in enumerate(scores))
    strategy.begin(StageStart(Stage.GEOMETRY, roots, expansions), np.random.default_rng(0))
    return strategy


def ok(ask, score):
    return Outcome(ask.id, f"c{ask.id}", ask.parent, Status.OK, score, depth=1)


def failed(ask, status=Status.BROKEN):
    return Outcome(ask.id, f"c{ask.id}", ask.parent, status)


def parents(asks):
    return [ask.parent for ask in asks]


def test_greedy_moves_on_as_soon_as_something_better_is_told():
    greedy = begin(Greedy(k=3), 0.5)
    first = greedy.ask(10)
    assert parents(first) == ["root-0"] * 3
    assert not greedy.ask(10)
    greedy.tell(ok(first[1], 0.6))
    assert parents(greedy.ask(10)) == ["c1"] * 3


def test_greedy_keeps_the_workers_busy_on_the_best():
    greedy = begin(Greedy(k=3), 0.5)
    first = greedy.ask(3)
    greedy.tell(ok(first[0], 0.4))
    assert [(a.parent, a.attempt) for a in greedy.ask(3)] == [("root-0", 3)]


def test_greedy_starts_from_the_best_root_and_ties_go_to_the_earlier():
    greedy = begin(Greedy(k=1), 0.5, 0.5, 0.4)
    (ask,) = greedy.ask(1)
    assert ask.parent == "root-0"
    greedy.tell(ok(ask, 0.5))
    assert parents(greedy.ask(1)) == ["root-0"]


def test_greedy_patience_counts_what_did_not_improve_but_not_failures():
    greedy = begin(Greedy(k=1, patience=2), 0.5)
    for _ in range(5):
        greedy.tell(failed(greedy.ask(1)[0]))
    greedy.tell(ok(greedy.ask(1)[0], 0.3))
    greedy.tell(failed(greedy.ask(1)[0], Status.LOST))
    greedy.tell(failed(greedy.ask(1)[0], Status.SURPLUS))
    assert not greedy.ask(1)


def test_best_of_n_expands_only_roots_in_turn():
    best = begin(BestOfN(n=3), 0.5, 0.4)
    asks = best.ask(2)
    best.tell(ok(asks[0], 0.9))
    asks = [*asks, *best.ask(100)]
    assert parents(asks) == ["root-0", "root-1"] * 3
    assert [ask.attempt for ask in asks] == [0, 0, 1, 1, 2, 2]


def test_best_of_n_shares_too_few_expansions_evenly():
    asks = begin(BestOfN(n=10), 0.5, 0.4, 0.3, expansions=5).ask(100)
    assert parents(asks) == ["root-0", "root-1", "root-2", "root-0", "root-1"]


def test_beam_expands_the_best_of_parents_and_children():
    beam = begin(Beam(width=2, branch=2), 0.5)
    first = beam.ask(10)
    assert parents(first) == ["root-0", "root-0"]
    beam.tell(ok(first[0], 0.4))
    beam.tell(ok(first[1], 0.7))
    assert sorted(parents(beam.ask(10))) == ["c1", "c1", "root-0", "root-0"]


def test_beam_does_not_wait_for_what_cannot_change_its_mind():
    beam = begin(Beam(width=2, branch=3), 0.5)
    first = beam.ask(10)
    beam.tell(ok(first[0], 0.9))
    assert not beam.ask(10), "two outcomes are missing, both could be better than 0.9"
    beam.tell(ok(first[1], 0.3))
    assert parents(beam.ask(10)) == ["c0"] * 3
    beam.tell(ok(first[2], 0.95))
    assert parents(beam.ask(10)) == ["c2"] * 3


def test_beam_ends_after_its_rounds():
    beam = begin(Beam(width=1, branch=2, rounds=2), 0.5)
    for _ in range(2):
        asks = beam.ask(10)
        assert len(asks) == 2
        for ask in asks:
            beam.tell(ok(ask, 0.6))
    assert not beam.ask(10)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    width=st.integers(1, 4),
    branch=st.integers(1, 4),
    rounds=st.integers(1, 4),
    window=st.integers(1, 12),
    roots=st.integers(1, 4),
    order=st.sampled_from(["asked", "reversed", "random"]),
)
def test_beam_opens_the_same_tree_in_any_order(seed, width, branch, rounds, window, roots, order):
    """Scores follow from the parent and the attempt alone here, so the tree may not depend on who was faster."""

    class ByAttempt(SimulatedStage):
        def outcome(self, ask, parent):
            name = f"{parent.candidate}/{ask.attempt}"
            score = float(np.random.default_rng([seed, *name.encode()]).uniform())
            if score < 0.2:
                return Outcome(ask.id, name, ask.parent, Status.BROKEN)
            return Outcome(ask.id, name, ask.parent, Status.OK, score)

    def tree(**how):
        events = ByAttempt(seed, expansions=500, roots=roots, **how).run(Beam(width, branch, rounds))
        return sorted((a.parent, a.attempt) for e in events if e[0] == "ask" for a in e[2])

    assert tree(window=window, order=order) == tree(window=1)


@pytest.mark.parametrize(
    "make", [lambda: Greedy(k=0), lambda: BestOfN(n=0), lambda: Beam(width=-1), lambda: Beam(branch=1.5)]
)
def test_settings_out_of_range_are_told(make):
    with pytest.raises(UsageError, match="must be a whole number of at least 1, got"):
        make()
