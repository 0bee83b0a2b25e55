"""Picture files of every kind, read into 8-bit sRGB; what was converted is said."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from seig_search.errors import UsageError

__all__ = ["MOST_PIXELS", "read_focal", "read_picture", "with_focal"]

MOST_PIXELS = 100_000_000
"""Above this a file is refused before it is decoded."""

EXIF_ORIENTATION = 0x0112
EXIF_MORE = 0x8769
EXIF_FOCAL_35MM = 0xA405


def read_picture(path: Path) -> tuple[npt.NDArray[np.uint8], tuple[str, ...]]:
    """Read a picture as 8-bit sRGB, upright, first frame.

    Args:
        path: The file.

    Returns:
        (H, W, 3) or (H, W, 4) uint8 with straight alpha, and a sentence for each conversion.

    Raises:
        UsageError: No such file, a directory, not a picture, damaged, too large, or not finite.
    """
    if not path.exists():
        raise UsageError(f"no such picture: {path}; give the path of an image file")
    if path.is_dir():
        raise UsageError(f"{path} is a directory; give one image file in it")
    notes: list[str] = []
    with _readable(path), Image.open(path) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise UsageError(
                f"{path} has {opened.width}x{opened.height} pixels; at most {MOST_PIXELS:,} are read: scale it down"
            )
        if getattr(opened, "n_frames", 1) > 1:
            notes.append(f"first of {getattr(opened, 'n_frames', 1)} frames taken")
            opened.seek(0)
        tiles = getattr(opened, "tile", [])
        deep = any(";16" in str(tile[3]) for tile in tiles)
        opened.load()
        if deep and not opened.mode.startswith("I"):
            notes.append("16 bits per channel brought to 8")
        picture = _upright(opened, notes)
        return _as_bytes(picture, path, notes), tuple(notes)


def read_focal(path: Path) -> int | None:
    """Give the focal length, in mm as of a 35 mm film camera, that a picture's EXIF data tells; None if it tells none."""
    with _readable(path), Image.open(path) as picture:
        try:
            told = picture.getexif().get_ifd(EXIF_MORE).get(EXIF_FOCAL_35MM)
            focal = int(told) if told is not None else 0
        except (TypeError, ValueError, SyntaxError, KeyError, OverflowError):
            return None
    return focal if 4 <= focal <= 2000 else None


def with_focal(focal: int) -> Image.Exif:
    """Give EXIF data that tell a focal length, in mm as of a 35 mm film camera."""
    exif = Image.Exif()
    exif[EXIF_MORE] = {EXIF_FOCAL_35MM: focal}
    return exif


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn Pillow's many ways to fail into one error that says what to do."""
    with warnings.catch_warnings():
        # The limit here is our own, checked on the header; Pillow warns at a lower one.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", module=r"PIL\..*")
        try:
            yield
        except UsageError:
            raise
        except UnidentifiedImageError as error:
            raise UsageError(
                f"{path} is not a picture that can be read; give a PNG, JPEG, WebP, TIFF, BMP, GIF or similar"
            ) from error
        except Image.DecompressionBombError as error:
            raise UsageError(f"{path} is too large; at most {MOST_PIXELS:,} pixels are read: scale it down") from error
        except PermissionError as error:
            raise UsageError(f"{path} may not be read: permission denied; check the file's mode") from error
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is damaged or cut short ({error}); save it again and retry") from error


def _upright(picture: Image.Image, notes: list[str]) -> Image.Image:
    if picture.getexif().get(EXIF_ORIENTATION, 1) in range(2, 9):
        notes.append("turned upright by its EXIF orientation")
        turned = ImageOps.exif_transpose(picture)
        # Pillow keeps the profile on the turned copy only for some formats.
        turned.info.setdefault("icc_profile", picture.info.get("icc_profile"))
        return turned
    return picture


def _as_bytes(picture: Image.Image, path: Path, notes: list[str]) -> npt.NDArray[np.uint8]:
    mode = picture.mode
    if mode in ("F", "I") or mode.startswith("I;16"):
        return _deep_grey(np.asarray(picture), mode, path, notes)
    if mode in ("P", "PA"):
        notes.append("palette resolved")
    elif mode in ("1", "L", "LA", "La"):
        notes.append("grey made RGB")
    elif mode not in ("RGB", "RGBA"):
        notes.append(f"{mode} converted to RGB")
    sees_through = "A" in mode or "a" in mode or "transparency" in picture.info
    picture = _in_srgb(picture, sees_through, notes)
    return np.array(picture.convert("RGBA" if sees_through else "RGB"))


def _deep_grey(values: npt.NDArray[np.generic], mode: str, path: Path, notes: list[str]) -> npt.NDArray[np.uint8]:
    """Bring grey values of more than 8 bits to 8 without clipping."""
    grey = values.astype(np.float64)
    if not np.isfinite(grey).all():
        raise UsageError(f"{path} holds values that are not finite (NaN or infinite); save it as 8- or 16-bit")
    if mode == "F":
        top = 1.0 if grey.max() <= 1.0 else 255.0 if grey.max() <= 255.0 else 65535.0
    else:
        # Pillow opens 16-bit files as I in some formats, too.
        top = 65535.0 if mode.startswith("I;16") or grey.max() <= 65535 else float(2**31 - 1)
    if grey.min() < 0 or grey.max() > top:
        raise UsageError(
            f"{path} holds values from {grey.min():g} to {grey.max():g}, outside 0..{top:g}; save it as 8- or 16-bit"
        )
    notes.append(f"grey of 0..{top:g} scaled to 8 bits and made RGB")
    level = np.rint(grey * (255.0 / top)).astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=2)


def _in_srgb(picture: Image.Image, sees_through: bool, notes: list[str]) -> Image.Image:
    """Apply an embedded colour profile, unless it is sRGB already; a broken one is ignored, and said."""
    embedded = picture.info.get("icc_profile")
    if not embedded:
        return picture
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        name = ImageCms.getProfileDescription(profile).strip() or "unnamed"
        if "srgb" in name.lower():
            return picture
        space = profile.profile.xcolor_space.strip()
        opaque, alpha = picture, None
        if sees_through:
            alpha = picture.convert("RGBA").getchannel("A")
        if space == "GRAY":
            opaque = picture.convert("L")
        elif picture.mode != "CMYK":
            opaque = picture.convert("RGB")
        converted = ImageCms.profileToProfile(opaque, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        notes.append(f"its colour profile could not be used and was ignored ({error})")
        return picture
    if converted is None:
        return picture
    notes.append(f"colour profile {name!r} converted to sRGB")
    if alpha is not None:
        converted.putalpha(alpha)
    return converted
