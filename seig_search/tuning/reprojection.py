"""Aligning a render with its target: its own colours, moved with the points they lie on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.residual_image import Floats, huber_weights

__all__ = ["Reprojection"]

SIGMAS = (0.03, 0.015, 0.008)
"""Blurs as shares of the longer side, from coarse to fine."""

ROUNDS = 2
RIDGE = 0.002
LARGE = 0.03
SHIFT_PX = 1.5
DAMPINGS = (1e-3, 1e-1)
PRIOR = 1e-3
STRIDE = 0.12
DIAL = 0.05
NUDGE = 1e-3
INNER = 6
SHADE = 0.018
EDGE, STEP = 2, 0.03
"""How far edges reach, in px, and how much nearer than its neighbours, by depth, what has one is."""


class Reprojection:
    """One render, and what it would look like from elsewhere.

    A point has the colour of the pixel it was seen in, or its region's mean. Every region may
    be brighter, dimmer and tinted, at no cost, so that lights and colours need not be right.

    Args:
        picture: Points of the scene.
        t: (n,) where the render was made.
        planes: (H, W, C) the render.
        target: Likewise.
        scale: (n,) ``t`` per unit of coordinates.
        numbers: Which numbers may move.
        tint: How freely regions may differ in brightness and tint.
    """

    def __init__(
        self,
        picture: PointPicture,
        t: Floats,
        planes: Floats,
        target: Floats,
        scale: Floats,
        numbers: list[int],
        tint: float = 1.0,
    ) -> None:
        self._ridge = RIDGE / tint
        self._picture, self._t, self._target, self._planes = picture, t, target, planes
        self._scale, self._numbers = scale, numbers
        height, width = planes.shape[:2]
        self._size = (height, width)
        shown = self._points = picture.shown(t, width, height)
        self._fronts: tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]] | None = None
        self._labels = np.where(shown >= 0, picture.labels[shown], 0)
        x, y, depth = picture.projected(t)
        inside = (depth > 1e-6) & (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
        column = np.clip((np.nan_to_num(x) * width).astype(int), 0, width - 1)
        row = np.clip((np.nan_to_num(y) * height).astype(int), 0, height - 1)
        front = shown[row, column]
        seen = inside & (front >= 0) & (picture.labels[front] == picture.labels) & (depth < depth[front] * 1.03)
        means = np.array(
            [
                planes[self._labels == label].mean(axis=0) if (self._labels == label).any() else planes.mean((0, 1))
                for label in range(int(picture.labels.max()) + 1)
            ]
        )
        self._colours = np.where(seen[:, None], planes[row, column], means[picture.labels])
        self._back = np.where((self._labels == 0)[..., None], planes, means[0])
        self._here = self.seen_from(np.zeros(len(numbers)))
        self._bases: dict[float, list[Floats | None]] = {}

    def _moved(self, step: Floats) -> Floats:
        t = self._t.copy()
        t[self._numbers] += step * self._scale[self._numbers]
        return t

    def seen_from(self, step: Floats) -> Floats:
        """Give the picture after a step of the coordinates, (H, W, C)."""
        height, width = self._size
        points = self._picture.shown(self._moved(step), width, height)
        seen: Floats = np.where((points >= 0)[..., None], self._colours[points], self._back)
        return seen

    def _blurred(self, planes: Floats, share: float) -> Floats:
        from scipy.ndimage import gaussian_filter

        sigma = share * max(self._size)
        smooth = gaussian_filter(planes, (sigma, sigma, 0), mode="nearest", truncate=3.0)
        every = max(1, round(sigma * 0.8))
        found: Floats = smooth[every // 2 :: every, every // 2 :: every].reshape(-1, planes.shape[2])
        return found

    def _freed(self, share: float) -> list[Floats | None]:
        """Give, by channel, a basis of what regions may do by brightness and tint."""
        if share in self._bases:
            return self._bases[share]
        height, width = self._size
        y, x = np.mgrid[0:height, 0:width]
        x, y = x / width - 0.5, y / height - 0.5
        bases: list[Floats | None] = []
        for channel in range(self._planes.shape[2]):
            if channel == 3:
                bases.append(None)
                continue
            columns = []
            for label in np.unique(self._labels):
                mask = (self._labels == label).astype(float)
                size = mask.mean()
                if size < 1e-3:
                    continue
                columns += [mask, mask * self._planes[..., channel]]
                if size > LARGE:
                    columns += [mask * x, mask * y]
            if not columns:
                bases.append(None)
                continue
            flat = self._blurred(np.dstack(columns), share)
            flat = flat / np.maximum(np.linalg.norm(flat, axis=0), 1e-9)
            bases.append(
                flat @ np.linalg.inv(np.linalg.cholesky(flat.T @ flat + self._ridge * np.eye(flat.shape[1]))).T
            )
        self._bases[share] = bases
        return bases

    def _rest(self, planes: Floats, share: float) -> Floats:
        """Blur, and take away what brightness and tint of regions explain; (N,)."""
        flat = self._blurred(planes, share)
        found = np.empty_like(flat)
        for channel, basis in enumerate(self._freed(share)):
            column = flat[:, channel]
            found[:, channel] = column if basis is None else column - basis @ (basis.T @ column)
        rest: Floats = found.reshape(-1) / np.sqrt(found.size)
        return rest

    def misfit(self, share: float = SIGMAS[1]) -> float:
        """How far the render itself is from the target, but for brightness and tint; a root mean square, robust."""
        rest = self._rest(self._target - self._planes, share)
        return float(np.linalg.norm(rest * huber_weights(rest, [slice(None)])))

    def step(self, at: Floats, start: Floats) -> tuple[Floats, float]:
        """Find the step that aligns the render best.

        Args:
            at: (n,) coordinates of the render.
            start: (n,) coordinates that pull a little.

        Returns:
            The step, and by how many pixels it moves the picture, by root mean square.
        """
        step = np.zeros(len(at))
        for share in SIGMAS:
            for _ in range(ROUNDS):
                step = self._go_on(step, at, start, share)
        return step, self.shift(step)

    def told(self, step: Floats) -> float:
        """Tell the misfit after a step, as far as one render can tell; comparable with ``told`` of other steps."""
        rest = self._rest(self._target - self._planes + self._here - self.seen_from(step), SIGMAS[1])
        return float(np.linalg.norm(rest * huber_weights(rest, [slice(None)])))

    def shade(self, step: Floats, planes: Floats) -> Floats:
        """Tell what a step changes beside where points are seen: shadows, and the light on what was moved.

        Args:
            step: (n,).
            planes: (H, W, C) the render after it.

        Returns:
            (H, W, C), smooth.
        """
        from scipy.ndimage import gaussian_filter

        sigma = SHADE * max(self._size)
        missed = (planes - self._planes) - (self.seen_from(step) - self._here)
        smooth: Floats = gaussian_filter(missed, (sigma, sigma, 0), mode="nearest")
        return smooth

    def creep(self, damping: float, shades: Mapping[int, Floats]) -> Floats:
        """Find the step that the flow of the picture tells (Lucas and Kanade 1981); for places that are near already.

        The gradient is the mean of both pictures' (Benhimane and Malis 2004), and at an edge the flow is that of what is in front. How far points
        go is followed exactly, so that numbers that make up for each other (distance and lens) may go far together.

        Args:
            damping: Of Levenberg and Marquardt, above 0.
            shades: (H, W, C) by coordinate, what moving it by 1 changes beside where points are seen.

        Returns:
            (n,) step of the coordinates.
        """
        share = SIGMAS[-1]
        down, across = np.gradient((self._planes + self._target) / 2, axis=(0, 1))
        lack = self._rest(self._target - self._planes, share)
        weights = huber_weights(lack, [slice(None)])
        step = np.zeros(len(self._numbers))
        x, y = self._spots(step)

        def changed(by_x: Floats, by_y: Floats) -> Floats:
            return self._rest(-(across * by_x[..., None] + down * by_y[..., None]), share) * weights

        beside = np.zeros((len(lack), len(step)))
        for index, shade in shades.items():
            beside[:, index] = self._rest(shade, share) * weights
        damped = np.zeros(0)
        for _ in range(INNER):
            u, v = self._spots(step)
            slopes = np.column_stack([changed(*flow) for flow in self._flow(step)]) + beside
            curvature = slopes.T @ slopes
            if not len(damped):
                damped = damping * (np.diag(curvature) + 1e-9 * max(float(np.trace(curvature)), 1e-30))
            wanted = slopes.T @ (lack * weights - changed(u - x, v - y) - beside @ step) - damped * step
            move = np.linalg.solve(curvature + np.diag(damped), wanted)
            step = step + move * min(1.0, STRIDE / max(float(np.abs(move).max()), 1e-9))
        return step

    def _front(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Tell which point moves a pixel, (H, W), the one in front at edges; and where there is none."""
        if self._fronts is None:
            from scipy.ndimage import minimum_filter

            _, _, depth = self._picture.projected(self._t)
            order = np.argsort(depth)
            ranks = np.empty(len(order), np.int64)
            ranks[order] = np.arange(len(order))
            own = np.where(self._points >= 0, ranks[self._points], len(order) - 1)
            near = minimum_filter(own, size=2 * EDGE + 1, mode="nearest")
            covered = (self._points < 0) | (depth[order[near]] < depth[order[own]] * (1 - STEP))
            shown = order[np.where(covered, near, own)]
            self._fronts = shown, (self._points < 0) & (near == len(order) - 1)
        return self._fronts

    def _spots(self, step: Floats) -> tuple[Floats, Floats]:
        """Tell where what each pixel shows is after a step, across and down in px: (H, W) each."""
        height, width = self._size
        shown, nothing = self._front()
        x, y, _ = self._picture.projected(self._moved(step))
        return (
            np.where(nothing, 0.0, np.nan_to_num(x[shown] * width)),
            np.where(nothing, 0.0, np.nan_to_num(y[shown] * height)),
        )

    def _flow(self, step: Floats) -> list[tuple[Floats, Floats]]:
        """Tell by how many pixels per unit of each coordinate what a pixel shows is moved after a step, across and down: (H, W) each."""
        flows = []
        for small in NUDGE * np.eye(len(step)):
            ahead, behind = self._spots(step + small), self._spots(step - small)
            flows.append(((ahead[0] - behind[0]) / (2 * NUDGE), (ahead[1] - behind[1]) / (2 * NUDGE)))
        return flows

    def shift(self, step: Floats) -> float:
        """Tell by how many pixels a step moves the picture, by root mean square."""
        height, width = self._size
        x, y, depth = self._picture.projected(self._t)
        u, v, _ = self._picture.projected(self._moved(step))
        inside = (depth > 1e-6) & (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
        if not inside.any():
            return 0.0
        away = np.minimum(np.hypot((u - x) * width, (v - y) * height)[inside], 100.0)
        return float(np.sqrt(np.nanmean(away**2)))

    def _go_on(self, step: Floats, at: Floats, start: Floats, share: float) -> Floats:
        lack = self._target - self._planes + self._here
        rest = self._rest(lack - self.seen_from(step), share)
        weights = huber_weights(rest, [slice(None)])
        slopes = np.zeros((len(rest), len(step)))
        for index in range(len(step)):
            small = np.zeros(len(step))
            small[index] = 0.01
            shift = self.shift(small) / 0.01
            if shift < 1e-3:
                continue
            small[index] = min(SHIFT_PX / shift, DIAL)
            change = (self.seen_from(step + small) - self.seen_from(step - small)) / (2 * small[index])
            slopes[:, index] = self._rest(change, share) * weights
        wanted = slopes.T @ (rest * weights)
        curvature = slopes.T @ slopes
        best, least = step, float(np.linalg.norm(rest * weights))
        pull = PRIOR * float(np.mean(np.diag(curvature)))
        for damping in DAMPINGS:
            matrix = curvature + np.diag(damping * np.diag(curvature) + pull + 1e-12)
            move = np.linalg.solve(matrix, wanted + pull * (start - at - step))
            move = np.clip(move * min(1.0, STRIDE / max(float(np.abs(move).max()), 1e-9)), -at - step, 1 - at - step)
            if self.shift(step + move) < SHIFT_PX:
                # Points that jump from pixel to pixel would hide what so small a step does; a render will tell.
                return np.asarray(step + move, np.float64)
            there = self._rest(lack - self.seen_from(step + move), share)
            cost = float(np.linalg.norm(there * huber_weights(there, [slice(None)])))
            if cost < least:
                best, least = np.asarray(step + move, np.float64), cost
        return best
