"""One program in a Blender process of its own: ``python fresh.py PROGRAM PICTURE SIDE SAMPLES``."""

import os
import sys

import bpy
from plain import render

with open(sys.argv[1]) as file:  # noqa: PTH123
    render(bpy, file.read(), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
# Blender's own exit can hang, and is not what is measured.
os._exit(0)
