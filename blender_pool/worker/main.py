"""The child's beginning: load Blender, say hello, then serve jobs itself or fork leaves that do.

Started as ``python main.py -- ...`` with bpy as a module, or by ``blender --background --python main.py -- ...``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

HERE = str(Path(__file__).resolve().parent)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, help="file descriptor to read jobs from")
    parser.add_argument("--replies", type=int, help="file descriptor to write answers to")
    parser.add_argument("--control", type=int, help="file descriptor of the socket of a zygote, instead")
    parser.add_argument("--scratch", type=Path, required=True, help="folder that this process may write in")
    parser.add_argument("--site", action="append", default=[], help="folder where bpy and numpy are installed")
    return parser.parse_args(sys.argv[sys.argv.index("--") + 1 :])


def _hello() -> dict[str, Any]:
    import bpy

    devices: list[str] = []
    addon = bpy.context.preferences.addons.get("cycles")
    if addon is not None:
        addon.preferences.get_devices()
        devices = sorted({f"{device.type}: {device.name}" for device in addon.preferences.devices})
    return {
        "hello": True,
        "blender": bpy.app.version_string,
        "build": bpy.app.build_hash.decode(errors="replace"),
        "python": sys.version.split()[0],
        "devices": devices,
        "pid": os.getpid(),
    }


def _serve(arguments: argparse.Namespace) -> None:
    if arguments.control is not None:
        from zygote import be_zygote

        be_zygote(arguments.control, arguments.scratch, _hello())
        return
    from lockdown import lock_down
    from serving import serve
    from slate import Slate

    slate = Slate(arguments.scratch)
    hello = _hello()
    locks = lock_down(str(arguments.scratch))
    serve(arguments.requests, arguments.replies, slate, {**hello, "locks": locks})


def main() -> None:
    """Serve jobs; a closed pipe or any failure of the worker itself ends the process at once."""
    arguments = _arguments()
    for fd in (arguments.requests, arguments.replies, arguments.control):
        if fd is not None:
            os.set_inheritable(fd, False)
    sys.path[:0] = [HERE]
    sys.path += [folder for folder in arguments.site if folder not in sys.path]
    from serving import exit_code_of

    # Blender's own exit runs the program's persistent handlers and can hang.
    os._exit(exit_code_of(lambda: _serve(arguments)))


if __name__ == "__main__":
    main()
