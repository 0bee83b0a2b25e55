"""A Ray cluster of several nodes, played on this machine: who gets work, who is left out, what happens when one goes."""

import json
import subprocess
import sys

import pytest
from fake_blender import write_fake_blender

from seig_search.blender_pool import nodes
from seig_search.blender_pool.nodes import Node, Nodes, NodeWarning
from seig_search.blender_pool.options import PoolOptions
from seig_search.errors import SeigError

DRIVER = """
import json, os, sys, time, warnings
from pathlib import Path
from ray.cluster_utils import Cluster
import ray
from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.blender_pool.ray_workers import QUIET
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

folder = sys.argv[1]
os.environ.update(QUIET)
system = os.environ["PATH"]

def node(cluster, blender, **more):
    os.environ["PATH"] = f"{folder}/{blender}:{system}"
    return cluster.add_node(num_cpus=1, object_store_memory=100 << 20, include_dashboard=False, **more)

def render(pool, *names):
    text = "import bpy\\nbpy.data.objects['Cube'].location.x = 0.5\\n# "
    futures = [pool.submit(RenderJob(text + name, Fidelity(32, 24, samples=1))) for name in names]
    return [future.result(100) for future in futures]

def where(pool):
    return sorted(info.node for info in pool.worker_pids())

def until(true):
    due = time.monotonic() + 90
    while not true() and time.monotonic() < due:
        time.sleep(0.1)
    return true()

told = {}
cluster = Cluster(initialize_head=False)
first = node(cluster, "good")
second = node(cluster, "good")
node(cluster, "old")
node(cluster, "none")
os.environ["PATH"] = system
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    python = (Path(sys.prefix), Path(sys.base_prefix))
    options = PoolOptions(
        ray_address=cluster.address, blender="seig-fake-blender", retries=4, cache_mb=0, readable=python
    )
    pool = BlenderPool(options)
told["warned"] = [str(one.message) for one in caught if one.category.__name__ == "NodeWarning"]
told["workers"] = pool.workers
told["all_ready"] = until(lambda: len(where(pool)) == 2)
told["nodes"] = where(pool) == sorted([first.node_id, second.node_id])
results = render(pool, *(str(index) for index in range(20)))
told["statuses"] = sorted({result.status for result in results})
told["pictures"] = len({result.pixels.tobytes() for result in results})
gone = {info.actor_pid for info in pool.worker_pids() if info.node == second.node_id}
futures = [pool.submit(RenderJob(f"import bpy  # {index}", Fidelity(32, 24, samples=1))) for index in range(30)]
cluster.remove_node(second, allow_graceful=False)
told["after_loss"] = sorted({future.result(100).status for future in futures})
told["shrunk"] = until(lambda: where(pool) == [first.node_id])
os.environ["PATH"] = system
third = node(cluster, "good")
told["joined"] = until(lambda: where(pool) == sorted([first.node_id, third.node_id]))
told["again"] = [result.status for result in render(pool, "a", "b", "c")]
pool.close()
told["ray_is_left"] = ray.is_initialized()
print(json.dumps(told))
sys.stdout.flush()
ray.shutdown()
cluster.shutdown()
"""


@pytest.mark.blender
@pytest.mark.slow
def test_a_cluster_with_good_and_bad_nodes_that_go_and_come(tmp_path):
    write_fake_blender(tmp_path / "good" / "seig-fake-blender")
    write_fake_blender(tmp_path / "old" / "seig-fake-blender", version="3.6.0")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(tmp_path)], capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    warned = sorted(told.pop("warned"))
    assert told == {
        "workers": 2,
        "all_ready": True,
        "nodes": True,
        "statuses": ["ok"],
        "pictures": 1,
        "after_loss": ["ok"],
        "shrunk": True,
        "joined": True,
        "again": ["ok"] * 3,
        "ray_is_left": False,
    }
    assert len(warned) == 2
    assert any("3.6.0" in text and "most of the cluster" in text for text in warned), warned
    assert any("no Blender found" in text and "seig-fake-blender" in text for text in warned), warned


