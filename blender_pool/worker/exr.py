"""Reads the one kind of OpenEXR file that the worker writes itself: scanlines of floats, uncompressed, one part.

The layout is that of "OpenEXR File Layout", openexr.com.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["read_exr"]

MAGIC = 20000630
MULTIPART = 0x1000
FLOAT = 2


def _text(raw: bytes, at: int) -> tuple[str, int]:
    end = raw.index(b"\0", at)
    return raw[at:end].decode(errors="replace"), end + 1


def _attributes(raw: bytes) -> tuple[dict[str, bytes], int]:
    found, at = {}, 8
    while raw[at]:
        name, at = _text(raw, at)
        _, at = _text(raw, at)
        (size,) = struct.unpack_from("<i", raw, at)
        found[name] = raw[at + 4 : at + 4 + size]
        at += 4 + size
    return found, at + 1


def _channels(body: bytes) -> list[str]:
    names, at = [], 0
    while body[at]:
        name, at = _text(body, at)
        kind, _, x_step, y_step = struct.unpack_from("<4i", body, at)
        if (kind, x_step, y_step) != (FLOAT, 1, 1):
            raise ValueError(f"channel {name} is not one float per pixel")
        names.append(name)
        at += 16
    return names


def read_exr(path: Path) -> dict[str, Any]:
    """Read every channel of a file.

    Args:
        path: An uncompressed scanline file, all channels 32-bit float.

    Returns:
        (height, width) float32 by channel name, rows from the top; views into one buffer.

    Raises:
        ValueError: It is another kind of file, or damaged.
    """
    raw = path.read_bytes()
    magic, version = struct.unpack_from("<II", raw)
    if magic != MAGIC or version & MULTIPART:
        raise ValueError("not an OpenEXR file of one part")
    attributes, at = _attributes(raw)
    if attributes["compression"] != b"\0" or attributes["lineOrder"] != b"\0":
        raise ValueError("not uncompressed lines from the top")
    names = _channels(attributes["channels"])
    left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"])
    width, height = right - left + 1, bottom - top + 1
    line = np.dtype([("y", "<i4"), ("size", "<i4"), ("values", "<f4", (len(names), width))])
    # A table of the lines' places comes first; without compression they just follow each other.
    lines = np.frombuffer(raw, line, count=height, offset=at + 8 * height)
    if not np.array_equal(lines["y"], np.arange(top, bottom + 1)):
        raise ValueError("lines out of order")
    return {name: lines["values"][:, index] for index, name in enumerate(names)}
