# ruff: noqa: F821
"""Every modelling function of the kit once, on a grey floor; the functions' text is pasted above."""

import bpy

for item in list(bpy.data.objects):
    bpy.data.objects.remove(item)


def at(thing, x, y, z=0.0):
    thing.location = (x, y, z)
    return thing


def coloured(thing, rgb, roughness=0.4):
    return kit_dress(thing, kit_paint(thing.name, rgb, roughness))


RED, BLUE, GOLD, GREEN, WHITE = (
    (0.5, 0.05, 0.03),
    (0.05, 0.14, 0.4),
    (0.6, 0.33, 0.06),
    (0.06, 0.25, 0.09),
    (0.6, 0.58, 0.54),
)

coloured(at(kit_box("Box", (0.3, 0.24, 0.2), 0.02), -0.95, 0.5), RED)
coloured(at(kit_cylinder("Cylinder", 0.14, 0.3, 0.015), -0.5, 0.5), BLUE)
coloured(at(kit_cylinder("Cone", 0.15, 0.34, 0.01, top_radius=0.05), -0.1, 0.55), GOLD)
coloured(at(kit_capsule("Capsule", 0.1, 0.36), 0.25, 0.5), GREEN)
vase = [(0, 0), (0.09, 0), (0.09, 0), (0.14, 0.12), (0.06, 0.3), (0.09, 0.4), (0.09, 0.4), (0.075, 0.4), (0.075, 0.4)]
vase += [(0.045, 0.3), (0.12, 0.12), (0, 0.02), (0, 0.02)]
coloured(at(kit_lathe("Vase", vase, steps=6), 0.62, 0.5), WHITE, 0.15)
mug = [(0, 0), (0.1, 0), (0.1, 0.22), (0.09, 0.22), (0.09, 0.012), (0, 0.012)]
coloured(at(kit_lathe("Mug", mug, bevel=0.005), 0.98, 0.5), RED, 0.15)
coloured(at(kit_handle("Handle", 0.13, 0.085, 0.022), 1.075, 0.5, 0.045), RED, 0.15)
bottle = [(0, 0.11, 0.06), (0, 0.11, 0.06), (0.2, 0.12, 0.07), (0.28, 0.05, 0.045), (0.36, 0.035, 0.035)]
coloured(at(kit_loft("Bottle", bottle, power=3.5), -0.95, 0.02), GREEN, 0.2)
curl = [(-0.15, 0, 0.03), (-0.05, 0.1, 0.05), (0.08, 0, 0.15), (0, -0.1, 0.25), (-0.08, 0, 0.3)]
coloured(at(kit_tube("Tube", curl, [0.03, 0.03, 0.025, 0.02, 0.008]), -0.5, 0.05), GOLD)
loop = [(0.13, 0, 0.03), (0, 0.13, 0.03), (-0.13, 0, 0.03), (0, -0.13, 0.03)]
coloured(at(kit_tube("Ring", loop, 0.03, closed=True), -0.12, 0.05), BLUE)
coloured(at(kit_text("Text", "Kit", 0.2, 0.05, 0.004), 0.35, 0.05), WHITE)
coloured(at(kit_box("Table", (0.3, 0.3, 0.26), 0.004), 0.88, 0.0), WHITE)
coloured(at(kit_cloth("Drape", (0.56, 0.56), 0.018, over=(0.3, 0.3, 0.26), seed=3, wave=0.1), 0.88, 0.0), RED, 0.8)
coloured(at(kit_cloth("Sheet", (0.5, 0.34), 0.03, seed=2, wave=0.14), -0.8, -0.42), BLUE, 0.8)
hill = [(0.0, 0.0), (0.24, 0.0), (0.24, 0.0), (0.2, 0.09), (0.12, 0.12), (0, 0.125)]
coloured(at(kit_lathe("Hill", hill, steps=6), -0.1, -0.42), GREEN, 0.8)
seed = coloured(kit_capsule("Seed", 0.008, 0.04, 12), GOLD)
seeds = kit_scatter("Seeds", seed, bpy.data.objects["Hill"], 60, seed=4, min_distance=0.02, align=True, up=0.5)
pebble = coloured(kit_loft("Pebble", [(0, 0.02, 0.02), (0.015, 0.035, 0.028), (0.03, 0.02, 0.016)], 24), WHITE)
pebbles = kit_scatter("Pebbles", pebble, (0.3, -0.65, 1.1, -0.3), 30, seed=1, jitter=0.5, min_distance=0.06)

floor = kit_mesh("Floor", [(-6, -3, 0), (6, -3, 0), (6, 9, 0), (-6, 9, 0)], [(0, 1, 2, 3)])
coloured(floor, (0.32, 0.32, 0.33), 0.7)

scene = bpy.context.scene
scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
scene.collection.objects.link(scene.camera)
scene.camera.location = (0, -2.85, 2.1)
scene.camera.data.lens = 49
kit_look_at(scene.camera, (0.02, 0.02, 0.08))
key = bpy.data.objects.new("Key", bpy.data.lights.new("Key", "AREA"))
key.location, key.data.energy, key.data.size = (-2.2, -1.5, 2.8), 150, 1.4
scene.collection.objects.link(kit_look_at(key, (0, 0, 0)))
scene.world = bpy.data.worlds.new("World")
scene.world.use_nodes = True
scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.55, 0.65, 0.8, 1)
scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.5
scene.view_settings.view_transform = "Standard"
