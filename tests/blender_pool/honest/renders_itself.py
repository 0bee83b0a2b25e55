"""Model output: sets an engine, a large size and many samples, and renders to /tmp by itself."""
import bpy

scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples = 512
scene.cycles.use_denoising = True
scene.render.resolution_x = 1920
scene.render.resolution_y = 1080
scene.render.resolution_percentage = 100
scene.render.image_settings.file_format = "PNG"
scene.render.filepath = "/tmp/x.png"
cube = bpy.data.objects["Cube"]
cube.data.materials[0].node_tree.nodes["Principled BSDF"].inputs["Metallic"].default_value = 0.9
bpy.ops.render.render(write_still=True)
print("rendered to", scene.render.filepath)
