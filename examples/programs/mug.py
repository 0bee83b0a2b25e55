"""A red mug of coffee on a saucer, on a wooden table."""
import bpy
from math import cos, pi, radians, sin, tau

from mathutils import Vector

MUG_HEIGHT = 0.092         # @param 0.06..0.16 m
MUG_RADIUS = 0.041         # @param 0.025..0.07 m
MUG_TAPER = 0.86           # @param 0.6..1.1
WALL = 0.004               # @param 0.002..0.008 m
HANDLE_REACH = 0.033       # @param 0.015..0.06 m
HANDLE_HEIGHT = 0.058      # @param 0.03..0.1 m
HANDLE_THICKNESS = 0.0105  # @param 0.005..0.02 m
COFFEE_LEVEL = 0.86        # @param 0.2..0.95
SAUCER_RADIUS = 0.076      # @param 0.05..0.12 m
SAUCER_RISE = 0.014        # @param 0.004..0.03 m
SAUCER_THICKNESS = 0.004   # @param 0.002..0.008 m
TABLE_SIZE = 5.0           # @param 2.0..8.0 m


def rounded(points, radius, steps=6):
    """Round the inner corners of an open (r, z) polyline."""
    corners = [Vector(point) for point in points]
    out = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:]):
        into, away = before - corner, after - corner
        start = corner + into.normalized() * min(radius, into.length * 0.49)
        end = corner + away.normalized() * min(radius, away.length * 0.49)
        for step in range(steps + 1):
            t = step / steps
            out.append(start.lerp(corner, t).lerp(corner.lerp(end, t), t))
    return [*out, corners[-1]]


def lathe(profile, segments=96):
    """Turn an (r, z) profile about the z axis; points on the axis become poles."""
    vertices, rings, faces = [], [], []
    for r, z in profile:
        count = segments if r > 1e-6 else 1
        rings.append(range(len(vertices), len(vertices) + count))
        vertices += [(r * cos(tau * k / count), r * sin(tau * k / count), z) for k in range(count)]
    for low, high in zip(rings, rings[1:]):
        for k in range(segments):
            loop = [low[k % len(low)], low[(k + 1) % len(low)], high[(k + 1) % len(high)], high[k % len(high)]]
            faces.append(list(dict.fromkeys(loop)))
    return vertices, faces


def tube(path, in_plane, across, segments=24):
    """Sweep an ellipse along a path in the xz plane, with closed ends."""
    vertices, faces = [], []
    for i, point in enumerate(path):
        tangent = (path[min(i + 1, len(path) - 1)] - path[max(i - 1, 0)]).normalized()
        normal = Vector((tangent.z, 0, -tangent.x))
        for k in range(segments):
            angle = tau * k / segments
            vertices.append(point + normal * (in_plane * cos(angle)) + Vector((0, across * sin(angle), 0)))
    for i in range(len(path) - 1):
        for k in range(segments):
            a, b = i * segments + k, i * segments + (k + 1) % segments
            faces.append([a, b, b + segments, a + segments])
    last = len(vertices) - segments
    faces.append(list(reversed(range(segments))))
    faces.append(list(range(last, last + segments)))
    return vertices, faces


