"""The programs of the benchmark: streams of candidates that differ in one stage only."""

from __future__ import annotations

import random

__all__ = ["HEAVY", "STREAMS", "stream"]

STREAMS = ("lighting", "material", "geometry", "heavy")

BEGINNING = '''"""A table with twelve things on it."""
import bpy
from math import radians, sin

'''

GEOMETRY = """
HEIGHT = {height}  # @param 0.2..0.9 m
WIDTH = {width}  # @param 0.2..0.6 m


def geometry():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=20)
    bpy.context.object.name = "Floor"
    for index in range(12):
        if index % 3 == 0:
            bpy.ops.mesh.primitive_uv_sphere_add(radius=0.3, segments=48, ring_count=24)
        elif index % 3 == 1:
            bpy.ops.mesh.primitive_cube_add(size=WIDTH)
        else:
            bpy.ops.mesh.primitive_cylinder_add(radius=0.25, depth=HEIGHT, vertices=48)
        bpy.context.object.name = f"Thing{{index}}"
        if index % 3 == 1:
            bevel = bpy.context.object.modifiers.new("Bevel", "BEVEL")
            bevel.width, bevel.segments = 0.05, 3
"""

HEAVY = """
LEVELS = 3  # @param 1..3


def dense(name, radius):
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, segments=64, ring_count=32)
    thing = bpy.context.object
    thing.name = name
    smooth = thing.modifiers.new("Smooth", "SUBSURF")
    smooth.levels = smooth.render_levels = LEVELS
    return thing


def geometry():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=20)
    bpy.context.object.name = "Floor"
    for index in range(12):
        if index < 5:
            dense(f"Thing{index}", 0.3)
        else:
            bpy.ops.mesh.primitive_cube_add(size=0.45)
            bpy.context.object.name = f"Thing{index}"
    for index in (0, 5):
        cutter = bpy.data.objects.new(f"Cutter{index}", bpy.data.objects["Thing1"].data.copy())
        bpy.context.collection.objects.link(cutter)
        cutter.parent = bpy.data.objects[f"Thing{index}"]
        cutter.location = (0.15, -0.2, 0.1)
        cutter.hide_render = True
        cutter.display_type = "WIRE"
        smooth = cutter.modifiers.new("Smooth", "SUBSURF")
        smooth.levels = smooth.render_levels = 1
        cut = bpy.data.objects[f"Thing{index}"].modifiers.new("Cut", "BOOLEAN")
        cut.object, cut.operation, cut.solver = cutter, "DIFFERENCE", "EXACT"
"""

MATERIALS = """
RGB = ({red}, {green}, 0.30)  # @param rgb
ROUGHNESS = {roughness}  # @param 0.05..0.95


def materials():
    for index in range(12):
        made = bpy.data.materials.new(f"Paint{{index}}")
        made.use_nodes = True
        shader = made.node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = (RGB[0], RGB[1] * index / 12, RGB[2], 1)
        shader.inputs["Roughness"].default_value = ROUGHNESS
        bpy.data.objects[f"Thing{{index}}"].data.materials.append(made)
"""

COMPOSITION = """
CAMERA_FOV = 45.0  # @param 15..90 deg


def composition():
    for index in range(12):
        thing = bpy.data.objects[f"Thing{index}"]
        thing.location = (index % 4 - 1.5, index // 4 - 1, 0.3)
        thing.rotation_euler.z = sin(index)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.angle = radians(CAMERA_FOV)
    camera.location, camera.rotation_euler = (0, -6, 4), (1.0, 0, 0)
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera
"""

LIGHTING = """
KEY_ENERGY = {energy}  # @param 1..2000 W log
KEY_X = {key_x}  # @param -5..5 m


def lighting():
    for name, energy, place in (
        ("Key", KEY_ENERGY, (KEY_X, -3, 4)), ("Fill", 150, (-3, -3, 4)), ("Rim", 80, (0, 4, 3))
    ):
        light = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
        light.data.energy, light.data.size, light.location = energy, 2, place
        light.rotation_euler = (0.6, 0, 0)
        bpy.context.collection.objects.link(light)
"""

END = """

if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
"""


def stream(name: str, count: int, seed: int = 0) -> list[str]:
    """Give the programs of a stream.

    Args:
        name: One of ``STREAMS``: the stage whose numbers differ; ``heavy`` is lighting over a heavy scene.
        count: How many.
        seed: Of the numbers.
    """
    chance = random.Random(f"{name} {seed}")
    programs = []
    for _ in range(count):
        numbers = {
            "height": 0.6,
            "width": 0.5,
            "red": 0.6,
            "green": 0.4,
            "roughness": 0.5,
            "energy": 300.0,
            "key_x": 3.0,
        }
        changed = {
            "geometry": {"height": (0.2, 0.9), "width": (0.2, 0.6)},
            "material": {"red": (0.1, 0.9), "green": (0.1, 0.9), "roughness": (0.1, 0.9)},
        }.get(name, {"energy": (50.0, 800.0), "key_x": (-4.0, 4.0)})
        numbers |= {key: round(chance.uniform(*span), 4) for key, span in changed.items()}
        geometry = HEAVY if name == "heavy" else GEOMETRY.format(**numbers)
        parts = (geometry, MATERIALS.format(**numbers), COMPOSITION, LIGHTING.format(**numbers))
        programs.append(BEGINNING + "\n".join(parts) + END)
    return programs
