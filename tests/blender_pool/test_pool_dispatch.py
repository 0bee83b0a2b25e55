import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_crew import HELLO, Crew, job, loss, opened, outcome, picture, until

from seig_search.blender_pool.supervisor import Answer
from seig_search.errors import SeigError
from seig_search.render import ProgramError, RenderResult

FATES = st.sampled_from(["ok", "broken", "Timeout", "Crash", "Killed", "Protocol", "Actor"])


@settings(deadline=None, max_examples=60)
@given(
    plans=st.lists(st.lists(FATES, min_size=1, max_size=4), min_size=1, max_size=12),
    workers=st.integers(1, 3),
    retries=st.integers(0, 3),
)
def test_every_job_is_answered_once_whatever_happens(plans, workers, retries):
    left = {str(index): list(plan) for index, plan in enumerate(plans)}

    def behave(_, asked):
        plan = left[asked.source]
        fate = plan.pop(0) if len(plan) > 1 else plan[0]
        if fate == "ok":
            return Answer(picture(asked.source))
        if fate == "broken":
            return Answer(RenderResult("broken", error=ProgramError("KeyError", "no")))
        return RuntimeError("the actor died") if fate == "Actor" else loss(fate)

    dispatcher = opened(Crew(behave), workers, retries)
    results = outcome(dispatcher, *range(len(plans)))
    dispatcher.close()
    for index, (plan, result) in enumerate(zip(plans, results, strict=True)):
        assert len(result.losses) <= retries + 1
        assert (result.error is None) == (result.status == "ok")
        if plan[0] == "ok":
            assert (result.status, result.losses) == ("ok", ())
        if result.status == "ok":
            assert np.array_equal(result.pixels, picture(str(index)).pixels)
    stats = dispatcher.stats
    assert stats.renders + stats.lost + stats.broken >= len(plans)
    assert stats.losses == sum(len(result.losses) for result in results)


@pytest.mark.parametrize("cause", ["Timeout", "Crash", "Protocol"])
def test_the_same_loss_twice_is_the_programs_fault(cause):
    crew = Crew(lambda *_: loss(cause))
    dispatcher = opened(crew)
    (result,) = outcome(dispatcher, "a")
    dispatcher.close()
    assert (result.status, result.error.kind, len(result.losses)) == ("broken", cause, 2)


def test_a_worker_killed_from_outside_is_nobodys_fault():
    dispatcher = opened(Crew(lambda *_: loss("Killed")), retries=3)
    (result,) = outcome(dispatcher, "a")
    dispatcher.close()
    assert (result.status, result.error.kind, len(result.losses)) == ("lost", "Killed", 4)
    assert "4 tries" in result.error.message


def test_a_retry_goes_to_another_worker_and_the_loss_is_told():
    crew = Crew(lambda name, asked: loss("Crash") if len(crew.seen) == 1 else Answer(picture("a")))
    dispatcher = opened(crew, workers=2)
    (result,) = outcome(dispatcher, "a")
    dispatcher.close()
    (first, _), (second, _) = crew.seen
    assert first != second
    assert (result.status, [lost.worker for lost in result.losses]) == ("ok", [first])
    assert "Crash" in result.losses[0].cause


def test_a_dead_actor_is_replaced():
    crew = Crew(lambda name, asked: RuntimeError("node gone") if name == "worker-0" else Answer(picture("a")))
    dispatcher = opened(crew, workers=1)
    (result,) = outcome(dispatcher, "a")
    dispatcher.close()
    assert result.status == "ok"
    assert crew.killed == ["worker-0"]
    assert dispatcher.stats.respawns == 1


def test_a_worker_that_goes_while_it_has_nothing_to_do_is_replaced():
    hired = []

    def launch(name):
        hired.append(crew(name))
        return hired[-1]

    crew = Crew(lambda *_: Answer(picture("a")))
    dispatcher = opened(launch, workers=1)
    outcome(dispatcher, "a")
    hired[0].watched.set_exception(RuntimeError("node gone"))
    assert until(lambda: [name for name, _ in dispatcher.told] == ["worker-1"])
    (result,) = outcome(dispatcher, "b")
    dispatcher.close()
    assert (result.status, len(result.losses), crew.seen[-1][0]) == ("ok", 0, "worker-1")


