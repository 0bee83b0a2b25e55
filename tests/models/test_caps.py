"""No cap is ever exceeded by more than the calls under way allow, whatever calls cost and however long they take."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.config import BudgetSettings
from seig_search.errors import SeigError
from seig_search.models import ModelCall
from seig_search.search.budget import Budget

CALLS = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 150), st.integers(0, 3)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    calls=CALLS,
    cap_calls=st.integers(1, 30),
    cap_tokens=st.integers(100, 5000),
    cap_usd=st.floats(0.01, 5),
    at_once=st.integers(1, 8),
    seed=st.integers(0, 1000),
)
def test_caps_hold_for_honest_estimates(calls, cap_calls, cap_tokens, cap_usd, at_once, seed):
    """Each call takes at most what it reserved, so no cap is exceeded at all."""
    budget = Budget(BudgetSettings(renders=1, model_calls=cap_calls, tokens=cap_tokens, usd=cap_usd))
    under_way, most, lock = 0, 0, threading.Lock()
    order = random.Random(seed)

    def one(call):
        nonlocal under_way, most
        tokens, spared, turns = call
        try:
            with budget.room(tokens, tokens / 1000):
                with lock:
                    under_way += 1
                    most = max(most, under_way)
                for _ in range(turns * order.randrange(1, 200)):
                    pass
                used = max(0, tokens - spared)
                budget.count_call(ModelCall("m", used, 0, used / 1000, 0.0))
                with lock:
                    under_way -= 1
            return True
        except SeigError:
            return False

    with ThreadPoolExecutor(at_once) as threads:
        sent = list(threads.map(one, calls))
    spend = budget.spend()
    assert spend.model_calls == sum(sent) <= cap_calls
    assert spend.tokens_in + spend.tokens_out <= cap_tokens
    assert spend.usd <= cap_usd + 1e-9
    assert most <= at_once


@settings(max_examples=60, deadline=None)
@given(calls=CALLS, cap=st.integers(100, 5000), at_once=st.integers(1, 6), over=st.integers(1, 300))
def test_a_wrong_estimate_costs_no_more_than_the_calls_under_way(calls, cap, at_once, over):
    """A call that takes more than it reserved can exceed a cap, by that much and by each call under way once."""
    budget = Budget(BudgetSettings(renders=1, tokens=cap))

    def one(call):
        try:
            with budget.room(call[0], None):
                budget.count_call(ModelCall("m", call[0] + over, 0, None, 0.0))
        except SeigError:
            pass

    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(one, calls))
    spend = budget.spend()
    assert spend.tokens_in <= cap + at_once * over


def test_a_call_waits_for_what_others_really_take():
    """Room that a call under way gives back is given to who waits for it."""
    budget = Budget(BudgetSettings(renders=1, tokens=1000))
    inside, go = threading.Event(), threading.Event()

    def first():
        with budget.room(900, None):
            inside.set()
            go.wait(20)
            budget.count_call(ModelCall("m", 10, 0, None, 0.0))

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(first)
        assert inside.wait(20)

        def second():
            with budget.room(800, None):
                budget.count_call(ModelCall("m", 800, 0, None, 0.0))

        other = threads.submit(second)
        go.set()
        one.result(20)
        other.result(20)
    assert budget.spend().tokens_in == 810
