def kit_lathe(name, profile, segments=64, bevel=0.0, steps=1, capped=True):
    """Solid turned about the z axis from a profile of (radius, z) from the foot up; metres; origin on the axis.

    `bevel` rounds the profile's corners by so many metres; `steps` > 1 makes it a smooth curve instead.
    For a vessel go up outside, over the rim and down inside to (0, floor). Open ends are capped.
    """
    import math

    if steps > 1:
        profile = kit_curve(profile, steps, bounded=True)
    if bevel > 0:
        profile = kit_rounded(profile, bevel)
    profile = [(max(r, 0.0), z) for r, z in profile]
    vertices, rings, faces = [], [], []
    for r, z in profile:
        count = segments if r > 1e-6 else 1
        rings.append(range(len(vertices), len(vertices) + count))
        angles = [math.tau * k / count for k in range(count)]
        vertices += [(r * math.cos(angle), r * math.sin(angle), z) for angle in angles]
    for low, high in zip(rings, rings[1:]):
        for k in range(segments):
            loop = [low[k % len(low)], low[(k + 1) % len(low)], high[(k + 1) % len(high)], high[k % len(high)]]
            face = list(dict.fromkeys(loop))
            if len(face) > 2:
                faces.append(face)
    ring = math.dist(profile[0], profile[-1]) < 1e-6
    if capped and not ring:
        faces += [rings[i] for i in (0, -1) if len(rings[i]) > 1]
    return kit_mesh(name, vertices, faces, weighted=bevel > 0)


def kit_cylinder(name, radius, height, bevel=0.0, top_radius=None, segments=64):
    """Cylinder, or cone with a `top_radius`, with edges rounded by `bevel`; metres; origin at the base's centre."""
    top = radius if top_radius is None else top_radius
    return kit_lathe(name, [(0, 0), (radius, 0), (top, height), (0, height)], segments, bevel)


def kit_capsule(name, radius, height, segments=48):
    """Upright rod with round ends, `height` metres in all (2 * radius: a ball); origin at its lowest point."""
    import math

    straight = max(height - 2 * radius, 0.0)
    angles = [math.radians(-90 + 180 * k / 32) for k in range(33)]
    profile = [(radius * math.cos(a), radius * (1 + math.sin(a)) + (straight if a >= 0 else 0)) for a in angles]
    profile.insert(16, (radius, radius))
    return kit_lathe(name, profile, segments)
