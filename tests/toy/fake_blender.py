"""An installed ``blender``, played by a script that takes the same arguments and runs the module."""

import importlib.util
import sys
from pathlib import Path

SCRIPT = """#!/bin/sh
# blender --background --factory-startup ... --python FILE -- ARGUMENTS
test "$1" = --background || exit 9
while [ "$1" != --python ]; do shift; done
shift; file="$1"; shift
exec {python} -s -S -P -c '
import runpy, sys
sys.path += ["{site}"]
{before}
sys.argv = ["blender", "--background", "--python", *sys.argv[1:]]
runpy.run_path(sys.argv[3], run_name="__main__")
' "$file" "$@"
"""

OTHER_VERSION = """
import bpy
class App:
    real = bpy.app
    def __getattr__(self, name):
        return "{version}" if name == "version_string" else getattr(self.real, name)
bpy.app = App()
"""


def write_fake_blender(path: Path, version: str = "") -> Path:
    """Write the script; with a version, it says that it is of that version."""
    site = str(Path(importlib.util.find_spec("bpy").origin).parent.parent)
    before = OTHER_VERSION.format(version=version) if version else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT.format(python=sys.executable, site=site, before=before))
    path.chmod(0o755)
    return path
