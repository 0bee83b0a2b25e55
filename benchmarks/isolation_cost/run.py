"""What the walls cost: the start of a Blender process and a small job, with and without them, in alternation.

    python benchmarks/isolation_cost/run.py [--rounds 8] [--jobs 12] [--threads 1]

Prints milliseconds per start and per job (medians), and what the walls add.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.sandbox import missing_layers
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

TINY = Fidelity(32, 24, samples=1)


def measure(sandbox: str, threads: int, jobs: int, taken: dict[str, list[float]]) -> dict[str, str]:
    """Start one process, give it jobs that share nothing, and add the times in milliseconds; gives the missing walls."""
    supervisor = Supervisor(PoolOptions(sandbox=sandbox), threads)
    try:
        began = time.perf_counter()
        missing = missing_layers(supervisor.start()["sandbox"])
        taken["start"].append((time.perf_counter() - began) * 1000)
        for index in range(jobs):
            job = RenderJob(
                f"# {os.urandom(4).hex()}\nimport bpy\nbpy.data.objects['Cube'].location.x = {index / 10}\n", TINY
            )
            began = time.perf_counter()
            answer = supervisor.render(job)
            if answer.result is None or answer.result.status != "ok":
                raise SystemExit(f"a job failed: {answer}")
            # The first job also pays for what Blender loads at its first render.
            if index:
                taken["job"].append((time.perf_counter() - began) * 1000)
        return missing
    finally:
        supervisor.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    times: dict[str, dict[str, list[float]]] = {mode: {"start": [], "job": []} for mode in ("off", "auto")}
    missing: dict[str, str] = {}
    for index in range(arguments.rounds):
        for mode in ("off", "auto") if index % 2 else ("auto", "off"):
            told = measure(mode, arguments.threads, arguments.jobs, times[mode])
            missing = told if mode == "auto" else missing
    print(f"{'':8}{'off':>10}{'on':>10}{'added':>10}   (ms, medians of {arguments.rounds} alternating rounds)")
    for what in ("start", "job"):
        off, on = (statistics.median(times[mode][what]) for mode in ("off", "auto"))
        print(f"{what:8}{off:10.1f}{on:10.1f}{on - off:10.1f}")
    print("walls missing on this system: " + (", ".join(missing) or "none"))


if __name__ == "__main__":
    main()
