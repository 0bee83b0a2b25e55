"""Does the composite follow the truth? Kendall's tau between what renders score and how wrong their scenes are in 3D.

Exact scenes are perturbed, the declared parameters of one stage at a time, with growing strength. Each perturbed scene
is rendered and measured against the exact scene's picture, and its 3D error (see ERRORS) is measured against the exact
scene. The target is rendered with other samples and another seed, so that equal noise helps nobody. In a search,
geometry, materials and lights are judged before everything stands where it should: --misplaced asks for that.

The table gives tau-b of score and negative error within a scene, averaged over scenes with the standard error of that
mean: it asks how well a score orders candidates for one target, which is what a search asks. "pooled" throws all
scenes together and so also asks whether scores mean the same for different targets.

    python benchmarks/truth_correlation/run.py [--count 200] [--side 112] [--seed 0] [--misplaced 0.05] [--json OUT.json]
    python benchmarks/truth_correlation/run.py --from OUT.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau
from tqdm import tqdm

from seig_search import plugins
from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.cli.tables import table
from seig_search.evaluators.composite import Composite
from seig_search.fidelity import Fidelity
from seig_search.program import Parameter, Program
from seig_search.render import RenderJob, RenderPool, Value
from seig_search.scoring import Measurer
from seig_search.stages import EDIT_STAGES, Stage
from seig_search.target import Target
from seig_search.truth import Looking, SceneTruth, TruthObject, compared, look
from seig_search.truth.errors_of_objects import delta_e
from seig_search.truth.inspection import rendered

HERE = Path(__file__).parent
PROGRAMS = HERE.parent.parent / "examples" / "programs"
SCENES = [
    *(PROGRAMS / f"{name}.py" for name in ("mug", "chess_pawn", "toy_blocks")),
    *sorted((HERE / "scenes").glob("*.py")),
]
EVALUATORS = ("pixel", "structure", "colour", "edges", "detail", "silhouette", "perceptual")
WEAKEST, STRONGEST = 0.02, 0.35
RIVALS = ("psnr", "ssim", "lpips")


def colour_error(found: SceneTruth, true: SceneTruth) -> float:
    """Mean CIE76 difference over all objects of one name, floors and walls too."""
    theirs = {item.name: item.rgb for item in true.objects}
    both = [(item.rgb, theirs.get(item.name)) for item in found.objects]
    return float(np.mean([delta_e(a, b) for a, b in both if a is not None and b is not None]))


def composition_error(found: SceneTruth, true: SceneTruth) -> float:
    """Chamfer distance over the scene's size in the gauge of the cameras, plus the field of view's error as a share of a
    right angle.

    A camera that moves and things that move the other way are one error: no picture tells them apart.
    """
    values = compared(found, true, "camera", points=2000).values
    return values["chamfer_relative"] + values["camera_fov"] / 90


ERRORS: Mapping[Stage, Callable[[SceneTruth, SceneTruth], float]] = {
    Stage.GEOMETRY: lambda found, true: compared(found, true, "none", points=2000).values["chamfer_relative"],
    Stage.MATERIALS: colour_error,
    Stage.COMPOSITION: composition_error,
    Stage.LIGHTING: lambda found, true: compared(found, true, "none", points=0).values["light_field"],
}
"""The 3D error of each stage; with all else exact, it is 0 only for the exact scene."""


def moved(parameter: Parameter, strength: float, rng: np.random.Generator) -> Value:
    """Move a parameter by up to ``strength`` half ranges; colours by as much of their sRGB range."""
    value = np.atleast_1d(np.asarray(parameter.value, dtype=float))
    step = strength * rng.uniform(0.5, 1.0, value.shape) * rng.choice([-1.0, 1.0], value.shape)
    if parameter.kind == "rgb":
        new = np.clip(value ** (1 / 2.2) + step / 2, 0.02, 1.0) ** 2.2
    else:
        low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
        if parameter.log:
            new = np.exp(np.log(value) + step * (np.log(high) - np.log(low)) / 2)
        else:
            new = value + step * (high - low) / 2
        new = np.clip(new, low, high)
    plain = tuple(round(float(x), 6) for x in new)
    return plain if isinstance(parameter.value, tuple) else plain[0]


def perturbed(program: Program, stage: Stage, strength: float, rng: np.random.Generator) -> dict[str, Value]:
    """Draw new values for about half of a stage's numbers; of materials, only colours, whose truth is known."""
    kinds = ("rgb",) if stage is Stage.MATERIALS else ("float", "vector", "rgb")
    chosen = [p for p in program.parameters if p.stage is stage and p.kind in kinds]
    picked = rng.uniform(size=len(chosen)) < 0.5
    picked[rng.integers(len(chosen))] = True
    return {p.key: moved(p, strength, rng) for p, yes in zip(chosen, picked, strict=True) if yes}


