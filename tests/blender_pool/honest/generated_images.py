"""Generated test pictures as textures: Blender's own colour grid and checker, never filled by hand."""
import bpy

for index, kind in enumerate(("COLOR_GRID", "UV_GRID")):
    image = bpy.data.images.new(f"Test {kind}", width=256, height=256)
    image.generated_type = kind
    bpy.ops.mesh.primitive_uv_sphere_add(location=(2.4 * index - 1.2, 0, 1.6), radius=1)
    ball = bpy.context.object
    material = bpy.data.materials.new(kind)
    material.use_nodes = True
    texture = material.node_tree.nodes.new("ShaderNodeTexImage")
    texture.image = image
    material.node_tree.links.new(
        texture.outputs["Color"], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"]
    )
    ball.data.materials.append(material)
checker = bpy.data.materials["Material"].node_tree.nodes.new("ShaderNodeTexChecker")
tree = bpy.data.materials["Material"].node_tree
tree.links.new(checker.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
