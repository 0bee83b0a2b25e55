"""Rocks: icospheres pushed about by mathutils.noise, with a seeded random."""
import random

import bpy
from mathutils import Vector, noise

random.seed(42)
noise.seed_set(5)
bpy.data.objects.remove(bpy.data.objects["Cube"])
for index in range(6):
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=4, radius=random.uniform(0.4, 0.9))
    rock = bpy.context.object
    rock.name = f"Rock.{index:03d}"
    rock.location = (random.uniform(-2, 2), random.uniform(-2, 2), 0.3)
    offset = Vector([random.uniform(0, 50) for _ in range(3)])
    for vertex in rock.data.vertices:
        height = noise.fractal(vertex.co * 1.5 + offset, 1.0, 2.0, 5)
        vertex.co += vertex.normal * height * 0.25
    rock.data.update()
