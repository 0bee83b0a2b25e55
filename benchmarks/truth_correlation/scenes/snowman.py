"""A snowman with a hat and a carrot, lit by a lamp, cut out on a transparent background."""

from math import cos, radians, sin

import bmesh
import bpy
from mathutils import Vector


def linked(name, shape):
    """Link a new smooth object whose mesh is the bmesh `shape`."""
    mesh = bpy.data.meshes.new(name)
    shape.to_mesh(mesh)
    shape.free()
    for face in mesh.polygons:
        face.use_smooth = True
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))


def cone(name, low, high, height):
    """A cone or cylinder that stands on its local origin."""
    shape = bmesh.new()
    bmesh.ops.create_cone(shape, cap_ends=True, segments=48, radius1=low, radius2=high, depth=height)
    bmesh.ops.translate(shape, verts=shape.verts, vec=(0, 0, height / 2))
    linked(name, shape)


BODY_RADIUS = 0.50  # @param 0.25..0.8 m
CHEST_RADIUS = 0.36  # @param 0.18..0.6 m
HEAD_RADIUS = 0.25  # @param 0.12..0.45 m
HAT_RADIUS = 0.20  # @param 0.1..0.35 m
HAT_HEIGHT = 0.30  # @param 0.1..0.6 m
NOSE_LENGTH = 0.30  # @param 0.1..0.5 m


def geometry():
    """Three balls of snow, a hat and a nose, each in its own coordinates."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for name, radius in (("Body", BODY_RADIUS), ("Chest", CHEST_RADIUS), ("Head", HEAD_RADIUS)):
        ball = bmesh.new()
        bmesh.ops.create_uvsphere(ball, u_segments=48, v_segments=24, radius=radius)
        linked(name, ball)
    cone("Hat", HAT_RADIUS, HAT_RADIUS * 0.9, HAT_HEIGHT)
    cone("Nose", 0.06, 0.004, NOSE_LENGTH)


SNOW_RGB = (0.78, 0.82, 0.86)  # @param rgb
HAT_RGB = (0.03, 0.03, 0.04)  # @param rgb
NOSE_RGB = (0.75, 0.22, 0.02)  # @param rgb


def materials():
    """Snow, felt and carrot."""
    for rgb, names in ((SNOW_RGB, ("Body", "Chest", "Head")), (HAT_RGB, ("Hat",)), (NOSE_RGB, ("Nose",))):
        material = bpy.data.materials.new(names[0] + "Paint")
        material.use_nodes = True
        material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*rgb, 1.0)
        material.node_tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.7
        for name in names:
            bpy.data.objects[name].data.materials.append(material)


BODY_Z = 0.45  # @param 0.2..0.8 m
CHEST_Z = 1.08  # @param 0.7..1.5 m
HEAD_Z = 1.58  # @param 1.2..2.0 m
HAT_Z = 1.76  # @param 1.4..2.2 m
NOSE_TURN = 25.0  # @param -90..90 deg
CAMERA_AZIMUTH = 0.0  # @param -180..180 deg
CAMERA_ELEVATION = 8.0  # @param 2..80 deg
CAMERA_DISTANCE = 5.0  # @param 3..10 m
CAMERA_FOV = 32.0  # @param 15..90 deg
CAMERA_AIM = (0.0, 0.0, 1.05)  # @param -1..2 m


def composition():
    """The balls on each other, and the camera."""
    for name, z in (("Body", BODY_Z), ("Chest", CHEST_Z), ("Head", HEAD_Z), ("Hat", HAT_Z), ("Nose", HEAD_Z)):
        bpy.data.objects[name].location = (0.0, 0.0, z)
    a = radians(NOSE_TURN)
    ahead = Vector((sin(a), -cos(a), 0.0))
    bpy.data.objects["Nose"].location = Vector((0.0, 0.0, HEAD_Z)) + 0.2 * ahead
    bpy.data.objects["Nose"].rotation_euler = ahead.to_track_quat("Z", "Y").to_euler()
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    a, e = radians(CAMERA_AZIMUTH), radians(CAMERA_ELEVATION)
    outward = Vector((sin(a) * cos(e), -cos(a) * cos(e), sin(e)))
    camera.location = Vector(CAMERA_AIM) + CAMERA_DISTANCE * outward
    camera.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()
    camera.data.angle = radians(CAMERA_FOV)


LAMP_ENERGY = 250.0  # @param 10..3000 W log
LAMP_PLACE = (-2.0, -1.8, 2.6)  # @param -4..4 m
LAMP_RGB = (1.0, 0.85, 0.65)  # @param rgb
NIGHT_RGB = (0.25, 0.35, 0.65)  # @param rgb
NIGHT_STRENGTH = 0.35  # @param 0.01..3 log


def lighting():
    """A warm lamp and a blue evening."""
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    bpy.context.scene.collection.objects.link(lamp)
    lamp.data.energy, lamp.data.color, lamp.data.shadow_soft_size = LAMP_ENERGY, LAMP_RGB, 0.2
    lamp.location = LAMP_PLACE
    world = bpy.data.worlds.new("Evening")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (*NIGHT_RGB, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = NIGHT_STRENGTH
    scene = bpy.context.scene
    scene.world = world
    scene.render.engine = "CYCLES"
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
