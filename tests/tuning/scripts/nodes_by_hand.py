# Material and world nodes, wired by hand.
import bpy

# keep the default cube, camera and light of the factory file
cube = bpy.data.objects["Cube"]
camera = bpy.data.objects["Camera"]
lamp = bpy.data.objects["Light"]

mat = bpy.data.materials.new("Handmade")
mat.use_nodes = True
nt = mat.node_tree
nt.nodes.clear()
out = nt.nodes.new("ShaderNodeOutputMaterial")
mix = nt.nodes.new("ShaderNodeMixShader")
diff = nt.nodes.new("ShaderNodeBsdfDiffuse")
gloss = nt.nodes.new("ShaderNodeBsdfAnisotropic")
diff.inputs["Color"].default_value = (0.15, 0.45, 0.12, 1.0)
gloss.inputs["Roughness"].default_value = 0.35
mix.inputs[0].default_value = 0.25    # Fac
nt.links.new(diff.outputs[0], mix.inputs[1])
nt.links.new(gloss.outputs[0], mix.inputs[2])
nt.links.new(mix.outputs[0], out.inputs["Surface"])
cube.data.materials.clear()
cube.data.materials.append(mat)
cube.scale.z = 0.8
cube.rotation_euler[2] = 0.3

world = bpy.context.scene.world
world.use_nodes = True
bg = world.node_tree.nodes["Background"]
bg.inputs["Color"].default_value = (0.05, 0.06, 0.09, 1)
bg.inputs["Strength"].default_value = 1.0

lamp.data.energy = 800
camera.data.lens = 42
camera.location.x = 7.2
camera.location.y = -6.8
camera.location.z = 4.9
