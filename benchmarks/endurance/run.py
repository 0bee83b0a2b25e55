"""Thousands of renders through one pool: does anything grow?

After each part of the renders, when no job is under way, one line is printed: resident memory of the driver, of the supervising
actors and of the Blender processes (those of a worker added up, memory that they share counted for each), how many processes, open
descriptors and files of the pool there are. At the end come the slopes over all but the first tenth, and whether that is flat.

    python benchmarks/endurance/run.py --renders 2000
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

MEBIBYTES = 1 << 20
LIMITS = {
    # Growth per 1,000 renders that still counts as flat.
    "driver_mb": 15.0,
    "actors_mb": 15.0,
    "blenders_mb": 30.0,
    "processes": 0.5,
    "descriptors": 2.0,
    "files": 1.0,
}

PROGRAM = """import bpy
from math import sin
# {number}
if {number} % 23 == 7:
    raise ValueError("one of those that fail")
bpy.ops.mesh.primitive_{kind}_add(location=({x}, {y}, 0.5))
thing = bpy.context.object
made = bpy.data.materials.new("Paint")
made.use_nodes = True
made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = ({red}, 0.4, 0.2, 1)
thing.data.materials.append(made)
if {number} % 3 == 0:
    thing.modifiers.new("Smooth", "SUBSURF").render_levels = 2
if {number} % 5 == 0:
    picture = bpy.data.images.new("Noise", 64, 64)
    picture.pixels = [abs(sin(i)) for i in range(64 * 64 * 4)]
"""
KINDS = ("uv_sphere", "cube", "cylinder", "cone", "torus", "monkey")


@dataclass(frozen=True)
class Sample:
    """What there is after a number of renders; memory in MiB."""

    renders: int
    minutes: float
    driver_mb: float
    actors_mb: float
    blenders_mb: float
    processes: int
    descriptors: int
    files: int


def program(number: int) -> str:
    chance = np.random.default_rng(number)
    x, y, red = (round(float(value), 4) for value in chance.uniform((-2, -2, 0), (2, 2, 1)))
    return PROGRAM.format(number=number, kind=KINDS[number % len(KINDS)], x=x, y=y, red=red)


def resident_mb(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEBIBYTES
    return 0.0


def descriptors(pid: int) -> int:
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    return 0


def family(root: int) -> list[int]:
    """A process and all below it that run."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state not in ("Z", "X"):
                below.setdefault(int(parent), []).append(int(folder.name))
    tree = [root]
    for member in tree:
        tree += below.get(member, [])
    return tree


def sample(pool: BlenderPool, scratch: Path, renders: int, began: float) -> Sample:
    driver, infos = os.getpid(), pool.worker_pids()
    actors = [info.actor_pid for info in infos]
    blenders = [pid for info in infos if info.child_pid for pid in family(info.child_pid)]
    ours = [driver, *actors, *blenders]
    return Sample(
        renders,
        (time.monotonic() - began) / 60,
        resident_mb(driver),
        sum(map(resident_mb, actors)),
        sum(map(resident_mb, blenders)),
        len(family(driver)),
        sum(map(descriptors, ours)),
        sum(1 for _ in scratch.rglob("*")),
    )


def endure(renders: int, every: int, workers: int, fidelity: Fidelity, report: bool = True) -> list[Sample]:
    """Render, and look every now and then.

    Args:
        renders: How many programs, no two the same.
        every: Look after so many.
        workers: Of the pool.
        fidelity: Of the renders.
        report: Whether to print each look as a line.
    """
    samples = []
    with tempfile.TemporaryDirectory(prefix="seig-endurance-") as folder:
        scratch = Path(folder)
        # A small cache is soon full; a growing one would look like a leak.
        options = PoolOptions(workers=workers, threads=1, scratch=scratch, cache_mb=2)
        with BlenderPool(options) as pool:
            began = time.monotonic()
            for first in range(0, renders, every):
                numbers = range(first, min(renders, first + every))
                futures = [pool.submit(RenderJob(program(number), fidelity)) for number in numbers]
                for number, future in zip(numbers, futures, strict=True):
                    status = future.result().status
                    if status != ("broken" if number % 23 == 7 else "ok"):
                        raise SystemExit(f"program {number} ended as {status}: {future.result().error}")
                samples.append(sample(pool, scratch, numbers[-1] + 1, began))
                if report:
                    print(line(samples[-1]), flush=True)
            if pool.stats().losses:
                raise SystemExit(f"{pool.stats().losses} workers were lost on the way")
    return samples


def line(one: Sample) -> str:
    return (
        f"{one.renders:>8} {one.minutes:>8.1f} {one.driver_mb:>9.0f} {one.actors_mb:>9.0f} {one.blenders_mb:>12.0f} "
        f"{one.processes:>10} {one.descriptors:>12} {one.files:>6}"
    )


def slopes(samples: list[Sample]) -> dict[str, float]:
    """Growth per 1,000 renders of every quantity, by least squares over all but the first tenth."""
    kept = samples[len(samples) // 10 :]
    at = np.array([one.renders for one in kept]) / 1000
    return {name: float(np.polyfit(at, [getattr(one, name) for one in kept], 1)[0]) for name in LIMITS}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--renders", type=int, default=2000)
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", type=int, default=64, help="pixels")
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the samples here as well")
    asked = parser.parse_args()
    if asked.renders < 3 * asked.every:
        parser.error("--renders must be at least three times --every, or there is no slope")
    print(
        f"{'renders':>8} {'minutes':>8} {'driver MB':>9} {'actors MB':>9} {'Blenders MB':>12} {'processes':>10} "
        f"{'descriptors':>12} {'files':>6}"
    )
    samples = endure(asked.renders, asked.every, asked.workers, Fidelity(asked.side, asked.side, samples=asked.samples))
    found = slopes(samples)
    for name, slope in found.items():
        print(f"{name:>12} {slope:>+9.2f} per 1,000 renders  {'flat' if slope <= LIMITS[name] else 'GROWS'}")
    flat = all(slope <= LIMITS[name] for name, slope in found.items())
    print("flat" if flat else "NOT flat")
    if asked.json is not None:
        asked.json.write_text(json.dumps({"samples": [asdict(one) for one in samples], "slopes": found}, indent=1))
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
