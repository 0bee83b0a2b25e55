"""A camera that follows an empty by a constraint, depth of field, and a parallel projection tried on the way."""
import bpy

target = bpy.data.objects.new("Target", None)
bpy.context.collection.objects.link(target)
camera = bpy.data.objects["Camera"]
camera.data.type = "ORTHO"
camera.data.ortho_scale = 7
camera.data.type = "PERSP"
follow = camera.constraints.new(type="TRACK_TO")
follow.target = target
follow.track_axis, follow.up_axis = "TRACK_NEGATIVE_Z", "UP_Y"
camera.data.dof.use_dof = True
camera.data.dof.focus_object = bpy.data.objects["Cube"]
camera.data.dof.aperture_fstop = 1.4
camera.location = (4, -9, 3)
with bpy.context.temp_override(active_object=bpy.data.objects["Cube"], object=bpy.data.objects["Cube"]):
    bpy.ops.object.modifier_add(type="WIREFRAME")
bpy.data.objects["Cube"].modifiers[0].thickness = 0.15
path = bpy.data.objects["Light"].constraints.new("COPY_LOCATION")
path.target, path.use_offset = target, True
