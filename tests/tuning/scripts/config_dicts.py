"""Everything adjustable is in CONFIG."""
import bpy
import math

CONFIG = {
    "camera": {"location": (0.0, -7.0, 2.0), "tilt_deg": 80.0, "fov_deg": 42.0},   # framing
    "light": {"type": "AREA", "energy": 350.0, "location": (2.0, -3.0, 4.0), "size": 1.5},
    "cube": {"size": 1.8, "color": [0.75, 0.55, 0.1]},  # mustard
    "ground_color": (0.3, 0.32, 0.35),
}


def paint(obj, rgb):
    mat = bpy.data.materials.new(f"{obj.name}-paint")
    mat.use_nodes = True
    mat.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = tuple(rgb) + (1.0,)
    obj.data.materials.append(mat)


bpy.ops.wm.read_factory_settings(use_empty=True)

cube = CONFIG["cube"]
bpy.ops.mesh.primitive_cube_add(size=cube["size"], location=(0, 0, cube["size"] / 2))
paint(bpy.context.object, cube["color"])
bpy.ops.mesh.primitive_plane_add(size=15)
paint(bpy.context.object, CONFIG["ground_color"])

light = CONFIG["light"]
bpy.ops.object.light_add(type=light["type"], location=light["location"])
bpy.context.object.data.energy = light["energy"]
bpy.context.object.data.size = light.get("size", 1.0)

cam = CONFIG["camera"]
bpy.ops.object.camera_add(location=cam["location"], rotation=(math.radians(cam["tilt_deg"]), 0.0, 0.0))
bpy.context.scene.camera = bpy.context.object
bpy.context.object.data.angle = math.radians(cam["fov_deg"])
