"""Which object of one scene is which of the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from seig_search.errors import UsageError
from seig_search.truth.scene_truth import Array, TruthObject

__all__ = ["TOLERANCE", "matched"]

TOLERANCE = 0.5
"""Of the true object's diagonal: how far the middle of its match may be away."""


def matched(
    found: Sequence[TruthObject], true: Sequence[TruthObject], tolerance: float = TOLERANCE
) -> tuple[tuple[int, int], ...]:
    """Match objects one to one: as many pairs as possible, and of those the least sum of distances in true diagonals.

    The assignment is Kuhn's (1955), as scipy solves it.

    Args:
        found: Objects to match.
        true: The true objects, in the same frame.
        tolerance: Centres of a pair are at most this many diagonals of the true object apart; more than 0.

    Returns:
        Pairs of indices into ``found`` and ``true``, in the order of ``true``.

    Raises:
        UsageError: The tolerance is not more than 0.
    """
    if not tolerance > 0:
        raise UsageError(f"the matching tolerance must be more than 0 diagonals of the true object, got {tolerance}")
    if not found or not true:
        return ()
    here, there = (np.stack([item.centre for item in items]) for items in (found, true))
    diagonals = np.array([max(float(np.linalg.norm(item.size)), 1e-9) for item in true])
    apart: Array = np.linalg.norm(here[:, None] - there[None], axis=2) / diagonals / tolerance
    # One more pair is worth more than any distances.
    worth = np.where(apart <= 1, 1 + len(true) + len(found) - apart, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if worth[i, j] > 0]
    return tuple(sorted(pairs, key=lambda pair: pair[1]))