def solid(name, *pieces):
    """Make one smooth object of some (vertices, faces) pieces."""
    vertices, faces = [], []
    for piece_vertices, piece_faces in pieces:
        start = len(vertices)
        vertices += piece_vertices
        faces += [[start + index for index in face] for face in piece_faces]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.set_sharp_from_angle(angle=radians(40))
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def geometry():
    """Mug with its handle, coffee, saucer and table top; every base at z = 0, in metres."""
    bpy.ops.wm.read_factory_settings(use_empty=True)

    def outer(z):
        return MUG_RADIUS * (MUG_TAPER + (1 - MUG_TAPER) * z / MUG_HEIGHT)

    floor = 1.5 * WALL
    body = [
        (0, 0.002), (outer(0) * 0.80, 0.002), (outer(0) * 0.82, 0), (outer(0) * 0.9, 0), (outer(0), 0.009),
        (outer(MUG_HEIGHT), MUG_HEIGHT), (outer(MUG_HEIGHT) - WALL, MUG_HEIGHT),
        (outer(0) - WALL, floor + 0.009), (outer(0) * 0.85, floor), (0, floor),
    ]
    middle = 0.53 * MUG_HEIGHT
    path = []
    for step in range(33):
        angle = pi / 2 - pi * step / 32
        z = middle + HANDLE_HEIGHT / 2 * sin(angle)
        path.append(Vector((outer(z) - WALL / 2 + HANDLE_REACH * max(cos(angle), 0) ** 0.8, 0, z)))
    handle = tube(path, HANDLE_THICKNESS * 0.42, HANDLE_THICKNESS * 0.62)
    solid("Mug", lathe(rounded(body, WALL * 0.5)), handle)

    level = COFFEE_LEVEL * MUG_HEIGHT
    solid("Coffee", lathe([(0, floor), (outer(floor) - WALL * 1.5, floor + 0.009), (outer(level) - WALL * 0.9, level), (0, level)]))

    foot = SAUCER_RADIUS * 0.52
    plate = [
        (0, 0.001), (foot * 0.9, 0.001), (foot * 0.92, 0), (foot, 0), (SAUCER_RADIUS * 0.7, SAUCER_RISE * 0.25),
        (SAUCER_RADIUS, SAUCER_RISE), (SAUCER_RADIUS - SAUCER_THICKNESS * 0.3, SAUCER_RISE + SAUCER_THICKNESS * 0.8),
        (SAUCER_RADIUS * 0.68, SAUCER_RISE * 0.25 + SAUCER_THICKNESS), (foot, SAUCER_THICKNESS), (0, SAUCER_THICKNESS),
    ]
    solid("Saucer", lathe(rounded(plate, 0.004)))

    half = TABLE_SIZE / 2
    solid("Table", ([(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)], [[0, 1, 2, 3]]))


MUG_RGB = (0.42, 0.022, 0.016)     # @param rgb
MUG_ROUGHNESS = 0.16               # @param 0.02..0.9
SAUCER_RGB = (0.74, 0.71, 0.65)    # @param rgb
SAUCER_ROUGHNESS = 0.18            # @param 0.02..0.9
COFFEE_RGB = (0.022, 0.009, 0.004) # @param rgb
WOOD_DARK_RGB = (0.135, 0.062, 0.028)  # @param rgb
WOOD_LIGHT_RGB = (0.30, 0.165, 0.082)  # @param rgb
WOOD_ROUGHNESS = 0.45              # @param 0.1..0.9
WOOD_GRAIN = 9.0                   # @param 2.0..40.0 log


