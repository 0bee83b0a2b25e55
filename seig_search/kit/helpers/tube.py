def kit_tube(name, points, radius, closed=False, steps=8, segments=16):
    """Round tube along a smooth curve through points (x, y, z), with flat ends; metres; origin as in the points.

    `radius` is a number or one per point; `closed` makes a ring; `steps` 1 leaves straight pieces.
    """
    import math

    from mathutils import Vector

    radii = radius if hasattr(radius, "__len__") else [radius] * len(points)
    path = kit_curve([(*point, r) for point, r in zip(points, radii)], steps, closed)
    path = [path[0], *(b for a, b in zip(path, path[1:]) if (b.xyz - a.xyz).length > 1e-6)]
    places, count = [spot.xyz for spot in path], len(path)

    def tangent(i):
        before, after = (i - 1, (i + 1) % count) if closed else (max(i - 1, 0), min(i + 1, count - 1))
        into, away = (places[i] - places[before]).normalized(), (places[after] - places[i]).normalized()
        return (into + away).normalized()

    tangents = [tangent(i) for i in range(count)]
    normals = [tangents[0].orthogonal().normalized()]
    for a, b in zip(tangents, [*tangents[1:], tangents[0]]):
        normals.append(a.rotation_difference(b) @ normals[-1])
    cross = tangents[0].cross(normals[0])
    twist = -math.atan2(normals[-1].dot(cross), normals[-1].dot(normals[0])) if closed else 0.0
    vertices, faces = [], []
    for i in range(count):
        across = tangents[i].cross(normals[i])
        for k in range(segments):
            angle = math.tau * k / segments + twist * i / count
            arm = normals[i] * math.cos(angle) + across * math.sin(angle)
            vertices.append(places[i] + arm * max(path[i][3], 1e-5))
    for i in range(count if closed else count - 1):
        for k in range(segments):
            a, b, after = i * segments + k, i * segments + (k + 1) % segments, (i + 1) % count - i
            faces.append((a, b, b + after * segments, a + after * segments))
    if not closed:
        faces += [range(segments), range((count - 1) * segments, count * segments)]
    return kit_mesh(name, [Vector(vertex) for vertex in vertices], faces)


def kit_handle(name, height, depth, thickness):
    """Handle of a mug: a D-shaped tube in the xz plane; metres.

    The ends are at x = 0, z = 0 and z = `height` (middles of the tube); it reaches out to x = `depth`.
    """
    reach = depth - thickness / 2
    bow = [(0, 0), (0.62, 0.02), (0.95, 0.28), (1, 0.6), (0.78, 0.93), (0.4, 1.02), (0, 1)]
    return kit_tube(name, [(x * reach, 0, z * height) for x, z in bow], thickness / 2)
