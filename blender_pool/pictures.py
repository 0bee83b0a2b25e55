"""PNG in and out, for bytes that nobody vouches for."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

__all__ = ["decode_png", "encode_png"]


def encode_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Write (height, width, 4) uint8 straight RGBA as a lightly compressed PNG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels), "RGBA").save(file, "PNG", compress_level=1)
    return file.getvalue()


def decode_png(raw: bytes, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Read a PNG file of a known size.

    Args:
        raw: The file's bytes.
        width: Expected width in pixels.
        height: Expected height in pixels.

    Returns:
        (height, width, 4) uint8 straight RGBA, not writable.

    Raises:
        ValueError: It is not such a picture.
    """
    from PIL.PngImagePlugin import PngImageFile

    try:
        # Not Image.open: its bound on pixels is a guess at what is a bomb, and here the size is known.
        with PngImageFile(io.BytesIO(raw)) as picture:
            if picture.size != (width, height):
                raise ValueError(f"a picture of {picture.size}, expected {(width, height)}")
            pixels = np.array(picture.convert("RGBA"), dtype=np.uint8)
    except Exception as error:
        # Pillow answers damaged files with exceptions of many kinds.
        raise ValueError(f"not a picture: {error}") from error
    pixels.setflags(write=False)
    return pixels