def paint(name, rgb, roughness):
    """Give an object a plain glossy material; returns its nodes, links and shader."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.diffuse_color = (*rgb, 1.0)
    nodes = material.node_tree.nodes
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*rgb, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    mesh = bpy.data.objects[name].data
    mesh.materials.clear()
    mesh.materials.append(material)
    return nodes, material.node_tree.links, shader


def materials():
    """Glazed ceramic, coffee, and wood whose grain runs along x."""
    paint("Mug", MUG_RGB, MUG_ROUGHNESS)
    paint("Saucer", SAUCER_RGB, SAUCER_ROUGHNESS)
    paint("Coffee", COFFEE_RGB, 0.06)

    middle = tuple((dark + light) / 2 for dark, light in zip(WOOD_DARK_RGB, WOOD_LIGHT_RGB))
    nodes, links, shader = paint("Table", middle, WOOD_ROUGHNESS)
    place = nodes.new("ShaderNodeTexCoord")
    stretch = nodes.new("ShaderNodeMapping")
    stretch.inputs["Scale"].default_value = (0.09, 1.0, 1.0)
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = WOOD_GRAIN * 4
    noise.inputs["Detail"].default_value = 6.0
    noise.inputs["Distortion"].default_value = 0.7
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.32, 0.68
    ramp.color_ramp.elements[0].color = (*WOOD_DARK_RGB, 1.0)
    ramp.color_ramp.elements[1].color = (*WOOD_LIGHT_RGB, 1.0)
    links.new(place.outputs["Object"], stretch.inputs["Vector"])
    links.new(stretch.outputs["Vector"], noise.inputs["Vector"])
    links.new(noise.outputs[0], ramp.inputs[0])
    links.new(ramp.outputs[0], shader.inputs["Base Color"])


MUG_TURN = -28.0                   # @param -180..180 deg
MUG_PLACE = (0.0, 0.0)             # @param -0.3..0.3 m
TABLE_TURN = 12.0                  # @param -90..90 deg
CAMERA_AZIMUTH = -90.0             # @param -180..180 deg
CAMERA_ELEVATION = 27.0            # @param 5..80 deg
CAMERA_DISTANCE = 0.52             # @param 0.3..1.5 m
CAMERA_TARGET = (0.004, 0.0, 0.038)  # @param -0.2..0.2 m
CAMERA_FOV = 28.0                  # @param 15..90 deg


def aim(thing, target):
    """Turn a camera or light, which look along their own -z, towards a point."""
    thing.rotation_euler = (Vector(target) - thing.location).to_track_quat("-Z", "Y").to_euler()


def composition():
    """The mug stands in the saucer; the camera looks down on them from the front."""
    scene = bpy.context.scene
    bpy.data.objects["Table"].rotation_euler.z = radians(TABLE_TURN)
    bpy.data.objects["Saucer"].location = (*MUG_PLACE, 0.0)
    for name in ("Mug", "Coffee"):
        bpy.data.objects[name].location = (*MUG_PLACE, SAUCER_THICKNESS)
        bpy.data.objects[name].rotation_euler.z = radians(MUG_TURN)

    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    azimuth, elevation = radians(CAMERA_AZIMUTH), radians(CAMERA_ELEVATION)
    away = Vector((cos(azimuth) * cos(elevation), sin(azimuth) * cos(elevation), sin(elevation)))
    camera.location = Vector(CAMERA_TARGET) + CAMERA_DISTANCE * away
    camera.data.angle = radians(CAMERA_FOV)
    camera.data.clip_start = 0.01
    aim(camera, CAMERA_TARGET)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = 480, 360


KEY_ENERGY = 8.0                   # @param 0.5..60 W log
KEY_PLACE = (-0.75, -0.25, 0.75)   # @param -2.0..2.0 m
KEY_SIZE = 0.35                    # @param 0.05..1.5 m
KEY_RGB = (1.0, 0.90, 0.78)        # @param rgb
FILL_ENERGY = 2.0                  # @param 0.1..30 W log
FILL_PLACE = (0.9, -0.7, 0.6)      # @param -2.0..2.0 m
FILL_RGB = (0.78, 0.87, 1.0)       # @param rgb
RIM_ENERGY = 6.0                   # @param 0.1..60 W log
RIM_PLACE = (0.45, 0.9, 0.7)       # @param -2.0..2.0 m
RIM_RGB = (1.0, 0.96, 0.9)         # @param rgb
WORLD_RGB = (0.62, 0.72, 0.85)     # @param rgb
WORLD_STRENGTH = 0.16              # @param 0.01..2 log


def lamp(name, place, energy, size, rgb):
    """Add a square area light that looks at the mug."""
    light = bpy.data.lights.new(name, "AREA")
    light.energy, light.size, light.color = energy, size, rgb
    made = bpy.data.objects.new(name, light)
    made.location = place
    aim(made, (0.0, 0.0, 0.04))
    bpy.context.scene.collection.objects.link(made)


def lighting():
    """A warm key from the left, a cool fill, a rim from behind, and a dim room."""
    scene = bpy.context.scene
    lamp("Key", KEY_PLACE, KEY_ENERGY, KEY_SIZE, KEY_RGB)
    lamp("Fill", FILL_PLACE, FILL_ENERGY, 0.7, FILL_RGB)
    lamp("Rim", RIM_PLACE, RIM_ENERGY, 0.5, RIM_RGB)
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    room = next(node for node in scene.world.node_tree.nodes if node.type == "BACKGROUND")
    room.inputs["Color"].default_value = (*WORLD_RGB, 1.0)
    room.inputs["Strength"].default_value = WORLD_STRENGTH
    scene.render.engine = "CYCLES"
    scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
