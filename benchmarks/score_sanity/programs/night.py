"""A street at night: glowing windows, a lamp, wet ground."""

from math import radians

import bpy
from mathutils import Vector


def box(name, x, y, z, width, depth, height):
    """A box that stands on (x, y, z)."""
    bpy.ops.mesh.primitive_cube_add(size=1, location=(x, y, z + height / 2))
    bpy.context.object.name = name
    bpy.context.object.scale = (width, depth, height)


def geometry():
    """Three houses with windows, a lamp post, a car of two boxes."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=60)
    bpy.context.object.name = "Street"
    for k, (x, height) in enumerate(((-3.4, 4.2), (0.0, 3.0), (3.6, 5.0))):
        box(f"House{k}", x, 4.0, 0, 2.8, 2.0, height)
        for row in range(int(height) - 1):
            for column in range(2):
                box(f"Window{k}{row}{column}", x - 0.6 + 1.2 * column, 2.98, 0.8 + row, 0.5, 0.1, 0.6)
    bpy.ops.mesh.primitive_cylinder_add(radius=0.06, depth=3.0, location=(-1.6, 1.0, 1.5))
    bpy.context.object.name = "Post"
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.22, location=(-1.6, 1.0, 3.1))
    bpy.context.object.name = "Lamp"
    box("Car", 1.4, 0.6, 0.25, 2.2, 1.0, 0.5)
    box("Cabin", 1.3, 0.6, 0.75, 1.2, 0.9, 0.45)


def paint(name, rgb, roughness=0.6, glow=0.0):
    """Give every object whose name begins so one material."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*rgb, 1)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Emission Color"].default_value = (*rgb, 1)
    shader.inputs["Emission Strength"].default_value = glow
    for thing in bpy.data.objects:
        if thing.name.startswith(name):
            thing.data.materials.clear()
            thing.data.materials.append(material)


def materials():
    """Warm light in cold surroundings."""
    paint("Street", (0.03, 0.035, 0.04), 0.25)
    paint("House0", (0.10, 0.06, 0.05))
    paint("House1", (0.05, 0.08, 0.10))
    paint("House2", (0.09, 0.09, 0.05))
    paint("Window", (1.0, 0.62, 0.22), glow=2.5)
    paint("Post", (0.05, 0.05, 0.05), 0.4)
    paint("Lamp", (1.0, 0.85, 0.6), glow=18.0)
    paint("Car", (0.45, 0.02, 0.03), 0.2)
    paint("Cabin", (0.02, 0.03, 0.05), 0.1)


def composition():
    """From across the street."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    camera.location = (0.5, -8.5, 2.4)
    camera.rotation_euler = (Vector((0.0, 2.0, 1.7)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.angle = radians(48)


def lighting():
    """A pale moon."""
    moon = bpy.data.objects.new("Moon", bpy.data.lights.new("Moon", "SUN"))
    bpy.context.scene.collection.objects.link(moon)
    moon.data.energy, moon.data.color = 0.25, (0.6, 0.7, 1.0)
    moon.rotation_euler = (radians(50), 0, radians(-40))
    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.02, 0.03, 0.08, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.5
    bpy.context.scene.world = world
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