def measure_scene(
    pool: RenderPool, path: Path, per_stage: int, side: int, seed: int, misplaced: float, bar: Any
) -> list[dict[str, Any]]:
    """Perturb one scene ``per_stage`` times in each stage and measure every perturbation."""
    source = path.read_text()
    program = Program.parse(source)
    fidelity = Fidelity.for_aspect(4 / 3, side, samples=12, denoise=True, seed=1)
    # Lights are in the facts, textured colours show at a glance, and shapes that only move need no second look.
    views = {Stage.GEOMETRY: 6, Stage.MATERIALS: 2, Stage.COMPOSITION: 0, Stage.LIGHTING: 0}
    close = {stage: Looking(count, 96) for stage, count in views.items()}
    rng = np.random.default_rng([seed, *path.stem.encode()])
    base = perturbed(program, Stage.COMPOSITION, misplaced, np.random.default_rng(seed)) if misplaced else {}
    exact = look(pool, source, path.stem, close[Stage.GEOMETRY])
    start = look(pool, source, path.stem, close[Stage.GEOMETRY], base) if base else exact
    final = rendered(pool, [RenderJob(source, replace(fidelity, samples=128, seed=2))], path.stem)[0]
    assert final.pixels is not None
    target = Target.from_array(final.pixels, path.stem)
    measurer = Measurer([plugins.make("evaluators", name) for name in measured_by()])
    scorer = Composite(known=tuple(measurer.specs))
    rows = []
    for stage in EDIT_STAGES:
        for strength in np.geomspace(WEAKEST, STRONGEST, per_stage):
            values = perturbed(program, stage, float(strength), rng)
            # Placement is what the composition stage is about; the others have to do without.
            true, values = (exact, values) if stage is Stage.COMPOSITION else (start, {**base, **values})
            ask = pool.submit(RenderJob(source, fidelity, values))
            scene = look(pool, source, path.stem, close[stage], values)
            if stage is Stage.COMPOSITION:
                scene = with_surfaces_of(exact, scene)
            picture = ask.result()
            bar.update()
            if picture.pixels is None:
                bar.write(f"left out: {path.stem} {stage} {values}: {picture.error}")
                continue
            metrics = measurer.measure([picture.pixels], target)[0]
            rows.append(
                {
                    "scene": path.stem,
                    "stage": str(stage),
                    "strength": float(strength),
                    "error": ERRORS[stage](scene, true),
                    "truth": dict(compared(scene, true, "none", points=0).values),
                    "metrics": metrics,
                    "composite": scorer.score(metrics, stage).value,
                    "overall": scorer.overall(metrics).value,
                }
            )
    return rows


def with_surfaces_of(exact: SceneTruth, scene: SceneTruth) -> SceneTruth:
    """Give the objects of a scene the surfaces of those of one name, which differ from them by a rigid motion."""
    known = {item.name: item for item in exact.objects}

    def carried(item: TruthObject) -> TruthObject:
        old = known[item.name]
        if old.surface is None:
            return item
        turn = item.edges @ np.linalg.pinv(old.edges)
        return replace(
            item, surface=replace(old.surface, points=item.centre + (old.surface.points - old.centre) @ turn.T)
        )

    return replace(scene, objects=tuple(carried(item) for item in scene.objects))


def measured_by() -> list[str]:
    """Names of the evaluators that are there."""
    there = {entry.name for entry in plugins.listing("evaluators") if not entry.error}
    return [name for name in EVALUATORS if name in there]


