"""What measuring costs beside rendering: per candidate, and in candidates per minute with everything going on at once.

First the pictures of a draft (160 px, 6 samples) are measured alone, which gives milliseconds per candidate and evaluator, and
the share of a render's time in its worker. Then three arms render and measure the same candidates in turns:

- ``nothing``: renders only;
- ``driver``: measured in one thread of the driver, as a run does;
- ``actor``: measured in a process of its own (``seig_search.scoring_actor``).

``driver, N threads`` leaves torch's threads as they are, which is what happens if nobody bounds them.

    python benchmarks/score_cost/run.py --n 48 --rounds 3
    python benchmarks/score_cost/run.py --n 48 --rounds 3 --also convnet:ConvnetEvaluator
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from seig_search import plugins
from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.config import load_settings
from seig_search.program import Program
from seig_search.render import RenderJob
from seig_search.scoring import Measurer
from seig_search.scoring_actor import RemoteMeasurer
from seig_search.target import Target

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCENES = ("mug", "toy_blocks", "chess_pawn")
AT_ONCE = 8


def jobs_of(scene: str, count: int, seed: int, preset: str) -> tuple[Target, list[RenderJob]]:
    """Draw candidates: two numbers of the program moved by up to a tenth of their range."""
    target = Target.load(EXAMPLES / f"{scene}.png")
    program = Program.parse((EXAMPLES / "programs" / f"{scene}.py").read_text())
    fidelity = load_settings(preset).fidelity.search.fidelity(target.width, target.height, 0)
    numbers = [p for p in program.parameters if p.kind == "float" and isinstance(p.value, float)]
    rng, jobs = np.random.default_rng(seed), []
    for _ in range(count):
        values = {}
        for index in rng.choice(len(numbers), 2, replace=False):
            one = numbers[index]
            moved = one.value + float(rng.uniform(-0.1, 0.1)) * (one.high - one.low)
            values[one.key] = float(np.clip(moved, one.low, one.high))
        jobs.append(RenderJob(program.source, fidelity, values))
    return target, jobs


def once(
    pool: BlenderPool, work: list[tuple[Target, list[RenderJob]]], measurer: Any, threads: int
) -> tuple[float, float]:
    """Render and measure everything; gives wall seconds, and seconds in the workers."""
    with ThreadPoolExecutor(threads) as finisher:
        began = time.perf_counter()
        measured: list[Future[Any]] = []
        spent = 0.0
        renders = [(target, pool.submit(job)) for target, jobs in work for job in jobs]
        for target, future in renders:

            def finish(future: Future[Any] = future, target: Target = target) -> None:
                pixels = future.result().pixels
                if measurer is not None:
                    measurer.measure([pixels], target)

            measured.append(finisher.submit(finish))
        for future in measured:
            future.result()
        wall = time.perf_counter() - began
        spent = sum(future.result().seconds for _, future in renders)
    return wall, spent


def alone(measurer: Measurer, pictures: list[tuple[Target, np.ndarray]]) -> float:
    """Give milliseconds per picture, each measured by itself, after one to warm up; the median."""
    times = []
    for target, picture in pictures:
        began = time.perf_counter()
        measurer.measure([picture], target)
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--n", type=int, default=48, help="candidates per round, over all scenes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scenes", default=",".join(SCENES))
    parser.add_argument("--also", default="", help="further evaluators, by comma")
    parser.add_argument("--threads", type=int, default=1, help="torch threads of the driver's and the actor's measurer")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    asked = parser.parse_args()

    parts = [(part.name, part.settings) for part in load_settings(asked.preset).scoring.evaluators]
    parts += [(name, {}) for name in asked.also.split(",") if name]
    scenes = asked.scenes.split(",")
    measurer = Measurer([plugins.make("evaluators", name, **settings) for name, settings in parts])
    out: dict[str, Any] = {"preset": asked.preset, "cores": os.cpu_count()}
    with BlenderPool(PoolOptions(workers=asked.workers, threads=1)) as pool:
        began = time.perf_counter()
        remote = RemoteMeasurer(parts, threads=asked.threads)
        out["actor_start_s"] = time.perf_counter() - began
        if asked.also:
            import torch

            own = torch.get_num_threads()
            torch.set_num_threads(asked.threads)
        each = max(1, asked.n // len(scenes))
        warm = [jobs_of(scene, 4, 1, asked.preset) for scene in scenes]
        pictures = [(target, pool.submit(job).result().pixels) for target, jobs in warm for job in jobs]
        once(pool, warm, remote, AT_ONCE)
        arms: dict[str, tuple[Any, int]] = {"nothing": (None, 1), "driver": (measurer, 1), "actor": (remote, AT_ONCE)}
        if asked.also and own != asked.threads:
            arms[f"driver, {own} threads"] = (measurer, 1)
        walls: dict[str, list[float]] = {name: [] for name in arms}
        render_ms = []
        for turn in range(asked.rounds):
            names = list(arms)
            for position, name in enumerate(names[turn % len(names) :] + names[: turn % len(names)]):
                work = [jobs_of(scene, each, 100 + 10 * turn + position, asked.preset) for scene in scenes]
                if asked.also:
                    torch.set_num_threads(own if name.endswith("threads") else asked.threads)
                wall, spent = once(pool, work, *arms[name])
                walls[name].append(wall)
                if name == "nothing":
                    render_ms.append(1000 * spent / (each * len(scenes)))
        rows = {
            name: alone(Measurer([plugins.make("evaluators", name, **settings)]), pictures) for name, settings in parts
        }
        if asked.also:
            torch.set_num_threads(asked.threads)
        rows["all"] = alone(measurer, pictures)
        rows["all, by the actor"] = alone(remote, pictures)  # type: ignore[arg-type]
        remote.close()
    render = float(np.median(render_ms))
    out |= {"render_ms": render, "score_ms": rows, "per_minute": {}}
    print(
        f"a render takes {render:.0f} ms in its worker ({asked.preset}, {asked.workers} workers); the actor starts in {out['actor_start_s']:.1f} s"
    )
    print(f"\n{'measured alone':<40} {'ms':>8} {'of a render':>12}")
    for name, value in rows.items():
        print(f"{name:<40} {value:>8.1f} {100 * value / render:>10.1f} %")
    for name in ("all", "all, by the actor"):
        print(f"{name + ': keeps up with':<40} {render / rows[name]:>8.0f} workers")
    print(f"\n{'rendered and measured at once by':<40} {'per minute':>10} {'of nothing':>11}")
    for name, seconds in walls.items():
        # The median of ratios of one round each, since a busy machine hurts a whole round.
        rate = 60 * each * len(scenes) / float(np.median(seconds))
        ratio = float(np.median(np.array(walls["nothing"]) / np.array(seconds)))
        out["per_minute"][name] = rate
        print(f"{name:<40} {rate:>10.1f} {100 * ratio:>9.1f} %")
    if asked.json:
        asked.json.write_text(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
