"""Metrics brought to 0..1, higher better, without flat stretches where a search has to find its way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["NORMALISERS", "family_of", "soft_share"]

_SHARPNESS = 10.0


def family_of(name: str) -> str:
    """Give the metric that a metric of a region is one of: ``psnr`` for ``psnr@cup``."""
    return name.partition("@")[0]


def soft_share(value: float, worst: float, best: float) -> float:
    """Place a value between two ends, 0 at ``worst`` and 1 at ``best``, bending softly into both.

    The difference of two softplus functions: straight in the middle, still rising a little beyond the ends. The
    share is 0.07 at ``worst`` and 0.93 at ``best``, and tends to 0 and 1.

    Args:
        value: Any finite number.
        worst: End that counts as 0; may be greater than ``best``.
        best: End that counts as 1.

    Returns:
        Greater than or equal to 0, at most 1.
    """
    share = (value - worst) / (best - worst)
    return min(1.0, max(0.0, (_softplus(share) - _softplus(share - 1))))


def _softplus(x: float) -> float:
    scaled = _SHARPNESS * x
    return (max(scaled, 0.0) + math.log1p(math.exp(-abs(scaled)))) / _SHARPNESS


def _decay(scale: float) -> Callable[[float], float]:
    """Errors: 1 at 0, 1/e at ``scale``, never quite 0."""
    return lambda value: math.exp(-max(0.0, value) / scale)


def _as_is(value: float) -> float:
    return min(1.0, max(0.0, value))


def _psnr(value: float) -> float:
    return soft_share(value, 8.0, 35.0)


def _mse(value: float) -> float:
    return _psnr(-10 * math.log10(max(value, 1e-10)))


NORMALISERS: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {
        "psnr": _psnr,
        "mse": _mse,
        "mae": _decay(0.10),
        "multiscale": _decay(0.12),
        "ssim": _as_is,
        "ms_ssim": _as_is,
        "colour": lambda value: 1 - _as_is(value),
        "colour_emd": _decay(15.0),
        "deltae": _decay(15.0),
        "deltae_regional": _decay(15.0),
        "edges": _as_is,
        "orientation": _as_is,
        "edge_energy": _as_is,
        "detail": _as_is,
        "contrast": _as_is,
        "coverage": _as_is,
        "silhouette": _as_is,
        "boundary": _as_is,
        # Of networks: distances, and cosines.
        "lpips": _decay(0.30),
        "lpips_vgg": _decay(0.30),
        "dreamsim": _decay(0.30),
        "encoder": _as_is,
        "dino": _as_is,
        "clip": _as_is,
        "judge": _as_is,
        "judge_geometry": _as_is,
        "judge_materials": _as_is,
        "judge_composition": _as_is,
        "judge_lighting": _as_is,
    }
)
"""By metric. Negative similarities (rare) count as 0."""
