def kit_box(name, size, bevel=0.005, segments=3):
    """Box of size (x, y, z) with edges rounded by `bevel`; metres; origin at the base's centre."""
    import bmesh
    import bpy
    from mathutils import Matrix

    mesh = bpy.data.meshes.new(name)
    work = bmesh.new()
    bmesh.ops.create_cube(work, size=1.0, matrix=Matrix.Translation((0, 0, 0.5)))
    bmesh.ops.scale(work, vec=size, verts=work.verts)
    width = min(bevel, 0.49 * min(size))
    if width > 0:
        bmesh.ops.bevel(
            work, geom=work.edges[:], offset=width, offset_type="OFFSET", segments=segments, profile=0.5, affect="EDGES"
        )
    work.to_mesh(mesh)
    work.free()
    mesh.shade_smooth()
    mesh.set_sharp_from_angle(angle=0.8)
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    made.modifiers.new("Normals", "WEIGHTED_NORMAL").keep_sharp = True
    return made