class Played(Nodes):
    """Nodes without Ray: (name, CPUs, what the check tells)."""

    def __init__(self, *entries):
        self.entries = list(entries)
        super().__init__(PoolOptions())

    def _alive(self):
        return [Node(name, name, cpus) for name, cpus, _ in self.entries]

    def _ask(self, node):
        from concurrent.futures import Future

        future = Future()
        future.set_result(next(told for name, _, told in self.entries if name == node.id))
        return future


GOOD = {"blender": "4.5 abc"}


def test_workers_are_spread_by_cpus_and_no_node_is_overfilled():
    played = Played(("a", 4, GOOD), ("b", 2, GOOD))
    placed = [played.place(f"w{index}", 1) for index in range(7)]
    assert (placed.count("a"), placed.count("b"), placed[-1]) == (4, 2, None)
    assert set(placed[:2]) == {"a", "b"} or placed[:3].count("b") == 1
    played.release("w0")
    assert played.place("new", 1) == placed[0]
    assert played.place("another", 1) is None


def test_a_worker_of_many_threads_goes_only_where_they_fit():
    played = Played(("a", 4, GOOD), ("b", 2, GOOD))
    assert [played.place(f"w{index}", 3) for index in range(2)] == ["a", None]


def test_the_blender_of_most_cpus_is_the_one_and_others_are_named():
    with pytest.warns(
        NodeWarning, match=r"node b is left out: it has Blender 3\.6 x, most of the cluster has 4\.5 abc"
    ):
        played = Played(("a", 4, GOOD), ("b", 3, {"blender": "3.6 x"}))
    assert [node.id for node in played.good] == ["a"]
    assert {played.place(f"w{index}", 1) for index in range(5)} == {"a", None}


def test_when_no_node_can_work_each_tells_why():
    with pytest.warns(NodeWarning), pytest.raises(SeigError, match="a: no libGL; b: no Blender found"):
        Played(("a", 1, {"problem": "no libGL"}), ("b", 1, {"problem": "no Blender found"}))


def test_a_node_that_is_gone_gets_nothing_and_one_that_joins_is_checked_first():
    played = Played(("a", 1, GOOD), ("b", 1, GOOD))
    played.entries = [("a", 1, GOOD), ("c", 1, GOOD), ("d", 1, {"problem": "no libGL"})]
    with pytest.warns(NodeWarning, match="node d is left out: no libGL"):
        placed = [played.place(f"w{index}", 1) for index in range(3)]
    assert sorted(filter(None, placed)) == ["a", "c"]


def test_a_node_where_workers_do_not_start_is_left_out():
    played = Played(("a", 2, GOOD), ("b", 8, GOOD))
    assert played.place("w0", 1) == "b"
    played.failed_start("w0", "out of memory")
    played.release("w0")
    assert played.place("w1", 1) == "b"
    with pytest.warns(NodeWarning, match="node b is left out: workers do not start there: out of memory"):
        played.failed_start("w1", "out of memory")
    played.release("w1")
    assert played.place("w2", 1) == "a"


def test_a_node_without_this_package_or_with_another_is_told_in_words(monkeypatch):
    check = nodes.make_check()
    assert "is not the one of this driver" in check({}, "another digest")["problem"]
    monkeypatch.setitem(sys.modules, "seig_search.blender_pool.nodes", None)
    assert "seig_search cannot be imported there" in check({}, "")["problem"]


def test_the_check_travels_by_value():
    from ray import cloudpickle

    code = (
        "import sys, pickle; sys.modules['seig_search'] = None\nprint(pickle.load(sys.stdin.buffer)({}, '')['problem'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=cloudpickle.dumps(nodes.make_check()), capture_output=True, check=False
    )
    assert b"seig_search cannot be imported there" in done.stdout, done.stderr
