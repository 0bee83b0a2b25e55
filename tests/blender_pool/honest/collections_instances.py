"""Collections, linked duplicates, instanced collections, parents and empties."""
import math

import bpy

bpy.data.objects.remove(bpy.data.objects["Cube"])
kit = bpy.data.collections.new("Chair")
leg_mesh = None
for x, y in ((-0.4, -0.4), (0.4, -0.4), (-0.4, 0.4), (0.4, 0.4)):
    if leg_mesh is None:
        bpy.ops.mesh.primitive_cylinder_add(radius=0.05, depth=0.8)
        leg = bpy.context.object
        leg_mesh = leg.data
        bpy.context.collection.objects.unlink(leg)
    else:
        leg = bpy.data.objects.new("Leg", leg_mesh)
    leg.location = (x, y, 0.4)
    kit.objects.link(leg)
bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0, 0.85), scale=(1, 1, 0.1))
seat = bpy.context.object
for owner in list(seat.users_collection):
    owner.objects.unlink(seat)
kit.objects.link(seat)
ring = bpy.data.objects.new("Ring", None)
bpy.context.scene.collection.objects.link(ring)
for index in range(6):
    instance = bpy.data.objects.new(f"Chair {index}", None)
    instance.instance_type = "COLLECTION"
    instance.instance_collection = kit
    angle = index * math.tau / 6
    instance.location = (2.2 * math.cos(angle), 2.2 * math.sin(angle), 0)
    instance.rotation_euler.z = angle
    instance.parent = ring
    bpy.context.scene.collection.objects.link(instance)
hidden = bpy.data.collections.new("Hidden")
bpy.context.scene.collection.children.link(hidden)
bpy.context.view_layer.layer_collection.children["Hidden"].exclude = True
bpy.context.view_layer.update()
