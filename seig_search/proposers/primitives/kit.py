"""The modelling functions that are pasted into a program, so that it stands alone in stock Blender 4.5 and later."""

from __future__ import annotations

__all__ = ["GEOMETRY", "GEOMETRY_NEEDS", "LAMP", "LIGHTING", "MATERIALS", "PLACE"]

MESH = '''
def mesh_object(name, vertices, faces):
    """Make a named object; edges of more than 35 degrees stay sharp."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.shade_smooth()
    mesh.set_sharp_from_angle(angle=radians(35))
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing
'''

TURNED = '''
def turned(name, profile, capped=True, count=64):
    """Turn a profile of (radius, height) pairs, from the foot up, about the vertical axis."""
    angles = [2 * pi * k / count for k in range(count)]
    vertices = [(r * cos(a), r * sin(a), z) for r, z in profile for a in angles]
    rows = range(0, len(vertices) - count, count)
    faces = [
        (row + k, row + (k + 1) % count, row + count + (k + 1) % count, row + count + k)
        for row in rows for k in range(count)
    ]
    if capped:
        last = len(vertices) - count
        faces += [tuple(reversed(range(count))), tuple(range(last, last + count))]
    return mesh_object(name, vertices, faces)
'''

GEOMETRY = {
    "mesh_object": MESH,
    "turned": TURNED,
    "ground": '''
def ground(name, size):
    """A square plane at height 0."""
    h = size / 2
    return mesh_object(name, [(-h, -h, 0), (h, -h, 0), (h, h, 0), (-h, h, 0)], [(0, 1, 2, 3)])
''',
    "ball": '''
def ball(name, radius):
    """A sphere that rests on its origin."""
    angles = [radians(-89 + 178 * k / 32) for k in range(33)]
    return turned(name, [(radius * cos(a), radius + radius * sin(a)) for a in angles])
''',
    "egg": '''
def egg(name, length, width, height):
    """An ellipsoid that rests on its origin."""
    thing = turned(name, [(cos(radians(a)), 1 + sin(radians(a))) for a in range(-88, 89, 8)])
    thing.data.transform(Matrix.Diagonal((length / 2, width / 2, height / 2, 1)))
    return thing
''',
    "box": '''
def box(name, width, depth, height, bevel):
    """A box with rounded edges that rests on its origin."""
    work = bmesh.new()
    bmesh.ops.create_cube(work, size=1)
    bmesh.ops.translate(work, vec=(0, 0, 0.5), verts=work.verts)
    bmesh.ops.scale(work, vec=(width, depth, height), verts=work.verts)
    round_by = min(bevel, 0.45 * min(width, depth, height))
    if round_by > 0:
        bmesh.ops.bevel(work, geom=work.edges[:], offset=round_by, segments=3, profile=0.5, affect="EDGES")
    thing = mesh_object(name, [], [])
    work.to_mesh(thing.data)
    work.free()
    return thing
''',
    "cylinder": '''
def cylinder(name, radius, height, bevel):
    """A cylinder with rounded rims that rests on its origin."""
    b = min(bevel, 0.45 * radius, 0.45 * height)
    turns = [(b * sin(radians(a)), b * cos(radians(a))) for a in (0, 30, 60, 90)]
    foot = [(radius - b + s, b - c) for s, c in turns]
    rim = [(radius - b + s, height - b + c) for s, c in reversed(turns)]
    return turned(name, foot + rim)
''',
    "cone": '''
def cone(name, radius, top, height):
    """A cone, cut off where its radius is `top`."""
    return turned(name, [(radius, 0), (max(top, 0.001 * radius), height)])
''',
    "ring": '''
def ring(name, radius, tube):
    """A torus that lies on its origin."""
    angles = [2 * pi * k / 24 for k in range(25)]
    return turned(name, [(radius + tube * cos(a), tube + tube * sin(a)) for a in angles], capped=False)
''',
    "cup": '''
def cup(name, radius, foot, height, wall):
    """An open vessel: `foot` and `radius` are its outer radii at the bottom and at the rim."""
    rise = [(k / 10, foot + (radius - foot) * sin(radians(9 * k))) for k in range(11)]
    outside = [(r, t * height) for t, r in rise]
    inside = [(max(r - wall, 0.01 * foot), max(t * height, wall)) for t, r in reversed(rise)]
    rim = (radius - wall / 2, height + wall / 3)
    return turned(name, outside + [rim] + inside)
''',
}
"""Functions of the geometry part, by name, in the order in which they are pasted."""

GEOMETRY_NEEDS = {
    "ground": ("mesh_object",),
    "box": ("mesh_object",),
    **dict.fromkeys(("ball", "egg", "cylinder", "cone", "ring", "cup"), ("mesh_object", "turned")),
}

