# ---- Blender beginner tutorial: my first scene! ----
import bpy
import math

# delete everything
bpy.ops.object.select_all(action='SELECT')
bpy.ops.object.delete(use_global=False)

# floor
bpy.ops.mesh.primitive_plane_add(size=12, location=(0, 0, 0))

# a ball   <-- change the radius if you like!
bpy.ops.mesh.primitive_uv_sphere_add(radius=1.0, location=(0, 0, 1), segments=24, ring_count=12)
ball = bpy.context.object
bpy.ops.object.shade_smooth()

mat = bpy.data.materials.new(name="BallMaterial")
mat.use_nodes = True
mat.node_tree.nodes["Principled BSDF"].inputs['Base Color'].default_value = (0.8, 0.15, 0.1, 1)   # red
mat.node_tree.nodes["Principled BSDF"].inputs['Roughness'].default_value = 0.5
ball.data.materials.append(mat)

# light
bpy.ops.object.light_add(type='POINT', radius=0.5, location=(3, -3, 5))
bpy.context.object.data.energy = 900      # watts

# camera
bpy.ops.object.camera_add(location=(0, -8, 3), rotation=(math.radians(75), 0, 0))
bpy.context.scene.camera = bpy.context.object
bpy.context.object.data.lens = 40