def test_workers_that_go_as_soon_as_they_have_come_are_not_hired_for_ever():
    hired = []

    def launch(name):
        hired.append(crew(name))
        hired[-1].watched.set_exception(RuntimeError("out of memory"))
        return hired[-1]

    crew = Crew(lambda *_: None)
    dispatcher = opened(launch, workers=2)
    assert until(lambda: dispatcher._staff.hopeless)
    with pytest.raises(SeigError, match=r"nothing to do.*out of memory"):
        dispatcher.submit(job("a")).result(30)
    dispatcher.close()
    assert len(hired) < 20


def test_a_silent_worker_is_killed_and_its_late_answer_ignored():
    crew = Crew(lambda name, asked: None if name == "worker-0" else Answer(picture("a")))
    dispatcher = opened(crew, workers=1, patience=0.05)
    (result,) = outcome(dispatcher, "a")
    crew.release("a", Answer(picture("wrong")))
    (other,) = outcome(dispatcher, "b")
    dispatcher.close()
    assert np.array_equal(result.pixels, picture("a").pixels)
    assert other.status == "ok"
    assert crew.killed == ["worker-0"]


def test_equal_jobs_under_way_are_one_render_and_later_ones_come_from_the_cache():
    crew = Crew(lambda *_: None)
    dispatcher = opened(crew, workers=2)
    first, second = dispatcher.submit(job("a")), dispatcher.submit(job("a"))
    other = dispatcher.submit(job("b"))
    crew.release("b")
    crew.release("a")
    assert first.result(30) is not None
    assert np.array_equal(first.result(30).pixels, second.result(30).pixels)
    assert other.result(30).status == "ok"
    third = dispatcher.submit(job("a")).result(30)
    dispatcher.close()
    assert third.cached
    assert [name for _, name in crew.seen].count("a") == 1
    assert (dispatcher.stats.joined, dispatcher.stats.cached, dispatcher.stats.renders) == (1, 1, 2)


def test_closing_cancels_what_waits_and_refuses_what_comes():
    dispatcher = opened(Crew(lambda *_: None), workers=1)
    futures = [dispatcher.submit(job(name)) for name in range(4)]
    workers = dispatcher.close()
    assert all(future.cancelled() for future in futures)
    assert len(workers) == 1
    with pytest.raises(SeigError, match="closed"):
        dispatcher.submit(job("late"))
    assert len(dispatcher.close()) == 1


def test_a_cancelled_job_is_not_rendered():
    crew = Crew(lambda *_: None)
    dispatcher = opened(crew, workers=1)
    held, unwanted, last = (dispatcher.submit(job(name)) for name in ("held", "unwanted", "last"))
    assert unwanted.cancel()
    crew.release("held")
    held.result(30)
    crew.release("last")
    last.result(30)
    dispatcher.close()
    assert [name for _, name in crew.seen] == ["held", "last"]


def test_a_set_up_that_cannot_work_says_why_at_once():
    crew = Crew(lambda *_: None, hello=lambda name: RuntimeError("libGL.so.1 is missing"))
    with pytest.raises(SeigError, match=r"libGL\.so\.1 is missing"):
        opened(crew, workers=2)


def test_a_worker_with_another_blender_is_not_used():
    def hello(name):
        return HELLO if name == "worker-0" else {**HELLO, "blender": "3.6"}

    crew = Crew(lambda name, asked: Answer(picture(asked.source)), hello)
    dispatcher = opened(crew, workers=2)
    outcome(dispatcher, *range(6))
    dispatcher.close()
    assert {name for name, _ in crew.seen} == {"worker-0"}


def test_when_no_worker_can_be_started_any_more_the_waiting_hear_it():
    def hello(name):
        return HELLO if name == "worker-0" else RuntimeError("no more memory")

    crew = Crew(lambda *_: RuntimeError("node gone"), hello)
    dispatcher = opened(crew, workers=1)
    future = dispatcher.submit(job("a"))
    with pytest.raises(SeigError, match="no more memory"):
        future.result(30)
    with pytest.raises(SeigError, match="no more memory"):
        dispatcher.submit(job("b")).result(30)
    dispatcher.close()
