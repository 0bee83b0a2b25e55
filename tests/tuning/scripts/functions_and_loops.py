import bpy
from math import radians


def clear():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def make_material(name, r, g, b, rough=0.4):
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    node = m.node_tree.nodes.get("Principled BSDF")
    node.inputs["Base Color"].default_value = (r, g, b, 1.0)
    node.inputs["Roughness"].default_value = rough
    return m


def add_light(name, kind, energy, location):
    data = bpy.data.lights.new(name, type=kind)
    data.energy = energy
    obj = bpy.data.objects.new(name, data)
    obj.location = location
    bpy.context.collection.objects.link(obj)
    return obj


def add_camera(location, tilt, lens=35.0):
    data = bpy.data.cameras.new("Camera")
    data.lens = lens
    obj = bpy.data.objects.new("Camera", data)
    obj.location = location
    obj.rotation_euler = (radians(tilt), 0, 0)
    bpy.context.collection.objects.link(obj)
    bpy.context.scene.camera = obj


clear()
blue = make_material("Blue", 0.1, 0.2, 0.7)
for i in range(4):          # a row of posts
    bpy.ops.mesh.primitive_cylinder_add(radius=0.35, depth=1.6, location=(i * 1.2 - 1.8, 0, 0.8))
    bpy.context.object.name = f"Post {i}"
    bpy.context.object.data.materials.append(blue)
bpy.ops.mesh.primitive_plane_add(size=14)
add_light("Key", 'AREA', 400, (3, -4, 5))
add_light("Fill", 'POINT', 120, (-4, -2, 3))
add_camera(location=(0, -8, 2.5), tilt=78)
