"""Least squares for a handful of unknowns: damped Gauss-Newton (Levenberg-Marquardt) without set-up cost.

Hundreds of tiny fits are made for one picture; a general solver spends most of its time on its own bookkeeping.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .colour import Array

__all__ = ["least_squares"]


def least_squares(residual: Callable[[Array], Array], start: Array, rounds: int = 14, step: float = 1e-4) -> Array:
    """Find unknowns near ``start`` that make the sum of squares small.

    Args:
        residual: From (N,) unknowns, all of order one, to (M,) residuals.
        start: (N,) where to begin.
        rounds: Most steps to take.
        step: Of the finite differences.

    Returns:
        (N,) the best unknowns seen.
    """
    here = np.asarray(start, dtype=float)
    now = residual(here)
    cost = float(now @ now)
    damping = 1e-3
    for _ in range(rounds):
        slope = np.stack([(residual(here + step * unit) - now) / step for unit in np.eye(len(here))], axis=1)
        normal, pull = slope.T @ slope, slope.T @ now
        for _ in range(5):
            try:
                move = -np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), pull)
            except np.linalg.LinAlgError:
                return here
            there = here + np.clip(move, -1.0, 1.0)
            then = residual(there)
            better = float(then @ then)
            if better < cost:
                break
            damping *= 6
        else:
            return here
        done = cost - better < 1e-4 * cost
        here, now, cost, damping = there, then, better, max(damping / 6, 1e-6)
        if done:
            break
    return here
