"""Lights only: how few renders until energies and colours are right?

Scenes with two to six lights of several kinds, a world, and one glowing thing. The starts have every energy off by up to a factor of
four and every colour off; the target is a clean render of the truth. Prints PSNR at the start, of the third render, after ``lights``, and of the truth itself
rendered as trials are (the floor); after how many renders the first was within 0.3 dB of the floor, and after how many the best was found (looks at the layers
are renders like any other); the median and the greatest error of the energies; then what Optuna's TPE reaches with ten times as many. At the end, how that is
spread over all cases.

    python benchmarks/tuning_lights/run.py [--lights 2 3 4 6] [--seeds 3] [--view Standard AgX] [--rival 0]
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from seig_search import plugins
from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.candidate import Status
from seig_search.cli.tables import table
from seig_search.evaluators import Composite
from seig_search.fidelity import Fidelity
from seig_search.program import Parameter, Program
from seig_search.render import RenderJob, Value
from seig_search.scoring import Measurer
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import LightsTuner, OptunaTuner, Trial, TuningProblem
from seig_search.tuning.light_layers import LightLayers

EVALUATORS = ("pixel", "structure", "colour", "edges", "detail", "silhouette")
KINDS = ("AREA", "POINT", "SPOT", "SUN", "AREA", "POINT")
NEAR = 0.3
"""What counts as at the floor, in dB."""
HEAD = """import bpy
from math import radians, sin, cos
from mathutils import Vector


def geometry():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=12)
    for k in range(7):
        make = (bpy.ops.mesh.primitive_uv_sphere_add, bpy.ops.mesh.primitive_cube_add)[k % 2]
        make(location=(2.2 * cos(k * 0.9), 2.2 * sin(k * 0.9), 0.5))
        bpy.context.object.scale = (0.5, 0.5, 0.5)
        bpy.context.object.name = f"Thing{k}"


def materials():
    for k in range(7):
        paint = bpy.data.materials.new(f"Paint{k}")
        paint.use_nodes = True
        shader = paint.node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = (0.3 + 0.5 * (k % 3 == 0), 0.3 + 0.4 * (k % 3 == 1), 0.3 + 0.4 * (k % 3 == 2), 1)
        bpy.data.objects[f"Thing{k}"].data.materials.append(paint)


