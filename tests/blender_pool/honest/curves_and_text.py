"""A bevelled Bezier curve, a NURBS path, a poly spiral, and extruded text."""
import math

import bpy

bpy.data.objects.remove(bpy.data.objects["Cube"])
bpy.ops.curve.primitive_bezier_circle_add(radius=1.5, location=(0, 0, 0.3))
ring = bpy.context.object
ring.data.bevel_depth = 0.12
ring.data.bevel_resolution = 4
bpy.ops.curve.primitive_nurbs_path_add(location=(0, 2, 0.5))
bpy.context.object.data.extrude = 0.3

spiral = bpy.data.curves.new("Spiral", type="CURVE")
spiral.dimensions = "3D"
spiral.bevel_depth = 0.06
line = spiral.splines.new("POLY")
line.points.add(99)
for index, point in enumerate(line.points):
    angle = index * 0.25
    point.co = (math.cos(angle), math.sin(angle), index * 0.025, 1)
bpy.context.collection.objects.link(bpy.data.objects.new("Spiral", spiral))

bpy.ops.object.text_add(location=(-1.2, -1.5, 0), rotation=(math.radians(75), 0, math.radians(40)))
text = bpy.context.object
text.data.body = "Blender"
text.data.extrude = 0.08
text.data.bevel_depth = 0.01
text.data.size = 0.9
text.data.align_x = "CENTER"
bpy.ops.object.convert(target="MESH")
