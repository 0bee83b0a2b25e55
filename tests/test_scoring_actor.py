"""Measuring in a process of its own gives what measuring here gives."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from seig_search.errors import SeigError, UsageError
from seig_search.plugins import make
from seig_search.scoring import Measurer
from seig_search.scoring_actor import RemoteMeasurer
from seig_search.target import Target

PROBE = '''
import os
from seig_search.errors import SeigError
from seig_search.metrics import Metric

class Probe:
    """Tells about the process it runs in; ends it when it sees a render of one given width."""

    metrics = tuple(Metric(n, "1", 0.0, 1e12, "higher", "test") for n in ("pid", "threads", "mean"))

    def __init__(self, flag=""):
        self.flag = flag

    def features(self, picture):
        if picture.shape[1] == 18:
            raise SeigError("a picture of 18 px, which is not allowed here")
        return picture[0, :, 0].astype(float)

    def evaluate(self, renders, target):
        if any(r.shape[1] == 17 for r in renders) and not os.path.exists(self.flag):
            open(self.flag, "w").close()
            os._exit(1)
        if any(r.shape[1] == 18 for r in renders):
            raise SeigError("a render of 18 px, which is not allowed here")
        if any(r.shape[1] == 19 for r in renders):
            raise ZeroDivisionError("by nineteen")
        found = []
        for r in renders:
            found.append({"pid": os.getpid(), "threads": int(os.environ["OMP_NUM_THREADS"]), "mean": float(r.mean())})
        return found
'''


def picture(seed: int, width: int = 40, height: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4)).astype(np.uint8)


TARGET = Target.from_array(picture(0)[..., :3])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Start a Ray whose workers find the probe."""
    import ray

    place = tmp_path_factory.mktemp("probe")
    (place / "measuring_probe.py").write_text(PROBE)
    sys.path.insert(0, str(place))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(
        num_cpus=1,
        include_dashboard=False,
        logging_level="ERROR",
        log_to_driver=False,
        object_store_memory=96 << 20,
        runtime_env={"env_vars": {"PYTHONPATH": str(place)}},
    )
    yield place
    ray.shutdown()
    sys.path.remove(str(place))


@pytest.fixture(scope="module")
def remote(folder: Path) -> Iterator[RemoteMeasurer]:
    made = RemoteMeasurer([("structure", {}), ("measuring_probe:Probe", {"flag": str(folder / "died")})], threads=1)
    yield made
    made.close()


def test_values_are_those_of_a_measurer_here_and_come_from_another_process(remote: RemoteMeasurer) -> None:
    here = Measurer([make("evaluators", "structure")])
    renders = [picture(seed) for seed in range(3)]
    found = remote.measure(renders, TARGET)
    assert [{name: one[name] for name in here.specs} for one in found] == here.measure(renders, TARGET)
    assert found[0]["pid"] != os.getpid()
    assert found[0]["threads"] == 1
    assert set(remote.specs) == {*here.specs, "pid", "threads", "mean"}
    assert remote.measure([], TARGET) == []


def test_features_come_from_the_other_process_and_so_do_their_errors(remote: RemoteMeasurer) -> None:
    assert remote.features is not None
    assert remote.features(picture(1)).tolist() == picture(1)[0, :, 0].tolist()
    with pytest.raises(SeigError, match="18 px"):
        remote.features(picture(0, width=18))


def test_callers_on_many_threads_get_their_own_answers(remote: RemoteMeasurer) -> None:
    renders = [picture(seed) for seed in range(24)]
    targets = [TARGET, Target.from_array(picture(1)[..., :3])]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: remote.measure([renders[n]], targets[n % 2])[0], range(24)))
    assert [one["mean"] for one in found] == [render.mean() for render in renders]
    here = Measurer([make("evaluators", "structure")])
    assert [one["ssim"] for one in found] == [here.measure([renders[n]], targets[n % 2])[0]["ssim"] for n in range(24)]


def test_an_error_reaches_its_caller_alone(remote: RemoteMeasurer) -> None:
    barrier = threading.Barrier(3)

    def ask(width: int) -> object:
        barrier.wait()
        try:
            return remote.measure([picture(0, width)], TARGET)[0]["mean"]
        except SeigError as error:
            return str(error)

    with ThreadPoolExecutor(3) as threads:
        fine, wrong, also_fine = threads.map(ask, [40, 18, 41])
    assert wrong == "a render of 18 px, which is not allowed here"
    assert isinstance(fine, float) and isinstance(also_fine, float)


def test_a_fault_of_an_evaluator_is_told_by_name_and_the_next_call_works(remote: RemoteMeasurer) -> None:
    with pytest.raises(SeigError, match="ZeroDivisionError"):
        remote.measure([picture(0, 19)], TARGET)
    assert remote.measure([picture(2)], TARGET)[0]["mean"] == picture(2).mean()


def test_a_process_that_dies_is_replaced_and_measures_again(remote: RemoteMeasurer) -> None:
    before = remote.measure([picture(0)], TARGET)[0]["pid"]
    (found,) = remote.measure([picture(3, 17)], TARGET)
    assert found["mean"] == picture(3, 17).mean()
    assert found["pid"] != before


def test_what_cannot_be_made_or_placed_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="pixell"):
        RemoteMeasurer([("pixell", {})])
    with pytest.raises(SeigError, match="5 CPUs"):
        RemoteMeasurer([("pixel", {})], cpus=5, start_s=2)
    with pytest.raises(UsageError, match="at least 1 thread"):
        RemoteMeasurer([("pixel", {})], threads=0)


def test_a_closed_one_says_so(folder: Path) -> None:
    remote = RemoteMeasurer([("pixel", {})])
    remote.close()
    remote.close()
    with pytest.raises(SeigError, match="closed"):
        remote.measure([picture(0)], TARGET)
