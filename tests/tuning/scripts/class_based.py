#!/usr/bin/env python3
"""Object-oriented studio set-up."""
import bpy
from mathutils import Vector


class Studio:
    """A product on a table, one softbox, one camera."""

    KEY_POWER = 500.0
    backdrop = (0.7, 0.7, 0.68)

    def __init__(self, product_color=(0.05, 0.5, 0.2), focal=45.0):
        self.product_color = product_color
        self.focal = focal
        self.camera_position = (1.5, -6.0, 2.4)
        self.scene = bpy.context.scene

    def reset(self):
        for ob in bpy.data.objects[:]:
            bpy.data.objects.remove(ob)

    def paint(self, ob, color):
        mat = bpy.data.materials.new(ob.name + "_mat")
        mat.use_nodes = True
        mat.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*color, 1)
        ob.data.materials.append(mat)

    def build(self):
        self.reset()
        bpy.ops.mesh.primitive_plane_add(size=20, location=(0, 0, 0))
        self.paint(bpy.context.object, self.backdrop)
        bpy.ops.mesh.primitive_torus_add(major_radius=1.0, minor_radius=0.4, location=(0, 0, 0.4))
        self.paint(bpy.context.object, self.product_color)
        self.light()
        self.shoot()

    def light(self):
        lamp = bpy.data.lights.new("Softbox", 'AREA')
        lamp.energy = self.KEY_POWER
        lamp.size = 2.0
        ob = bpy.data.objects.new("Softbox", lamp)
        ob.location = (-2, -2, 5)
        ob.rotation_euler = Vector((2, 2, -5)).to_track_quat('-Z', 'Y').to_euler()
        self.scene.collection.objects.link(ob)

    def shoot(self):
        cam = bpy.data.objects.new("Cam", bpy.data.cameras.new("Cam"))
        cam.data.lens = self.focal
        cam.location = self.camera_position
        self.look_at(cam, (0.0, 0.0, 0.5))
        self.scene.collection.objects.link(cam)
        self.scene.camera = cam

    def look_at(self, ob, point):
        direction = Vector(point) - Vector(ob.location)
        ob.rotation_euler = direction.to_track_quat('-Z', 'Y').to_euler()


if __name__ == "__main__":
    Studio(focal=40.0).build()
