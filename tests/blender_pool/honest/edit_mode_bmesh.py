"""Works in edit mode by operators and bmesh.from_edit_mesh, and leaves it open at the end."""
import bmesh
import bpy

cube = bpy.data.objects["Cube"]
bpy.context.view_layer.objects.active = cube
cube.select_set(True)
bpy.ops.object.mode_set(mode="EDIT")
bpy.ops.mesh.select_all(action="SELECT")
bpy.ops.mesh.subdivide(number_cuts=3)
bm = bmesh.from_edit_mesh(cube.data)
for vertex in bm.verts:
    vertex.co.z += 0.3 * vertex.co.x * vertex.co.y
bmesh.update_edit_mesh(cube.data)
bpy.ops.mesh.inset(thickness=0.02, use_individual=True)
bpy.ops.transform.resize(value=(1.2, 1.0, 0.8))
