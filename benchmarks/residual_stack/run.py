"""Do distances from the outline, and features, help least squares on the residual image?

Geometry and composition of exact scenes are off by 3 to 8 % of the numbers' ranges, and are tuned by ``residual`` with pixels alone, with outlines, with features
(LPIPS), and with both. Then the same scenes with an object missing from the program, from true numbers: whatever moves is bent to make up for what is not there. Prints, for the best
trial by the composite's overall score, PSNR, LPIPS and silhouette of a cleaner render, the numbers' mean error as a fraction of their ranges, and how long a tuning took; then by tuning the means over all cases.
It needs the weights lpips-alex (``seig weights fetch lpips-alex``).

    python benchmarks/residual_stack/run.py
    python benchmarks/residual_stack/run.py --scenes chess_pawn --seeds 3 --silhouette 0.5 --features 0.1
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tuning_exact"))
from run import EVALUATORS, Bench
from scenes import load, perturbed

from seig_search import plugins
from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.cli.tables import table
from seig_search.evaluators import Composite
from seig_search.program import Program
from seig_search.render import RenderJob, Value
from seig_search.scoring import Measurer, require_all
from seig_search.stages import Stage
from seig_search.tuning import ResidualTuner, TuningProblem

MISSING = {"toy_blocks": "OrangeBall", "still_life": "Bottle", "snowman": "Hat"}
WITHOUT = '\n\nbpy.data.objects.remove(bpy.data.objects["{}"])\n'
CLEAN = 64
SHOWN = ("psnr", "lpips", "silhouette")


class Case(Bench):
    """One scene and one start, measured with LPIPS too.

    Args:
        pool: Who renders.
        program: The truth.
        start: Where its numbers start.
        missing: Object that the tuned program lacks; None for none.
        side: Longer side of the trials, in px.
    """

    def __init__(
        self, pool: BlenderPool, program: Program, start: Mapping[str, Value], missing: str | None, side: int
    ) -> None:
        super().__init__(pool, program, start, side, samples=6)
        self.measurer = Measurer([plugins.make("evaluators", name) for name in (*EVALUATORS, "perceptual")])
        require_all(self.measurer)
        self.scorer = Composite(known=list(self.measurer.specs))
        if missing is not None:
            self.program = Program.parse(self.program.source + WITHOUT.format(missing))

    def measured(self, values: Mapping[str, Value]) -> dict[str, float | None]:
        """Metrics of a cleaner render, under another seed, and the numbers' error."""
        clean = replace(self.fidelity, samples=CLEAN, seed=1)
        trial = self.trial(self.pool.submit(RenderJob(self.program.source, clean, values)).result())
        return {**{name: trial.metrics.get(name) for name in SHOWN}, "error": self.error(values)}

    def tuned(self, tuner: ResidualTuner, renders: int) -> dict[str, Any]:
        """Tune, and tell what came of it."""
        parameters = tuple(p for p in self.program.tunable() if p.key in self.moved)
        start = self.submit({}).result()
        problem = TuningProblem(
            parameters, start, renders, 6, Stage.COMPOSITION, self.target, features=self.measurer.features
        )
        began = time.perf_counter()
        result = tuner.tune(problem, self.submit, np.random.default_rng(0), lambda progress: None)
        return {"seconds": time.perf_counter() - began, **self.measured(result.values)}


def places_and_shapes(program: Program, count: int, seed: int, exact: bool) -> Mapping[str, Value]:
    """Pick declared numbers of geometry and composition, and move them unless they are to start exact."""
    stages = (Stage.GEOMETRY, Stage.COMPOSITION)
    numbers = tuple(p for p in program.tunable() if p.declared and p.stage in stages and p.kind != "rgb")
    moved = perturbed(numbers, count, 0.08, seed)
    return {p.key: p.value for p in numbers if p.key in moved} if exact else moved


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", nargs="*", default=["toy_blocks", "chess_pawn", "mug"])
    parser.add_argument("--misspecified", nargs="*", default=list(MISSING), choices=list(MISSING))
    parser.add_argument("--renders", type=int, default=80)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--count", type=int, default=12, help="so many numbers may move")
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--silhouette", type=float, default=0.5)
    parser.add_argument("--features", type=float, default=0.2)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    tuners = {
        "pixels": ResidualTuner(silhouette=0.0, features=0.0),
        "+ silhouette": ResidualTuner(silhouette=asked.silhouette, features=0.0),
        "+ features": ResidualTuner(silhouette=0.0, features=asked.features),
        "+ both": ResidualTuner(silhouette=asked.silhouette, features=asked.features),
    }
    cases = [(name, None) for name in asked.scenes] + [(name, MISSING[name]) for name in asked.misspecified]
    rows: list[dict[str, Any]] = []
    with BlenderPool(PoolOptions(threads=1)) as pool:
        for name, missing in cases:
            for seed in range(asked.seeds):
                program = load(name)
                start = places_and_shapes(program, asked.count, seed, exact=missing is not None)
                case = Case(pool, program, start, missing, asked.side)
                title = f"{name} without {missing}" if missing else name
                before = {"case": title, "seed": seed, "tuning": "start", "seconds": 0.0, **case.measured({})}
                rows.append(before)
                for told, tuner in tuners.items():
                    if told in ("+ silhouette", "+ both") and case.target.alpha is None:
                        # Without alpha there is no outline to tell.
                        continue
                    rows.append({"case": title, "seed": seed, "tuning": told, **case.tuned(tuner, asked.renders)})
                    print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(table(["case", "seed", "tuning", *SHOWN, "error", "s"], [_line(row) for row in rows]))
    means = []
    for told in ("start", *tuners):
        for exact in (True, False):
            mine = [row for row in rows if row["tuning"] == told and (" without " not in row["case"]) is exact]
            if mine:
                cells = [_mean([row[name] for row in mine]) for name in (*SHOWN, "error", "seconds")]
                means.append([told, "exact" if exact else "misspecified", str(len(mine)), *cells])
    print(table(["tuning", "programs", "cases", *SHOWN, "error", "s"], means))
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1))


def _line(row: Mapping[str, Any]) -> list[str]:
    numbers = [_mean([row[name]]) for name in (*SHOWN, "error", "seconds")]
    return [row["case"], str(row["seed"]), row["tuning"], *numbers]


def _mean(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.4g}" if known else "-"


if __name__ == "__main__":
    main()
