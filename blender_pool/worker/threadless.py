"""Libraries of Blender's that keep threads of their own, told to do without: threads do not outlive a fork."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

__all__ = ["stop_openexr_threads"]

MAPS = Path("/proc/self/maps")
MINORS = range(10)


def stop_openexr_threads() -> bool:
    """Have OpenEXR read and write in the calling thread; its pool is what a forked process would wait for without end.

    Returns:
        Whether the library was found; where it was not, OpenEXR files hang in a forked process until the deadline.
    """
    try:
        lines = MAPS.read_text(errors="replace").splitlines()
    except OSError:
        return False
    paths = {line[line.index("/") :] for line in lines if "/libOpenEXR" in line}
    for path in sorted(paths):
        library = ctypes.CDLL(path)
        for minor in MINORS:
            with contextlib.suppress(AttributeError):
                library[f"_ZN7Imf_3_{minor}20setGlobalThreadCountEi"](0)
                return True
    return False
