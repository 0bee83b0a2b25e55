"""Script from the text editor: it sets the viewport's shading where there is one, and frames what it made."""
import bpy
from mathutils import Vector

for window in bpy.context.window_manager.windows:
    for area in window.screen.areas:
        if area.type == "VIEW_3D":
            for space in area.spaces:
                if space.type == "VIEW_3D":
                    space.shading.type = "MATERIAL"
bpy.context.scene.unit_settings.system = "METRIC"
bpy.ops.mesh.primitive_torus_add(align="WORLD", location=(0, 0, 0.5), major_radius=1.5)
torus = bpy.context.view_layer.objects.active
bpy.data.objects["Cube"].hide_render = True
bpy.context.view_layer.update()
corners = [torus.matrix_world @ Vector(corner) for corner in torus.bound_box]
middle = sum(corners, Vector()) / 8
camera = bpy.context.scene.camera
camera.rotation_euler = (middle - camera.location).to_track_quat("-Z", "Y").to_euler()
bpy.ops.object.select_all(action="DESELECT")
torus.select_set(True)
bpy.ops.object.duplicate(linked=False)
bpy.context.object.location.z += 1.2
bpy.ops.object.transform_apply(location=False, rotation=True, scale=True)
bpy.ops.object.origin_set(type="ORIGIN_GEOMETRY", center="MEDIAN")
