"""A bare warm Blender: JSON lines in, a picture file out; each program from the factory settings on, all anew.

As ``python plain.py``: a line ``{"source", "path", "side", "samples"}`` is answered by ``DONE SECONDS_OF_RENDER POLYGONS AGAIN``;
with ``"again": true``, AGAIN is the seconds of a third render of the unchanged scene, all of it kept: nothing but light paths.
"""

import json
import sys
import time


def render(bpy, source: str, path: str, side: int, samples: int) -> float:
    """Run a program and render it with one Cycles thread; gives the seconds of Blender's render call."""
    bpy.ops.wm.read_factory_settings()
    exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
    scene = bpy.context.scene
    settings = scene.render
    settings.engine = "CYCLES"
    settings.resolution_x = settings.resolution_y = side
    settings.resolution_percentage = 100
    settings.threads_mode, settings.threads = "FIXED", 1
    scene.cycles.samples, scene.cycles.seed = samples, 0
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    settings.image_settings.file_format, settings.image_settings.color_mode = "PNG", "RGBA"
    settings.image_settings.compression = 0
    settings.filepath = path
    began = time.perf_counter()
    bpy.ops.render.render(write_still=True)
    return time.perf_counter() - began


def render_again(bpy) -> float:
    """Render what is there twice more with all data kept; gives the seconds of the last."""
    bpy.context.scene.render.use_persistent_data = True
    bpy.ops.render.render(write_still=True)
    began = time.perf_counter()
    bpy.ops.render.render(write_still=True)
    return time.perf_counter() - began


def polygons(bpy) -> int:
    """Count the polygons that are rendered, after modifiers."""
    graph = bpy.context.evaluated_depsgraph_get()
    things = [thing for thing in bpy.context.scene.objects if thing.type == "MESH" and not thing.hide_render]
    return sum(len(thing.evaluated_get(graph).data.polygons) for thing in things)


def main() -> None:
    import bpy

    print("READY", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        count, again = asked.pop("count", False), asked.pop("again", False)
        seconds = render(bpy, **asked)
        print("DONE", seconds, polygons(bpy) if count else 0, render_again(bpy) if again else 0, flush=True)


if __name__ == "__main__":
    main()
