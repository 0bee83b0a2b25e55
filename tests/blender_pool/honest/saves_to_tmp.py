"""Saves a baked texture and its notes to /tmp, as many tutorials do."""
import json
import os

import bpy

bpy.ops.wm.read_factory_settings(use_empty=True)
image = bpy.data.images.new("Checks", 32, 32)
image.pixels = [float((x // 8 + y // 8) % 2 or c == 3) for y in range(32) for x in range(32) for c in range(4)]
image.filepath_raw, image.file_format = "/tmp/checks.png", "PNG"
image.save()
with open("/tmp/notes.json", "w") as notes:
    json.dump({"size": os.path.getsize("/tmp/checks.png")}, notes)
assert json.load(open("/tmp/notes.json"))["size"] > 50

bpy.ops.mesh.primitive_monkey_add(size=2)
bpy.ops.object.light_add(type="SUN", rotation=(0.7, 0.2, 0))
bpy.context.object.data.energy = 4
bpy.ops.object.camera_add(location=(0, -6, 1), rotation=(1.4, 0, 0))
bpy.context.scene.camera = bpy.context.object
bpy.context.scene.render.filepath = "/tmp/render.png"
