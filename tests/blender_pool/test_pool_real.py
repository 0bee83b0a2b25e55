"""The whole pool: Ray, actors, Blender children, and things that go wrong in the middle of a run."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.blender_pool.liveness import is_running, wait_until_gone
from seig_search.errors import SeigError
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

pytestmark = pytest.mark.blender
TINY = Fidelity(32, 24, samples=1)
PATIENCE = 100


def cube(x, before=""):
    return f"{before}\nimport bpy\nbpy.data.objects['Cube'].location.x = {x}\n"


def meet(name):
    """Program text that shows itself to the outside, by the one thing that the walls let through, and stays a while."""
    return textwrap.dedent(f"""
        import ctypes, time
        ctypes.CDLL(None).prctl(15, {name!r}.encode(), 0, 0, 0)
        time.sleep(4)
    """)


def ancestors_of(pid):
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


def arrival(name):
    """The process id of the child that runs the program ``name``, once it does."""
    due = time.monotonic() + PATIENCE
    while time.monotonic() < due:
        for path in Path("/proc").glob("[0-9]*/comm"):
            with contextlib.suppress(OSError):
                if path.read_text().strip() == name:
                    return int(path.parent.name)
    raise AssertionError(f"{name} never came")


@pytest.fixture(scope="module")
def pool():
    with BlenderPool(PoolOptions(workers=2, threads=1, deadline_s=20)) as made:
        yield made


def render(pool, *sources, **rest):
    futures = [pool.submit(RenderJob(source, TINY, **rest)) for source in sources]
    return [future.result(PATIENCE) for future in futures]


def test_two_children_make_identical_pixels(pool):
    name = "import bpy, os; bpy.data.objects['Cube'].name = os.getcwd().split('/seig-blender-')[1].split('/')[0]\n"
    sources = [f"# {index}\n" + cube(0.5) + name for index in range(30)]
    results = render(pool, *sources, passes=("facts",))
    workers = {item["name"] for result in results for item in result.facts["objects"] if item["type"] == "MESH"}
    assert len(workers) == 2
    assert all(np.array_equal(result.pixels, results[0].pixels) for result in results)


def test_a_sweep_renders_one_program_with_each_vector_in_order(pool):
    source = "import bpy\nPLACE = 0.0\nHEIGHT = 1.0\nbpy.data.objects['Cube'].location = (PLACE, 0, HEIGHT)\n"
    vectors = [{"PLACE": place / 10} for place in range(6)]
    swept = [
        future.result(PATIENCE)
        for future in pool.sweep(RenderJob(source, TINY, {"HEIGHT": 0.5}, passes=("facts",)), vectors)
    ]
    places = [next(item["location"] for item in result.facts["objects"] if item["name"] == "Cube") for result in swept]
    assert places == [pytest.approx((place / 10, 0, 0.5)) for place in range(6)]


def test_a_child_killed_while_it_waits_is_a_loss_that_is_told(pool):
    (expected,) = render(pool, cube(1.5))
    future = pool.submit(RenderJob(cube(1.5, meet("seig-one")), TINY))
    victim = arrival("seig-one")
    os.kill(victim, signal.SIGKILL)
    result = future.result(PATIENCE)
    assert np.array_equal(result.pixels, expected.pixels)
    assert [loss.cause for loss in result.losses] == ["Killed: the process was ended by SIGKILL"]


def test_a_killed_actor_takes_its_child_along_and_is_replaced(pool):
    (expected,) = render(pool, cube(1.75))
    future = pool.submit(RenderJob(cube(1.75, meet("seig-two")), TINY))
    child = arrival("seig-two")
    (actor,) = set(ancestors_of(child)) & {info.actor_pid for info in pool.worker_pids()}
    os.kill(actor, signal.SIGKILL)
    assert wait_until_gone([child], PATIENCE) == []
    result = future.result(PATIENCE)
    assert np.array_equal(result.pixels, expected.pixels)
    assert len(result.losses) == 1
    assert result.losses[0].cause.startswith("Actor")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import os; os._exit(0)", "Crash"),
        ("import ctypes; ctypes.string_at(0)", "Crash"),
        (
            "import os\nfor fd in range(3, 60):\n try: os.write(fd, b'\\0\\0\\0\\2[]' * 9)\n except OSError: pass\n",
            "Protocol",
        ),
    ],
)
def test_a_program_that_takes_the_child_down_twice_is_broken(pool, source, kind):
    bad, good = render(pool, source, cube(2, f"# {kind}"))
    assert (bad.status, bad.error.kind, len(bad.losses)) == ("broken", kind, 2)
    assert good.status == "ok"


def test_equal_jobs_are_one_render(pool):
    before = pool.stats()
    first, second = render(pool, cube(3.25), cube(3.25))
    (third,) = render(pool, cube(3.25))
    after = pool.stats()
    assert after.renders - before.renders == 1
    assert third.cached
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.pixels, third.pixels)


def test_forty_mixed_jobs_under_random_kills_are_each_answered_once(pool):
    chance = random.Random(4)
    sources = [cube(10 + index) if index % 5 else f"raise ValueError({index})" for index in range(40)]
    answered = []
    futures = [pool.submit(RenderJob(source, TINY)) for source in sources]
    for index, future in enumerate(futures):
        future.add_done_callback(lambda _, index=index: answered.append(index))
    for future in futures[::6]:
        future.result(PATIENCE)
        children = [info.child_pid for info in pool.worker_pids() if info.child_pid]
        if children:
            try:
                os.kill(chance.choice(children), signal.SIGKILL)
            except ProcessLookupError:
                continue
    results = [future.result(PATIENCE) for future in futures]
    assert sorted(answered) == list(range(40))
    for index, result in enumerate(results):
        assert result.status == ("ok" if index % 5 else "broken"), result
        assert index % 5 or str(index) in result.error.message


def test_an_endless_loop_ends_and_other_jobs_go_on_and_closing_leaves_nobody(tmp_path):
    cache = tmp_path / "cache"
    options = PoolOptions(workers=1, deadline_s=4, recycle_after=2, cache_dir=cache, scratch=tmp_path / "work")
    with BlenderPool(options) as pool:
        assert pool.blender_version
        assert pool.sandbox["scrubbed_environment"] is True
        warm, endless, good = render(pool, cube(0), "while True: pass", cube(1))
        assert (endless.status, endless.error.kind) == ("broken", "Timeout")
        assert good.status == "ok"
        assert pool.stats().losses == 2
        children = set()
        for index in range(4):
            render(pool, cube(20 + index))
            children |= {info.child_pid for info in pool.worker_pids()}
        held = pool.submit(RenderJob("while True: pass  # again", TINY))
        pids = [pid for info in pool.worker_pids() for pid in (info.actor_pid, info.child_pid) if pid]
    assert held.cancelled()
    assert wait_until_gone(pids, 20) == []
    assert list((tmp_path / "work").iterdir()) == []
    with pytest.raises(SeigError, match="closed"):
        pool.submit(RenderJob("", TINY))
    with BlenderPool(PoolOptions(workers=1, cache_dir=cache)) as again:
        (found,) = render(again, cube(0))
        assert found.cached
        assert np.array_equal(found.pixels, warm.pixels)


def test_closing_ends_the_ray_it_started_and_not_one_it_joined(tmp_path):
    driver = f"""if True:
        import ray, sys
        from pathlib import Path
        from seig_search.blender_pool import BlenderPool, PoolOptions
        from seig_search.fidelity import Fidelity
        from seig_search.render import RenderJob
        job = RenderJob({cube(0)!r}, Fidelity(16, 16, samples=1))
        with BlenderPool(PoolOptions(workers=1)) as first:
            with BlenderPool(PoolOptions(workers=1)) as second:
                assert second.submit(job).result().status == "ok"
            assert ray.is_initialized()
            assert first.submit(job).result().status == "ok"
            print([pid for info in first.worker_pids() for pid in (info.actor_pid, info.child_pid)])
        assert not ray.is_initialized()
    """
    done = subprocess.run([sys.executable, "-c", driver], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    pids = [int(pid) for pid in done.stdout.strip("[]\n").split(",")]
    assert wait_until_gone(pids, PATIENCE) == []


def test_a_killed_driver_leaves_no_blender_and_no_actor():
    driver = f"""if True:
        import sys
        from seig_search.blender_pool import BlenderPool, PoolOptions
        from seig_search.fidelity import Fidelity
        from seig_search.render import RenderJob
        pool = BlenderPool(PoolOptions(workers=1))
        pool.submit(RenderJob({cube(0)!r}, Fidelity(16, 16, samples=1))).result()
        future = pool.submit(RenderJob({meet("seig-driver")!r}, Fidelity(16, 16, samples=1)))
        print([pid for info in pool.worker_pids() for pid in (info.actor_pid, info.child_pid)], flush=True)
        future.result()
    """
    process = subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in process.stdout.readline().strip("[]\n").split(",")]
    pids.append(arrival("seig-driver"))
    assert all(is_running(pid) for pid in pids)
    process.kill()
    process.wait()
    process.stdout.close()
    assert wait_until_gone(pids, PATIENCE) == []


def test_a_blender_that_does_not_start_fails_the_pool_with_its_words(tmp_path):
    fake = tmp_path / "blender"
    fake.write_text("#!/bin/sh\necho libXi.so.6: cannot open shared object file >&2\nexit 127\n")
    fake.chmod(0o755)
    with pytest.raises(SeigError, match=r"libXi\.so\.6"):
        BlenderPool(PoolOptions(workers=1, blender=str(fake)))


def test_a_cluster_that_is_not_there_is_told():
    with pytest.raises(SeigError, match=r"'127\.0\.0\.1:1'.*cluster"):
        BlenderPool(PoolOptions(workers=1, ray_address="127.0.0.1:1"))
