"""Drivers: a scripted expression, and a function in the driver namespace."""
import bpy


def wave(index, frame):
    return 0.5 + 0.5 * ((index * 7 + frame) % 5)


bpy.app.driver_namespace["wave"] = wave
for index in range(5):
    bpy.ops.mesh.primitive_cube_add(size=0.6, location=(index - 2, 2, 0))
    bar = bpy.context.object
    curve = bar.driver_add("scale", 2)
    curve.driver.type = "SCRIPTED"
    curve.driver.expression = f"wave({index}, frame)"
cube = bpy.data.objects["Cube"]
curve = cube.driver_add("rotation_euler", 2)
variable = curve.driver.variables.new()
variable.name = "x"
variable.targets[0].id = bpy.data.objects["Light"]
variable.targets[0].data_path = "location.x"
curve.driver.expression = "x / 4"
bpy.context.scene.frame_set(12)
