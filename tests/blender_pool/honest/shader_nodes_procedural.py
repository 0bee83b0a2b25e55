"""Shader nodes by code: noise, Voronoi, a colour ramp, bump, and a mix of two shaders."""
import bpy

cube = bpy.data.objects["Cube"]
material = bpy.data.materials.new("Rusty paint")
material.use_nodes = True
tree = material.node_tree
tree.nodes.clear()
output = tree.nodes.new("ShaderNodeOutputMaterial")
paint, rust = tree.nodes.new("ShaderNodeBsdfPrincipled"), tree.nodes.new("ShaderNodeBsdfPrincipled")
paint.inputs["Base Color"].default_value = (0.02, 0.25, 0.5, 1)
paint.inputs["Coat Weight"].default_value = 0.5
rust.inputs["Roughness"].default_value = 0.95
mix = tree.nodes.new("ShaderNodeMixShader")
noise = tree.nodes.new("ShaderNodeTexNoise")
noise.inputs["Scale"].default_value = 3.5
noise.inputs["Detail"].default_value = 8
voronoi = tree.nodes.new("ShaderNodeTexVoronoi")
voronoi.feature = "DISTANCE_TO_EDGE"
ramp = tree.nodes.new("ShaderNodeValToRGB")
ramp.color_ramp.elements[0].position = 0.45
ramp.color_ramp.elements[1].position = 0.55
tint = tree.nodes.new("ShaderNodeMix")
tint.data_type = "RGBA"
tint.inputs["A"].default_value = (0.25, 0.07, 0.02, 1)
tint.inputs["B"].default_value = (0.5, 0.2, 0.05, 1)
bump = tree.nodes.new("ShaderNodeBump")
coordinates = tree.nodes.new("ShaderNodeTexCoord")
link = tree.links.new
link(coordinates.outputs["Object"], noise.inputs["Vector"])
link(coordinates.outputs["Object"], voronoi.inputs["Vector"])
link(noise.outputs["Fac"], ramp.inputs["Fac"])
link(voronoi.outputs["Distance"], tint.inputs["Factor"])
link(tint.outputs["Result"], rust.inputs["Base Color"])
link(voronoi.outputs["Distance"], bump.inputs["Height"])
link(bump.outputs["Normal"], rust.inputs["Normal"])
link(ramp.outputs["Color"], mix.inputs["Fac"])
link(paint.outputs["BSDF"], mix.inputs[1])
link(rust.outputs["BSDF"], mix.inputs[2])
link(mix.outputs["Shader"], output.inputs["Surface"])
cube.data.materials.clear()
cube.data.materials.append(material)
