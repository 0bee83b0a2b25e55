"""A bench, a stone ball and a post in the sun."""

from math import cos, radians, sin

import bmesh
import bpy
from mathutils import Euler, Vector


def linked(name, shape):
    """Link a new object whose mesh is the bmesh `shape`."""
    mesh = bpy.data.meshes.new(name)
    shape.to_mesh(mesh)
    shape.free()
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))


def add_box(shape, size, middle):
    """Add a box of `size` about `middle` to a bmesh."""
    made = bmesh.ops.create_cube(shape, size=1.0)["verts"]
    bmesh.ops.scale(shape, verts=made, vec=size)
    bmesh.ops.translate(shape, verts=made, vec=middle)


BENCH_LENGTH = 1.6  # @param 0.8..2.6 m
BENCH_HEIGHT = 0.46  # @param 0.25..0.8 m
BENCH_DEPTH = 0.42  # @param 0.2..0.8 m
BALL_RADIUS = 0.34  # @param 0.15..0.6 m
POST_HEIGHT = 1.5  # @param 0.8..2.4 m
POST_RADIUS = 0.09  # @param 0.04..0.2 m


def geometry():
    """The things, each standing on its own origin, and the pavement."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bench = bmesh.new()
    add_box(bench, (BENCH_LENGTH, BENCH_DEPTH, 0.07), (0, 0, BENCH_HEIGHT - 0.035))
    for side in (-1, 1):
        add_box(
            bench,
            (0.09, BENCH_DEPTH * 0.9, BENCH_HEIGHT - 0.07),
            (side * BENCH_LENGTH * 0.4, 0, (BENCH_HEIGHT - 0.07) / 2),
        )
    linked("Bench", bench)
    ball = bmesh.new()
    bmesh.ops.create_uvsphere(ball, u_segments=48, v_segments=24, radius=BALL_RADIUS)
    bmesh.ops.translate(ball, verts=ball.verts, vec=(0, 0, BALL_RADIUS))
    linked("StoneBall", ball)
    post = bmesh.new()
    bmesh.ops.create_cone(post, cap_ends=True, segments=48, radius1=POST_RADIUS, radius2=POST_RADIUS, depth=POST_HEIGHT)
    bmesh.ops.translate(post, verts=post.verts, vec=(0, 0, POST_HEIGHT / 2))
    linked("Post", post)
    pavement = bmesh.new()
    bmesh.ops.create_grid(pavement, x_segments=1, y_segments=1, size=30.0)
    linked("Pavement", pavement)


BENCH_RGB = (0.28, 0.13, 0.06)  # @param rgb
BALL_RGB = (0.42, 0.40, 0.37)  # @param rgb
POST_RGB = (0.04, 0.10, 0.22)  # @param rgb
PAVEMENT_RGB = (0.33, 0.31, 0.28)  # @param rgb


def materials():
    """One plain paint each."""
    for name, rgb in (
        ("Bench", BENCH_RGB),
        ("StoneBall", BALL_RGB),
        ("Post", POST_RGB),
        ("Pavement", PAVEMENT_RGB),
    ):
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*rgb, 1.0)
        material.node_tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.8
        bpy.data.objects[name].data.materials.append(material)


BENCH_XY = (0.0, 0.2)  # @param -2..2 m
BENCH_TURN = 20.0  # @param -90..90 deg
BALL_XY = (1.0, -0.5)  # @param -2..2 m
POST_XY = (-1.1, 0.7)  # @param -2..2 m
CAMERA_AZIMUTH = -18.0  # @param -180..180 deg
CAMERA_ELEVATION = 15.0  # @param 2..80 deg
CAMERA_DISTANCE = 5.5  # @param 2..12 m
CAMERA_FOV = 38.0  # @param 15..90 deg
CAMERA_AIM = (0.0, 0.0, 0.55)  # @param -1.5..1.5 m


def composition():
    """Where things stand, and the camera."""
    for name, xy in (("Bench", BENCH_XY), ("StoneBall", BALL_XY), ("Post", POST_XY)):
        bpy.data.objects[name].location = (*xy, 0.0)
    bpy.data.objects["Bench"].rotation_euler = (0.0, 0.0, radians(BENCH_TURN))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    a, e = radians(CAMERA_AZIMUTH), radians(CAMERA_ELEVATION)
    outward = Vector((sin(a) * cos(e), -cos(a) * cos(e), sin(e)))
    camera.location = Vector(CAMERA_AIM) + CAMERA_DISTANCE * outward
    camera.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()
    camera.data.angle = radians(CAMERA_FOV)


SUN_STRENGTH = 3.0  # @param 0.1..20 log
SUN_AZIMUTH = 50.0  # @param -180..180 deg
SUN_ELEVATION = 38.0  # @param 5..85 deg
SUN_RGB = (1.0, 0.93, 0.80)  # @param rgb
SKY_RGB = (0.45, 0.65, 1.0)  # @param rgb
SKY_STRENGTH = 0.45  # @param 0.02..4 log


def lighting():
    """A low sun from the right, and a plain sky."""
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    bpy.context.scene.collection.objects.link(sun)
    sun.data.energy, sun.data.color, sun.data.angle = SUN_STRENGTH, SUN_RGB, radians(1.0)
    sun.rotation_euler = Euler((radians(90 - SUN_ELEVATION), 0.0, radians(SUN_AZIMUTH)))
    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (*SKY_RGB, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = SKY_STRENGTH
    bpy.context.scene.world = world
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
