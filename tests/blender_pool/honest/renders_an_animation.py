"""Renders a short animation and a contact sheet of stills by itself before it settles on a frame."""
import bpy

scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples = 64
scene.render.resolution_x, scene.render.resolution_y = 800, 600
scene.frame_start, scene.frame_end = 1, 4
cube = bpy.data.objects["Cube"]
cube.keyframe_insert("rotation_euler", frame=1)
cube.rotation_euler = (0.4, 0.2, 1.5)
cube.keyframe_insert("rotation_euler", frame=4)
scene.render.filepath = "//frames/f_####"
bpy.ops.render.render(animation=True)
scene.frame_set(3)
for index in range(2):
    scene.render.filepath = f"//still_{index}.png"
    bpy.ops.render.render(write_still=True, use_viewport=False)
assert scene.render.resolution_x == 800 and scene.cycles.samples == 64
