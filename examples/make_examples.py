"""Render the example programs and write down what is in them: ``python examples/make_examples.py [NAME ...]``.

Each program runs in a process of its own with the plain ``bpy`` module. Beside each picture stands a JSON file of the
scene's truth (camera, lights, objects), in the form of ``clevr_1.json``.
"""

from __future__ import annotations

import argparse
import json
import runpy
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT, SAMPLES, SEED = 480, 360, 64, 0
DIGITS = 6


def rows(matrix: Iterable[Iterable[float]]) -> list[list[float]]:
    """Give a matrix as nested lists of rounded numbers."""
    return [[round(value, DIGITS) for value in row] for row in matrix]


def truth(scene: Any, image: str) -> dict[str, Any]:
    """Describe an evaluated scene.

    Args:
        scene: The Blender scene, its dependency graph up to date.
        image: Name of the picture's file.

    Returns:
        Plain data: lengths in metres, energies in watts, matrices from local to world, colours linear RGBA.
    """
    things = sorted(scene.objects, key=lambda thing: str(thing.name))
    camera = scene.camera
    return {
        "image": image,
        "resolution": [WIDTH, HEIGHT],
        "camera": {
            "matrix_world": rows(camera.matrix_world),
            "lens_mm": round(camera.data.lens, DIGITS),
            "sensor_width_mm": camera.data.sensor_width,
            "sensor_fit": camera.data.sensor_fit,
        },
        "lights": [
            {
                "name": thing.name,
                "type": thing.data.type,
                "energy": round(thing.data.energy, DIGITS),
                "color": [round(value, DIGITS) for value in thing.data.color],
                "matrix_world": rows(thing.matrix_world),
                "size": round(thing.data.size, DIGITS) if thing.data.type == "AREA" else None,
            }
            for thing in things
            if thing.type == "LIGHT"
        ],
        "objects": [
            {
                "name": thing.name,
                "matrix_world": rows(thing.matrix_world),
                "dimensions": [round(value, DIGITS) for value in thing.dimensions],
                "color_linear": rows(material.diffuse_color for material in thing.data.materials),
            }
            for thing in things
            if thing.type == "MESH"
        ],
    }


def render(program: Path) -> None:
    """Run a program in this process and write its picture and truth beside this file."""
    import bpy

    runpy.run_path(str(program), run_name="__main__")
    scene = bpy.context.scene
    image = HERE / f"{program.stem}.png"
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples, scene.cycles.seed = SAMPLES, SEED
    scene.cycles.use_denoising, scene.cycles.denoiser = True, "OPENIMAGEDENOISE"
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA" if scene.render.film_transparent else "RGB"
    scene.render.filepath = str(image)
    bpy.ops.render.render(write_still=True)
    image.with_suffix(".json").write_text(json.dumps(truth(scene, image.name), indent=1) + "\n")


def main() -> None:
    """Render the named programs, or all, each in its own process."""
    names = sorted(path.stem for path in (HERE / "programs").glob("*.py"))
    parser = argparse.ArgumentParser(description="Render the example programs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which programs: {', '.join(names)}; default all")
    parser.add_argument("--here", action="store_true", help="render one program in this process")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.names) - set(names)):
        parser.error(f"unknown program {', '.join(unknown)}; known: {', '.join(names)}")
    if chosen.here:
        if len(chosen.names) != 1:
            parser.error("--here takes exactly one NAME, since Blender starts once per process")
        render(HERE / "programs" / f"{chosen.names[0]}.py")
        return

    from tqdm import tqdm

    for name in tqdm(chosen.names or names, desc="examples", unit="picture"):
        command = [sys.executable, str(HERE / "make_examples.py"), "--here", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


if __name__ == "__main__":
    main()
