"""Reads its arguments after `--`, with defaults, as background scripts do."""
import argparse
import sys

import bpy


def parse():
    own = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    parser = argparse.ArgumentParser(description="Colourful pillars")
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--spacing", type=float, default=1.4)
    parser.add_argument("--output", default="//pillars.png")
    return parser.parse_args(own)


def main():
    options = parse()
    bpy.data.objects.remove(bpy.data.objects["Cube"], do_unlink=True)
    for index in range(options.count):
        bpy.ops.mesh.primitive_cylinder_add(
            radius=0.4, depth=1 + 0.5 * index, location=((index - 2) * options.spacing, 0, 0.5 + 0.25 * index)
        )
        material = bpy.data.materials.new(f"Pillar {index}")
        material.diffuse_color = (index / 5, 0.4, 1 - index / 5, 1)
        material.use_nodes = True
        material.node_tree.nodes["Principled BSDF"].inputs[0].default_value = material.diffuse_color
        bpy.context.object.data.materials.append(material)
    return 0


if __name__ == "__main__":
    main()
