"""One small scene as data, written out for both renderers; standard library only, since both interpreters read it."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "AREA_SHARE",
    "LEVELS",
    "PARTS",
    "SCENE",
    "Value",
    "Values",
    "blender_program",
    "camera_matrix",
    "errors",
    "starts",
    "true_values",
    "within",
]

Value = float | tuple[float, ...]
Values = Mapping[str, Value]

PARTS = ("light", "camera")
LEVELS: dict[str, tuple[dict[str, float], ...]] = {
    "light": ({"light": 0.05, "colour": 0.05}, {"light": 0.02, "colour": 0.02}),
    "camera": ({"cm": 10.0, "degrees": 1.0}, {"cm": 4.0, "degrees": 0.4}),
}
"""What counts as found, coarse and fine: every error at most this."""

AREA_SHARE = 1 / math.pi
"""Radiance of a Cycles area light is its watts times this over its area, as a black body's would be."""


@dataclass(frozen=True)
class Box:
    """A box on the floor, turned about z by degrees."""

    name: str
    place: tuple[float, float, float]
    size: tuple[float, float, float]
    turn: float
    rgb: tuple[float, float, float]


@dataclass(frozen=True)
class Ball:
    """A sphere."""

    name: str
    place: tuple[float, float, float]
    radius: float
    rgb: tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """A square area light, so many metres a side, that looks at the middle of the scene."""

    name: str
    place: tuple[float, float, float]
    size: float
    watts: float
    rgb: tuple[float, float, float]


@dataclass(frozen=True)
class Camera:
    """A pinhole; Blender's XYZ Euler angles and the horizontal field of view in degrees."""

    place: tuple[float, float, float]
    angles: tuple[float, float, float]
    fov: float


@dataclass(frozen=True)
class Scene:
    """Everything there is, all of it diffuse. The floor's grey is known to both sides: else light and colour share a factor."""

    floor_size: float
    floor_rgb: tuple[float, float, float]
    boxes: tuple[Box, ...]
    balls: tuple[Ball, ...]
    lamps: tuple[Lamp, ...]
    camera: Camera


SCENE = Scene(
    floor_size=14.0,
    floor_rgb=(0.5, 0.5, 0.5),
    boxes=(
        Box("BACK", (0.0, 2.2, 0.9), (4.4, 0.3, 1.8), 6.0, (0.55, 0.50, 0.42)),
        Box("CRATE", (-1.5, 0.3, 0.5), (1.0, 1.0, 1.0), 25.0, (0.65, 0.20, 0.12)),
        Box("BRICK", (1.3, -0.8, 0.25), (1.2, 0.6, 0.5), -20.0, (0.15, 0.30, 0.60)),
        Box("PILLAR", (1.9, 0.9, 0.8), (0.5, 0.5, 1.6), 40.0, (0.60, 0.55, 0.20)),
    ),
    balls=(
        Ball("BALL", (0.2, 0.3, 0.6), 0.6, (0.20, 0.55, 0.25)),
        Ball("MARBLE", (-0.6, -1.2, 0.35), 0.35, (0.60, 0.30, 0.55)),
    ),
    lamps=(
        Lamp("KEY", (3.0, -3.5, 4.5), 1.5, 340.0, (1.0, 0.85, 0.7)),
        Lamp("FILL", (-4.0, -2.0, 3.5), 2.0, 220.0, (0.6, 0.75, 1.0)),
        Lamp("GLOW", (-0.4, 0.9, 2.8), 0.4, 60.0, (1.0, 0.6, 0.35)),
    ),
    camera=Camera((0.5, -7.0, 3.6), (66.0, 0.0, 4.0), 42.0),
)


def true_values(part: str) -> dict[str, Value]:
    """Give the unknowns of a part, as they really are."""
    if part == "camera":
        camera = SCENE.camera
        return {
            **dict(zip(("CAMERA_X", "CAMERA_Y", "CAMERA_Z"), camera.place, strict=True)),
            **dict(zip(("CAMERA_PITCH", "CAMERA_ROLL", "CAMERA_YAW"), camera.angles, strict=True)),
        }
    found: dict[str, Value] = {f"{thing.name}_RGB": thing.rgb for thing in (*SCENE.boxes, *SCENE.balls)}
    for lamp in SCENE.lamps:
        found |= {f"{lamp.name}_ENERGY": lamp.watts, f"{lamp.name}_LIGHT_RGB": lamp.rgb}
    return found


