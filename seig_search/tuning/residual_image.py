"""The difference between a render and the target, as numbers that least squares can work with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seig_search.target import WHITE, Target

__all__ = ["Floats", "ResidualImage", "huber_weights"]

Floats = npt.NDArray[np.float64]

ALPHA_WEIGHT = 1.0
HUBER, SMALL = 1.345, 0.04
"""Tuning constant for 95 % efficiency on normal errors (Huber 1964; Holland, Welsch 1977), and the least spread: a smaller difference is no outlier."""


class ResidualImage:
    """Renders as stacked colours and coverage, and their blurred differences from the target.

    Blurring is linear, so differences of whole renders, kept once, give the Jacobian at every blur.

    Args:
        target: The target.
        width: Of the renders, in px.
        height: Likewise.

    Attributes:
        size: (height, width), in px.
        has_alpha: Whether the target tells what is covered.
        picture: The target at that size, (H, W, 4) uint8.
    """

    def __init__(self, target: Target, width: int, height: int) -> None:
        sized = target.sized(width, height)
        self.size = (height, width)
        self.has_alpha = sized.alpha is not None
        alpha = np.full(self.size, 255, np.uint8) if sized.alpha is None else sized.alpha
        self.picture = np.dstack([sized.rgb, alpha])
        self._target = self.planes(self.picture)

    def planes(self, render: npt.NDArray[np.uint8]) -> Floats:
        """Lay a render over white.

        Args:
            render: (H, W, 4) uint8, straight alpha.

        Returns:
            (H, W, 3) of sRGB values in 0..1, or (H, W, 4) with coverage last where the target has alpha.
        """
        cover = render[..., 3:].astype(np.float64) / 255
        colours = render[..., :3] / 255 * cover + np.array(WHITE) / 255 * (1 - cover)
        planes: Floats = np.dstack([colours, ALPHA_WEIGHT * cover]) if self.has_alpha else np.asarray(colours)
        return planes

    @property
    def target(self) -> Floats:
        """The target as ``planes``."""
        return self._target

    def off(self, planes: Floats) -> Floats:
        """Give what a render lacks: target less render, of the shape of ``planes``."""
        return self._target - planes

    def blurred(self, planes: Floats, sigma: float) -> Floats:
        """Blur, sample at about every sigma, and flatten.

        Args:
            planes: (H, W, C).
            sigma: Standard deviation in px; 0 keeps every pixel.

        Returns:
            (N,), scaled so that its mean square does not depend on the sampling.
        """
        from scipy.ndimage import gaussian_filter

        if sigma > 0:
            planes = gaussian_filter(planes, (sigma, sigma, 0), mode="nearest", truncate=3.0)
            step = max(1, round(sigma))
            planes = planes[step // 2 :: step, step // 2 :: step]
        flat: Floats = planes.reshape(-1) / np.sqrt(planes.size)
        return flat


def huber_weights(residual: Floats, groups: Sequence[slice]) -> Floats:
    """Weights of iteratively reweighted least squares: what does not fit any parameter pulls at none.

    Args:
        residual: (N,), display values by the root of N, so that its norm is a root mean square.
        groups: Parts with a spread of their own.

    Returns:
        (N,), square roots of the weights, 0..1.
    """
    weights = np.ones_like(residual)
    for group in groups:
        sizes = np.abs(residual[group])
        scale = 1.4826 * float(np.median(sizes))
        # Where more than half is right already, the median says nothing about the rest.
        scale = max(scale, float(np.sqrt(np.mean(sizes**2))), SMALL / np.sqrt(len(residual)))
        weights[group] = np.sqrt(np.minimum(1.0, HUBER * scale / np.maximum(sizes, 1e-12)))
    return weights
