"""Grease pencil strokes, in whichever of its two forms this Blender has, beside a mesh."""
import bpy

try:
    bpy.ops.object.grease_pencil_add(type="MONKEY", location=(0, 0, 2.5))
except AttributeError:
    bpy.ops.object.gpencil_add(type="MONKEY", location=(0, 0, 2.5))
bpy.data.objects["Cube"].scale = (1, 1, 0.5)
