def kit_mesh(name, vertices, faces, sharp=35.0, weighted=False):
    """Mesh object of vertices (x, y, z) in metres and faces of vertex numbers.

    It is smooth but for edges of more than `sharp` degrees; the origin is (0, 0, 0) of the vertices.
    """
    import math

    import bmesh
    import bpy

    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([tuple(vertex) for vertex in vertices], [], [tuple(face) for face in faces])
    work = bmesh.new()
    work.from_mesh(mesh)
    bmesh.ops.remove_doubles(work, verts=work.verts, dist=1e-6)
    bmesh.ops.recalc_face_normals(work, faces=work.faces)
    work.to_mesh(mesh)
    work.free()
    mesh.shade_smooth()
    mesh.set_sharp_from_angle(angle=math.radians(sharp))
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    if weighted:
        made.modifiers.new("Normals", "WEIGHTED_NORMAL").keep_sharp = True
    return made