def composition():
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    camera.location = (0, -8, 5.5)
    camera.rotation_euler = (Vector((0, 0, 0.3)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.angle = radians(42)


"""
LIGHT = """    lamp = bpy.data.objects.new("{name}", bpy.data.lights.new("{name}", "{kind}"))
    bpy.context.collection.objects.link(lamp)
    lamp.location = ({x}, {y}, {z})
    lamp.rotation_euler = (Vector((0, 0, 0.3)) - lamp.location).to_track_quat("-Z", "Y").to_euler()
    lamp.data.energy, lamp.data.color = {name}_ENERGY, {name}_RGB
"""
TAIL = """    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.5, 0.6, 0.8, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = SKY_STRENGTH
    bpy.context.scene.world = world
    glow = bpy.data.materials["Paint3"].node_tree.nodes["Principled BSDF"]
    glow.inputs["Emission Color"].default_value = (1.0, 0.7, 0.4, 1)
    glow.inputs["Emission Strength"].default_value = GLOW_STRENGTH
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.view_settings.view_transform = "{view}"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
"""


def scene(lights: int, view: str, rng: np.random.Generator) -> Program:
    """A scene with so many lights, lit well."""
    numbers, body = [], []
    for k in range(lights):
        kind, name = KINDS[k], f"LAMP{k}"
        angle = 2 * np.pi * (k + rng.uniform(-0.2, 0.2)) / lights
        energy = float(rng.uniform(0.5, 1.2)) * {"SUN": 1.2, "SPOT": 900.0}.get(kind, 500.0) * 2 / lights
        low, high = ("0.05", "20") if kind == "SUN" else ("10", "5000")
        numbers.append(f"{name}_ENERGY = {energy:.2f}  # @param {low}..{high} W log")
        rgb = ", ".join(f"{c:.3f}" for c in rng.uniform(0.45, 1.0, 3))
        numbers.append(f"{name}_RGB = ({rgb})  # @param rgb")
        body.append(
            LIGHT.format(name=name, kind=kind, x=round(4 * np.cos(angle), 2), y=round(4 * np.sin(angle), 2), z=3.5)
        )
    numbers += ["SKY_STRENGTH = 0.15  # @param 0.01..3.0 log", "GLOW_STRENGTH = 1.5  # @param 0.05..10.0 log"]
    text = HEAD + "\n".join(numbers) + "\n\n\ndef lighting():\n" + "".join(body) + TAIL.format(view=view)
    return Program.parse(text)


def declared(program: Program) -> list[Parameter]:
    """The numbers that are to be found: literals in the code keep still."""
    return [parameter for parameter in program.tunable(Stage.LIGHTING) if parameter.declared]


def spoiled(program: Program, rng: np.random.Generator) -> dict[str, Value]:
    """Every energy off by up to a factor of four, every colour by up to a third."""
    found: dict[str, Value] = {}
    for parameter in declared(program):
        if isinstance(parameter.value, tuple):
            found[parameter.key] = tuple(
                round(float(np.clip(part * np.exp(rng.uniform(-0.4, 0.4)), 0.05, 1.0)), 4) for part in parameter.value
            )
        else:
            value = float(parameter.value) * float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.5, 1.4)))
            found[parameter.key] = round(float(np.clip(value, parameter.low, parameter.high)), 3)
    return found


class Case:
    """A spoiled scene and its target."""

    def __init__(
        self, pool: BlenderPool, truth: Program, start: Mapping[str, Value], side: int, samples: int, clean: int
    ) -> None:
        self.pool, self.truth, self.program = pool, truth, truth.with_values(start)
        self.fidelity = Fidelity.for_aspect(4 / 3, side, samples=samples, seed=0)
        shown = pool.submit(RenderJob(truth.source, Fidelity.for_aspect(4 / 3, side, samples=clean, seed=9))).result()
        if shown.pixels is None:
            raise SystemExit(f"the scene does not render: {shown.error}")
        self.target = Target.from_array(shown.pixels)
        self.measurer = Measurer([plugins.make("evaluators", name) for name in EVALUATORS])
        self.scorer = Composite(known=list(self.measurer.specs))
        self.told: list[tuple[float, float]] = []
        floor = self.trial(RenderJob(truth.source, self.fidelity))
        self.floor = floor.metrics["psnr"]
        self.told.clear()

    def trial(self, job: RenderJob) -> Trial:
        """Render and measure."""
        result = self.pool.submit(job).result()
        if result.pixels is None:
            return Trial(Status(result.status), None)
        metrics = self.measurer.measure([result.pixels], self.target)[0]
        score, pixels = self.scorer.score(metrics, Stage.LIGHTING).value, result.pixels
        return Trial(Status.OK, score, metrics, lambda: pixels)

    def run(self, tuner: Any, renders: int, seed: int) -> dict[str, Any]:
        """Tune, counting every render."""
        count, found, reached = [0], [0], [0]
        start = self.trial(RenderJob(self.program.source, self.fidelity))
        best = [start.score or 0.0, start.metrics["psnr"]]
        third = [math.nan]

        def submit(values: Mapping[str, Value]) -> Future[Trial]:
            count[0] += 1
            future: Future[Trial] = Future()
            told = self.trial(RenderJob(self.program.source, self.fidelity, values))
            if told.score is not None and told.score > best[0]:
                best[:] = told.score, told.metrics["psnr"]
                found[0] = count[0]
            if not reached[0] and told.metrics.get("psnr", -math.inf) >= self.floor - NEAR:
                reached[0] = count[0]
            if count[0] == 3:
                third[0] = told.metrics.get("psnr", math.nan)
            future.set_result(told)
            return future

        def layers(values: Mapping[str, Value]) -> Future[LightLayers | None]:
            count[0] += 1
            future: Future[LightLayers | None] = Future()
            result = self.pool.submit(
                RenderJob(self.program.source, self.fidelity, values, passes=("lights", "albedo"))
            ).result()
            done = result.pixels is not None
            future.set_result(
                LightLayers(result.layers["lights"], result.names["lights"], result.pixels) if done else None  # type: ignore[arg-type]
            )
            return future

        parameters = declared(self.program)
        problem = TuningProblem(tuple(parameters), start, renders, 6, Stage.LIGHTING, self.target, layers)
        result = tuner.tune(problem, submit, np.random.default_rng(seed), lambda progress: None)
        true = {p.key: p.value for p in self.truth.parameters}
        now = {p.key: result.values.get(p.key, p.value) for p in parameters}
        # What a picture tells is energy times colour, by channel.
        errors = []
        for key, value in now.items():
            if not isinstance(value, tuple):
                rgb = key.replace("_ENERGY", "_RGB")
                ours, theirs = np.array(now.get(rgb, (1.0,))) * value, np.array(true.get(rgb, (1.0,))) * true[key]
                errors.append(float(np.median(np.abs(ours / theirs - 1))))
        return {
            "start": start.metrics["psnr"],
            "psnr": result.trial.metrics["psnr"],
            "third": third[0],
            "reached": reached[0],
            "errors": errors,
            "found": found[0],
            "renders": count[0],
            "explanation": result.explanation,
        }


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """Tell how soon the picture was right, and how the errors of the energies are spread over the cases, by view and in all."""
    found = []
    for name in [*dict.fromkeys(row["view"] for row in rows), "all"]:
        mine = [row for row in rows if name in (row["view"], "all")]
        near = [sum(0 < row["reached"] <= count for row in mine) for count in (3, 4, 5, 8)]
        middle, worst = ([float(f(row["errors"])) for row in mine] for f in (np.median, np.max))
        found.append(
            [
                name,
                str(len(mine)),
                *map(str, near),
                str(sum(row["psnr"] >= row["floor"] - NEAR for row in mine)),
                *(f"{sum(error <= limit for error in middle)}" for limit in (0.02, 0.05)),
                f"{100 * max(middle):.1f} %",
                *(f"{sum(error <= limit for error in worst)}" for limit in (0.05, 0.1, 0.2)),
                f"{100 * max(worst):.1f} %",
            ]
        )
    head = ["view", "cases", *(f"near by render {count}" for count in (3, 4, 5, 8)), "best near"]
    head += ["median within 2 %", "5 %", "greatest", "worst lamp within 5 %", "10 %", "20 %", "greatest"]
    return f"near: within {NEAR} dB of the floor\n{table(head, found)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lights", nargs="+", type=int, default=[2, 3, 4, 6])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--view", nargs="+", default=["Standard", "AgX"])
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--clean", type=int, default=512, help="samples of the target")
    parser.add_argument("--renders", type=int, default=8)
    parser.add_argument("--rival", type=int, default=80, help="renders of TPE; 0 leaves it out")
    parser.add_argument("--cache", type=Path, help="keep renders here: the next time only what is new is rendered")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    pool = BlenderPool(PoolOptions(workers=2, threads=1, cache_dir=chosen.cache))
    rows, lines = [], []
    try:
        for view in chosen.view:
            for lights in chosen.lights:
                for seed in tqdm(range(chosen.seeds), desc=f"{view} {lights}"):
                    rng = np.random.default_rng([seed, lights])
                    truth = scene(lights, view, rng)
                    case = Case(pool, truth, spoiled(truth, rng), chosen.side, chosen.samples, chosen.clean)
                    told = case.run(LightsTuner(directions=0.0), chosen.renders, seed)
                    rival = case.run(OptunaTuner("tpe", reach=0.5), chosen.rival, seed) if chosen.rival else None
                    rows.append(
                        {"view": view, "lights": lights, "seed": seed, "floor": case.floor, **told, "rival": rival}
                    )
                    lines.append(
                        [
                            view,
                            str(lights),
                            str(seed),
                            f"{told['start']:.1f}",
                            f"{told['third']:.2f}",
                            f"{told['psnr']:.2f}",
                            f"{case.floor:.2f}",
                            f"{100 * np.median(told['errors']):.1f} %",
                            f"{100 * np.max(told['errors']):.1f} %",
                            str(told["reached"] or "-"),
                            f"{told['found']} of {told['renders']}",
                            f"{rival['psnr']:.2f} ({rival['renders']})" if rival else "-",
                        ]
                    )
    finally:
        pool.close()
    head = [
        "view",
        "lights",
        "seed",
        "start",
        "third render",
        "best",
        "floor",
        "energy median",
        "worst",
        "near after",
        "renders",
        "tpe",
    ]
    print(table(head, lines))
    print(summary(rows))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
