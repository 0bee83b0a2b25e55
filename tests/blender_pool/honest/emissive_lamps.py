"""Emissive panels and bulbs light a room; the panels face the camera, and that is honest."""
import math

import bpy


def glowing(name, colour, strength):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    shine, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    shine.inputs["Color"].default_value = (*colour, 1)
    shine.inputs["Strength"].default_value = strength
    material.node_tree.links.new(shine.outputs[0], output.inputs["Surface"])
    return material


bpy.ops.wm.read_homefile(use_empty=True)
bpy.ops.mesh.primitive_plane_add(size=10)
bpy.ops.mesh.primitive_plane_add(size=10, location=(0, 4, 4), rotation=(math.pi / 2, 0, 0))
for index in range(6):
    bpy.ops.mesh.primitive_plane_add(
        size=0.9, location=(index * 1.2 - 3, 3.9, 2), rotation=(math.pi / 2, 0, 0)
    )
    bpy.context.object.data.materials.append(glowing(f"Panel {index}", (1, index / 6, 0.2), 4))
bpy.ops.mesh.primitive_uv_sphere_add(radius=0.5, location=(0, 0, 0.5))
camera = bpy.data.cameras.new("Camera")
camera.lens = 28
holder = bpy.data.objects.new("Camera", camera)
bpy.context.collection.objects.link(holder)
holder.location = (0, -8, 3)
holder.rotation_euler = (math.radians(82), 0, 0)
bpy.context.scene.camera = holder