def starts(part: str, seed: int, size: float = 1.0) -> dict[str, Value]:
    """Move the unknowns away from the truth.

    Light: energies by a factor of 1.6 to 4, colours of light by up to a third, base colours by 0.1 to 0.3 a channel. Camera: every
    coordinate by 0.1 to 0.4 m, every angle by 1 to 4 degrees.

    Args:
        part: ``light`` or ``camera``.
        seed: Of which there are many.
        size: Factor on the moves.
    """
    rng = random.Random(f"{part} {seed}")

    def off(low: float, high: float) -> float:
        return rng.choice((-1, 1)) * rng.uniform(low, high) * size

    found: dict[str, Value] = {}
    for name, value in true_values(part).items():
        if name.endswith("_ENERGY"):
            found[name] = round(float(value) * math.exp(off(0.5, 1.4)), 3)  # type: ignore[arg-type]
        elif name.endswith("_LIGHT_RGB"):
            found[name] = tuple(round(min(1.0, c * math.exp(off(0.0, 0.4))), 4) for c in value)  # type: ignore[union-attr]
        elif name.endswith("_RGB"):
            found[name] = tuple(round(_inside(c, off(0.1, 0.3)), 4) for c in value)  # type: ignore[union-attr]
        elif name[-1] in "XYZ":
            found[name] = round(float(value) + off(0.1, 0.4), 4)  # type: ignore[arg-type]
        else:
            found[name] = round(float(value) + off(1, 4), 4)  # type: ignore[arg-type]
    return found


def _inside(value: float, step: float) -> float:
    return value + step if 0.04 <= value + step <= 0.96 else value - step


def errors(part: str, values: Values) -> dict[str, float]:
    """Measure how far values are from the truth.

    Args:
        part: ``light`` or ``camera``.
        values: All unknowns of the part.

    Returns:
        ``light``: mean relative error of energy times colour, over lamps and channels; ``colour``: mean absolute error of base colours, linear RGB.
        Or ``cm``: how far off the camera stands; ``degrees``: by how much it is turned away.
    """
    true = {**true_values(part)}
    if part == "camera":
        place = math.dist(*([float(of[f"CAMERA_{axis}"]) for axis in "XYZ"] for of in (true, values)))  # type: ignore[arg-type]
        ours, theirs = camera_matrix(values), camera_matrix(true)
        trace = sum(a * b for left, right in zip(ours, theirs, strict=True) for a, b in zip(left, right, strict=True))
        return {"cm": 100 * place, "degrees": math.degrees(math.acos(max(-1.0, min(1.0, (trace - 1) / 2))))}
    lights, colours = [], []
    for name, value in true.items():
        if name.endswith("_LIGHT_RGB"):
            energy = name.replace("_LIGHT_RGB", "_ENERGY")
            pairs = zip(value, values[name], strict=True)  # type: ignore[arg-type]
            lights += [abs(values[energy] * now / (true[energy] * was) - 1) for was, now in pairs]  # type: ignore[operator]
        elif name.endswith("_RGB"):
            colours += [abs(now - was) for was, now in zip(value, values[name], strict=True)]  # type: ignore[arg-type]
    return {"light": sum(lights) / len(lights), "colour": sum(colours) / len(colours)}


def within(part: str, values: Values, level: int) -> bool:
    """Whether all errors are within a level, 0 (coarse) or 1 (fine)."""
    found = errors(part, values)
    return all(found[name] <= most for name, most in LEVELS[part][level].items())


def camera_matrix(values: Values) -> list[list[float]]:
    """Give the camera's rotation as Blender makes it of its Euler angles (3, 3): first x (pitch), then y (roll), then z (yaw)."""
    a, b, c = (math.radians(float(values[f"CAMERA_{name}"])) for name in ("PITCH", "ROLL", "YAW"))  # type: ignore[arg-type]
    about_x = [[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]]
    about_y = [[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]]
    about_z = [[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]]
    return _product(about_z, _product(about_y, about_x))


