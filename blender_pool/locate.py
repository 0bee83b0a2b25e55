"""Finds Blender, and builds the command that turns a process into a worker."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from seig_search.errors import SeigError

__all__ = ["Blender", "find_blender"]

MAIN = Path(__file__).resolve().parent / "worker" / "main.py"


@dataclass(frozen=True, slots=True)
class Blender:
    """A Blender that can be started.

    Args:
        kind: ``bpy`` (module of this Python) or ``binary``.
        path: The Python executable, or the ``blender`` binary.
        site: Folders that the worker must add to its import path.
    """

    kind: str
    path: str
    site: tuple[str, ...] = ()

    def command(self, scratch: Path, channel: list[str]) -> list[str]:
        """Build the worker's command line.

        Args:
            scratch: The worker's own folder.
            channel: Arguments that name the descriptors over which it is spoken to.
        """
        tail = ["--", *channel, "--scratch", str(scratch)]
        if self.kind == "bpy":
            for folder in self.site:
                tail += ["--site", folder]
            return [self.path, "-s", "-S", "-P", str(MAIN), *tail]
        return [
            self.path,
            "--background",
            "--factory-startup",
            # Lets the worker's own, scrubbed environment fix the hash seed of Blender's Python.
            "--python-use-system-env",
            "--python-exit-code",
            "70",
            "--python",
            str(MAIN),
            *tail,
        ]


def _module() -> Blender | None:
    try:
        spec = importlib.util.find_spec("bpy")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin:
        return None
    sites = [str(Path(spec.origin).resolve().parent.parent)]
    numpy = importlib.util.find_spec("numpy")
    if numpy is not None and numpy.origin:
        folder = str(Path(numpy.origin).resolve().parent.parent)
        if folder not in sites:
            sites.append(folder)
    return Blender("bpy", sys.executable, tuple(sites))


def _binary(name: str) -> Blender | None:
    path = shutil.which(name)
    return None if path is None else Blender("binary", str(Path(path).absolute()))


def find_blender(wish: str) -> Blender:
    """Find the Blender that the user wants.

    Args:
        wish: ``bpy``, ``auto``, or the path or name of a ``blender`` binary.

    Raises:
        SeigError: There is none; the text says what was tried and what to install.
    """
    install = (
        f"install the module with `pip install bpy` (this is Python {sys.version_info[0]}.{sys.version_info[1]}; "
        "bpy 4.5 needs 3.11, bpy 5.2 needs 3.13), or Blender from https://www.blender.org/download/ "
        "and set the pool option blender=/path/to/blender"
    )
    tried = []
    if wish in ("bpy", "auto"):
        found = _module()
        if found is not None:
            return found
        tried.append(f"the module bpy in {sys.executable}")
    if wish != "bpy":
        name = "blender" if wish == "auto" else wish
        found = _binary(os.path.expanduser(name))  # noqa: PTH111
        if found is not None:
            return found
        tried.append(f"the program {name!r}" + ("" if os.sep in name else " on the PATH"))
    raise SeigError(f"no Blender found (tried {' and '.join(tried)}); {install}")
