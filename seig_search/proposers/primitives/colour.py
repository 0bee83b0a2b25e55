"""Colour spaces, on plain arrays: sRGB codes, linear light, CIE Lab."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Colour", "from_lab", "hue_name", "lab", "linear", "luminance", "srgb"]

Array = npt.NDArray[np.float64]
Colour = tuple[float, float, float]

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)


def linear(codes: npt.ArrayLike) -> Array:
    """Turn sRGB values in 0..1 into linear light in 0..1 (IEC 61966-2-1)."""
    value = np.asarray(codes, dtype=float)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb(light: npt.ArrayLike) -> Array:
    """Turn linear light in 0..1 into sRGB values in 0..1; what lies outside is clipped."""
    value = np.clip(np.asarray(light, dtype=float), 0.0, 1.0)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)


def lab(light: npt.ArrayLike) -> Array:
    """Turn linear RGB (..., 3) into CIE Lab (D65): lightness 0..100, then green-red and blue-yellow."""
    xyz = np.asarray(light, dtype=float) @ _TO_XYZ.T / _WHITE
    cube = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = cube[..., 0], cube[..., 1], cube[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def from_lab(values: npt.ArrayLike) -> Array:
    """Turn CIE Lab (..., 3) into linear RGB; the inverse of ``lab``, clipped below at 0."""
    value = np.asarray(values, dtype=float)
    y = (value[..., 0] + 16) / 116
    cube = np.stack([y + value[..., 1] / 500, y, y - value[..., 2] / 200], axis=-1)
    xyz = np.where(cube > 6 / 29, cube**3, (116 * cube - 16) * 27 / 24389) * _WHITE
    result: Array = np.maximum(xyz @ np.linalg.inv(_TO_XYZ).T, 0.0)
    return result


def luminance(light: npt.ArrayLike) -> Array:
    """Give the relative luminance (Rec. 709) of linear RGB (..., 3)."""
    result: Any = np.asarray(light, dtype=float) @ _TO_XYZ[1]
    return np.asarray(result)


def hue_name(rgb: npt.ArrayLike) -> str:
    """Name a linear RGB colour with one everyday word, capitalised, for the names of objects."""
    lightness, a, b = (float(v) for v in lab(np.clip(np.asarray(rgb, dtype=float), 0, 1)))
    chroma = float(np.hypot(a, b))
    if chroma < 9 + 0.05 * lightness:
        return "Black" if lightness < 22 else "White" if lightness > 85 else "Grey"
    hue = float(np.degrees(np.arctan2(b, a))) % 360
    if 44 <= hue < 85 and (lightness < 62 or chroma < 45):
        return "Brown"
    bounds = ((20, "Pink" if lightness > 60 else "Red"), (48, "Red"), (78, "Orange"), (112, "Yellow"))
    rest = ((165, "Green"), (240, "Cyan"), (308, "Blue"), (335, "Purple"), (361, "Pink"))
    return next(name for limit, name in bounds + rest if hue < limit)
