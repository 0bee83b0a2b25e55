"""A terrain from numpy arrays: foreach_set for vertices, loops and polygons, and a colour attribute."""
import bpy
import numpy as np

SIZE = 60
rng = np.random.default_rng(7)
x, y = np.meshgrid(np.linspace(-3, 3, SIZE), np.linspace(-3, 3, SIZE))
z = 0.6 * np.sin(2 * x) * np.cos(1.5 * y) + 0.05 * rng.normal(size=x.shape)
points = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
corner = (np.arange(SIZE - 1)[:, None] * SIZE + np.arange(SIZE - 1)).ravel()
quads = np.stack([corner, corner + 1, corner + SIZE + 1, corner + SIZE], 1).astype(np.int32)

mesh = bpy.data.meshes.new("Terrain")
mesh.vertices.add(len(points))
mesh.vertices.foreach_set("co", points.ravel())
mesh.loops.add(quads.size)
mesh.loops.foreach_set("vertex_index", quads.ravel())
mesh.polygons.add(len(quads))
mesh.polygons.foreach_set("loop_start", np.arange(0, quads.size, 4, dtype=np.int32))
mesh.update(calc_edges=True)
mesh.validate()
colour = mesh.color_attributes.new("Height", "FLOAT_COLOR", "POINT")
shade = np.clip(points[:, 2] + 0.5, 0, 1)
colour.data.foreach_set("color", np.stack([shade, 0.5 + 0 * shade, 1 - shade, 1 + 0 * shade], 1).ravel())
terrain = bpy.data.objects.new("Terrain", mesh)
bpy.context.collection.objects.link(terrain)
material = bpy.data.materials.new("By height")
material.use_nodes = True
read = material.node_tree.nodes.new("ShaderNodeVertexColor")
read.layer_name = "Height"
material.node_tree.links.new(
    read.outputs["Color"], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"]
)
mesh.materials.append(material)
bpy.data.objects.remove(bpy.data.objects["Cube"])
