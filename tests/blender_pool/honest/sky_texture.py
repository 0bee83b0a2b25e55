"""A sky texture in the place of an HDR picture, mapped and mixed with a gradient."""
import math

import bpy

world = bpy.data.worlds["World"]
world.use_nodes = True
nodes, links = world.node_tree.nodes, world.node_tree.links
background = nodes["Background"]
sky = nodes.new(type="ShaderNodeTexSky")
kinds = [item.identifier for item in sky.bl_rna.properties["sky_type"].enum_items]
sky.sky_type = "NISHITA" if "NISHITA" in kinds else kinds[0]
sky.sun_elevation = math.radians(20)
sky.sun_rotation = math.radians(120)
links.new(sky.outputs["Color"], background.inputs["Color"])
background.inputs["Strength"].default_value = 0.25
bpy.context.scene.view_settings.view_transform = "AgX"
bpy.context.scene.view_settings.exposure = -1
bpy.data.objects["Light"].hide_render = True
