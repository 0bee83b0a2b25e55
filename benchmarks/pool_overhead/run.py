"""What the pool costs over Blender itself: the same jobs through two plain Blender processes and through the pool.

Both use the same number of single-threaded processes. A plain process resets Blender, runs the program, renders to a
PNG file and decodes it, nothing else. Repeats are interleaved, so that a busy machine hurts both alike.

    python benchmarks/pool_overhead/run.py --jobs 60 --repeats 3
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

SCENE = """
import bpy

bpy.ops.wm.read_factory_settings(use_empty=True)
HEIGHT = {height}

def material(name, colour):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1)
    return made

bpy.ops.mesh.primitive_plane_add(size=20)
for index in range(12):
    place = (index % 4 - 1.5, index // 4 - 1, 0.3)
    if index % 3 == 0:
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.3, location=place)
    elif index % 3 == 1:
        bpy.ops.mesh.primitive_cube_add(size=0.5, location=place)
    else:
        bpy.ops.mesh.primitive_cylinder_add(radius=0.25, depth=0.6, location=place)
    bpy.context.object.data.materials.append(material(f"m{{index}}", (index / 12, 0.4, 1 - index / 12)))
bpy.context.object.location.z = HEIGHT
for energy, place in ((300, (3, -3, 4)), (150, (-3, -3, 4)), (80, (0, 4, 3))):
    light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "AREA"))
    light.data.energy, light.data.size, light.location = energy, 2, place
    light.rotation_euler = (0.6, 0, 0)
    bpy.context.collection.objects.link(light)
camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
camera.location, camera.rotation_euler = (0, -6, 4), (1.0, 0, 0)
bpy.context.collection.objects.link(camera)
bpy.context.scene.camera = camera
"""

PLAIN = """
import json, sys, tempfile, os
import bpy
import numpy as np
from PIL import Image
width, height, samples = 128, 128, int(sys.argv[1])
path = os.path.join(tempfile.mkdtemp(), "picture.png")
print("READY", flush=True)
for line in sys.stdin:
    source = json.loads(line)
    bpy.ops.wm.read_factory_settings()
    exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
    scene = bpy.context.scene
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.threads_mode, render.threads = "FIXED", 1
    scene.cycles.samples, scene.cycles.seed = samples, 0
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGBA"
    render.image_settings.compression = 0
    render.filepath = path
    bpy.ops.render.render(write_still=True)
    with Image.open(path) as picture:
        pixels = np.array(picture)
    print("DONE", int(pixels.sum()), flush=True)
"""


class Plain:
    """One bare Blender process."""

    def __init__(self, samples: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PLAIN, str(samples)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.wait("READY")

    def wait(self, word: str) -> str:
        """Read lines until one begins with a word, and give that line."""
        for line in self.process.stdout:
            if line.startswith(word):
                return line
        raise SystemExit("a plain Blender process ended")

    def run(self, sources: list[str]) -> list[int]:
        """Render programs one after another; gives the sum of each picture's values."""
        sums = []
        for source in sources:
            self.process.stdin.write(json.dumps(source) + "\n")
            self.process.stdin.flush()
            sums.append(int(self.wait("DONE").split()[1]))
        return sums


def proportional_mb(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def family(root: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    tree = [root]
    for member in tree:
        tree += [pid for pid, parent in parents.items() if parent == member]
    return tree


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--samples", type=int, default=4)
    arguments = parser.parse_args()
    count, fidelity = arguments.workers, Fidelity(128, 128, samples=arguments.samples)
    plain = [Plain(arguments.samples) for _ in range(count)]
    rows, memory = [], 0.0
    from concurrent.futures import ThreadPoolExecutor

    options = PoolOptions(workers=count, threads=1, recycle_after=100000)
    with BlenderPool(options) as pool, ThreadPoolExecutor(count) as threads:
        # One job of each before the clock starts: first renders load kernels.
        list(threads.map(lambda one: one.run([SCENE.format(height=0.5)]), plain))
        warm = [pool.submit(RenderJob(SCENE.format(height=-1 - i), fidelity)) for i in range(4 * count)]
        for future in warm:
            future.result()
        for repeat in range(arguments.repeats):
            sources = [SCENE.format(height=0.3 + (repeat * arguments.jobs + i) / 1e4) for i in range(arguments.jobs)]
            seconds = {}
            for kind in ("plain", "pool") if repeat % 2 == 0 else ("pool", "plain"):
                began = time.perf_counter()
                if kind == "plain":
                    parts = list(
                        threads.map(lambda i: plain[i].run(sources[i::count]), range(count))  # noqa: B023
                    )
                else:
                    futures = [pool.submit(RenderJob(source, fidelity)) for source in sources]
                    results = [future.result() for future in futures]
                seconds[kind] = time.perf_counter() - began
            same = sum(int(r.pixels.astype("int64").sum()) for r in results) == sum(map(sum, parts))
            rows.append((arguments.jobs / seconds["plain"], arguments.jobs / seconds["pool"], same))
        blenders = {info.child_pid for info in pool.worker_pids()} | {one.process.pid for one in plain}
        memory = proportional_mb([pid for pid in family(os.getpid()) if pid not in blenders])
    for one in plain:
        one.process.kill()
    print(f"{'repeat':>6} {'plain 1/s':>10} {'pool 1/s':>10} {'overhead':>9}  same pixels")
    for index, (bare, pooled, same) in enumerate(rows):
        print(f"{index:>6} {bare:>10.2f} {pooled:>10.2f} {bare / pooled - 1:>8.1%}  {same}")
    middle = statistics.median(bare / pooled - 1 for bare, pooled, _ in rows)
    print(f"median overhead {middle:.1%}; driver and Ray without Blender: {memory:.0f} MiB (proportional set size)")


if __name__ == "__main__":
    main()
