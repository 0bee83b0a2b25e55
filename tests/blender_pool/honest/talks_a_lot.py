"""Prints, logs and warns as long scripts do, and reads and writes JSON in its working folder."""
import json
import logging
import sys
import time
import warnings
from pathlib import Path

import bpy

logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
log = logging.getLogger("builder")
started = time.perf_counter()
for index in range(3000):
    print(f"[{index:04d}] placing part {index} of 3000 ...")
log.info("placed after %.3f s", time.perf_counter() - started)
warnings.warn("this is only a warning", stacklevel=1)
print("non-ASCII: Größe, 立方体, ✓", flush=True)
layout = {"cubes": [[-2, 0, 0], [2, 0, 0], [0, 2, 1]], "size": 0.8}
Path("layout.json").write_text(json.dumps(layout, indent=2), encoding="utf-8")
with open("layout.json", encoding="utf-8") as file:
    for place in json.load(file)["cubes"]:
        bpy.ops.mesh.primitive_cube_add(size=layout["size"], location=place)
time.sleep(0.1)
