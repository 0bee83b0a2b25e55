"""Renders next to the script, then relative to the .blend file, then into a temporary folder."""
import os
import tempfile
from pathlib import Path

import bpy

here = os.path.dirname(os.path.abspath(__file__))
scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples = 1
scene.render.resolution_x, scene.render.resolution_y = 48, 32
written = []
with tempfile.TemporaryDirectory() as folder:
    for path in (
        os.path.join(here, "render.png"),
        "//relative.png",
        os.path.join(folder, "inside.png"),
        str(Path(__file__).resolve().parent / "output" / "deep.png"),
    ):
        scene.render.filepath = path
        bpy.ops.render.render(write_still=True)
        written.append(os.path.exists(bpy.path.abspath(path)))
assert all(written), written
scene.render.image_settings.file_format = "JPEG"
bpy.ops.wm.save_as_mainfile(filepath=os.path.join(here, "scene.blend"))
