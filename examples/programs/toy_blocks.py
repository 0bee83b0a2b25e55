"""Toy blocks on a playroom floor: two boxes, a cylinder with a cone on it, and a ball."""

from math import cos, radians, sin

import bpy
import bmesh
from mathutils import Vector


def add_mesh(name, shape, bevel=0.0):
    """Link a new object whose mesh is the bmesh `shape`, its edges rounded by `bevel` metres."""
    mesh = bpy.data.meshes.new(name)
    shape.to_mesh(mesh)
    shape.free()
    for face in mesh.polygons:
        face.use_smooth = True
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    if bevel > 0:
        rounding = made.modifiers.new("Bevel", "BEVEL")
        rounding.width, rounding.segments, rounding.limit_method = bevel, 4, "ANGLE"
        rounding.harden_normals = True
    return made


def box(name, size, bevel):
    """A box of `size` (x, y, z) that stands on its local origin."""
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1.0)
    for vertex in shape.verts:
        vertex.co = Vector((vertex.co.x * size[0], vertex.co.y * size[1], (vertex.co.z + 0.5) * size[2]))
    return add_mesh(name, shape, bevel)


def frustum(name, low_radius, high_radius, height, bevel):
    """A cylinder or cone that stands on its local origin."""
    shape = bmesh.new()
    bmesh.ops.create_cone(
        shape, cap_ends=True, segments=96, radius1=low_radius, radius2=high_radius, depth=height
    )
    bmesh.ops.translate(shape, verts=shape.verts, vec=(0, 0, height / 2))
    return add_mesh(name, shape, bevel)


RED_SIZE = (0.50, 0.50, 0.50)     # @param 0.2..0.9 m
BLUE_SIZE = (1.05, 0.36, 0.32)    # @param 0.2..1.4 m
COLUMN_RADIUS = 0.22              # @param 0.1..0.4 m
COLUMN_HEIGHT = 0.62              # @param 0.3..1.0 m
ROOF_RADIUS = 0.31                # @param 0.15..0.5 m
ROOF_HEIGHT = 0.42                # @param 0.2..0.7 m
BALL_RADIUS = 0.23                # @param 0.1..0.4 m
EDGE_ROUNDING = 0.025             # @param 0.005..0.06 m


