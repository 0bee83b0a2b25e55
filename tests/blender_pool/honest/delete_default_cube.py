"""Tutorial style: select everything, delete it, build on what is left of the start-up file."""
import bpy

bpy.ops.object.select_all(action="SELECT")
bpy.ops.object.delete(use_global=False)
for block in list(bpy.data.meshes):
    if block.users == 0:
        bpy.data.meshes.remove(block)
bpy.ops.outliner.orphans_purge(do_recursive=True)

bpy.ops.mesh.primitive_monkey_add(size=2, location=(0, 0, 1))
bpy.ops.object.shade_smooth()
bpy.ops.object.modifier_add(type="SUBSURF")
bpy.context.object.modifiers["Subdivision"].levels = 2
bpy.context.object.modifiers["Subdivision"].render_levels = 2
material = bpy.data.materials.new(name="Clay")
material.use_nodes = True
bsdf = material.node_tree.nodes.get("Principled BSDF")
bsdf.inputs["Base Color"].default_value = (0.8, 0.35, 0.2, 1.0)
bsdf.inputs["Roughness"].default_value = 0.4
bpy.context.object.data.materials.append(material)
bpy.ops.object.light_add(type="SUN", location=(0, 0, 10), rotation=(0.6, 0.2, 0.5))
bpy.context.object.data.energy = 4
bpy.ops.object.camera_add(location=(0, -6, 1.5), rotation=(1.5, 0, 0))
bpy.context.scene.camera = bpy.context.object
