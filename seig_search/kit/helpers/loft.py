def kit_loft(name, sections, segments=48, steps=4, power=2.0, capped=True):
    """Skin over sections from the bottom up, smooth between them; metres; origin as in the sections.

    A section is (z, radius_x, radius_y), (z, radius_x, radius_y, offset_x, offset_y), or a closed ring of (x, y, z)
    with as many points as the others. `power` 2 makes ellipses, 4 rounded squares; `steps` 1 straight walls.
    """
    import math

    def ring(section):
        if hasattr(section[0], "__len__"):
            return [tuple(point) for point in section]
        z, rx, ry, ox, oy = (*section, 0.0, 0.0)[:5]
        out = []
        for k in range(segments):
            c, s = math.cos(math.tau * k / segments), math.sin(math.tau * k / segments)
            x, y = math.copysign(abs(c) ** (2 / power), c), math.copysign(abs(s) ** (2 / power), s)
            out.append((ox + rx * x, oy + ry * y, z))
        return out

    rings = [ring(section) for section in sections]
    if len({len(one) for one in rings}) != 1:
        raise ValueError(f"{name}: rings must have equally many points, got {[len(one) for one in rings]}")
    columns = [kit_curve(column, steps, bounded=True) for column in zip(*rings)]
    count, rows = len(columns), len(columns[0])
    vertices = [columns[k][row] for row in range(rows) for k in range(count)]
    faces = []
    for row in range(rows - 1):
        for k in range(count):
            a, b = row * count + k, row * count + (k + 1) % count
            faces.append((a, b, b + count, a + count))
    if capped:
        faces += [range(count), range((rows - 1) * count, rows * count)]
    return kit_mesh(name, vertices, faces)
