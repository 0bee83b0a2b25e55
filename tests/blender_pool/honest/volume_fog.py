"""World fog by a volume scatter, a smoke cube by a principled volume, and a spot through it."""
import bpy

cube = bpy.data.objects["Cube"]
smoke = bpy.data.materials.new("Smoke")
smoke.use_nodes = True
tree = smoke.node_tree
tree.nodes.remove(tree.nodes["Principled BSDF"])
volume = tree.nodes.new("ShaderNodeVolumePrincipled")
volume.inputs["Density"].default_value = 0.8
tree.links.new(volume.outputs["Volume"], tree.nodes["Material Output"].inputs["Volume"])
cube.data.materials[0] = smoke
world = bpy.context.scene.world
world.use_nodes = True
fog = world.node_tree.nodes.new("ShaderNodeVolumeScatter")
fog.inputs["Density"].default_value = 0.02
world.node_tree.links.new(fog.outputs["Volume"], world.node_tree.nodes["World Output"].inputs["Volume"])
spot = bpy.data.lights.new("Spot", type="SPOT")
spot.energy, spot.spot_size, spot.spot_blend = 3000, 0.6, 0.3
holder = bpy.data.objects.new("Spot", spot)
holder.location = (0, 0, 6)
bpy.context.collection.objects.link(holder)
bpy.ops.mesh.primitive_plane_add(size=12, location=(0, 0, -1))
