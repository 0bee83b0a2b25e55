"""bmesh from code: extruded, inset and bevelled rings, with smooth shading by face."""
import bmesh
import bpy
from mathutils import Matrix, Vector

bpy.data.objects.remove(bpy.data.objects["Cube"])
bm = bmesh.new()
bmesh.ops.create_circle(bm, cap_ends=True, radius=1.0, segments=12)
face = next(iter(bm.faces))
for step in range(6):
    made = bmesh.ops.extrude_face_region(bm, geom=[face])
    bm.faces.remove(face)
    vertices = [item for item in made["geom"] if isinstance(item, bmesh.types.BMVert)]
    face = next(item for item in made["geom"] if isinstance(item, bmesh.types.BMFace))
    bmesh.ops.translate(bm, verts=vertices, vec=Vector((0, 0, 0.45)))
    bmesh.ops.scale(bm, verts=vertices, vec=(0.9, 0.9, 1) if step % 2 else (1.15, 1.15, 1), space=Matrix.Identity(4))
bmesh.ops.recalc_face_normals(bm, faces=bm.faces)
bmesh.ops.bevel(bm, geom=bm.edges[:], offset=0.04, segments=2, affect="EDGES", profile=0.5)
mesh = bpy.data.meshes.new("Tower")
bm.to_mesh(mesh)
bm.free()
tower = bpy.data.objects.new("Tower", mesh)
bpy.context.collection.objects.link(tower)
