"""Rigid bodies that fall on a floor, stepped by frame_set; the last frame is the picture."""
import random

import bpy

random.seed(1)
bpy.data.objects.remove(bpy.data.objects["Cube"])
scene = bpy.context.scene
scene.frame_end = 40
bpy.ops.mesh.primitive_plane_add(size=12)
bpy.ops.rigidbody.object_add(type="PASSIVE")
for index in range(12):
    bpy.ops.mesh.primitive_cube_add(
        size=0.6,
        location=(random.uniform(-1, 1), random.uniform(-1, 1), 1 + index * 0.7),
        rotation=[random.uniform(0, 3) for _ in range(3)],
    )
    bpy.ops.rigidbody.object_add(type="ACTIVE")
    bpy.context.object.rigid_body.mass = 2
    bpy.context.object.rigid_body.friction = 0.7
for frame in range(1, 41):
    scene.frame_set(frame)
