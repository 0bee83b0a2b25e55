"""How scene-linear light becomes the display values of a render: known for the Standard view, learnt for others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "ViewCurve", "decoded", "encoded"]

Floats = npt.NDArray[np.float64]

EXACT = 1.5 / 255
"""Standard is taken for what it is if it explains the picture to within this, by median: dither and rounding."""
STOPS = np.linspace(-10.0, 7.0, 18)
"""Where a learnt curve has its knots: log2 of linear light, middle grey is -2.5."""
SAMPLES = 1500
LEAST = 2.0**-12


def encoded(linear: Floats) -> Floats:
    """Encode linear light for an sRGB display (IEC 61966-2-1), clipped to 0..1."""
    clipped = np.clip(linear, 0.0, 1.0)
    values: Floats = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return values


def decoded(display: Floats) -> Floats:
    """Turn sRGB values in 0..1 into linear light."""
    values: Floats = np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)
    return values


class ViewCurve:
    """Maps linear light to display values.

    Made by ``fit`` from a render that is known in both. The Standard view, with any exposure, is recognised and exact. Others (Filmic, AgX, looks) are
    learnt from the picture's own pixels as a mix of channels, a rising curve and another mix, which is how these are made; that
    holds for light as bright as the picture has it, and is continued evenly beyond.

    Args:
        name: For people: ``Standard`` or ``learnt``.
        apply: From (..., 3) linear to (..., 3) display values, 0..1.
        error: Median difference on the pixels it was made from, 0..1.
    """

    def __init__(self, name: str, apply: Callable[[Floats], Floats], error: float) -> None:
        self.name, self._apply, self.error = name, apply, error

    def __call__(self, linear: Floats) -> Floats:
        """Give display values in 0..1 of (..., 3) linear light."""
        return self._apply(linear)

    @classmethod
    def fit(cls, linear: Floats, display: Floats) -> ViewCurve:
        """Learn it.

        Args:
            linear: (N, 3) linear light of opaque pixels.
            display: (N, 3) what they look like, 0..1.

        Raises:
            ValueError: There are no pixels.
        """
        if not len(linear):
            raise ValueError("there are no pixels to learn a view transform from")
        lit = (display > 0.1) & (display < 0.95) & (linear > 1e-4)
        ratio = decoded(display[lit]) / linear[lit]
        exposure = float(np.median(ratio)) if ratio.size else 1.0
        exposure = 1.0 if abs(exposure - 1) < 0.02 else exposure

        def standard(values: Floats) -> Floats:
            return encoded(values * exposure)

        error = float(np.median(np.abs(standard(linear) - display).max(axis=1)))
        # A view that bends colours may still be right for half of a dark picture.
        spread = float(np.quantile(np.abs(standard(linear) - display).max(axis=1), 0.95))
        if error <= EXACT and spread <= 4 * EXACT:
            return cls("Standard", standard, error)
        return cls._learnt(linear, display)

    @classmethod
    def _learnt(cls, linear: Floats, display: Floats) -> ViewCurve:
        from scipy.interpolate import PchipInterpolator
        from scipy.optimize import least_squares

        order = np.argsort(display.sum(axis=1), kind="stable")
        chosen = order[np.linspace(0, len(order) - 1, min(SAMPLES, len(order))).astype(int)]
        ours, theirs = linear[chosen], display[chosen]

        def build(x: Floats) -> Callable[[Floats], Floats]:
            before, after = _mix(x[:6]), _mix(x[6:12])
            # Rising by construction: the knots' steps are exponentials.
            levels = np.cumsum(np.concatenate([[np.exp(x[12])], np.exp(x[13 : 12 + len(STOPS)])]))
            curve = PchipInterpolator(STOPS, levels, extrapolate=False)

            def apply(values: Floats) -> Floats:
                mixed = np.maximum(values @ before.T, LEAST)
                bent = curve(np.clip(np.log2(mixed), STOPS[0], STOPS[-1]))
                found: Floats = np.clip(bent @ after.T, 0.0, 1.0)
                return found

            return apply

        first = encoded(2.0**STOPS / (1 + 2.0**STOPS))
        steps = np.log(np.maximum(np.diff(first), 2e-3))
        start = np.concatenate([np.full(6, 0.02), np.full(6, -0.01), [np.log(max(first[0], 1e-4))], steps])

        def off(x: Floats) -> Floats:
            # A weak pull keeps knots that no pixel reaches where an ordinary film curve has them.
            return np.concatenate([(build(x)(ours) - theirs).ravel(), 0.02 * (x - start)])

        found = least_squares(off, start, method="trf", loss="soft_l1", f_scale=0.02, max_nfev=40)
        apply = build(found.x)
        return cls("learnt", apply, float(np.median(np.abs(apply(linear) - display).max(axis=1))))


def _mix(parts: Floats) -> Floats:
    """A matrix whose rows sum to 1, from its six elements beside the diagonal."""
    matrix = np.zeros((3, 3))
    matrix[~np.eye(3, dtype=bool)] = parts
    matrix[np.diag_indices(3)] = 1 - matrix.sum(axis=1)
    return matrix
