"""Keyframes on place, rotation and a node's value; the frame rendered is in the middle."""
import math

import bpy

scene = bpy.context.scene
scene.frame_start, scene.frame_end = 1, 60
cube = bpy.data.objects["Cube"]
for frame, x, turn in ((1, -2, 0), (60, 2, math.pi)):
    cube.location = (x, 0, 0.5)
    cube.rotation_euler[2] = turn
    cube.keyframe_insert(data_path="location", frame=frame)
    cube.keyframe_insert(data_path="rotation_euler", index=2, frame=frame)
for curve in cube.animation_data.action.fcurves:
    for point in curve.keyframe_points:
        point.interpolation = "LINEAR"
colour = bpy.data.materials["Material"].node_tree.nodes["Principled BSDF"].inputs["Base Color"]
colour.default_value = (1, 0, 0, 1)
colour.keyframe_insert("default_value", frame=1)
colour.default_value = (0, 0, 1, 1)
colour.keyframe_insert("default_value", frame=60)
scene.frame_set(30)
