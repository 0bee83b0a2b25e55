"""Metaballs that melt into one another."""
import random

import bpy

random.seed(3)
bpy.data.objects.remove(bpy.data.objects["Cube"])
ball = bpy.data.metaballs.new("Blob")
ball.resolution = 0.15
ball.render_resolution = 0.1
holder = bpy.data.objects.new("Blob", ball)
bpy.context.collection.objects.link(holder)
for _ in range(12):
    element = ball.elements.new()
    element.co = [random.uniform(-1.3, 1.3) for _ in range(3)]
    element.radius = random.uniform(0.6, 1.1)
material = bpy.data.materials.new("Jelly")
material.use_nodes = True
bsdf = material.node_tree.nodes["Principled BSDF"]
bsdf.inputs["Base Color"].default_value = (0.1, 0.7, 0.3, 1)
bsdf.inputs["Transmission Weight"].default_value = 0.3
bsdf.inputs["Subsurface Weight"].default_value = 0.2
ball.materials.append(material)
