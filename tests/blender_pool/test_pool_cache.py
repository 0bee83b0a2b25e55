import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seig_search.blender_pool.cache import RenderCache
from seig_search.fidelity import Fidelity
from seig_search.render import ProgramError, RenderJob, RenderResult, WorkerLoss

SMALL = Fidelity(4, 3)


def job(source="x = 1", **rest):
    return RenderJob(source, SMALL, **rest)


def picture(value=7):
    return RenderResult("ok", np.full((3, 4, 4), value, np.uint8), seconds=2.0, losses=(WorkerLoss("w", "Killed"),))


@given(
    pixels=arrays.arrays(np.uint8, (3, 4, 4)),
    facts=st.none() | st.just({"objects": [{"name": "Mug"}]}),
    blend=st.none() | st.binary(max_size=50),
)
def test_another_run_reads_from_disk_what_one_stored(tmp_path_factory, pixels, facts, blend):
    folder = tmp_path_factory.mktemp("cache")
    RenderCache("4.5", folder).store(job(), RenderResult("ok", pixels, facts, blend, warnings=("w",)))
    found = RenderCache("4.5", folder).find(job())
    assert found is not None
    assert np.array_equal(found.pixels, pixels)
    assert (found.facts, found.blend, found.warnings, found.cached) == (facts, blend, ("w",), True)


def test_another_blender_another_job_or_another_value_sees_nothing(tmp_path):
    RenderCache("4.5", tmp_path).store(job(), picture())
    assert RenderCache("5.2", tmp_path).find(job()) is None
    assert RenderCache("4.5", tmp_path).find(job("x = 2")) is None
    assert RenderCache("4.5", tmp_path).find(job(values={"x": 2.0})) is None


def test_a_cached_result_cost_nothing_and_lost_nobody():
    cache = RenderCache("4.5")
    cache.store(job(), picture())
    found = cache.find(job())
    assert (found.cached, found.seconds, found.losses) == (True, 0.0, ())


@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: b"", lambda raw: raw[:40] + b"?" + raw[41:]])
def test_a_damaged_entry_is_absent_and_gets_replaced(tmp_path, damage):
    RenderCache("4.5", tmp_path).store(job(), picture(1))
    (entry,) = tmp_path.rglob("*.render")
    entry.write_bytes(damage(entry.read_bytes()))
    assert RenderCache("4.5", tmp_path).find(job()) is None
    RenderCache("4.5", tmp_path).store(job(), picture(2))
    assert RenderCache("4.5", tmp_path).find(job()).pixels[0, 0, 0] == 2
    assert list(tmp_path.rglob("*.part")) == []


def test_failures_by_the_programs_own_doing_are_kept_and_chance_is_not():
    cache = RenderCache("4.5")
    own, chance = RenderResult("broken", error=ProgramError("KeyError", "no")), ProgramError("Timeout", "late")
    cache.store(job("own"), own)
    cache.store(job("late"), RenderResult("broken", error=chance))
    cache.store(job("lost"), RenderResult("lost", error=ProgramError("Killed", "gone")))
    assert cache.find(job("own")).error == own.error
    assert cache.find(job("late")) is None
    assert cache.find(job("lost")) is None


def test_memory_is_bounded_and_the_oldest_go_first():
    cache = RenderCache("4.5", memory_mb=1)
    big = RenderResult("ok", np.zeros((400, 400, 4), np.uint8))
    cache.store(job("first"), big)
    cache.store(job("second"), big)
    assert cache.find(job("first")) is None
    assert cache.find(job("second")) is not None


def test_a_disk_that_cannot_be_written_costs_only_the_cache(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = RenderCache("4.5", blocked)
    cache.store(job(), picture())
    assert cache.find(job()) is not None


def test_layers_and_their_names_come_back_from_disk(tmp_path):
    depth = np.array([[1.5, np.inf, 3, 4]] * 3, np.float32)
    index = np.arange(12, dtype=np.int32).reshape(3, 4)
    names = {"object_index": tuple("abcdefghijkl")}
    stored = RenderResult(
        "ok", picture().pixels, blend=b"blend", layers={"depth": depth, "object_index": index}, names=names
    )
    asked = job(passes=("depth", "object_index", "blend"))
    RenderCache("4.5", tmp_path).store(asked, stored)
    found = RenderCache("4.5", tmp_path).find(asked)
    assert found is not None
    assert (found.blend, found.names) == (b"blend", names)
    assert [(name, values.dtype) for name, values in found.layers.items()] == [
        ("depth", "<f4"),
        ("object_index", "<i4"),
    ]
    assert np.array_equal(found.layers["depth"], depth)
    assert np.array_equal(found.layers["object_index"], index)


def test_layers_count_for_the_room_in_memory():
    cache = RenderCache("4.5", memory_mb=1)
    big = np.zeros((220, 220, 3), np.float32)
    for name in "ab":
        cache.store(job(name), RenderResult("ok", picture().pixels, layers={"linear": big}))
    assert cache.find(job("a")) is None
    assert cache.find(job("b")) is not None
