"""The second job in a worker's line: given early, charged nothing when the worker goes, taken over, taken back."""

import numpy as np
import pytest
from toy_crew import HELLO, Crew, job, loss, opened, outcome, picture

from seig_search.blender_pool.supervisor import Answer
from seig_search.errors import SeigError


def silent(*_):
    return None


def answered(_, asked):
    return Answer(picture(asked.source))


def test_a_worker_has_its_next_job_before_it_answers_the_first_and_no_more():
    crew = Crew(silent)
    dispatcher = opened(crew, workers=1)
    futures = [dispatcher.submit(job(name)) for name in "abcd"]
    crew.wait_given("a", "b")
    assert [name for _, name in crew.given] == ["a", "b"]
    for name in "abcd":
        crew.release(name)
    assert [future.result(30).status for future in futures] == ["ok"] * 4
    assert [name for _, name in crew.seen] == list("abcd")
    dispatcher.close()


def test_patience_with_the_second_job_begins_when_it_comes_to_the_head():
    crew = Crew(silent)
    dispatcher = opened(crew, workers=1, patience=1.5)
    futures = [dispatcher.submit(job(name)) for name in "abc"]
    for name, future in zip("abc", futures, strict=True):
        # Each takes 0.8 s of the 1.5: together more than one patience.
        with pytest.raises(TimeoutError):
            future.result(0.8)
        crew.release(name)
    assert [future.result(30).losses for future in futures] == [(), (), ()]
    assert crew.killed == []
    dispatcher.close()


@pytest.mark.parametrize("fate", [RuntimeError("node gone"), "silence"])
def test_the_job_behind_one_whose_worker_is_gone_is_charged_nothing(fate):
    def behave(name, asked):
        if name == "worker-0":
            return None if fate == "silence" else fate
        return answered(name, asked)

    crew = Crew(behave)
    dispatcher = opened(crew, workers=1, patience=0.2, retries=1)
    first, second = outcome(dispatcher, "a", "b")
    dispatcher.close()
    assert (first.status, len(first.losses)) == ("ok", 1)
    assert (second.status, second.losses) == ("ok", ())


def test_a_lost_child_does_not_touch_the_job_behind():
    crew = Crew(lambda name, asked: loss("Crash") if asked.source == "a" else answered(name, asked))
    dispatcher = opened(crew, workers=1)
    bad, good = outcome(dispatcher, "a", "b")
    dispatcher.close()
    assert (bad.status, good.status, good.losses, crew.killed) == ("broken", "ok", (), [])


def test_a_worker_with_nothing_to_do_takes_what_waits_behind_another():
    crew = Crew(silent)
    dispatcher = opened(crew, workers=2)
    futures = {name: dispatcher.submit(job(name)) for name in "abc"}
    crew.wait_given("a", "b", "c")
    behind = next(worker for worker, name in crew.given if name == "c")
    free = next(name for worker, name in crew.given if worker != behind)
    crew.release(free)
    crew.release("c")
    assert np.array_equal(futures["c"].result(30).pixels, picture("c").pixels)
    assert crew.withdrawn == [(behind, "c")]
    assert [name for _, name in crew.seen].count("c") == 1
    (slow,) = {"a", "b"} - {free}
    assert not futures[slow].done()
    crew.release(slow)
    assert futures[slow].result(30).losses == ()
    dispatcher.close()


def test_a_job_that_was_taken_back_just_as_it_began_is_done_once_elsewhere():
    """The worker's word that it will not begin may come as the answer, before the reply to the question."""
    crew = Crew(lambda name, asked: Answer(None, "Withdrawn") if len(crew.seen) == 1 else answered(name, asked))
    dispatcher = opened(crew, workers=2)
    (result,) = outcome(dispatcher, "a")
    dispatcher.close()
    assert (result.status, result.losses, len(crew.seen)) == ("ok", (), 2)


def test_a_cancelled_job_is_taken_back_from_the_line():
    crew = Crew(silent)
    dispatcher = opened(crew, workers=1)
    held, unwanted = dispatcher.submit(job("held")), dispatcher.submit(job("unwanted"))
    crew.wait_given("held", "unwanted")
    assert unwanted.cancel()
    last = dispatcher.submit(job("last"))
    crew.wait_given("last")
    crew.release("held")
    crew.release("last")
    assert (held.result(30).status, last.result(30).status) == ("ok", "ok")
    dispatcher.close()
    assert [name for _, name in crew.seen] == ["held", "last"]


def test_closing_cancels_what_is_in_the_lines():
    crew = Crew(silent)
    dispatcher = opened(crew, workers=2)
    futures = [dispatcher.submit(job(name)) for name in "abcdef"]
    crew.wait_given("a", "b", "c", "d")
    assert len(dispatcher.busy) == 2
    dispatcher.close()
    assert all(future.cancelled() for future in futures)


def test_a_worker_for_which_there_is_no_room_is_waited_for(monkeypatch):
    monkeypatch.setattr("seig_search.blender_pool.staff.NO_ROOM_S", 0.05)
    crew, room = Crew(answered), [True, False, False, True]
    launched = []

    def launch(name):
        if not (room.pop(0) if room else True):
            return None
        launched.append(name)
        return crew(name)

    crew.behave = lambda name, asked: RuntimeError("node gone") if name == "worker-0" else answered(name, asked)
    dispatcher = opened(launch, workers=1)
    (result,) = outcome(dispatcher, "a")
    dispatcher.close()
    assert (result.status, len(result.losses), launched) == ("ok", 1, ["worker-0", "worker-1"])


def test_when_there_is_never_room_again_the_waiting_hear_it(monkeypatch):
    monkeypatch.setattr("seig_search.blender_pool.staff.NO_ROOM_S", 0.05)
    crew = Crew(lambda *_: RuntimeError("node gone"), lambda name: HELLO)
    room = [True]
    dispatcher = opened(lambda name: crew(name) if room and room.pop() else None, workers=1, start_s=0.3)
    with pytest.raises(SeigError, match="no node has had room"):
        dispatcher.submit(job("a")).result(30)
    with pytest.raises(SeigError, match="no node has had room"):
        dispatcher.submit(job("b")).result(30)
    dispatcher.close()
