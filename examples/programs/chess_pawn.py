"""A chess pawn of dark wood beside one of maple, cut out on a transparent background."""

from math import cos, pi, radians, sin

import bpy
from mathutils import Vector


def lathe(name, profile, segments=96):
    """Link a new object: a profile of (radius, height) points turned about the z axis."""
    vertices, faces = [], []
    for radius, height in profile:
        for k in range(segments):
            angle = 2 * pi * k / segments
            vertices.append((radius * cos(angle), radius * sin(angle), height))
    for ring in range(len(profile) - 1):
        for k in range(segments):
            a, b = ring * segments + k, ring * segments + (k + 1) % segments
            faces.append((a, b, b + segments, a + segments))
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.validate()
    for face in mesh.polygons:
        face.use_smooth = True
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def rounded(radius, low, high, steps=10):
    """A bulging ring of the profile: half a circle between two heights, out to `radius`."""
    half = (high - low) / 2
    angles = [pi * (i / steps - 0.5) for i in range(steps + 1)]
    return [(radius - half + half * cos(a), (low + high) / 2 + half * sin(a)) for a in angles]


BASE_RADIUS = 0.0165           # @param 0.01..0.025 m
BASE_HEIGHT = 0.0075           # @param 0.003..0.015 m
WAIST_RADIUS = 0.0058          # @param 0.003..0.012 m
COLLAR_RADIUS = 0.0108         # @param 0.006..0.018 m
COLLAR_HEIGHT = 0.0330         # @param 0.02..0.05 m
HEAD_RADIUS = 0.0092           # @param 0.005..0.015 m


def pawn(name):
    """Turn one pawn; it stands on its local origin."""
    foot = BASE_HEIGHT
    profile = [(0.0, 0.0), (BASE_RADIUS * 0.96, 0.0)]
    profile += rounded(BASE_RADIUS, 0.0004, foot)
    profile += rounded(BASE_RADIUS * 0.82, foot, foot + 0.0034)
    start, end = foot + 0.0034, COLLAR_HEIGHT - 0.0016
    for i in range(1, 17):
        t = i / 16
        width = WAIST_RADIUS + (BASE_RADIUS * 0.70 - WAIST_RADIUS) * (1 - t) ** 2.6
        profile.append((width, start + (end - start) * t))
    profile += rounded(COLLAR_RADIUS, COLLAR_HEIGHT - 0.0016, COLLAR_HEIGHT + 0.0016)
    centre = COLLAR_HEIGHT + HEAD_RADIUS * 0.88
    for i in range(3, 33):
        angle = pi * (i / 32 - 0.5)
        profile.append((max(HEAD_RADIUS * cos(angle), 0.0), centre + HEAD_RADIUS * sin(angle)))
    lathe(name, profile)


def geometry():
    """Two pawns of one shape."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    pawn("DarkPawn")
    pawn("MaplePawn")


DARK_RGB = (0.075, 0.030, 0.016)     # @param rgb
DARK_ROUGHNESS = 0.24              # @param 0.02..0.9
MAPLE_RGB = (0.62, 0.38, 0.17)     # @param rgb
MAPLE_ROUGHNESS = 0.30             # @param 0.02..0.9
GRAIN_CONTRAST = 0.30              # @param 0..0.8


def lacquered_wood(name, rgb, roughness):
    """Give an object lacquered wood whose grain runs upwards."""
    material = bpy.data.materials.new(name + "Wood")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    where = nodes.new("ShaderNodeTexCoord")
    stretch = nodes.new("ShaderNodeMapping")
    stretch.inputs["Scale"].default_value = (260.0, 260.0, 26.0)
    grain = nodes.new("ShaderNodeTexNoise")
    grain.inputs["Scale"].default_value = 1.0
    grain.inputs["Detail"].default_value = 4.0
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.30, 0.70
    ramp.color_ramp.elements[0].color = (*((1.0 - GRAIN_CONTRAST) * c for c in rgb), 1.0)
    ramp.color_ramp.elements[1].color = (*(min(1.0, (1.0 + GRAIN_CONTRAST) * c) for c in rgb), 1.0)
    surface = nodes["Principled BSDF"]
    surface.inputs["Roughness"].default_value = roughness
    surface.inputs["Coat Weight"].default_value = 0.4
    surface.inputs["Coat Roughness"].default_value = 0.10
    links.new(where.outputs["Object"], stretch.inputs["Vector"])
    links.new(stretch.outputs["Vector"], grain.inputs["Vector"])
    links.new(grain.outputs["Fac"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], surface.inputs["Base Color"])
    bpy.data.objects[name].data.materials.append(material)


def materials():
    """Dark wood and maple."""
    lacquered_wood("DarkPawn", DARK_RGB, DARK_ROUGHNESS)
    lacquered_wood("MaplePawn", MAPLE_RGB, MAPLE_ROUGHNESS)


DARK_XY = (-0.014, -0.012)         # @param -0.06..0.06 m
MAPLE_XY = (0.018, 0.016)          # @param -0.06..0.06 m
CAMERA_AZIMUTH = 8.0               # @param -180..180 deg
CAMERA_ELEVATION = 17.0            # @param 2..80 deg
CAMERA_DISTANCE = 0.21             # @param 0.1..0.6 m
CAMERA_FOV = 27.0                  # @param 15..90 deg
CAMERA_AIM = (0.002, 0.0, 0.0245)  # @param -0.05..0.05 m


def composition():
    """Where the pawns stand, and the camera."""
    bpy.data.objects["DarkPawn"].location = (*DARK_XY, 0.0)
    bpy.data.objects["MaplePawn"].location = (*MAPLE_XY, 0.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    azimuth, elevation = radians(CAMERA_AZIMUTH), radians(CAMERA_ELEVATION)
    outward = Vector((sin(azimuth) * cos(elevation), -cos(azimuth) * cos(elevation), sin(elevation)))
    camera.location = Vector(CAMERA_AIM) + CAMERA_DISTANCE * outward
    camera.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()
    camera.data.angle = radians(CAMERA_FOV)
    camera.data.clip_start = 0.005


KEY_ENERGY = 1.5                   # @param 0.02..50 W log
KEY_AZIMUTH = -50.0                # @param -180..180 deg
KEY_ELEVATION = 45.0               # @param 5..90 deg
FILL_ENERGY = 0.35                 # @param 0.01..20 W log
RIM_ENERGY = 1.6                   # @param 0.01..20 W log
STUDIO_STRENGTH = 0.40             # @param 0.01..3 log


def area_light(name, energy, azimuth, elevation, distance, size):
    """An area light that looks at the pawns from the given direction (degrees)."""
    light = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
    bpy.context.scene.collection.objects.link(light)
    light.data.energy, light.data.size = energy, size
    a, e = radians(azimuth), radians(elevation)
    outward = Vector((sin(a) * cos(e), -cos(a) * cos(e), sin(e)))
    light.location = Vector((0.0, 0.0, 0.02)) + distance * outward
    light.rotation_euler = outward.to_track_quat("Z", "Y").to_euler()


def lighting():
    """Key, fill and rim in a white studio; the background stays transparent."""
    area_light("Key", KEY_ENERGY, KEY_AZIMUTH, KEY_ELEVATION, 0.30, 0.10)
    area_light("Fill", FILL_ENERGY, 60.0, 20.0, 0.35, 0.20)
    area_light("Rim", RIM_ENERGY, 160.0, 35.0, 0.30, 0.08)
    world = bpy.data.worlds.new("Studio")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = STUDIO_STRENGTH
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
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
