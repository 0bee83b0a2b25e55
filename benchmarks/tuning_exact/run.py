"""How near do tuners come to the truth, for how many renders?

The target is a clean render of an exact scene; the start has some of its numbers off; trials are as the preset draft makes them. Prints
PSNR of the best trial (by the composite's overall score, which the tuners climb) after 40, 80, ... renders, the noise floor (PSNR of the truth itself, rendered
as trials are), the mean error of the numbers as a fraction of their ranges, and how often a scene was built without a picture being looked at,
which is not counted among the renders. At the end, the share of cases within 1 dB of the floor by tuner: once with the pictures as they are, denoised, where
the floor is near 40 dB, and once with the same numbers rendered without the denoiser, where it is the noise of six samples. Renders at low fidelity (`tpe-pruned`) count by their share.

    python benchmarks/tuning_exact/run.py --scenes nine --tuners residual tpe cmaes --renders 60
    python benchmarks/tuning_exact/run.py --seeds 3 --tuners random tpe cmaes gp residual auto
    python benchmarks/tuning_exact/run.py --quick --tuners tpe --renders 400
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from scenes import EXAMPLES, load, perturbed, usual

from seig_search import plugins
from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.candidate import Status
from seig_search.cli.tables import table
from seig_search.evaluators import Composite
from seig_search.fidelity import Denoise, Fidelity
from seig_search.program import Program
from seig_search.render import RenderJob, RenderResult, Value
from seig_search.scoring import Measurer
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import (
    AutoTuner,
    CameraTuner,
    CheapTrials,
    ColoursTuner,
    LightsTuner,
    LocalTuner,
    OptunaTuner,
    ResidualTuner,
    Trial,
    TuningProblem,
)
from seig_search.tuning.cheap_fidelity import cheap_fidelity
from seig_search.tuning.light_layers import LightLayers
from seig_search.tuning.scene_look import SceneLook, look_of, scene_job

EVALUATORS = ("pixel", "structure", "colour", "edges", "detail", "silhouette")
TUNERS: dict[str, Callable[[], Any]] = {
    "auto": AutoTuner,
    "camera": CameraTuner,
    "residual": ResidualTuner,
    "lights": LightsTuner,
    "colours": ColoursTuner,
    "local": LocalTuner,
    "tpe": lambda: OptunaTuner("tpe", reach=0.5),
    "tpe-pruned": lambda: OptunaTuner("tpe", reach=0.5, pruning=True),
    "cmaes": lambda: OptunaTuner("cmaes", reach=0.5),
    "gp": lambda: OptunaTuner("gp", reach=0.5),
    "random": lambda: OptunaTuner("random", reach=0.5),
}
MARKS = (20, 40, 60, 80, 160, 400)


class Bench:
    """One scene, one start: its target, and trials against it."""

    def __init__(
        self,
        pool: BlenderPool,
        program: Program,
        start: Mapping[str, Value],
        side: int,
        samples: int,
        denoise: Denoise = "fast",
    ) -> None:
        self.pool, self.truth = pool, program
        self.program = program.with_values(start)
        shape = program.fidelity
        width, height = (shape.width, shape.height) if shape else (side, side)
        self.fidelity = Fidelity.for_aspect(width / height, side, samples=samples, denoise=denoise, seed=0)
        clean = pool.submit(RenderJob(program.source, Fidelity.for_aspect(width / height, side, samples=512, seed=9)))
        result = clean.result()
        if result.pixels is None:
            raise SystemExit(f"the scene does not render: {result.error}")
        self.target = Target.from_array(result.pixels)
        self.measurer = Measurer([plugins.make("evaluators", name) for name in EVALUATORS])
        self.scorer = Composite(known=list(self.measurer.specs))
        self.moved = frozenset(start)
        self.looks, self.built = Fraction(0), 0

    def trial(self, result: RenderResult) -> Trial:
        """What a tuner hears of a render."""
        if result.pixels is None:
            return Trial(Status(result.status), None)
        metrics = self.measurer.measure([result.pixels], self.target)[0]
        pixels = result.pixels
        return Trial(Status.OK, self.scorer.overall(metrics).value, metrics, lambda: pixels)

    def submit(self, values: Mapping[str, Value]) -> Future[Trial]:
        """Render with some values."""
        return self.rendered(self.fidelity, values)

    def rendered(self, fidelity: Fidelity, values: Mapping[str, Value]) -> Future[Trial]:
        """Render with some values at some fidelity."""
        answer: Future[Trial] = Future()
        self.pool.submit(RenderJob(self.program.source, fidelity, values)).add_done_callback(
            lambda done: answer.set_result(self.trial(done.result()))
        )
        return answer

    def cheap(self) -> CheapTrials:
        """Trials at low fidelity; counted by their share."""
        lower = cheap_fidelity(self.fidelity)
        if lower is None:
            raise SystemExit(f"nothing is left to halve in {self.fidelity}")
        fidelity, share = lower

        def submit(values: Mapping[str, Value]) -> Future[Trial]:
            self.looks += share
            return self.rendered(fidelity, values)

        return CheapTrials(submit, share)

    def layers(self, values: Mapping[str, Value]) -> Future[LightLayers | None]:
        """Render by light."""
        answer: Future[LightLayers | None] = Future()

        def settle(done: Future[RenderResult]) -> None:
            result = done.result()
            whole = None
            if result.pixels is not None:
                whole = LightLayers(
                    result.layers["lights"], result.names["lights"], result.pixels, result.layers["albedo"]
                )
            answer.set_result(whole)

        noisy = replace(self.fidelity, denoise=False)
        job = RenderJob(self.program.source, noisy, values, passes=("lights", "albedo"))
        self.looks += 1
        self.pool.submit(job).add_done_callback(settle)
        return answer

    def scenes(self, values: Mapping[str, Value], surface: bool) -> Future[SceneLook | None]:
        """Build the scene; counted apart."""
        answer: Future[SceneLook | None] = Future()
        self.built += 1
        self.pool.submit(scene_job(self.program.source, self.fidelity, values, surface)).add_done_callback(
            lambda done: answer.set_result(look_of(done.result()))
        )
        return answer

    def run(self, tuner: Any, renders: int, seed: int) -> dict[str, Any]:
        """Tune, and tell how PSNR and the numbers' error went."""
        parameters = tuple(p for p in self.program.tunable() if p.key in self.moved)
        start = self.submit({}).result()
        order: list[tuple[Fraction, Mapping[str, Value], Future[Trial]]] = []
        self.looks, self.built = Fraction(0), 0

        def submit(values: Mapping[str, Value]) -> Future[Trial]:
            future = self.submit(values)
            order.append((len(order) + 1 + self.looks, dict(values), future))
            return future

        began = time.perf_counter()
        truth = self.trial(self.pool.submit(RenderJob(self.truth.source, self.fidelity)).result())
        problem = TuningProblem(
            parameters,
            start,
            renders,
            6,
            Stage.LIGHTING,
            self.target,
            self.layers,
            self.scenes,
            cheap=self.cheap(),
            features=self.measurer.features,
        )
        result = tuner.tune(problem, submit, np.random.default_rng(seed), lambda progress: None)
        took = time.perf_counter() - began
        told = [(count, values, future.result()) for count, values, future in order if not future.cancelled()]
        spent = math.ceil(len(told) + self.looks)
        curve, noisy, marks = {}, {}, [mark for mark in MARKS if mark < spent]
        for mark in (*marks, spent):
            known = [({}, start), *((values, trial) for count, values, trial in told if count <= mark)]
            values, best = max(known, key=lambda pair: pair[1].score or 0.0)
            curve[mark] = round(best.metrics["psnr"], 2)
            noisy[mark] = round(self.noisy(self.program, values), 2)
        return {
            "start": round(start.metrics["psnr"], 2),
            "curve": curve,
            "floor": round(truth.metrics["psnr"], 2),
            "score": round(result.trial.score or 0.0, 4),
            "score of the truth": round(truth.score or 0.0, 4),
            "noisy": noisy,
            "noisy floor": round(self.noisy(self.truth, {}), 2),
            "error": round(self.error(result.values), 4),
            "error at start": round(self.error({}), 4),
            "seconds": round(took, 1),
            "scenes": self.built,
            "explanation": result.explanation,
        }

    def noisy(self, program: Program, values: Mapping[str, Value]) -> float:
        """PSNR of some values, rendered as trials are but without the denoiser."""
        job = RenderJob(program.source, replace(self.fidelity, denoise=False), values)
        return float(self.trial(self.pool.submit(job).result()).metrics["psnr"])

    def error(self, values: Mapping[str, Value]) -> float:
        """Mean distance of the numbers from the truth, as a fraction of their ranges."""
        true = {p.key: p for p in self.truth.tunable()}
        found = []
        for parameter in self.program.tunable():
            if parameter.key not in self.moved:
                continue
            at = values.get(parameter.key, parameter.value)
            pairs = zip(_parts(at), _parts(true[parameter.key].value), strict=True)
            low, high = float(parameter.low or 0), float(1 if parameter.high is None else parameter.high)
            for ours, theirs in pairs:
                off = np.log(ours / theirs) / np.log(high / low) if parameter.log else (ours - theirs) / (high - low)
                found.append(abs(float(off)))
        return float(np.mean(found))


