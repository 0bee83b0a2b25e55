"""How well regions part a target whose light and colours are unknown; for many pictures at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Regions"]

Floats = npt.NDArray[np.float64]

RIDGE = 0.02
DETAIL = 0.08
PAINT, WRONG_PAINT, LEAST_PAINTS = 0.5, 0.03, 4
"""Weight of colours that are not as painted, the squared distance from which a paint counts as wrong, and how many make a rule."""
COVER = 1.0
"""Weight of coverage that is missing or too much, as a share of its variance."""
TINY = 1e-9


class Regions:
    """How well regions explain a target whose light and colours are unknown.

    Every material of every object may have any colour, and any light that changes evenly over the picture; what is left unexplained is
    the cost. So neither the lights nor the colours need be right.

    Args:
        target: (H, W, C), display values; a fourth channel is coverage, which no light changes: it is to be where there is anything.
    """

    def __init__(self, target: Floats) -> None:
        from scipy.ndimage import gaussian_filter

        height, width = self.size = target.shape[:2]
        sigma = DETAIL * max(self.size)
        colours = target[..., :3]
        smooth = gaussian_filter(colours, (sigma, sigma, 0), mode="nearest")
        # As it is, wide light outweighs small things; without what is smooth, they count alike.
        parts = [part.reshape(-1, 3) for part in (colours, colours - smooth)]
        spreads = [max(float(((part - part.mean(axis=0)) ** 2).sum()), TINY) for part in parts]
        wanted = np.concatenate(
            [part / np.sqrt(2 * spread) for part, spread in zip(parts, spreads, strict=True)], axis=1
        )
        self._spread = 2 * spreads[0]
        self._whole = float((wanted**2).sum())
        self._empty: npt.NDArray[np.float32] | None = None
        if target.shape[2] > 3:
            cover = target[..., 3].reshape(-1)
            # What a pixel at an outline shows is a matter of where points happen to lie: what is half covered says nothing.
            self._empty = (1 - 2 * cover).astype(np.float32)
            self._cover_spread = max(float(((cover - cover.mean()) ** 2).sum()), TINY)
        y, x = np.mgrid[0:height, 0:width].reshape(2, -1)
        x, y = 2 * (x + 0.5) / width - 1, 2 * (y + 0.5) / height - 1
        light = np.column_stack([np.ones(len(x)), x, y, x * x, x * y, y * y])
        self._terms = light.shape[1]
        # What least squares sums over a region's pixels: light by light, and light by what is wanted.
        both = np.concatenate([light, wanted], axis=1)
        self._products = (light[:, :, None] * both[:, None, :]).reshape(len(x), -1).astype(np.float32)

    def costs(self, maps: npt.NDArray[np.int16], paints: Floats) -> Floats:
        """Give the share of the target's variance that is left, and some more where colours are far from the paints.

        Args:
            maps: (B, H, W) label of each pixel, from 0.
            paints: (L, 3) display colour by label; not a number where it is not known.

        Returns:
            (B,).
        """
        count, labels, terms = len(maps), len(paints), self._terms
        flat = maps.reshape(count, 1, -1)
        members = (flat == np.arange(labels, dtype=maps.dtype)[:, None]).astype(np.float32)
        sums = (members.reshape(count * labels, -1) @ self._products).astype(np.float64)
        sums = sums.reshape(count, labels, terms, -1)
        light, wanted = sums[..., :terms], sums[..., terms:]
        sizes = light[..., 0, 0]
        ridge = np.diag([0.0] + [1.0] * (terms - 1))
        solved = np.linalg.solve(light + (RIDGE * sizes + 2.0)[..., None, None] * ridge + 1e-6 * np.eye(terms), wanted)
        explained = (solved * (2 * wanted - light @ solved)).sum(axis=(1, 2, 3))
        means = wanted[..., 0, :3] / np.maximum(sizes, 1.0)[..., None] * np.sqrt(self._spread)
        left: Floats = self._whole - explained + PAINT * _unlike(means, paints, sizes) / self._spread
        if self._empty is not None:
            covered = flat[:, 0] > 0
            wrong = np.where(covered, np.maximum(self._empty, 0.0), np.maximum(-self._empty, 0.0)).sum(axis=1)
            left = left + COVER * wrong / self._cover_spread
        return left


def _unlike(means: Floats, paints: Floats, sizes: Floats) -> Floats:
    """Tell how far mean colours (B, L, 3) are from any brightening and tinting of the paints (L, 3); some colours may be altogether wrong."""
    known = np.isfinite(paints[:, 0])
    means, paints, sizes = means[:, known], paints[known], sizes[:, known]
    weights = sizes
    off = np.zeros_like(sizes)
    for _ in range(2):
        total = np.maximum(weights.sum(axis=1), TINY)[:, None]
        mean, paint = (weights[..., None] * means).sum(axis=1) / total, weights @ paints / total
        from_mean, from_paint = means - mean[:, None], paints - paint[:, None]
        shared = (weights * (from_mean * from_paint).sum(axis=2)).sum(axis=1)
        spread = shared / np.maximum((weights * (from_paint**2).sum(axis=2)).sum(axis=1), TINY)
        off = ((from_mean - np.clip(spread, 0.0, 2.0)[:, None, None] * from_paint) ** 2).sum(axis=2)
        weights = sizes / (1 + off / WRONG_PAINT)
    unlike: Floats = (sizes * np.minimum(off, WRONG_PAINT)).sum(axis=1)
    return np.where((sizes > 0).sum(axis=1) >= LEAST_PAINTS, unlike, 0.0)
