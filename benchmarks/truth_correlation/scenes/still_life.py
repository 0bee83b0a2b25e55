"""A bottle, an orange and an apple before a wall."""

from math import cos, pi, radians, sin

import bpy
from mathutils import Vector


def turned(name, profile, segments=64):
    """Link a new object: a profile of (radius, height) points turned about the z axis."""
    points = [
        (r * cos(2 * pi * k / segments), r * sin(2 * pi * k / segments), z) for r, z in profile for k in range(segments)
    ]
    faces = [
        (
            i * segments + k,
            i * segments + (k + 1) % segments,
            (i + 1) * segments + (k + 1) % segments,
            (i + 1) * segments + k,
        )
        for i in range(len(profile) - 1)
        for k in range(segments)
    ]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    for face in mesh.polygons:
        face.use_smooth = True
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))


def ball(radius):
    """The profile of a ball that stands on its local origin."""
    return [(radius * cos(pi * (i / 32 - 0.5)), radius + radius * sin(pi * (i / 32 - 0.5))) for i in range(33)]


BOTTLE_HEIGHT = 0.30  # @param 0.15..0.45 m
BOTTLE_RADIUS = 0.040  # @param 0.02..0.08 m
NECK_RADIUS = 0.014  # @param 0.008..0.03 m
SHOULDER = 0.60  # @param 0.4..0.8
ORANGE_RADIUS = 0.042  # @param 0.02..0.07 m
APPLE_RADIUS = 0.036  # @param 0.02..0.07 m


def geometry():
    """The things, each standing on its own origin, and the room."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    h, r, n, s = BOTTLE_HEIGHT, BOTTLE_RADIUS, NECK_RADIUS, SHOULDER
    turned("Bottle", [(0, 0), (r, 0), (r, h * s), (r * 0.85, h * (s + 0.06)), (n, h * (s + 0.18)), (n, h), (0, h)])
    turned("Orange", ball(ORANGE_RADIUS))
    turned("Apple", ball(APPLE_RADIUS))
    for name, up in (("Table", False), ("Wall", True)):
        mesh = bpy.data.meshes.new(name)
        flat = [(-3, -3), (3, -3), (3, 3), (-3, 3)]
        mesh.from_pydata([(x, 0.5, y) if up else (x, y, 0) for x, y in flat], [], [(0, 1, 2, 3)])
        bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))


BOTTLE_RGB = (0.03, 0.16, 0.08)  # @param rgb
ORANGE_RGB = (0.80, 0.25, 0.02)  # @param rgb
APPLE_RGB = (0.45, 0.04, 0.03)  # @param rgb
TABLE_RGB = (0.30, 0.18, 0.10)  # @param rgb
WALL_RGB = (0.45, 0.48, 0.50)  # @param rgb


def materials():
    """One plain paint each."""
    for name, rgb in (
        ("Bottle", BOTTLE_RGB),
        ("Orange", ORANGE_RGB),
        ("Apple", APPLE_RGB),
        ("Table", TABLE_RGB),
        ("Wall", WALL_RGB),
    ):
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*rgb, 1.0)
        material.node_tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.4
        bpy.data.objects[name].data.materials.append(material)


BOTTLE_XY = (-0.03, 0.06)  # @param -0.2..0.2 m
ORANGE_XY = (0.08, 0.0)  # @param -0.2..0.2 m
APPLE_XY = (-0.02, -0.06)  # @param -0.2..0.2 m
CAMERA_AZIMUTH = 10.0  # @param -60..60 deg
CAMERA_ELEVATION = 18.0  # @param 2..80 deg
CAMERA_DISTANCE = 0.85  # @param 0.5..1.6 m
CAMERA_FOV = 35.0  # @param 15..90 deg
CAMERA_AIM = (0.0, 0.0, 0.11)  # @param -0.2..0.2 m


def composition():
    """Where things stand, and the camera."""
    for name, xy in (("Bottle", BOTTLE_XY), ("Orange", ORANGE_XY), ("Apple", APPLE_XY)):
        bpy.data.objects[name].location = (*xy, 0.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    a, e = radians(CAMERA_AZIMUTH), radians(CAMERA_ELEVATION)
    outward = Vector((sin(a) * cos(e), -cos(a) * cos(e), sin(e)))
    camera.location = Vector(CAMERA_AIM) + CAMERA_DISTANCE * outward
    camera.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()
    camera.data.angle = radians(CAMERA_FOV)
    camera.data.clip_start = 0.01


KEY_ENERGY = 14.0  # @param 0.5..200 W log
KEY_AZIMUTH = -70.0  # @param -180..180 deg
KEY_ELEVATION = 40.0  # @param 5..90 deg
KEY_RGB = (1.0, 0.86, 0.68)  # @param rgb
FILL_ENERGY = 3.0  # @param 0.1..100 W log
ROOM_STRENGTH = 0.18  # @param 0.01..3 log


def lighting():
    """A warm window at the left, a weak fill at the right."""
    for name, energy, rgb, azimuth, elevation in (
        ("Key", KEY_ENERGY, KEY_RGB, KEY_AZIMUTH, KEY_ELEVATION),
        ("Fill", FILL_ENERGY, (0.8, 0.9, 1.0), 60.0, 30.0),
    ):
        light = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
        bpy.context.scene.collection.objects.link(light)
        light.data.energy, light.data.color, light.data.size = energy, rgb, 0.3
        a, e = radians(azimuth), radians(elevation)
        outward = Vector((sin(a) * cos(e), -cos(a) * cos(e), sin(e)))
        light.location = Vector((0.0, 0.0, 0.1)) + outward
        light.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()
    world = bpy.data.worlds.new("Room")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.9, 0.95, 1.0, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = ROOM_STRENGTH
    bpy.context.scene.world = world
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
