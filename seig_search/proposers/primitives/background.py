"""What lies behind the things: a smooth ground, fitted so that things and shadows do not pull it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .colour import Array, from_lab, lab, luminance

__all__ = ["Background", "fit_background"]


@dataclass(frozen=True, slots=True)
class Background:
    """A smooth background and how well it explains the picture.

    Args:
        lab: (H, W, 3) its Lab colour at every pixel.
        residual: (H, W, 3) picture minus background, in Lab; where the picture is darker, its colour is compared
            with the background dimmed to the same luminance, so that a shadow differs in lightness only.
        noise: Robust spread of the residual where the background is seen, Lab units.
        seen: Share of pixels, 0..1, that it explains.
    """

    lab: Array
    residual: Array
    noise: float
    seen: float


def fit_background(picture: Array, degree: int = 3, rounds: int = 10) -> Background:
    """Fit a polynomial surface per Lab channel by iteratively reweighted least squares (Tukey's biweight).

    Args:
        picture: (H, W, 3) Lab.
        degree: Total degree of the polynomial in x and y.
        rounds: Reweightings.

    Returns:
        The background. On a picture without one, ``noise`` is large and ``seen`` says little.
    """
    height, width, _ = picture.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = [x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)]
    basis = np.stack(terms, axis=-1).reshape(height * width, -1)
    data = picture.reshape(-1, 3)
    step = max(1, len(data) // 20000)
    weight = np.ones(len(data[::step]))
    surface = np.zeros_like(data)
    noise = 1.0
    for turn in range(rounds):
        root = np.sqrt(weight)[:, None]
        solution = np.linalg.lstsq(basis[::step] * root, data[::step] * root, rcond=None)[0]
        surface = basis @ solution
        # Chroma weighs double: shadows change lightness, things change colour.
        far = _distance(data[::step] - surface[::step])
        inside = far[weight > 0.05] if turn and np.any(weight > 0.05) else far
        noise = max(0.8, 1.4826 * float(np.median(inside)))
        weight = np.where(far < 4.7 * noise, (1 - (far / (4.7 * noise)) ** 2) ** 2, 0.0)
        if not np.any(weight > 0.05):
            break
    seen = float(np.mean(_distance(data - surface) < 4.7 * noise))
    return Background(
        surface.reshape(picture.shape), _beyond_shadow(picture, surface.reshape(picture.shape)), noise, seen
    )


def _beyond_shadow(picture: Array, surface: Array) -> Array:
    behind = from_lab(surface)
    ratio = (luminance(from_lab(picture)) + 1e-4) / (luminance(behind) + 1e-4)
    dimmed = lab(behind * np.minimum(ratio, 1.0)[..., None])
    residual = picture - dimmed
    residual[..., 0] = picture[..., 0] - surface[..., 0]
    return residual


def _distance(residual: Array) -> Array:
    result: Array = np.sqrt(residual[:, 0] ** 2 + 4 * residual[:, 1] ** 2 + 4 * residual[:, 2] ** 2)
    return result
