"""Dark, fine-lined things on a plain pale ground: the case in which a grey copy in place looks better than the right scene."""

from math import radians

import bpy
from mathutils import Vector


def geometry():
    """A striped ball, a striped drum, a striped block."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.8, location=(-1.5, 0, 0.8), segments=64, ring_count=32)
    bpy.context.object.name = "Ball"
    bpy.ops.object.shade_smooth()
    bpy.ops.mesh.primitive_cylinder_add(radius=0.6, depth=1.7, location=(0.3, 0.2, 0.85), vertices=64)
    bpy.context.object.name = "Drum"
    bpy.ops.mesh.primitive_cube_add(size=1.2, location=(1.9, 0, 0.6), rotation=(0, 0, 0.5))
    bpy.context.object.name = "Block"


def materials():
    """Stripes of dark and bright colours."""
    for name, dark, bright, scale in (
        ("Ball", (0.05, 0.02, 0.02), (0.75, 0.10, 0.06), 2.2),
        ("Drum", (0.02, 0.03, 0.10), (0.15, 0.45, 0.85), 2.6),
        ("Block", (0.02, 0.06, 0.02), (0.75, 0.60, 0.05), 2.4),
    ):
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        nodes, links = material.node_tree.nodes, material.node_tree.links
        wave, ramp, where = (
            nodes.new("ShaderNodeTexWave"),
            nodes.new("ShaderNodeValToRGB"),
            nodes.new("ShaderNodeTexCoord"),
        )
        wave.bands_direction = "DIAGONAL"
        wave.inputs["Scale"].default_value = scale
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.45, 0.55
        ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*dark, 1), (*bright, 1)
        links.new(where.outputs["Object"], wave.inputs["Vector"])
        links.new(wave.outputs["Fac"], ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
        bpy.data.objects[name].data.materials.append(material)


def composition():
    """Straight on."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    camera.location = (0.2, -8.0, 2.6)
    camera.rotation_euler = (Vector((0.2, 0.0, 0.75)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.angle = radians(44)


def lighting():
    """A bright even room, a soft lamp."""
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "AREA"))
    bpy.context.scene.collection.objects.link(lamp)
    lamp.data.energy, lamp.data.size, lamp.location = 250.0, 3.0, (-3.0, -4.0, 5.0)
    lamp.rotation_euler = (-lamp.location).to_track_quat("-Z", "Y").to_euler()
    world = bpy.data.worlds.new("Room")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.85, 0.86, 0.88, 1)
    bpy.context.scene.world = world
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