def geometry():
    """The blocks and the floor, each in its own coordinates."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    box("RedCube", RED_SIZE, EDGE_ROUNDING)
    box("BlueBeam", BLUE_SIZE, EDGE_ROUNDING)
    frustum("GreenColumn", COLUMN_RADIUS, COLUMN_RADIUS, COLUMN_HEIGHT, EDGE_ROUNDING)
    frustum("YellowRoof", ROOF_RADIUS, 0.012, ROOF_HEIGHT, EDGE_ROUNDING)
    ball = bmesh.new()
    bmesh.ops.create_uvsphere(ball, u_segments=64, v_segments=32, radius=BALL_RADIUS)
    add_mesh("OrangeBall", ball)
    floor = bmesh.new()
    bmesh.ops.create_grid(floor, x_segments=1, y_segments=1, size=30.0)
    add_mesh("Floor", floor)


RED_RGB = (0.62, 0.035, 0.03)      # @param rgb
BLUE_RGB = (0.03, 0.14, 0.50)      # @param rgb
GREEN_RGB = (0.06, 0.33, 0.09)     # @param rgb
YELLOW_RGB = (0.85, 0.50, 0.03)    # @param rgb
BALL_RGB = (0.80, 0.16, 0.02)      # @param rgb
FLOOR_RGB = (0.60, 0.55, 0.48)     # @param rgb
PAINT_ROUGHNESS = 0.38             # @param 0.05..0.9
BALL_ROUGHNESS = 0.15              # @param 0.02..0.9
FLOOR_ROUGHNESS = 0.70             # @param 0.1..1.0


def paint(name, rgb, roughness):
    """Give the object a painted surface."""
    material = bpy.data.materials.new(name + "Paint")
    material.use_nodes = True
    surface = material.node_tree.nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*rgb, 1.0)
    surface.inputs["Roughness"].default_value = roughness
    bpy.data.objects[name].data.materials.append(material)


def materials():
    """One paint per block."""
    paint("RedCube", RED_RGB, PAINT_ROUGHNESS)
    paint("BlueBeam", BLUE_RGB, PAINT_ROUGHNESS)
    paint("GreenColumn", GREEN_RGB, PAINT_ROUGHNESS)
    paint("YellowRoof", YELLOW_RGB, PAINT_ROUGHNESS)
    paint("OrangeBall", BALL_RGB, BALL_ROUGHNESS)
    paint("Floor", FLOOR_RGB, FLOOR_ROUGHNESS)


RED_XY = (-0.62, 0.10)             # @param -2..2 m
RED_TURN = 24.0                    # @param -45..45 deg
BLUE_XY = (0.42, 0.36)             # @param -2..2 m
BLUE_TURN = -14.0                  # @param -90..90 deg
COLUMN_XY = (0.06, -0.34)          # @param -2..2 m
BALL_XY = (0.78, -0.30)            # @param -2..2 m
CAMERA_AZIMUTH = -12.0             # @param -180..180 deg
CAMERA_ELEVATION = 24.0            # @param 2..80 deg
CAMERA_DISTANCE = 4.2              # @param 1.5..10 m
CAMERA_FOV = 34.0                  # @param 15..90 deg
CAMERA_AIM = (0.08, 0.0, 0.34)     # @param -1..1 m


def place(name, xy, z=0.0, turn=0.0):
    """Stand an object at (x, y, z) metres, turned by degrees about the vertical."""
    bpy.data.objects[name].location = (*xy, z)
    bpy.data.objects[name].rotation_euler = (0.0, 0.0, radians(turn))


def composition():
    """Where things stand, and the camera."""
    place("RedCube", RED_XY, turn=RED_TURN)
    place("BlueBeam", BLUE_XY, turn=BLUE_TURN)
    place("GreenColumn", COLUMN_XY)
    place("YellowRoof", COLUMN_XY, z=COLUMN_HEIGHT)
    place("OrangeBall", BALL_XY, z=BALL_RADIUS)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    azimuth, elevation = radians(CAMERA_AZIMUTH), radians(CAMERA_ELEVATION)
    outward = Vector((sin(azimuth) * cos(elevation), -cos(azimuth) * cos(elevation), sin(elevation)))
    camera.location = Vector(CAMERA_AIM) + CAMERA_DISTANCE * outward
    camera.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()
    camera.data.angle = radians(CAMERA_FOV)


KEY_ENERGY = 230.0                 # @param 1..2000 W log
KEY_RGB = (1.0, 0.90, 0.76)        # @param rgb
KEY_AZIMUTH = -58.0                # @param -180..180 deg
KEY_ELEVATION = 48.0               # @param 5..90 deg
FILL_ENERGY = 45.0                 # @param 1..1000 W log
FILL_RGB = (0.72, 0.84, 1.0)       # @param rgb
RIM_ENERGY = 90.0                  # @param 1..1000 W log
SKY_STRENGTH = 0.32                # @param 0.01..3 log


def area_light(name, energy, rgb, azimuth, elevation, distance, size):
    """An area light that looks at the middle of the scene from the given direction (degrees)."""
    light = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
    bpy.context.scene.collection.objects.link(light)
    light.data.energy, light.data.color, light.data.size = energy, rgb, size
    a, e = radians(azimuth), radians(elevation)
    outward = Vector((sin(a) * cos(e), -cos(a) * cos(e), sin(e)))
    light.location = distance * outward
    light.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()


def lighting():
    """A warm key from the left, a cool fill, a rim from behind, and the sky."""
    area_light("Key", KEY_ENERGY, KEY_RGB, KEY_AZIMUTH, KEY_ELEVATION, 4.0, 0.9)
    area_light("Fill", FILL_ENERGY, FILL_RGB, 62.0, 30.0, 4.5, 2.0)
    area_light("Rim", RIM_ENERGY, (1.0, 1.0, 1.0), 155.0, 50.0, 4.0, 1.0)
    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.75, 0.85, 1.0, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = SKY_STRENGTH
    scene = bpy.context.scene
    scene.world = world
    scene.render.engine = "CYCLES"
    scene.view_settings.view_transform = "Standard"


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
