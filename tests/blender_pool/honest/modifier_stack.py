"""Many modifiers, some applied: array, bevel, boolean, mirror, solidify, screw, displace, subdivision."""
import math

import bpy


def add(kind, at, **rest):
    getattr(bpy.ops.mesh, f"primitive_{kind}_add")(location=at, **rest)
    return bpy.context.active_object


def modify(item, name, kind, **settings):
    made = item.modifiers.new(name=name, type=kind)
    for key, value in settings.items():
        setattr(made, key, value)
    return made


bpy.data.objects.remove(bpy.data.objects["Cube"])
block = add("cube", (-2, 0, 1), size=1.6)
hole = add("cylinder", (-2, 0, 1), radius=0.5, depth=4)
modify(block, "Hole", "BOOLEAN", operation="DIFFERENCE", object=hole, solver="EXACT")
modify(block, "Bevel", "BEVEL", width=0.08, segments=3, limit_method="ANGLE", angle_limit=math.radians(40))
bpy.context.view_layer.objects.active = block
bpy.ops.object.modifier_apply(modifier="Hole")
bpy.data.objects.remove(hole)

fence = add("cube", (-3, 2.5, 0.5), size=0.4)
modify(fence, "Array", "ARRAY", count=8, use_relative_offset=True, relative_offset_displace=(1.8, 0, 0))

half = add("monkey", (1, 0, 1))
modify(half, "Mirror", "MIRROR", use_axis=(False, True, False))
modify(half, "Subdivision", "SUBSURF", levels=1, render_levels=2)

sheet = add("grid", (3, -1, 0.5), x_subdivisions=40, y_subdivisions=40, size=3)
texture = bpy.data.textures.new("Clouds", type="CLOUDS")
texture.noise_scale = 0.6
modify(sheet, "Displace", "DISPLACE", texture=texture, strength=0.8)
modify(sheet, "Solidify", "SOLIDIFY", thickness=0.1)

profile = bpy.data.meshes.new("Profile")
profile.from_pydata([(0.2, 0, 0), (0.5, 0, 0.3), (0.3, 0, 0.8), (0.45, 0, 1.2)], [(0, 1), (1, 2), (2, 3)], [])
vase = bpy.data.objects.new("Vase", profile)
bpy.context.collection.objects.link(vase)
vase.location = (0.5, -2.5, 0)
modify(vase, "Screw", "SCREW", steps=32, render_steps=32, use_normal_calculate=True)
