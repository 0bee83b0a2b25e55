"""An armature with two bones bends a cylinder by vertex weights."""
import math

import bpy

bpy.data.objects.remove(bpy.data.objects["Cube"])
bpy.ops.mesh.primitive_cylinder_add(radius=0.35, depth=4, location=(0, 0, 2), vertices=16)
limb = bpy.context.object
bpy.ops.object.mode_set(mode="EDIT")
bpy.ops.mesh.select_all(action="SELECT")
bpy.ops.mesh.subdivide(number_cuts=8)
bpy.ops.object.mode_set(mode="OBJECT")
bpy.ops.object.armature_add(enter_editmode=True, location=(0, 0, 0))
rig = bpy.context.object
low = rig.data.edit_bones[0]
low.name, low.head, low.tail = "Low", (0, 0, 0), (0, 0, 2)
high = rig.data.edit_bones.new("High")
high.head, high.tail, high.parent = (0, 0, 2), (0, 0, 4), low
bpy.ops.object.mode_set(mode="OBJECT")
for name, keep in (("Low", lambda z: z < 0), ("High", lambda z: z >= 0)):
    group = limb.vertex_groups.new(name=name)
    group.add([v.index for v in limb.data.vertices if keep(v.co.z)], 1.0, "REPLACE")
limb.modifiers.new("Rig", "ARMATURE").object = rig
limb.parent = rig
bpy.context.view_layer.objects.active = rig
bpy.ops.object.mode_set(mode="POSE")
rig.pose.bones["High"].rotation_mode = "XYZ"
rig.pose.bones["High"].rotation_euler.x = math.radians(60)
bpy.ops.object.mode_set(mode="OBJECT")
