"""Frames on a pipe: four bytes of length, a JSON header that declares the blobs' sizes, the blobs."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from typing import Any

__all__ = ["read_frame", "write_frame"]


def _read_exactly(fd: int, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        piece = os.read(fd, min(size - len(parts), 1 << 20))
        if not piece:
            return None
        parts += piece
    return bytes(parts)


def read_frame(fd: int) -> dict[str, Any] | None:
    """Wait for one request.

    Args:
        fd: The pipe's reading end.

    Returns:
        The header, or None when the other end was closed.
    """
    head = _read_exactly(fd, 4)
    if head is None:
        return None
    body = _read_exactly(fd, struct.unpack(">I", head)[0])
    return None if body is None else dict(json.loads(body))


def write_frame(fd: int, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one reply.

    Args:
        fd: The pipe's writing end.
        header: Plain JSON data; ``blobs`` is set to the sizes of the blobs.
        blobs: Binary parts, in order.
    """
    body = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    for part in (struct.pack(">I", len(body)) + body, *blobs):
        view = memoryview(part)
        while view:
            view = view[os.write(fd, view) :]
