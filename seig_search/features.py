"""Features: what a network sees in a picture, as numbers to compare; evaluators may offer them, tuners may use them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from seig_search.errors import SeigError

__all__ = ["Features", "OffersFeatures", "joined_features"]

Features: TypeAlias = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float64]]
"""From a picture, (H, W, 4) uint8 with straight alpha, to its features, (N,): N goes by the picture's size alone, equal pictures have equal features, and
the squared distance of two pictures' features is how unlike they are. Empty where the picture is too small to see anything in it."""


@runtime_checkable
class OffersFeatures(Protocol):
    """An evaluator that lets others see as it does."""

    @property
    def features(self) -> Features | None:
        """Its features; None where it has none here, for want of weights or because it was set to measure something else."""
        ...


def joined_features(evaluators: Sequence[object]) -> Features | None:
    """Give the features of all that offer any, one after the other.

    Args:
        evaluators: Any; those that offer no features are passed over.

    Returns:
        The features, which raise ``SeigError`` where one's are not one finite row; None if nobody offers any.
    """
    offered = [
        (type(one).__name__, one.features)
        for one in evaluators
        if isinstance(one, OffersFeatures) and one.features is not None
    ]
    if not offered:
        return None

    def joined(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        rows = []
        for owner, features in offered:
            row = np.asarray(features(picture), np.float64)
            if row.ndim != 1 or not np.isfinite(row).all():
                raise SeigError(f"the evaluator {owner} gave features that are not one row of finite numbers")
            rows.append(row)
        return np.concatenate(rows)

    return joined
