"""What the driver itself spends on a job: many jobs through the dispatcher, to workers that answer at once.

No Ray and no Blender: what is left is keys, queues, futures and the cache.

    python benchmarks/pool_overhead/dispatch.py --jobs 1000
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import Future
from typing import Any

import numpy as np

from seig_search.blender_pool.cache import RenderCache
from seig_search.blender_pool.dispatch import Dispatcher
from seig_search.blender_pool.supervisor import Answer
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob, RenderResult

PIXELS = np.zeros((128, 128, 4), np.uint8)


class AtOnce:
    """A worker without a Blender."""

    def __init__(self, name: str) -> None:
        self.name = name

    def start(self) -> Future[dict[str, Any]]:
        """Ready."""
        return _done({"blender": "none", "build": "", "child": 0, "pid": 0, "host": "", "sandbox": {}})

    def render(self, job: RenderJob, ticket: int) -> Future[Answer]:
        """Answer with an empty picture."""
        return _done(Answer(RenderResult("ok", PIXELS)))

    def withdraw(self, ticket: int) -> Future[bool]:
        """Too late."""
        return _done(False)

    def kill(self) -> None:
        """Nothing runs."""


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=200, help="length of each program")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 64])
    asked = parser.parse_args()
    text = "value = 1.25  # @param 0..2 m\n" * asked.lines
    fidelity = Fidelity(128, 128)
    print(f"{'workers':>8} {'submit us/job':>14} {'all us/job':>11} {'cached us/job':>14}")
    for workers in asked.workers:
        dispatcher = Dispatcher(AtOnce, workers, 60.0, 60.0, 2)
        dispatcher.open(lambda told: RenderCache("none"))
        jobs = [RenderJob(f"{text}# {index}", fidelity) for index in range(asked.jobs)]
        columns = []
        began = time.perf_counter()
        futures = [dispatcher.submit(job) for job in jobs]
        columns.append(time.perf_counter() - began)
        for future in futures:
            future.result()
        columns.append(time.perf_counter() - began)
        began = time.perf_counter()
        for future in [dispatcher.submit(job) for job in jobs]:
            future.result()
        columns.append(time.perf_counter() - began)
        dispatcher.close()
        submit, first, again = (1e6 * seconds / asked.jobs for seconds in columns)
        print(f"{workers:>8} {submit:>14.0f} {first:>11.0f} {again:>14.0f}")


if __name__ == "__main__":
    main()
