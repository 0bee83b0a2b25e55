"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["png_bytes", "write_bytes", "write_json", "write_png", "write_text"]


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file by way of a temporary one beside it, made durable before it takes the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; a result is as readable as any other file the user makes.
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, line ends as they are."""
    write_bytes(path, text.encode())


def write_json(path: Path, data: Any) -> None:
    """Write indented JSON atomically; NaN and infinity are an error, since they are not JSON."""
    write_text(path, json.dumps(data, indent=2, allow_nan=False) + "\n")


def png_bytes(pixels: npt.NDArray[np.uint8], exif: Image.Exif | None = None) -> bytes:
    """Encode (H, W, 3 or 4) uint8 as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3, **({} if exif is None else {"exif": exif}))
    return buffer.getvalue()


def write_png(path: Path, pixels: npt.NDArray[np.uint8], exif: Image.Exif | None = None) -> None:
    """Write (H, W, 3 or 4) uint8 as a PNG, atomically."""
    write_bytes(path, png_bytes(pixels, exif))
