def kit_scatter(name, source, on, count, seed=0, jitter=0.2, min_distance=0.0, align=False, up=0.3):
    """List of linked copies of an object, strewn on another object or on a rectangle (x0, y0, x1, y1, z); metres.

    Each is turned at random and scaled by 1 +- `jitter`; origins lie on the surface. Where `min_distance` leaves no
    room there are fewer. On an object only faces with normal z > `up` count; `align` tilts. The source is hidden.
    """
    import random

    import bpy
    from mathutils import Matrix, Vector

    chance, bounds = random.Random(seed), on
    corners, weights = [], []
    bpy.context.view_layer.update()
    if hasattr(on, "matrix_world"):
        live = on.evaluated_get(bpy.context.evaluated_depsgraph_get())
        mesh, place = live.to_mesh(), on.matrix_world
        mesh.calc_loop_triangles()
        for triangle in mesh.loop_triangles:
            a, b, c = (place @ mesh.vertices[i].co for i in triangle.vertices)
            normal = (b - a).cross(c - a)
            if normal.length and normal.normalized().z > up:
                corners.append((a, b, c, normal.normalized()))
                weights.append(normal.length)
        live.to_mesh_clear()
        if not corners:
            raise ValueError(f"{name}: no face of {on.name} has a normal with z > {up}")
    spots, copies = [], []
    for _ in range(40 * count):
        if len(copies) == count:
            break
        normal, spin, scale = Vector((0, 0, 1)), chance.uniform(0, 6.283), 1 + chance.uniform(-jitter, jitter)
        if corners:
            a, b, c, facing = chance.choices(corners, weights)[0]
            u, v = sorted((chance.random(), chance.random()))
            spot, normal = a * u + b * (v - u) + c * (1 - v), facing if align else normal
        else:
            x0, y0, x1, y1, z = (*bounds, 0.0)[:5]
            spot = Vector((chance.uniform(x0, x1), chance.uniform(y0, y1), z))
        if all((spot - other).length >= min_distance for other in spots):
            spots.append(spot)
            turn = normal.to_track_quat("Z", "Y").to_matrix().to_4x4() @ Matrix.Rotation(spin, 4, "Z")
            copies.append(source.copy())
            copies[-1].hide_render = copies[-1].hide_viewport = False
            copies[-1].name, copies[-1].parent = f"{name}.{len(copies):03d}", None
            size = Matrix.Diagonal((*(source.scale * scale), 1))
            copies[-1].matrix_world = Matrix.Translation(spot) @ turn @ size
            bpy.context.scene.collection.objects.link(copies[-1])
    source.hide_render = source.hide_viewport = True
    return copies
