"""A ball of hair by the particle system, and an emitter looked at in frame 20."""
import bpy

bpy.data.objects.remove(bpy.data.objects["Cube"])
bpy.ops.mesh.primitive_uv_sphere_add(segments=24, ring_count=12, radius=1)
head = bpy.context.object
head.modifiers.new("Hair", type="PARTICLE_SYSTEM")
settings = head.particle_systems[0].settings
settings.type = "HAIR"
settings.count = 400
settings.hair_length = 0.8
settings.child_type = "SIMPLE"
settings.rendered_child_count = 5
settings.root_radius = 2.0

bpy.ops.mesh.primitive_plane_add(size=1, location=(2.5, 0, 0))
source = bpy.context.object
source.modifiers.new("Fountain", type="PARTICLE_SYSTEM")
fountain = source.particle_systems[0].settings
fountain.count = 60
fountain.frame_end = 15
fountain.normal_factor = 4
bpy.ops.mesh.primitive_ico_sphere_add(radius=1, location=(0, 0, -50))
fountain.render_type = "OBJECT"
fountain.instance_object = bpy.context.object
fountain.particle_size = 0.12
scene = bpy.context.scene
for frame in range(1, 21):
    scene.frame_set(frame)
