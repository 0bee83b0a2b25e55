# ruff: noqa: F821
"""Every material of the kit once, on a plain floor; the functions' text is pasted above."""

import bpy

for item in list(bpy.data.objects):
    bpy.data.objects.remove(item)


def show(thing, material, x, y, z=0.0, turn=0.0):
    thing.location, thing.rotation_euler.z = (x, y, z), turn
    kit_dress(thing, material)


def ball(name):
    return kit_capsule(name, 0.15, 0.3, 64)


BOX = (0.28, 0.28, 0.28)
BROWN, CREAM, STEEL = (0.3, 0.13, 0.05), (0.62, 0.55, 0.42), (0.6, 0.6, 0.62)
show(kit_box("Wood box", BOX, 0.01), kit_wood("Wood", (0.42, 0.22, 0.1), size=0.018, axis="Z"), -1.05, 0.55, turn=0.5)
show(ball("Dark wood"), kit_wood("Walnut", (0.16, 0.075, 0.035), size=0.015, coat=0.4), -0.62, 0.55)
show(kit_cylinder("Pan", 0.16, 0.2, 0.008), kit_metal("Turned", STEEL, brushed="ROUND"), -0.18, 0.55)
show(kit_box("Steel", BOX, 0.012), kit_metal("Brushed", STEEL, 0.3, brushed="X"), 0.25, 0.55, turn=-0.5)
show(ball("Gold"), kit_metal("Gold metal", (0.9, 0.6, 0.2), 0.15), 0.66, 0.55)
show(ball("Glass ball"), kit_glass("Clear"), 1.06, 0.55)
show(ball("Fabric ball"), kit_fabric("Wool", (0.35, 0.07, 0.06), size=0.008), -1.05, 0.08)
cloth = kit_cloth("Cloth", (0.42, 0.34), 0.03, seed=5, wave=0.15)
show(cloth, kit_fabric("Linen", (0.16, 0.26, 0.4), size=0.005, uv=True), -0.6, 0.08, turn=0.2)
show(ball("Granite ball"), kit_stone("Granite", (0.45, 0.42, 0.4), size=0.08), -0.17, 0.08)
marble = kit_stone("Marble", (0.75, 0.74, 0.72), size=0.12, veins=0.9, speckle=0.0, roughness=0.12, bump=0.0)
show(kit_box("Marble box", BOX, 0.01), marble, 0.26, 0.08, turn=0.35)
show(ball("Clay"), kit_noise("Terracotta", (0.5, 0.2, 0.1), (0.36, 0.12, 0.06), 0.06, 0.8, bump=0.3), 0.66, 0.08)
show(ball("Checked"), kit_checker("Checks", (0.6, 0.04, 0.03), (0.75, 0.72, 0.66), 0.06), 1.06, 0.08)
wall, floor = 0.008, 0.01
cup = [(0, 0), (0.12, 0), (0.13, 0.16), (0.122, 0.16), (0.112, 0.01), (0, 0.01)]
show(kit_lathe("Cup", cup, bevel=0.003), kit_paint("Glaze", CREAM, 0.12, coat=0.5), -0.95, -0.36)
show(
    kit_cylinder("Coffee", 0.112, 0.12, top_radius=0.119),
    kit_liquid("Espresso", (0.02, 0.008, 0.003)),
    -0.95,
    -0.36,
    0.011,
)
show(kit_lathe("Tumbler", cup, bevel=0.003), kit_glass("Tinted", (0.85, 0.95, 0.92)), -0.55, -0.36)
show(
    kit_cylinder("Juice", 0.1115, 0.1, top_radius=0.1175),
    kit_liquid("Orange", (0.9, 0.38, 0.03), 0.3),
    -0.55,
    -0.36,
    0.011,
)
planks = kit_wood("Planks", (0.4, 0.22, 0.1), size=0.012, planks=0.1)
show(kit_box("Boards", (0.9, 0.42, 0.05), 0.004), planks, 0.05, -0.36)
napkin = kit_cloth("Napkin", (0.4, 0.34), 0.02, seed=9, wave=0.16)
show(
    napkin, kit_checker("Gingham", (0.05, 0.12, 0.35), (0.75, 0.75, 0.75), 0.045, 0.9, uv=True), 0.85, -0.36, turn=-0.15
)
ground = kit_mesh("Floor", [(-6, -3, 0), (6, -3, 0), (6, 9, 0), (-6, 9, 0)], [(0, 1, 2, 3)])
show(ground, kit_paint("Grey", (0.3, 0.3, 0.31), 0.6), 0, 0)

scene = bpy.context.scene
scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
scene.collection.objects.link(scene.camera)
scene.camera.location = (0, -2.75, 2.15)
scene.camera.data.lens = 50
kit_look_at(scene.camera, (0.02, 0.09, 0.06))
for name, place, energy, size in (("Key", (-2.2, -1.5, 2.8), 120, 1.2), ("Rim", (2.0, 2.2, 2.2), 45, 1.0)):
    lamp = bpy.data.objects.new(name, bpy.data.lights.new(name, "AREA"))
    lamp.location, lamp.data.energy, lamp.data.size = place, energy, size
    scene.collection.objects.link(kit_look_at(lamp, (0, 0, 0)))
scene.world = bpy.data.worlds.new("World")
scene.world.use_nodes = True
scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.55, 0.65, 0.8, 1)
scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.5
scene.view_settings.view_transform = "Standard"
