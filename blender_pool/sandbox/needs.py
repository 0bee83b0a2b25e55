"""What a Blender process needs to see of this machine; all else stays out of its sight."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["child_environment", "walls"]

KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
SYSTEM = (
    *LIBRARIES,
    "/etc/fonts",
    "/etc/localtime",
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/glvnd",
    "/usr/share/zoneinfo",
)
# What an installed Blender's own Python brings along, and so what a standalone program may count on.
STOCK = (
    "bpy",
    "numpy",
    "numpy.libs",
    "requests",
    "urllib3",
    "certifi",
    "idna",
    "charset_normalizer",
    "zstandard",
    "Cython",
    "cython.py",
)
VERSION = re.compile(r"\d+\.\d+")
WORKER = Path(__file__).resolve().parent.parent / "worker"
SCRATCH_MB = 1024
GPU_NODES = (
    "/dev/dri",
    "/dev/kfd",
    "/dev/nvidiactl",
    "/dev/nvidia-uvm",
    "/dev/nvidia-uvm-tools",
    "/dev/nvidia-modeset",
)


def child_environment(scratch: Path) -> dict[str, str]:
    """Make the few variables a Blender process gets: no keys, no proxies, no home of the user.

    Args:
        scratch: The process's own folder.

    Returns:
        The whole environment of the process.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch / "tmp"),
        "XDG_RUNTIME_DIR": str(scratch / "tmp"),
        "BLENDER_USER_RESOURCES": str(scratch / "blender"),
        # Sets of texts must come in the same order each time, or equal programs render differently.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _python() -> list[str]:
    base = Path(sys.base_prefix)
    found = [sys.executable, str(Path(sys.prefix) / "pyvenv.cfg"), sysconfig.get_path("stdlib")]
    if (base / "conda-meta").is_dir():
        found.append(str(base / "lib"))
    if str(base).startswith("/nix/"):
        found.append("/nix/store")
    return [*found, *(str(path) for path in (base / "lib").glob("libpython*"))]


def _binary(path: str) -> list[str]:
    """The parts of an installed Blender: beside the binary, or where a distribution puts them."""
    folder = Path(path).resolve().parent
    beside = [entry for entry in folder.glob("*") if entry.name == "lib" or VERSION.fullmatch(entry.name)]
    return [path, *(str(entry) for entry in beside), "/bin", "/usr/bin", "/usr/share/blender", "/usr/share/X11"]


def walls(kind: str, path: str, site: Sequence[str], readable: Sequence[Path], on: bool, gpu: bool) -> dict[str, Any]:
    """Say what the launcher is to wall in.

    Args:
        kind: ``bpy`` or ``binary``.
        path: The executable.
        site: Folders in which bpy and numpy are installed.
        readable: Further files and folders that programs may read.
        on: Whether there are to be walls at all.
        gpu: Whether the graphics devices are let in.

    Returns:
        Plain JSON data: the part of the launcher's SPEC that tells of files and devices.
    """
    again = [str(Path(folder) / name) for folder in site for name in STOCK]
    own = _python() if kind == "bpy" else _binary(path)
    searched = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder.startswith("/")]
    stdlib = Path(sysconfig.get_path("stdlib"))
    cover = [stdlib / "site-packages", stdlib / "dist-packages", Path("/usr/lib/python3/dist-packages")]
    nodes = [*GPU_NODES, *(str(node) for node in Path("/dev").glob("nvidia[0-9]*"))]
    return {
        "sandbox": on,
        "read": [*SYSTEM, *searched, *own, str(WORKER), *(str(Path(place).absolute()) for place in readable)],
        "cover": [str(folder) for folder in cover] if kind == "bpy" else [],
        "again": [place for place in again if Path(place).exists()],
        "listed": list(site),
        "must_read": [path, str(WORKER / "main.py"), *(place for place in again if place.endswith("/bpy"))],
        "devices": [node for node in nodes if Path(node).exists()] if gpu else [],
        "scratch_mb": SCRATCH_MB,
        "processes": 256 + 16 * (os.cpu_count() or 1),
    }
