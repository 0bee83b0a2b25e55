"""Chooses EEVEE by whichever name this Blender knows, and renders a frame with it."""
import bpy

scene = bpy.context.scene
for name in ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE"):
    try:
        scene.render.engine = name
        break
    except TypeError:
        continue
scene.eevee.taa_render_samples = 16
scene.render.resolution_x = 640
scene.render.resolution_y = 480
scene.render.filepath = "//frame"
bpy.ops.mesh.primitive_torus_add(location=(0, 0, 1.5), major_radius=1.2, minor_radius=0.35)
bpy.ops.render.render(write_still=True)
