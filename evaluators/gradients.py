"""Luminance and its gradient."""

from __future__ import annotations

import numpy as np

from .pictures import Bytes, Floats

__all__ = ["energy", "gradients", "luminance"]

NOISE_BLUR = 0.8


def luminance(image: Bytes) -> Floats:
    """Weigh sRGB values to luma.

    Args:
        image: (H, W, 3) uint8.

    Returns:
        (H, W) float32, 0..1 (ITU-R BT.709 weights).
    """
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32) / np.float32(255)
    luma: Floats = image.astype(np.float32) @ weights
    return luma


def gradients(luma: Floats) -> tuple[Floats, Floats]:
    """Differentiate after a blur of 0.8 px, which keeps the grain of a few samples per pixel from counting as detail.

    Args:
        luma: (H, W) float32.

    Returns:
        Across and down, (H, W) float32 each, in luma per pixel; 0 along a side of 1 px.
    """
    from scipy.ndimage import correlate1d, gaussian_filter

    smooth = gaussian_filter(luma, NOISE_BLUR, truncate=3.0, mode="nearest")
    central = [-0.5, 0.0, 0.5]
    across: Floats = correlate1d(smooth, central, axis=1, mode="nearest")
    down: Floats = correlate1d(smooth, central, axis=0, mode="nearest")
    return across, down


def energy(across: Floats, down: Floats) -> Floats:
    """Give the gradient's magnitude, (H, W) float32."""
    size: Floats = np.sqrt(np.square(across) + np.square(down))
    return size
