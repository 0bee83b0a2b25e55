"""A cloth that drops on a sphere, baked by stepping through the frames."""
import bpy

bpy.data.objects.remove(bpy.data.objects["Cube"])
scene = bpy.context.scene
bpy.ops.mesh.primitive_uv_sphere_add(radius=1, segments=24, ring_count=16)
bpy.ops.object.modifier_add(type="COLLISION")
bpy.ops.mesh.primitive_grid_add(x_subdivisions=24, y_subdivisions=24, size=3, location=(0, 0, 1.4))
cloth = bpy.context.object
bpy.ops.object.modifier_add(type="CLOTH")
cloth.modifiers["Cloth"].settings.quality = 3
cloth.modifiers["Cloth"].point_cache.frame_end = 25
bpy.ops.object.shade_smooth()
for frame in range(1, 25):
    scene.frame_set(frame)
