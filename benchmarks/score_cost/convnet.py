"""An evaluator that costs what a small torch metric costs; its weights are drawn, so its values mean nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.metrics import Metric, Metrics
from seig_search.target import Target


class ConvnetEvaluator:
    """The distance of a render's and the target's AlexNet features, of five layers: the work of LPIPS."""

    metrics = (Metric("convnet", "1", 0.0, float("inf"), "lower", "stands in for Zhang et al. 2018"),)

    def __init__(self) -> None:
        self._net: Any = None
        self._known: dict[tuple[str, int, int], Any] = {}

    def evaluate(self, renders: Sequence[npt.NDArray[np.uint8]], target: Target) -> list[Metrics]:
        """Measure each render."""
        found: list[Metrics] = []
        for render in renders:
            height, width = render.shape[:2]
            key = (target.digest, width, height)
            if key not in self._known:
                self._known[key] = self._features(target.sized(width, height).over())
            pairs = zip(self._features(render[..., :3]), self._known[key], strict=True)
            found.append({"convnet": float(sum(((a - b) ** 2).mean() for a, b in pairs))})
        return found

    def _features(self, picture: npt.NDArray[np.uint8]) -> list[Any]:
        import torch
        from torchvision.models import alexnet

        if self._net is None:
            torch.manual_seed(0)
            self._net = alexnet(weights=None).features.eval()
        layers, value = [], torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            for layer in self._net:
                value = layer(value)
                if isinstance(layer, torch.nn.ReLU):
                    layers.append(value)
        return layers