_SURFACE = '''
def surface(name):
    """Give a named object a fresh material; returns its shader node, or None if there is no such object."""
    thing = bpy.data.objects.get(name)
    if thing is None:
        return None
    material = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    if thing.data.materials:
        thing.data.materials[0] = material
    else:
        thing.data.materials.append(material)
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
'''

MATERIALS = {
    "surface": _SURFACE,
    "paint": '''
def paint(name, rgb, roughness, metallic):
    """One plain colour."""
    shader = surface(name)
    if shader:
        shader.inputs["Base Color"].default_value = (*rgb, 1)
        shader.inputs["Roughness"].default_value = roughness
        shader.inputs["Metallic"].default_value = metallic
''',
    "wood": '''
def wood(name, rgb, second, roughness, scale, turn):
    """Long streaks of two colours; `scale` is streaks per metre, `turn` their direction in degrees."""
    shader = surface(name)
    if shader:
        tree = shader.id_data
        where = tree.nodes.new("ShaderNodeTexCoord")
        stretch = tree.nodes.new("ShaderNodeMapping")
        stretch.vector_type = "TEXTURE"
        stretch.inputs["Rotation"].default_value = (0, 0, radians(turn))
        stretch.inputs["Scale"].default_value = (12 / scale, 1 / scale, 1 / scale)
        noise = tree.nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = 1
        noise.inputs["Detail"].default_value = 6
        ramp = tree.nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.35, 0.65
        ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*second, 1), (*rgb, 1)
        tree.links.new(where.outputs["Object"], stretch.inputs["Vector"])
        tree.links.new(stretch.outputs["Vector"], noise.inputs["Vector"])
        tree.links.new(noise.outputs[0], ramp.inputs[0])
        tree.links.new(ramp.outputs[0], shader.inputs["Base Color"])
        shader.inputs["Roughness"].default_value = roughness
''',
    "glass": '''
def glass(name, rgb, roughness):
    """A clear, tinted body."""
    shader = surface(name)
    if shader:
        shader.inputs["Base Color"].default_value = (*rgb, 1)
        shader.inputs["Roughness"].default_value = roughness
        shader.inputs["Transmission Weight"].default_value = 1
''',
}

PLACE = {
    "place": '''
def place(name, x, y, z=0.0, turn=0.0, tilt=0.0):
    """Stand an object at a spot, turned about the vertical axis (degrees)."""
    thing = bpy.data.objects.get(name)
    if thing:
        thing.location = (x, y, z)
        thing.rotation_euler = (0, radians(tilt), radians(turn))
''',
    "the_camera": '''
def the_camera():
    """Find the scene's camera, or make it."""
    scene = bpy.context.scene
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        scene.collection.objects.link(scene.camera)
    scene.camera.data.clip_end = 1000
    return scene.camera
''',
    "aim": '''
def aim(elevation, distance, fov, height, roll):
    """Look north at a point above the origin, from this far and this many degrees above the horizon."""
    camera = the_camera()
    e = radians(elevation)
    camera.location = (0, -distance * cos(e), height + distance * sin(e))
    camera.rotation_euler = (Matrix.Rotation(pi / 2 - e, 3, "X") @ Matrix.Rotation(radians(roll), 3, "Z")).to_euler()
    camera.data.sensor_width = 36
    camera.data.lens = 18 / tan(radians(fov) / 2)
''',
}

LAMP = '''
def lamp(name, kind, azimuth, elevation, energy, size, distance, rgb):
    """Hang a light on a dome around the scene's middle; azimuth counts counter-clockwise from the +x axis."""
    data = bpy.data.lights.new(name, kind.upper())
    data.energy, data.color = energy, rgb
    if kind == "sun":
        data.angle = radians(size)
    else:
        data.size = size
    a, e = radians(azimuth), radians(elevation)
    away = Vector((cos(a) * cos(e), sin(a) * cos(e), sin(e)))
    light = bpy.data.objects.new(name, data)
    light.location = Vector(MIDDLE) + distance * away
    light.rotation_euler = away.to_track_quat("Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(light)
'''

_WORLD = '''
def surroundings(background, ambient, strength):
    """One colour behind everything, another light from everywhere."""
    world = bpy.data.worlds.new("World")
    bpy.context.scene.world = world
    if world.node_tree is None:
        world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    seen, light = (tree.nodes.new("ShaderNodeBackground") for _ in range(2))
    seen.inputs["Color"].default_value = (*background, 1)
    light.inputs["Color"].default_value = (*ambient, 1)
    light.inputs["Strength"].default_value = strength
    mix, rays, out = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("MixShader", "LightPath", "OutputWorld"))
    tree.links.new(rays.outputs["Is Camera Ray"], mix.inputs[0])
    tree.links.new(light.outputs[0], mix.inputs[1])
    tree.links.new(seen.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], out.inputs[0])
'''

LIGHTING = {"lamp": LAMP, "surroundings": _WORLD}
