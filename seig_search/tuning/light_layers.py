"""A render taken apart by light, and what it would look like with other energies and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seig_search.target import WHITE
from seig_search.tuning.view_curve import Floats, ViewCurve

__all__ = ["Answer", "LightLayers", "Relit"]

SMALL = 160
"""Layers are averaged down to about this longer side: light is smooth, and noise averages out."""
COVERED = 0.02
DARK_ALBEDO = 1e-3
INSIDE = 0.02
"""How far from their bounds the numbers are when the solver begins, in e-folds."""


@dataclass(frozen=True, slots=True)
class LightLayers:
    """One render with light groups.

    Args:
        layers: (N, H, W, 3) linear light by light, premultiplied by alpha.
        names: Of the lights; the last two are the world and all other emission.
        picture: (H, W, 4) uint8, straight alpha.
        albedo: (H, W, 3), premultiplied; None if it was not asked for.
    """

    layers: npt.NDArray[np.float32] | npt.NDArray[np.float16]
    names: tuple[str, ...]
    picture: npt.NDArray[np.uint8]
    albedo: npt.NDArray[np.float32] | npt.NDArray[np.float16] | None = None

    def sums(self) -> Floats:
        """Give all light by layer and channel, (N, 3)."""
        sums: Floats = np.asarray(self.layers, np.float64).sum(axis=(1, 2))
        return sums

    def small(self) -> tuple[Floats, Floats]:
        """Give the layers, (N, h, w, 3), and coverage, (h, w), averaged down."""
        cover = self.picture[..., 3].astype(np.float64) / 255
        means = _shrunk(
            np.concatenate([np.asarray(self.layers, np.float64), np.repeat(cover[None, ..., None], 3, axis=3)])
        )
        return means[:-1], means[-1, ..., 0]

    def small_albedo(self) -> Floats | None:
        """Give the albedo, (h, w, 3), averaged down; None if there is none."""
        return None if self.albedo is None else _shrunk(np.asarray(self.albedo, np.float64)[None])[0]

    def view(self) -> ViewCurve:
        """Learn the view transform from the picture itself."""
        whole = np.asarray(self.layers, np.float64).sum(axis=0)
        solid = self.picture[..., 3] == 255
        if not solid.any():
            solid = self.picture[..., 3] > 0
        cover = self.picture[solid][:, 3:] / 255
        return ViewCurve.fit(whole[solid] / np.maximum(cover, COVERED), self.picture[solid][:, :3] / 255)


def _shrunk(stacked: Floats) -> Floats:
    height, width = stacked.shape[1:3]
    factor = max(1, round(max(height, width) / SMALL))
    rows, columns = height // factor * factor, width // factor * factor
    blocks = stacked[:, :rows, :columns].reshape(len(stacked), rows // factor, factor, columns // factor, factor, 3)
    means: Floats = blocks.mean(axis=(2, 4))
    return means


@dataclass(frozen=True, slots=True)
class Answer:
    """How the picture answers to one number: by what power of it each layer's channels grow, or where a surface has its colour.

    Args:
        key: The parameter.
        index: Component of a colour; None for a scalar.
        value: Where it stands.
        low: Least value, above 0.
        high: Greatest value.
        powers: (N, 3); 0 for the colour of a surface.
        share: (h, w), how much of a pixel's albedo it is, 0..1; None for light.
    """

    key: str
    index: int | None
    value: float
    low: float
    high: float
    powers: Floats
    share: Floats | None = None


class Relit:
    """Energies and colours as a least-squares problem on one render.

    The picture is the view transform of a sum of layers, each times a power of the numbers that drive it. With the Standard
    view that is exact, but for clamped samples; see ``ViewCurve`` for others. Where the target is clipped, more light
    costs nothing, as it should. Compared after a blur, since things may stand a little off, and robustly
    (Huber), since some of it is not for the lights to mend.

    Args:
        layers: The render.
        view: Its view transform.
        answers: The numbers.
        target: (H, W, 4) uint8 of the render's size, straight alpha.
        blur: Standard deviation as a share of the longer side.
        pull: Weight of staying where it is, per e-fold.
    """

    HUBER = 0.06

    def __init__(
        self,
        layers: LightLayers,
        view: ViewCurve,
        answers: Sequence[Answer],
        target: npt.NDArray[np.uint8],
        blur: float = 0.02,
        pull: float = 0.01,
    ) -> None:
        self._answers, self._view, self._pull = answers, view, pull
        self._light, self._cover = layers.small()
        self._albedo = layers.small_albedo()
        self._sigma = blur * max(self._cover.shape)
        whole = LightLayers(np.zeros((1, *target.shape[:2], 3), np.float32), ("",), target)
        _, target_cover = whole.small()
        alpha = target[..., 3:].astype(np.float64) / 255
        laid = target[..., :3] / 255 * alpha + np.array(WHITE) / 255 * (1 - alpha)
        factor = max(1, round(max(target.shape[:2]) / SMALL))
        rows, columns = (side // factor * factor for side in target.shape[:2])
        blocks = laid[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor, 3)
        # Only what both cover is lit; elsewhere there is nothing that light could change.
        self._weight = np.minimum(self._cover, target_cover)[..., None]
        self._target = self._blurred(blocks.mean(axis=(1, 3)))

    def _blurred(self, image: Floats) -> Floats:
        from scipy.ndimage import gaussian_filter

        smooth: Floats = gaussian_filter(image, (self._sigma, self._sigma, 0), mode="nearest", truncate=3.0)
        return smooth

    def picture(self, steps: Floats) -> Floats:
        """Give what it would look like over white, (h, w, 3), with the logarithms of the numbers moved by ``steps``."""
        growth = np.exp(sum(step * answer.powers for step, answer in zip(steps, self._answers, strict=True)))
        growth = np.broadcast_to(growth, (len(self._light), 3))
        # What glows by itself, the last layer, does not ask what colour the surface has.
        whole = np.einsum("nhwc,nc->hwc", self._light[:-1], growth[:-1]) * self._reflected(steps)
        whole = whole + self._light[-1] * growth[-1]
        cover = self._cover[..., None]
        shown = self._view(whole / np.maximum(cover, COVERED))
        white: Floats = np.asarray(WHITE, np.float64) / 255
        return np.asarray(shown * cover + white * (1.0 - cover), np.float64)

    def _reflected(self, steps: Floats) -> Floats | float:
        """By what light that leaves a surface grows, (h, w, 3), or 1."""
        if self._albedo is None or all(answer.share is None for answer in self._answers):
            return 1.0
        added = np.zeros_like(self._albedo)
        for step, answer in zip(steps, self._answers, strict=True):
            if answer.share is not None:
                added[..., answer.index] += answer.share * (answer.value * (np.exp(step) - 1))
        known = self._albedo > DARK_ALBEDO
        grown: Floats = np.where(
            known, np.maximum(self._albedo + added, DARK_ALBEDO) / np.maximum(self._albedo, DARK_ALBEDO), 1.0
        )
        return grown

    def residual(self, steps: Floats) -> Floats:
        """Give the weighted difference from the target and the pull, flat; its mean square is the error."""
        off = (self._blurred(self.picture(steps)) - self._target) * self._weight
        total = max(1.0, float(self._weight.sum()))
        size: Floats = np.abs(off)
        # The root of Huber's loss, signed: squares within the threshold, straight lines beyond.
        bent: Floats = np.where(
            size <= self.HUBER, off, np.sign(off) * np.sqrt(np.maximum(0, self.HUBER * (2 * size - self.HUBER)))
        )
        return np.concatenate(
            [bent.ravel() / np.sqrt(3 * total), self._pull * np.asarray(steps) / np.sqrt(max(1, len(steps)))]
        )

    def solve(self) -> tuple[Floats, float]:
        """Find the best steps within the numbers' ranges.

        Returns:
            Steps of the logarithms, and the root of the error there.
        """
        from scipy.optimize import least_squares

        low = np.array([np.log(a.low / a.value) for a in self._answers])
        high = np.array([np.log(a.high / a.value) for a in self._answers])
        # From a bound the solver goes nowhere: its steps are scaled by the distance from it, for all numbers at once.
        inside = np.minimum(INSIDE, (high - low) / 4)
        start = np.clip(np.zeros(len(self._answers)), low + inside, high - inside)
        if not len(start):
            return start, float(np.sqrt(np.sum(self.residual(start) ** 2)))
        found = least_squares(self.residual, start, bounds=(low, high), x_scale=0.3, max_nfev=40)
        return found.x, float(np.sqrt(2 * found.cost))