def _product(left: list[list[Any]], right: list[list[Any]]) -> list[list[float]]:
    return [[sum(left[i][k] * right[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def blender_program(**changed: Value) -> str:
    """Write the scene as a program for Blender, its unknowns declared.

    Args:
        changed: Values that differ from the truth, by name.
    """
    value = {**true_values("light"), **true_values("camera"), **changed}
    surfaces = [f"{thing.name}_RGB" for thing in (*SCENE.boxes, *SCENE.balls)]
    lights = [(lamp, f"{lamp.name}_ENERGY", f"{lamp.name}_LIGHT_RGB") for lamp in SCENE.lamps]
    ranges = {"CAMERA_ROLL": "-10..10 deg", "CAMERA_YAW": "-15..15 deg"}
    ranges |= {"CAMERA_PITCH": "50..80 deg", "CAMERA_X": "-1..2 m", "CAMERA_Y": "-8.5..-5.5 m", "CAMERA_Z": "2..5 m"}
    lines = ['"""A few boxes and balls under three lamps."""', "import bpy", "from math import radians", ""]
    lines += ["from mathutils import Vector", "", "", "def geometry():"]
    lines += ["    bpy.ops.wm.read_factory_settings(use_empty=True)"]
    lines += [f"    bpy.ops.mesh.primitive_plane_add(size={SCENE.floor_size})", '    bpy.context.object.name = "FLOOR"']
    for box in SCENE.boxes:
        lines += [
            f"    bpy.ops.mesh.primitive_cube_add(size=1, location={box.place}, rotation=(0, 0, radians({box.turn})))",
            f"    bpy.context.object.scale = {box.size}",
            f'    bpy.context.object.name = "{box.name}"',
        ]
    for ball in SCENE.balls:
        lines += [
            f"    bpy.ops.mesh.primitive_uv_sphere_add(radius={ball.radius}, location={ball.place}, segments=64, ring_count=32)",
            "    bpy.ops.object.shade_smooth()",
            f'    bpy.context.object.name = "{ball.name}"',
        ]
    lines += ["", "", *(f"{name} = {value[name]!r}  # @param rgb" for name in surfaces), "", "", "def materials():"]
    pairs = ", ".join(f'("{name[:-4]}", {name})' for name in surfaces)
    lines += [
        f'    for name, rgb in (("FLOOR", {SCENE.floor_rgb}), {pairs}):',
        "        paint = bpy.data.materials.new(name)",
        "        paint.use_nodes = True",
        '        shader = paint.node_tree.nodes["Principled BSDF"]',
        '        shader.inputs["Base Color"].default_value = (*rgb, 1)',
        '        shader.inputs["Specular IOR Level"].default_value = 0',
        "        bpy.data.objects[name].data.materials.append(paint)",
        "",
        "",
        *(f"{name} = {value[name]!r}  # @param {ranges[name]}" for name in true_values("camera")),
        "",
        "",
        "def composition():",
        '    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))',
        "    camera.location = (CAMERA_X, CAMERA_Y, CAMERA_Z)",
        "    camera.rotation_euler = (radians(CAMERA_PITCH), radians(CAMERA_ROLL), radians(CAMERA_YAW))",
        f"    camera.data.angle = radians({SCENE.camera.fov})",
        "    bpy.context.collection.objects.link(camera)",
        "    bpy.context.scene.camera = camera",
        "",
        "",
    ]
    for _, energy, rgb in lights:
        lines += [f"{energy} = {value[energy]!r}  # @param 5..5000 W log", f"{rgb} = {value[rgb]!r}  # @param rgb"]
    lines += ["", "", "def lighting():"]
    for lamp, energy, rgb in lights:
        lines += [
            f'    lamp = bpy.data.objects.new("{lamp.name}", bpy.data.lights.new("{lamp.name}", "AREA"))',
            f"    lamp.data.energy, lamp.data.color, lamp.location = {energy}, {rgb}, {lamp.place}",
            f"    lamp.data.size = {lamp.size}",
            '    lamp.rotation_euler = (-lamp.location).to_track_quat("-Z", "Y").to_euler()',
            "    bpy.context.collection.objects.link(lamp)",
        ]
    lines += ['    bpy.context.scene.render.engine = "CYCLES"']
    lines += ['    bpy.context.scene.view_settings.view_transform = "Standard"', "", ""]
    lines += [
        'if __name__ == "__main__":',
        "    geometry()",
        "    materials()",
        "    composition()",
        "    lighting()",
        "",
    ]
    return "\n".join(line for line in lines if line != "from mathutils import Vector")
