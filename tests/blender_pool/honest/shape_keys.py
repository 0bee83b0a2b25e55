"""Shape keys blended on a sphere."""
import bpy

bpy.data.objects.remove(bpy.data.objects["Cube"])
bpy.ops.mesh.primitive_uv_sphere_add(radius=1.2, segments=32, ring_count=16, location=(0, 0, 1))
ball = bpy.context.object
ball.shape_key_add(name="Basis")
flat = ball.shape_key_add(name="Flat")
pear = ball.shape_key_add(name="Pear", from_mix=False)
for index, vertex in enumerate(ball.data.vertices):
    flat.data[index].co.z = vertex.co.z * 0.3
    factor = 1.4 - 0.5 * vertex.co.z
    pear.data[index].co.x, pear.data[index].co.y = vertex.co.x * factor, vertex.co.y * factor
flat.value = 0.35
ball.data.shape_keys.key_blocks["Pear"].value = 0.8
bpy.ops.object.shade_smooth_by_angle()
