"""Linear algebra of tuners on one thread."""

from __future__ import annotations

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from seig_search.tuning.linear_algebra import on_one_thread


def threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_one_thread_while_it_runs_and_as_many_as_before_after_it_even_if_it_fails():
    seen = []

    @on_one_thread
    def work(fails):
        seen.append(threads())
        if fails:
            raise ValueError
        return "done"

    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        if before != {2}:
            pytest.skip("this machine's linear algebra has but one thread")
        assert work(fails=False) == "done"
        with pytest.raises(ValueError):
            work(fails=True)
        assert seen == [{1}, {1}]
        assert threads() == before
