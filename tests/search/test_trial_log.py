"""Which numbers do nothing is told by trials that changed nothing, whatever order they come in."""

from __future__ import annotations

import numpy as np
import pytest

from seig_search.search.trial_log import TrialLog


def heard(*trials: tuple[dict[str, float], float], seed: int = 0) -> frozenset[str]:
    log = TrialLog()
    log.hear({}, {"psnr": 10.0})
    for index in np.random.default_rng(seed).permutation(len(trials)):
        values, psnr = trials[index]
        log.hear(values, {"psnr": psnr})
    return log.without_effect()


@pytest.mark.parametrize("seed", range(4))
def test_what_changes_nothing_alone_is_idle_unless_it_changes_something_elsewhere(seed: int) -> None:
    trials = (
        ({"IDLE": 0.3}, 10.0),
        ({"LIVE": 0.3}, 11.0),
        ({"LATE": 0.3}, 10.0),
        ({"LIVE": 0.9, "LATE": 0.2}, 12.0),
        ({"LIVE": 0.9}, 13.0),
    )
    assert heard(*trials, seed=seed) == {"IDLE"}


def test_a_few_moved_at_once_without_a_change_are_idle_but_many_may_make_up_for_each_other() -> None:
    assert heard(({"A": 1.0, "B": 1.0}, 10.0)) == {"A", "B"}
    assert heard((dict.fromkeys("ABCDE", 1.0), 10.0)) == frozenset()
    assert heard(({"A": 1.0, "B": 1.0}, 10.0), ({"A": 1.0}, 9.0)) == frozenset()


def test_a_picture_that_is_the_same_but_far_away_says_nothing() -> None:
    black = {"LIGHT": 0.0, "X": 0.1, "Y": 0.2, "Z": 0.5}
    assert heard((black, 5.0), ({"LIGHT": 0.0, "X": 0.9, "Y": 0.8, "Z": 0.1}, 5.0), ({"X": 0.9}, 8.0)) <= {"Y", "Z"}


def test_failures_are_counted_by_cause() -> None:
    log = TrialLog()
    for reason in ("b", "a", "b", "c"):
        log.hear_failure(reason)
    assert log.reasons == [("b", 2), ("a", 1), ("c", 1)]
    assert log.rendered == 0
