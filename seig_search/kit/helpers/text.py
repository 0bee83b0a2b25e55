def kit_text(name, text, size=0.1, depth=0.01, bevel=0.0, flat=False):
    """Solid letters in Blender's own font; a capital is `size` metres high; origin at the base's centre.

    They stand and face -y, or lie face up if `flat`; lines are parted by a newline and centred. `bevel` rounds edges
    and makes strokes bolder.
    """
    import math

    import bmesh
    import bpy
    from mathutils import Matrix

    font = bpy.data.curves.new(name, "FONT")
    font.body, font.align_x = text, "CENTER"
    font.space_character = 1 + 2 * bevel / size
    font.size = max(size - 2 * bevel, 0.1 * size) / 0.682
    font.extrude, font.bevel_depth, font.bevel_resolution = max(depth / 2 - bevel, 0.0), bevel, 2
    draft = bpy.data.objects.new(name, font)
    mesh = bpy.data.meshes.new_from_object(draft)
    bpy.data.objects.remove(draft)
    bpy.data.curves.remove(font)
    mesh.name = name
    if not flat:
        mesh.transform(Matrix.Rotation(math.pi / 2, 4, "X"))
    places = [vertex.co for vertex in mesh.vertices]
    low = [min(place[axis] for place in places) for axis in range(3)]
    high = [max(place[axis] for place in places) for axis in range(3)]
    mesh.transform(Matrix.Translation((-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2])))
    work = bmesh.new()
    work.from_mesh(mesh)
    bmesh.ops.remove_doubles(work, verts=work.verts, dist=size * 1e-3)
    bmesh.ops.recalc_face_normals(work, faces=work.faces)
    work.to_mesh(mesh)
    work.free()
    mesh.shade_smooth()
    mesh.set_sharp_from_angle(angle=math.radians(30))
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    made.modifiers.new("Normals", "WEIGHTED_NORMAL").keep_sharp = True
    return made
