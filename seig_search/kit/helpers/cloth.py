def kit_cloth(name, size, folds=0.01, over=None, seed=0, thickness=0.002, wave=0.12):
    """Cloth of size (x, y) with folds `folds` high and `wave` long; metres; origin at the base's centre.

    It lies on the ground; `over` (x, y, z) lays it over a box of that size which stands on the origin, and it hangs
    down at the sides: a tablecloth, or a towel over a narrow bar. It has a UV map in metres.
    """
    import math
    import random

    across, along = size
    nx, ny = (max(8, min(160, round(length / (wave / 12)))) for length in size)
    chance = random.Random(seed)
    hem = kit_hang(over, folds, wave, chance) if over else None
    waves = []
    for _ in range(9):
        turn, length = chance.uniform(0, math.pi), wave * chance.uniform(0.5, 2.0)
        waves.append((math.cos(turn) / length, math.sin(turn) / length, chance.uniform(0, math.tau)))

    def crease(x, y):
        bend = 1.5 * math.sin(3.1 * x / wave * 0.3 + waves[0][2]) + 1.5 * math.sin(2.3 * y / wave * 0.3 + waves[1][2])
        return folds * sum((0.5 + 0.5 * math.sin(math.tau * (a * x + b * y) + c + bend)) ** 4 for a, b, c in waves) / 3

    vertices, faces, flat = [], [], []
    for j in range(ny + 1):
        for i in range(nx + 1):
            x, y = (i / nx - 0.5) * across, (j / ny - 0.5) * along
            flat.append((x, y))
            vertices.append(hem(x, y) if hem else (x, y, crease(x, y)))
    for j in range(ny):
        for a in range(j * (nx + 1), j * (nx + 1) + nx):
            faces.append((a, a + 1, a + nx + 2, a + nx + 1))
    if not hem:
        low = min(z for _, _, z in vertices)
        vertices = [(x, y, z - low) for x, y, z in vertices]
    made = kit_mesh(name, vertices, faces, sharp=180.0)
    if made.data.polygons[0].normal.z < 0 or (hem and sum(face.normal.z for face in made.data.polygons) < 0):
        made.data.flip_normals()
    layer = made.data.uv_layers.new(name="UVMap")
    for loop in made.data.loops:
        layer.data[loop.index].uv = flat[loop.vertex_index]
    solid = made.modifiers.new("Thickness", "SOLIDIFY")
    solid.thickness, solid.offset = thickness, 1.0
    return made


def kit_hang(over, folds, wave, chance):
    """Function from a point (x, y) of a flat cloth to where it hangs over a box of size `over` (x, y, z); metres."""
    import math

    half_x, half_y, top = over[0] / 2, over[1] / 2, over[2]
    bend = min(0.5 * wave, 0.03, top / 3)
    corner = 2.5 * wave
    quarter = half_x + half_y + corner * math.pi / 2
    count = max(4, round(4 * quarter / wave))
    phases = [chance.uniform(0, math.tau) for _ in range(3)]

    def hem(x, y):
        du, dv = max(abs(x) - half_x, 0.0), max(abs(y) - half_y, 0.0)
        drop = math.hypot(du, dv)
        foot_x, foot_y = math.copysign(min(abs(x), half_x), x), math.copysign(min(abs(y), half_y), y)
        if drop == 0:
            return foot_x, foot_y, top
        turn = math.atan2(dv, du)
        walk = min(abs(y), half_y) + corner * turn + half_x - min(abs(x), half_x)
        walk = (2 if x * y < 0 and x < 0 else 4 if x * y < 0 else 2 if x < 0 else 0) * quarter + (
            -walk if x * y < 0 else walk
        )
        round_ = math.tau * walk / (4 * quarter)
        ripple = math.sin(count * round_ + phases[0] + 1.5 * math.sin(3 * round_ + phases[1]))
        ripple += 0.5 * math.sin(max(2, count // 2) * round_ + phases[2])
        if drop < bend * math.pi / 2:
            out, down = bend * math.sin(drop / bend), bend * (1 - math.cos(drop / bend))
        else:
            out, down = bend, bend + drop - bend * math.pi / 2
        grown = min(1.0, down / (2 * wave))
        out += grown * folds * (1.5 + ripple) + 0.35 * down * math.sin(2 * turn) * wave / (wave + down)
        z = max(top - down, 0.001)
        return foot_x + math.cos(turn) * math.copysign(out, x), foot_y + math.sin(turn) * math.copysign(out, y), z

    return hem
