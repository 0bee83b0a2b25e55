"""Handlers before and after the render and on frames, one of them persistent; a timer that never comes."""
import bpy
from bpy.app.handlers import persistent

calls = []


@persistent
def on_load(*_):
    calls.append("load")


def before_render(scene, *_):
    calls.append("render")
    bpy.data.objects["Cube"].rotation_euler.z = 0.7


def on_frame(scene, depsgraph=None):
    bpy.data.objects["Cube"].location.z = scene.frame_current / 20


bpy.app.handlers.load_post.append(on_load)
bpy.app.handlers.render_init.append(before_render)
bpy.app.handlers.frame_change_post.append(on_frame)
bpy.app.timers.register(lambda: 0.5, first_interval=0.1)
bpy.context.scene.frame_set(15)
