import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seig_search.blender_pool.cache import RenderCache
from seig_search.blender_pool.options import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
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
    assert RenderCache("4.5", tmp_path, device="CUDA").find(job()) is None
    assert RenderCache("4.5", tmp_path, device="CPU").find(job()) is not None


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


def noise(seed, side=400):
    """A picture that does not shrink."""
    return RenderResult("ok", np.random.default_rng(seed).integers(0, 256, (side, side, 4), np.uint8))


def on_disk(folder):
    return sum(path.stat().st_size for path in folder.rglob("*.render"))


def test_the_folder_is_bounded_and_what_was_used_least_recently_goes_first(tmp_path):
    cache = RenderCache("4.5", tmp_path, memory_mb=0, disk_mb=4)
    for index in range(6):
        cache.store(job(f"{index}"), noise(index))
    for age, path in enumerate(sorted(tmp_path.rglob("*.render"), key=lambda path: path.stat().st_mtime_ns)):
        os.utime(path, (1000 + age, 1000 + age))
    assert cache.find(job("0")) is not None, "used again, so it is not the oldest any more"
    cache.store(job("new"), noise(99))
    assert on_disk(tmp_path) <= 4 << 20
    assert [cache.find(job(f"{index}")) is not None for index in (0, 1, 5)] == [True, False, True]
    assert np.array_equal(cache.find(job("new")).pixels, noise(99).pixels)


def test_the_folder_of_an_earlier_run_is_brought_into_bounds_by_the_next(tmp_path):
    for index in range(6):
        RenderCache("4.5", tmp_path, disk_mb=100).store(job(f"{index}"), noise(index))
    assert on_disk(tmp_path) > 3 << 20
    RenderCache("4.5", tmp_path, disk_mb=2).store(job("new"), picture())
    assert on_disk(tmp_path) <= 2 << 20


def test_what_a_dead_writer_left_is_removed(tmp_path):
    cache = RenderCache("4.5", tmp_path)
    cache.store(job(), picture())
    (entry,) = tmp_path.rglob("*.render")
    (left, at_work) = entry.with_name("a.part"), entry.with_name("b.part")
    left.touch()
    at_work.touch()
    os.utime(left, (1000, 1000))
    RenderCache("4.5", tmp_path).store(job("x = 2"), picture())
    assert (left.exists(), at_work.exists()) == (False, True)


def test_a_result_larger_than_the_folder_is_not_kept(tmp_path):
    cache = RenderCache("4.5", tmp_path, memory_mb=0, disk_mb=1)
    cache.store(job(), noise(0, side=800))
    assert list(tmp_path.rglob("*.render")) == []
    assert cache.find(job()) is None


WRITER = """if True:
    import json, sys
    from pathlib import Path
    import numpy as np
    from seig_search.blender_pool.cache import RenderCache
    from seig_search.fidelity import Fidelity
    from seig_search.render import RenderJob, RenderResult
    cache = RenderCache("4.5", Path(sys.argv[1]), memory_mb=0, disk_mb=4)
    chance = np.random.default_rng(int(sys.argv[2]))
    print("ready", flush=True)
    sys.stdin.readline()
    found = wrong = 0
    for name in chance.integers(0, 12, 100).tolist():
        job = RenderJob(f"{name}", Fidelity(4, 3))
        expected = np.random.default_rng(name).integers(0, 256, (400, 400, 4), np.uint8)
        result = cache.find(job)
        if result is None:
            cache.store(job, RenderResult("ok", expected))
        else:
            found += 1
            wrong += not np.array_equal(result.pixels, expected)
    print(json.dumps([found, wrong]))
"""


@pytest.mark.slow
def test_processes_that_write_the_same_entries_at_once_never_read_a_wrong_one(tmp_path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    told = [json.loads(writer.communicate(timeout=100)[0]) for writer in writers]
    assert all(writer.returncode == 0 for writer in writers)
    assert sum(found for found, _ in told) > 50
    assert sum(wrong for _, wrong in told) == 0
    assert list(tmp_path.rglob("*.part")) == []
    # Each of the four may be a tenth of the bound over it before it sweeps again.
    assert on_disk(tmp_path) <= 1.4 * (4 << 20)


PROGRAMS = (
    "import bpy\nbpy.data.objects['Cube'].location.x = 0.5\n",
    "import bpy\nSIZE = 2.0\nbpy.ops.mesh.primitive_uv_sphere_add(radius=SIZE)\nbpy.context.scene.render.film_transparent = True\n",
    "import bpy\nbpy.data.objects['Light'].data.energy = 50\nbpy.ops.mesh.primitive_monkey_add(location=(0, 0, 2))\n",
    "import bpy\nbpy.data.objects['Kube']\n",
)


@pytest.mark.blender
def test_a_cached_result_is_that_of_a_cold_render(tmp_path):
    """What one process rendered and another run finds equals what a third process renders from nothing."""
    jobs = [RenderJob(text, Fidelity(48, 40, samples=2), passes=("facts",)) for text in PROGRAMS]
    jobs.append(RenderJob(PROGRAMS[1], Fidelity(48, 40, samples=2, seed=3), values={"SIZE": 1.5}))
    first, cold = Supervisor(PoolOptions(), 1), Supervisor(PoolOptions(), 1)
    try:
        version = first.start()["blender"]
        for job in jobs:
            RenderCache(version, tmp_path).store(job, first.render(job).result)
        assert len({path.name for path in tmp_path.rglob("*.render")}) == len(jobs)
        for job in jobs:
            found, rendered = RenderCache(version, tmp_path).find(job), cold.render(job).result
            assert found.cached
            assert (found.status, found.facts, found.blend) == (rendered.status, rendered.facts, rendered.blend)
            if rendered.pixels is None:
                assert (found.error.kind, found.error.line) == (rendered.error.kind, rendered.error.line)
            else:
                assert found.pixels.dtype == rendered.pixels.dtype
                assert np.array_equal(found.pixels, rendered.pixels)
    finally:
        first.stop()
        cold.stop()
