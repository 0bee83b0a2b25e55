"""Letters and a checked ribbon on nothing: the background is transparent."""

from math import radians, sin

import bpy
from mathutils import Vector


def geometry():
    """Five solid letters on a block, a ribbon behind them, two balls."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for k, letter in enumerate("SEIG!"):
        curve = bpy.data.curves.new(f"Letter{k}", "FONT")
        curve.body, curve.extrude, curve.bevel_depth, curve.align_x = letter, 0.12, 0.02, "CENTER"
        thing = bpy.data.objects.new(f"Letter{k}", curve)
        bpy.context.scene.collection.objects.link(thing)
        thing.location, thing.rotation_euler = (-1.5 + 0.75 * k, 0, 0.4), (radians(90), 0, 0)
    bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0.1, 0.2))
    bpy.context.object.name, bpy.context.object.scale = "Block", (4.4, 0.8, 0.4)
    points = [(-2.4 + 0.1 * k, 0.7 + 0.15 * sin(k * 0.5), z) for k in range(49) for z in (0.5, 1.5)]
    mesh = bpy.data.meshes.new("Ribbon")
    mesh.from_pydata(points, [], [(2 * k, 2 * k + 1, 2 * k + 3, 2 * k + 2) for k in range(48)])
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Ribbon", mesh))
    for k, x in enumerate((-2.6, 2.6)):
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.35, location=(x, -0.1, 0.35), segments=48, ring_count=24)
        bpy.context.object.name = f"Ball{k}"
        bpy.ops.object.shade_smooth()


def paint(name, rgb, checks=0.0):
    """Give every object whose name begins so one material, checked if asked for."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes["Principled BSDF"].inputs["Base Color"].default_value = (*rgb, 1)
    if checks:
        pattern, where = nodes.new("ShaderNodeTexChecker"), nodes.new("ShaderNodeTexCoord")
        pattern.inputs["Scale"].default_value = checks
        pattern.inputs["Color1"].default_value = (*rgb, 1)
        pattern.inputs["Color2"].default_value = (0.85, 0.8, 0.7, 1)
        material.node_tree.links.new(where.outputs["Object"], pattern.inputs["Vector"])
        material.node_tree.links.new(pattern.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    for thing in bpy.data.objects:
        if thing.name.startswith(name):
            thing.data.materials.clear()
            thing.data.materials.append(material)


def materials():
    """Strong colours."""
    for k, rgb in enumerate(
        ((0.7, 0.05, 0.04), (0.8, 0.4, 0.02), (0.05, 0.35, 0.08), (0.03, 0.15, 0.6), (0.4, 0.03, 0.4))
    ):
        paint(f"Letter{k}", rgb)
    paint("Block", (0.25, 0.13, 0.06))
    paint("Ribbon", (0.1, 0.1, 0.12), checks=5.0)
    paint("Ball", (0.02, 0.3, 0.35), checks=8.0)


def composition():
    """A little from above and from the left."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    camera.location = (-1.5, -6.5, 2.2)
    camera.rotation_euler = (Vector((0.0, 0.0, 0.75)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.angle = radians(48)


def lighting():
    """A lamp at the left, a grey room that is not in the picture."""
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "AREA"))
    bpy.context.scene.collection.objects.link(lamp)
    lamp.data.energy, lamp.data.size, lamp.location = 450.0, 1.0, (-3.5, -3.5, 4.0)
    lamp.rotation_euler = (-lamp.location).to_track_quat("-Z", "Y").to_euler()
    world = bpy.data.worlds.new("Room")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.3
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.8, 0.85, 0.9, 1)
    bpy.context.scene.world = world
    bpy.context.scene.render.film_transparent = True
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
