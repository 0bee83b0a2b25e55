def kit_curve(points, steps=8, closed=False, bounded=False):
    """Smooth curve through points of any dimension, as a list of vectors with `steps` steps between two points.

    A point given twice stays a corner. `bounded` keeps every coordinate between those of the two points.
    """
    import math

    from mathutils import Vector

    points = [Vector(point) for point in points]
    count = len(points)

    def tangent(i):
        before, after = (
            points[i - 1] if closed or i else points[i],
            points[(i + 1) % count] if closed or i + 1 < count else points[i],
        )
        into, away = points[i] - before, after - points[i]
        if not into.length or not away.length:
            return (into + away).normalized()
        turn = into.normalized() * away.length + away.normalized() * into.length
        if bounded:
            turn = Vector([part if a * b > 0 else 0.0 for part, a, b in zip(turn, into, away)])
        return turn.normalized()

    out = []
    for i in range(count if closed else count - 1):
        start, end = points[i], points[(i + 1) % count]
        along = (end - start).normalized()
        # A cubic whose ends are this strong follows an arc of a circle.
        ends = [tangent(j) for j in (i, (i + 1) % count)]
        first, last = (turn * (end - start).length * 2 / (1 + max(turn.dot(along), 0.0)) for turn in ends)
        if bounded:
            first, last = (
                Vector([math.copysign(min(abs(part), 3 * abs(gap)), gap) for part, gap in zip(turn, end - start)])
                for turn in (first, last)
            )
        for step in range(steps):
            t = step / steps
            bend = first * (t**3 - 2 * t**2 + t) + last * (t**3 - t**2)
            out.append(start.lerp(end, 3 * t**2 - 2 * t**3) + bend)
    return out if closed else [*out, points[-1]]


def kit_rounded(points, radius, steps=5):
    """Round the inner corners of a polyline by `radius` metres; a list of vectors."""
    from mathutils import Vector

    points = [Vector(point) for point in points]
    out = points[:1]
    for before, corner, after in zip(points, points[1:], points[2:]):
        into, away = before - corner, after - corner
        start = corner + into.normalized() * min(radius, into.length * 0.49)
        end = corner + away.normalized() * min(radius, away.length * 0.49)
        for step in range(steps + 1):
            t = step / steps
            out.append(start.lerp(corner, t).lerp(corner.lerp(end, t), t))
    return [*out, points[-1]]
