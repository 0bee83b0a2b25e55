"""LPIPS as features: numbers whose squared distance is about the distance that LPIPS measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["lpips_features"]

CELLS = 16
"""Most cells along a side that a layer is averaged to. Finer ones double the numbers to keep, and pull at things only where they overlap already."""


def lpips_features(network: Any, layers: Sequence[Any]) -> npt.NDArray[np.float64]:
    """Scale the features of one picture so that LPIPS is their squared distance, but for what averages out within a cell.

    LPIPS is a sum over layers of the mean over places of the squared differences of unit-length features, weighted by channel (Zhang et al. 2018, eq. 1).

    Args:
        network: An ``lpips.LPIPS``.
        layers: Unit-length features, a tensor (1, C, H, W) per layer.

    Returns:
        (N,), N by the picture's size.
    """
    import torch

    rows = []
    for head, layer in zip(network.lins, layers, strict=True):
        height, width = layer.shape[2:]
        factor = -(-max(height, width) // CELLS)
        cells = (-(-height // factor), -(-width // factor))
        averaged = torch.nn.functional.adaptive_avg_pool2d(layer, cells)
        # The head's weights are not negative: training clips them.
        weights = head.model[-1].weight.clamp(min=0) / (cells[0] * cells[1])
        rows.append((averaged * weights.sqrt()).flatten())
    return np.asarray(torch.cat(rows).cpu().numpy(), np.float64)
