"""Our side: the scene as a program, tuned through the pool of Blenders, with a note of what was best when."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scene import blender_program, starts, true_values

from seig_search import plugins
from seig_search.blender_pool import BlenderPool
from seig_search.candidate import Status
from seig_search.evaluators import Composite
from seig_search.fidelity import Fidelity
from seig_search.program import Program
from seig_search.render import RenderJob, RenderResult, Value
from seig_search.scoring import Measurer
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import AutoTuner, CameraTuner, ColoursTuner, ResidualTuner, Trial, TuningProblem
from seig_search.tuning.light_layers import LightLayers
from seig_search.tuning.scene_look import SceneLook, look_of, scene_job

sys.path.append(str(Path(__file__).resolve().parents[1] / "throughput"))

from processor import driver_seconds, pool_seconds

__all__ = ["TUNERS", "Blender"]

EVALUATORS = ("pixel", "structure", "colour", "edges", "detail", "silhouette")
TUNERS: dict[str, Callable[[], Any]] = {
    "auto": AutoTuner,
    "camera": lambda: CameraTuner(tint=0.01),
    "colours": ColoursTuner,
    "residual": ResidualTuner,
}


class Blender:
    """The scene in Cycles.

    Args:
        pool: Renders.
        fidelity: Of trials.
        samples: Of the target.
    """

    def __init__(self, pool: BlenderPool, fidelity: Fidelity, samples: int) -> None:
        self._pool, self._fidelity = pool, fidelity
        self._measurer = Measurer([plugins.make("evaluators", name) for name in EVALUATORS])
        self._scorer = Composite(known=list(self._measurer.specs))
        began = time.perf_counter()
        self.picture = self._clean(samples)
        self.first = time.perf_counter() - began
        self._target = Target.from_array(self.picture)

    def _clean(self, samples: int) -> Any:
        clean = Fidelity(self._fidelity.width, self._fidelity.height, samples=samples, seed=9)
        result = self._pool.submit(RenderJob(blender_program(), clean)).result()
        if result.pixels is None:
            raise SystemExit(f"the scene does not render: {result.error}")
        return result.pixels

    def floor(self) -> float:
        """Give the PSNR of the truth, rendered as trials are."""
        job = RenderJob(blender_program(), self._fidelity)
        return float(self._trial(self._pool.submit(job).result()).metrics["psnr"])

    def _trial(self, result: RenderResult) -> Trial:
        if result.pixels is None:
            return Trial(Status(result.status), None)
        metrics = self._measurer.measure([result.pixels], self._target)[0]
        pixels = result.pixels
        return Trial(Status.OK, self._scorer.overall(metrics).value, metrics, lambda: pixels)

    def tune(self, part: str, seed: int, tuner: str, renders: int) -> dict[str, Any]:
        """Find the truth from a start; the clock begins when the start has been rendered.

        Args:
            part: ``light`` or ``camera``.
            seed: Which start.
            tuner: One of ``TUNERS``.
            renders: Most renders.
        """
        start = starts(part, seed)
        program = Program.parse(blender_program(**start))
        parameters = tuple(p for p in program.tunable() if p.name in true_values(part) and p.declared)
        names = {p.key: p.name for p in parameters}
        began = time.perf_counter()
        first = self._trial(self._pool.submit(RenderJob(program.source, self._fidelity)).result())
        warm = time.perf_counter() - began
        best = [first.score or 0.0]
        path: list[tuple[float, float, dict[str, Value]]] = []
        asked: list[int] = []
        counts: list[int] = []

        def processors() -> float:
            return driver_seconds() + pool_seconds(self._pool)

        def spent() -> tuple[float, float]:
            return time.perf_counter() - clock, processors() - busy

        def submit(values: Mapping[str, Value]) -> Future[Trial]:
            answer: Future[Trial] = Future()
            asked.append(1)

            def settle(done: Future[RenderResult]) -> None:
                if done.cancelled():
                    answer.cancel()
                    return
                trial = self._trial(done.result())
                if trial.score is not None and trial.score > best[0]:
                    best[0] = trial.score
                    named = {names[key]: value for key, value in values.items() if key in names}
                    path.append((*spent(), {**start, **named}))
                    counts.append(len(asked))
                answer.set_result(trial)

            self._pool.submit(RenderJob(program.source, self._fidelity, values)).add_done_callback(settle)
            return answer

        def layers(values: Mapping[str, Value]) -> Future[LightLayers | None]:
            answer: Future[LightLayers | None] = Future()
            asked.append(1)

            def settle(done: Future[RenderResult]) -> None:
                told = None if done.cancelled() else done.result()
                if told is None or told.pixels is None:
                    answer.set_result(None)
                    return
                parts = told.layers["lights"], told.names["lights"], told.pixels, told.layers["albedo"]
                answer.set_result(LightLayers(*parts))  # type: ignore[arg-type]

            # Light is told by what the denoiser has not touched.
            noisy = replace(self._fidelity, denoise=False)
            job = RenderJob(program.source, noisy, values, passes=("lights", "albedo"))
            self._pool.submit(job).add_done_callback(settle)
            return answer

        def scenes(values: Mapping[str, Value], surface: bool) -> Future[SceneLook | None]:
            answer: Future[SceneLook | None] = Future()
            self._pool.submit(scene_job(program.source, self._fidelity, values, surface)).add_done_callback(
                lambda done: answer.cancel() if done.cancelled() else answer.set_result(look_of(done.result()))
            )
            return answer

        clock, busy = time.perf_counter(), processors()
        problem = TuningProblem(parameters, first, renders, 6, Stage.LIGHTING, self._target, layers, scenes)
        result = TUNERS[tuner]().tune(problem, submit, np.random.default_rng(seed), lambda progress: None)
        path.append((*spent(), {**start, **{names[key]: value for key, value in result.values.items()}}))
        return {
            "path": path,
            "counts": [*counts, len(asked)],
            "warm": warm,
            "start psnr": first.metrics["psnr"],
            "psnr": result.trial.metrics["psnr"],
        }
