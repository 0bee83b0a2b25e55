"""The child's main loop: say hello, then a job in, an answer out, until the pipe ends.

Started as ``python main.py -- ...`` with bpy as a module, or by ``blender --background --python main.py -- ...``.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import Any

HERE = str(Path(__file__).resolve().parent)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, required=True, help="file descriptor to read jobs from")
    parser.add_argument("--replies", type=int, required=True, help="file descriptor to write answers to")
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


def _serve(requests: int, replies: int, scratch: Path) -> None:
    from framing import read_frame, write_frame
    from job import run_job
    from slate import Slate

    slate = Slate(scratch)
    write_frame(replies, _hello())
    while True:
        request = read_frame(requests)
        if request is None:
            return
        header, blobs = run_job(request, slate)
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None and not stream.closed:
                stream.flush()
        write_frame(replies, {**header, "id": request["id"], "worn": slate.worn()}, blobs)
        gc.collect()


def main() -> None:
    """Serve jobs; a closed pipe or any failure of the worker itself ends the process at once."""
    arguments = _arguments()
    for fd in (arguments.requests, arguments.replies):
        os.set_inheritable(fd, False)
    sys.path[:0] = [HERE]
    sys.path += [folder for folder in arguments.site if folder not in sys.path]
    code = 0
    try:
        _serve(arguments.requests, arguments.replies, arguments.scratch)
    except BrokenPipeError:
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        code = 70
    # Blender's own exit runs the program's persistent handlers and can hang.
    os._exit(code)


if __name__ == "__main__":
    main()