def scores(rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Score lists by name, higher better: the composite, its overall weights, and each metric alone."""
    specs = Measurer([plugins.make("evaluators", name) for name in measured_by()]).specs
    found = {"composite": [row["composite"] for row in rows], "overall": [row["overall"] for row in rows]}
    for name, spec in specs.items():
        if all(name in row["metrics"] for row in rows):
            found[name] = [row["metrics"][name] * (1 if spec.better == "higher" else -1) for row in rows]
    return found


def tau_b(one: list[float], two: list[float]) -> float:
    """Kendall's tau-b, -1..1; 0 where one is constant, since that orders nothing."""
    tau = float(kendalltau(one, two).statistic)
    return 0.0 if np.isnan(tau) else tau


def taus(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Tau-b by scene, stage and score; its mean over scenes with standard error; and pooled over scenes."""
    scenes, answer = sorted({row["scene"] for row in rows}), {}
    for stage in (str(stage) for stage in EDIT_STAGES):
        mine = [row for row in rows if row["stage"] == stage]
        by_scene: dict[str, dict[str, float]] = {}
        for scene in scenes:
            part = [row for row in mine if row["scene"] == scene]
            for name, values in scores(part).items():
                by_scene.setdefault(name, {})[scene] = tau_b(values, [-row["error"] for row in part])
        pooled = scores(mine)
        answer[stage] = {
            name: {
                "scenes": told,
                "mean": float(np.mean(list(told.values()))),
                "stderr": float(np.std(list(told.values()), ddof=1) / np.sqrt(len(told))) if len(told) > 1 else None,
                "pooled": tau_b(pooled[name], [-row["error"] for row in mine]) if name in pooled else None,
            }
            for name, told in by_scene.items()
        }
    return answer


def print_tables(answer: dict[str, Any], every: bool) -> None:
    """Print tau per stage, and per scene for the composite."""
    stages = list(answer)
    names = [name for name in answer[stages[0]] if every or name in ("composite", "overall", *RIVALS)]

    def cell(stage: str, name: str) -> str:
        told = answer[stage].get(name)
        return "-" if told is None else f"{told['mean']:.3f} ± {told['stderr'] or 0:.3f}"

    def mean(name: str, key: str) -> str:
        told = [answer[stage][name][key] for stage in stages if name in answer[stage]]
        known = [value for value in told if value is not None]
        return f"{np.mean(known):.3f}" if len(known) == len(stages) else "-"

    print("tau-b within a scene, mean over scenes ± standard error (higher is better)")
    print(table(["score", *stages, "mean"], [[n, *(cell(s, n) for s in stages), mean(n, "mean")] for n in names]))
    print("\npooled over scenes")
    rows = []
    for name in names:
        told = [answer[stage].get(name, {}).get("pooled") for stage in stages]
        rows.append([name, *("-" if v is None else f"{v:.3f}" for v in told), mean(name, "pooled")])
    print(table(["score", *stages, "mean"], rows))
    print("\nthe composite's tau less another's, within a scene, mean over scenes ± standard error")
    rows = []
    for name in (name for name in names if name != "composite"):
        cells = []
        for stage in stages:
            ours, theirs = answer[stage]["composite"]["scenes"], answer[stage].get(name, {}).get("scenes", {})
            less = [ours[scene] - theirs[scene] for scene in theirs]
            spread = np.std(less, ddof=1) / np.sqrt(len(less)) if len(less) > 1 else 0.0
            cells.append(f"{np.mean(less):+.3f} ± {spread:.3f}" if less else "-")
        rows.append([name, *cells])
    print(table(["score", *stages], rows))
    print("\nthe composite, per scene")
    scenes = sorted(answer[stages[0]]["composite"]["scenes"])
    rows = [[s, *(f"{answer[stage]['composite']['scenes'][s]:.3f}" for stage in stages)] for s in scenes]
    print(table(["scene", *stages], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="perturbations over all scenes and stages")
    parser.add_argument("--side", type=int, default=112, help="longer side of the pictures, pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--misplaced",
        type=float,
        default=0.0,
        help="strength by which camera and things are wrong, alike for all candidates of the other stages",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scenes", nargs="+", type=Path, default=SCENES)
    parser.add_argument("--all", action="store_true", help="print every metric alone")
    parser.add_argument("--json", type=Path, help="write every perturbation and the taus here")
    parser.add_argument("--from", type=Path, dest="again", help="print the tables of such a file")
    chosen = parser.parse_args()
    if chosen.again:
        rows = json.loads(chosen.again.read_text())["rows"]
        scorer = Composite(known=sorted({name for row in rows for name in row["metrics"]}))
        for row in rows:
            row["composite"] = scorer.score(row["metrics"], Stage(row["stage"])).value
            row["overall"] = scorer.overall(row["metrics"]).value
    else:
        groups = len(chosen.scenes) * len(EDIT_STAGES)
        per_stage = -(-chosen.count // groups)
        rows = []
        pool = BlenderPool(PoolOptions(workers=chosen.workers, threads=1))
        try:
            with tqdm(total=per_stage * groups) as bar:
                for path in chosen.scenes:
                    rows += measure_scene(pool, path, per_stage, chosen.side, chosen.seed, chosen.misplaced, bar)
        finally:
            pool.close()
    answer = taus(rows)
    print_tables(answer, chosen.all)
    missing = [name for name in RIVALS if name not in answer[str(EDIT_STAGES[0])]]
    if missing:
        print(f"\nnot measured here: {', '.join(missing)}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"taus": answer, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
