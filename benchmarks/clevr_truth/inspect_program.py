"""Runs a program in this process's Blender and prints its scene facts and base colours as one line of JSON.

Usage: inspect_program.py PROGRAM WIDTH HEIGHT
"""

from __future__ import annotations

import json
import runpy
import sys

import bpy

from seig_search.blender_pool import worker

# The modules of the worker stand alone, as they do inside Blender.
sys.path.insert(0, next(iter(worker.__path__)))

from facts import scene_facts


def base_colours() -> dict[str, list[float]]:
    """Give each material's base colour, linear RGB; a linked colour gives the mean of its ramp, if it is one."""
    found = {}
    for material in bpy.data.materials:
        for node in material.node_tree.nodes if material.node_tree else ():
            if node.type == "BSDF_PRINCIPLED":
                socket = node.inputs["Base Color"]
                found[material.name] = list(socket.default_value)[:3]
                source = socket.links[0].from_node if socket.links else None
                if source is not None and source.type == "VALTORGB":
                    stops = [list(stop.color)[:3] for stop in source.color_ramp.elements]
                    found[material.name] = [sum(column) / len(stops) for column in zip(*stops, strict=True)]
    return found


def main() -> None:
    program, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    runpy.run_path(program, run_name="__main__")
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    bpy.context.view_layer.update()
    sys.stdout.write("\nFACTS " + json.dumps({"facts": scene_facts(scene), "colours": base_colours()}) + "\n")


main()
