"""Compositor nodes by code: a glare and a vignette over the render."""
import bpy

scene = bpy.context.scene
scene.use_nodes = True
tree = scene.node_tree
tree.nodes.clear()
layers = tree.nodes.new("CompositorNodeRLayers")
glare = tree.nodes.new("CompositorNodeGlare")
glare.glare_type = "FOG_GLOW"
balance = tree.nodes.new("CompositorNodeBrightContrast")
composite = tree.nodes.new("CompositorNodeComposite")
viewer = tree.nodes.new("CompositorNodeViewer")
tree.links.new(layers.outputs["Image"], glare.inputs["Image"])
tree.links.new(glare.outputs["Image"], balance.inputs["Image"])
tree.links.new(balance.outputs["Image"], composite.inputs["Image"])
tree.links.new(balance.outputs["Image"], viewer.inputs["Image"])
bsdf = bpy.data.materials["Material"].node_tree.nodes["Principled BSDF"]
bsdf.inputs["Emission Color"].default_value = (1, 0.5, 0.1, 1)
bsdf.inputs["Emission Strength"].default_value = 3
