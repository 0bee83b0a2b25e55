"""The commonest beginning: empty factory settings, then everything by operators."""
import math

import bpy

bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_cube_add(size=2, location=(0, 0, 1))
cube = bpy.context.active_object
cube.rotation_euler = (0, 0, math.radians(30))
bpy.ops.object.shade_flat()
bpy.ops.mesh.primitive_plane_add(size=20)
bpy.ops.object.light_add(type="AREA", location=(4, -4, 6))
bpy.context.object.data.energy = 900
bpy.context.object.data.size = 3
bpy.ops.object.camera_add(location=(7, -7, 5), rotation=(math.radians(63), 0, math.radians(45)))
bpy.context.scene.camera = bpy.context.object
world = bpy.data.worlds.new("World")
bpy.context.scene.world = world
world.use_nodes = True
world.node_tree.nodes["Background"].inputs[0].default_value = (0.05, 0.08, 0.12, 1)
print("done,", len(bpy.data.objects), "objects")
