from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import bpy
import numpy as np
from mathutils import Vector


class RGB(NamedTuple):
    r: float
    g: float
    b: float


@dataclass
class Lamp:
    name: str
    power: float
    place: tuple[float, float, float]
    tint: RGB = RGB(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class View:
    eye: tuple[float, float, float]
    aim: tuple[float, float, float] = (0.0, 0.0, 0.7)
    fov: float = 38.0  # degrees


LAMPS = [
    Lamp("warm", 450.0, (3.0, -2.0, 4.0), tint=RGB(1.0, 0.8, 0.6)),
    Lamp("cool", power=200.0, place=(-3.0, -3.0, 3.0)),
]
VIEW = View(eye=(1.0, -7.0, 2.5))
SHELL = RGB(0.2, 0.35, 0.6)


def material(rgb: RGB) -> bpy.types.Material:
    mat = bpy.data.materials.new("shell")
    mat.use_nodes = True
    mat.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*rgb, 1.0)
    return mat


def main() -> None:
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    bpy.ops.mesh.primitive_ico_sphere_add(radius=1.0, subdivisions=3, location=(0, 0, 1))
    bpy.context.object.data.materials.append(material(SHELL))
    bpy.ops.mesh.primitive_plane_add(size=12)
    for lamp in LAMPS:
        data = bpy.data.lights.new(lamp.name, "POINT")
        data.energy = lamp.power
        data.color = lamp.tint
        ob = bpy.data.objects.new(lamp.name, data)
        ob.location = lamp.place
        bpy.context.collection.objects.link(ob)
    cam = bpy.data.objects.new("cam", bpy.data.cameras.new("cam"))
    cam.location = VIEW.eye
    cam.rotation_euler = (Vector(VIEW.aim) - Vector(VIEW.eye)).to_track_quat("-Z", "Y").to_euler()
    cam.data.angle = np.deg2rad(VIEW.fov)
    bpy.context.collection.objects.link(cam)
    bpy.context.scene.camera = cam


if __name__ == "__main__":
    main()
