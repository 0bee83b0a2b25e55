"""Exact scenes: programs whose target is their own render, and starts with some of their numbers off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seig_search.program import Parameter, Program
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning.lights_tuner import is_amount

__all__ = ["CAMERA_AND_LIGHTS", "EXAMPLES", "load", "perturbed", "usual"]

EXAMPLES = ("chess_pawn", "mug", "toy_blocks", "still_life", "snowman", "courtyard")

CAMERA_AND_LIGHTS = '''"""Twelve things, three lights, a camera: nine unknowns."""
import bpy
from math import radians, sin


def geometry():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=20)
    bpy.context.object.name = "Floor"
    for index in range(12):
        if index % 3 == 0:
            bpy.ops.mesh.primitive_cylinder_add(radius=0.28, depth=0.5, vertices=32)
        elif index % 3 == 1:
            bpy.ops.mesh.primitive_cube_add(size=0.5)
        else:
            bpy.ops.mesh.primitive_cone_add(radius1=0.3, depth=0.7, vertices=32)
        bpy.context.object.name = f"Thing{index}"


def materials():
    for index in range(12):
        paint = bpy.data.materials.new(f"Paint{index}")
        paint.use_nodes = True
        shader = paint.node_tree.nodes["Principled BSDF"]
        hue = index / 12
        shader.inputs["Base Color"].default_value = (0.2 + 0.6 * hue, 0.7 - 0.5 * hue, 0.2 + 0.5 * abs(sin(5 * hue)), 1)
        bpy.data.objects[f"Thing{index}"].data.materials.append(paint)


CAMERA_FOV = 45.0  # @param 25..75 deg
CAMERA_X = 0.4  # @param -2.0..2.0 m
CAMERA_Y = -6.0  # @param -8.0..-4.0 m
CAMERA_Z = 4.0  # @param 2.0..6.0 m
CAMERA_PITCH = 57.0  # @param 40.0..75.0 deg
CAMERA_YAW = 3.0  # @param -15.0..15.0 deg


def composition():
    for index in range(12):
        thing = bpy.data.objects[f"Thing{index}"]
        thing.location = (index % 4 - 1.5, index // 4 - 1, 0.3)
        thing.rotation_euler.z = sin(index)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.angle = radians(CAMERA_FOV)
    camera.location = (CAMERA_X, CAMERA_Y, CAMERA_Z)
    camera.rotation_euler = (radians(CAMERA_PITCH), 0, radians(CAMERA_YAW))
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera


KEY_ENERGY = 300.0  # @param 30..3000 W log
FILL_ENERGY = 120.0  # @param 12..1200 W log
RIM_ENERGY = 80.0  # @param 8..800 W log


def lighting():
    for name, energy, place in (
        ("Key", KEY_ENERGY, (3, -3, 4)), ("Fill", FILL_ENERGY, (-3, -3, 4)), ("Rim", RIM_ENERGY, (0, 4, 3))
    ):
        light = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
        light.data.energy, light.data.size, light.location = energy, 2, place
        light.rotation_euler = (0.6, 0, 0)
        bpy.context.collection.objects.link(light)


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
'''


def load(name: str) -> Program:
    """Give a scene: ``nine``, or the name of an example program."""
    if name == "nine":
        return Program.parse(CAMERA_AND_LIGHTS)
    root = Path(__file__).resolve().parents[2]
    folders = (root / "examples" / "programs", root / "benchmarks" / "truth_correlation" / "scenes")
    place = next(folder / f"{name}.py" for folder in folders if (folder / f"{name}.py").exists())
    return Program.parse(place.read_text())


def usual(parameters: tuple[Parameter, ...], seed: int) -> tuple[Parameter, ...]:
    """Pick what a first guess usually has wrong: three energies, the camera, two placements, two colours."""
    rng = np.random.default_rng(seed)
    declared = [p for p in parameters if p.declared]
    camera = [p for p in declared if p.stage is Stage.COMPOSITION and p.name.startswith(("CAMERA", "AIM"))]
    groups = (
        ([p for p in declared if p.stage is Stage.LIGHTING and p.kind == "float" and is_amount(p)], 3),
        (camera, len(camera)),
        ([p for p in declared if p.stage is Stage.COMPOSITION and p not in camera], 2),
        ([p for p in declared if p.stage is Stage.MATERIALS and p.kind == "rgb"], 2),
    )
    chosen = [group[int(n)] for group, count in groups for n in rng.permutation(len(group))[:count]]
    return tuple(p for p in parameters if p in chosen)


def perturbed(parameters: tuple[Parameter, ...], count: int, size: float, seed: int) -> Mapping[str, Value]:
    """Move numbers away from their values.

    Args:
        parameters: What may be moved; those without a range stay.
        count: How many.
        size: Largest move, as a fraction of the range; the least is a third of it.
        seed: Of which, and whither.
    """
    rng = np.random.default_rng(seed)
    movable = [
        p for p in parameters if p.kind in ("float", "rgb", "vector") and p.low is not None and p.high is not None
    ]
    chosen = [movable[int(index)] for index in rng.permutation(len(movable))[:count]]
    values: dict[str, Value] = {}
    for parameter in chosen:
        parts = parameter.value if isinstance(parameter.value, tuple) else (parameter.value,)
        moved = tuple(_moved(float(part), parameter, size, rng) for part in parts)
        values[parameter.key] = moved if isinstance(parameter.value, tuple) else moved[0]
    return values


def _moved(value: float, parameter: Parameter, size: float, rng: np.random.Generator) -> float:
    low, high = float(parameter.low or 0.0), float(1.0 if parameter.high is None else parameter.high)
    step = float(rng.choice([-1, 1]) * rng.uniform(size / 3, size))
    if parameter.log:
        at = (np.log(value) - np.log(low)) / (np.log(high) - np.log(low))
        at = at + step if 0 <= at + step <= 1 else at - step
        return round(float(np.exp(np.log(low) + np.clip(at, 0, 1) * (np.log(high) - np.log(low)))), 5)
    at = (value - low) / (high - low)
    at = at + step if 0 <= at + step <= 1 else at - step
    return round(float(low + np.clip(at, 0, 1) * (high - low)), 5)
