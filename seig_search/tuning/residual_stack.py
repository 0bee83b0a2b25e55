"""Residuals stacked: colours and coverage, distances from the outline, and features, each with its weight."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seig_search.features import Features
from seig_search.target import Target
from seig_search.tuning.outline_distance import outline_distance
from seig_search.tuning.residual_image import Floats, ResidualImage, huber_weights

__all__ = ["ResidualStack"]


class ResidualStack:
    """Renders as one row of numbers each, and such rows' differences as what least squares can work with.

    Colours and coverage are linear in the picture and are blurred afterwards. Distances and features are not: they are taken once per render. Distances stay as they are
    at every blur. Features lead nowhere until things overlap, so that they count at the finest blur alone.

    Args:
        target: The target.
        width: Of the renders, in px.
        height: Likewise.
        silhouette: Weight of the distances from the outline, 0 or more; they need a target with alpha.
        features: Weight of the features, 0 or more.
        see: Gives them; None where nobody can.
        finest: The finest blur's standard deviation, in px.

    Attributes:
        size: (height, width) of the renders, in px.
        has_silhouette: Whether outlines count.
        has_features: Whether features count.
    """

    def __init__(
        self,
        target: Target,
        width: int,
        height: int,
        silhouette: float,
        features: float,
        see: Features | None,
        finest: float,
    ) -> None:
        self._image = ResidualImage(target, width, height)
        self.size = self._image.size
        self._silhouette, self._features, self._see, self._finest = silhouette, features, see, finest
        self.has_silhouette = silhouette > 0 and self._image.has_alpha
        # What is too small to be seen has no features.
        seen = see(self._image.picture) if see is not None and features > 0 else np.zeros(0)
        self.has_features = seen.size > 0
        self._target = self._row(self._image.picture, seen)
        self._shape = self._image.target.shape
        self._pixels = self._image.target.size
        self._outlines = self._target.size - self._pixels - seen.size

    def row(self, render: npt.NDArray[np.uint8]) -> Floats:
        """Lay out a render, (H, W, 4) uint8 with straight alpha, as (N,)."""
        return self._row(render, self._see(render) if self.has_features and self._see else np.zeros(0))

    def _row(self, render: npt.NDArray[np.uint8], seen: npt.NDArray[np.float64]) -> Floats:
        parts = [self._image.planes(render).reshape(-1)]
        if self.has_silhouette:
            distances = outline_distance(render[..., 3]).reshape(-1)
            parts.append(self._silhouette / np.sqrt(distances.size) * distances)
        if seen.size:
            parts.append(self._features * seen)
        return np.concatenate(parts)

    def off(self, row: Floats) -> Floats:
        """Give what a render lacks: target less render, (N,)."""
        return self._target - row

    def blurred(self, row: Floats, sigma: float) -> Floats:
        """Blur and sample what is linear in the picture; see ``ResidualImage.blurred``.

        Args:
            row: (N,), a render or a difference of renders.
            sigma: Standard deviation in px.

        Returns:
            (M,): colours and coverage, whose squares sum to their mean square, then distances, likewise, and at the finest blur features,
            whose squares sum to their squared distance; each times its weight's square.
        """
        planes = self._image.blurred(row[: self._pixels].reshape(self._shape), sigma)
        end = self._pixels + self._outlines
        further = row[self._pixels :] if sigma <= self._finest else row[self._pixels : end]
        return np.concatenate([planes, further]) if further.size else planes

    def weights(self, blurred: Floats, sigma: float) -> Floats:
        """Give Huber's weights, of each block by its own spread.

        Args:
            blurred: (M,), as from ``blurred``.
            sigma: The standard deviation that was given there.

        Returns:
            (M,), square roots of the weights, 0..1.
        """
        features = self._target.size - self._pixels - self._outlines if sigma <= self._finest else 0
        ends = [len(blurred) - features - self._outlines, len(blurred) - features]
        blocks = [block for block in np.split(blurred, ends) if block.size]
        return np.concatenate([huber_weights(block, [slice(None)]) for block in blocks])