def _parts(value: Value) -> tuple[float, ...]:
    return tuple(float(v) for v in value) if isinstance(value, tuple) else (float(value),)


def _at(curve: Mapping[int, float], mark: int) -> float:
    """PSNR after so many renders; a tuner that ended before keeps what it had."""
    return next((curve[at] for at in sorted(curve) if at >= mark), curve[max(curve)])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", nargs="+", default=["nine", *EXAMPLES])
    parser.add_argument("--tuners", nargs="+", default=["auto", "residual", "tpe", "cmaes"], choices=list(TUNERS))
    parser.add_argument("--renders", type=int, default=80)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--count",
        type=int,
        default=0,
        help="so many numbers of any kind are off; 0: three energies, camera, two places, two colours",
    )
    parser.add_argument("--size", type=float, default=0.3, help="largest move, as a fraction of the range")
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--plain", action="store_true", help="trials without the denoiser")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="two scenes, one seed, 96 px")
    asked = parser.parse_args()
    if asked.quick:
        asked.scenes, asked.seeds, asked.side = ["nine", "toy_blocks"], 1, 96
    rows: list[dict[str, Any]] = []
    # The target's many samples may take longer than a trial's deadline.
    with BlenderPool(PoolOptions(threads=1, deadline_s=900)) as pool:
        for name in asked.scenes:
            for seed in range(asked.seeds):
                program = load(name)
                what = (
                    [p for p in program.tunable() if p.declared]
                    if asked.count or name == "nine"
                    else usual(program.tunable(), seed)
                )
                start = perturbed(what, 9 if name == "nine" else asked.count or len(what), asked.size, seed)
                for tuner in asked.tuners:
                    bench = Bench(pool, program, start, asked.side, asked.samples, not asked.plain and "fast")
                    found = bench.run(TUNERS[tuner](), asked.renders, seed)
                    rows.append({"scene": name, "seed": seed, "tuner": tuner, **found})
                    print(json.dumps(rows[-1]), flush=True)
    marks = [mark for mark in MARKS if mark <= asked.renders]
    lines = [
        [row["scene"], str(row["seed"]), row["tuner"], f"{row['start']:.1f}"]
        + [f"{row['curve'][mark]:.1f}" if mark in row["curve"] else "-" for mark in marks]
        + [f"{row['floor']:.1f}", f"{row['error at start']:.3f}", f"{row['error']:.3f}"]
        + [str(row["scenes"]), f"{row['seconds']:.0f}"]
        for row in rows
    ]
    print(
        table(
            [
                "scene",
                "seed",
                "tuner",
                "start",
                *map(str, marks),
                "floor",
                "error before",
                "after",
                "scenes built",
                "s",
            ],
            lines,
        )
    )
    for tuner in asked.tuners:
        mine = [row for row in rows if row["tuner"] == tuner]
        for mark in (mark for mark in (40, 80, 400) if mark <= asked.renders):
            for curve, floor, what in (("noisy", "noisy floor", "without denoiser"), ("curve", "floor", "denoised")):
                near = sum(_at(row[curve], mark) >= row[floor] - 1 for row in mine)
                below = float(np.median([row[floor] - _at(row[curve], mark) for row in mine]))
                print(
                    f"{tuner} at {mark}, {what}: {near} of {len(mine)} within 1 dB of the floor, median {below:.1f} dB below it"
                )
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
