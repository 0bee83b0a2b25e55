"""Low-level scene construction through bpy.data only, without operators."""
import bpy, bmesh
from mathutils import Vector, Euler
from math import pi

scene = bpy.context.scene
for block in list(bpy.data.objects):
	bpy.data.objects.remove(block, do_unlink=True)

def link(ob):
	scene.collection.objects.link(ob)
	return ob

me = bpy.data.meshes.new("Crate")
bm = bmesh.new()
bmesh.ops.create_cube(bm, size=1.5)
bm.to_mesh(me); bm.free()
crate = link(bpy.data.objects.new("Crate", me))
crate.location = Vector((0.0, 0.0, 0.75))
crate.rotation_euler = Euler((0.0, 0.0, 0.5), 'XYZ')

wood = bpy.data.materials.new("Wood")
wood.use_nodes = True
bsdf = wood.node_tree.nodes["Principled BSDF"]
bsdf.inputs[0].default_value = (0.35, 0.18, 0.06, 1.0)  # base colour, by index
me.materials.append(wood)

sun_data = bpy.data.lights.new(name="Sun", type='SUN')
sun_data.energy = 3.0; sun_data.angle = 0.05
sun = link(bpy.data.objects.new("Sun", sun_data))
sun.rotation_euler = Euler((0.7, 0.2, 0.4))

cam_data = bpy.data.cameras.new("Cam")
cam_data.angle = 50 * pi / 180
cam = link(bpy.data.objects.new("Cam", cam_data))
cam.location = 0, -6, 2.2
cam.rotation_euler.x = 1.35
scene.camera = cam
