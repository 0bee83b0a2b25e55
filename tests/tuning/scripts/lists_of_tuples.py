import bpy, math

LIGHTS = [
    # name,  type,    watts, position,       colour
    ("Key",  'POINT', 700,   (3, -3, 4),     (1.0, 0.9, 0.8)),
    ("Rim",  'POINT', 300,   (-3, 2, 4),     (0.7, 0.8, 1.0)),
]
BALLS = [
    {"name": "big",   "at": (-0.9, 0, 1.0), "r": 1.0, "rgb": (0.6, 0.1, 0.4)},
    {"name": "small", "at": (1.2, -0.4, 0.6), "r": 0.6, "rgb": (0.1, 0.5, 0.5)},
]

for o in list(bpy.data.objects): bpy.data.objects.remove(o)

for name, kind, watts, position, colour in LIGHTS:
    data = bpy.data.lights.new(name, kind)
    data.energy = watts
    data.color = colour
    ob = bpy.data.objects.new(name, data)
    ob.location = position
    bpy.context.scene.collection.objects.link(ob)

for i, ball in enumerate(BALLS):
    bpy.ops.mesh.primitive_uv_sphere_add(location=ball["at"], radius=ball["r"], segments=24, ring_count=12)
    ob = bpy.context.active_object
    ob.name = f"ball_{i:02d}_{ball['name']}"
    mat = bpy.data.materials.new(f"mat_{i}")
    mat.use_nodes = True
    r, g, b = ball["rgb"]
    mat.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (r, g, b, 1)
    ob.data.materials.append(mat)

bpy.ops.mesh.primitive_plane_add(size=10)
camera = bpy.data.cameras.new("c"); camera.lens = 38
eye = bpy.data.objects.new("c", camera)
eye.location = (0, -7.5, 2.6); eye.rotation_euler = (math.radians(78), 0, 0)
bpy.context.scene.collection.objects.link(eye); bpy.context.scene.camera = eye
