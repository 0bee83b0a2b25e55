"""Whether two pictures show the same thing, by what image encoders make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from seig_search.checkpoints import Store
from seig_search.errors import UsageError
from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .networks import (
    Encoder,
    Weights,
    bounded_threads,
    checked_measure,
    checked_running,
    clip_encoder,
    device_of,
    timm_encoder,
)
from .pictures import Bytes, PerTarget, as_render, flat

__all__ = ["SemanticEvaluator"]

METRICS = {
    "encoder": Metric("encoder", "1", 0.0, 1.0, "higher", "cosine; EfficientNet-Lite0, ImageNet (Tan, Le 2019)"),
    "dino": Metric("dino", "1", -1.0, 1.0, "higher", "cosine of class tokens; DINOv2 (Oquab et al. 2023)"),
    "clip": Metric("clip", "1", -1.0, 1.0, "higher", "cosine; CLIP (Radford et al. 2021), OpenCLIP"),
    "clip_text": Metric("clip_text", "1", -1.0, 1.0, "higher", "cosine of picture and caption; Hessel et al. 2021"),
}
CHECKPOINTS = {"encoder": "encoder", "dino": "dino", "clip": "clip", "clip_text": "clip"}
DINO_SIDE = 224
"""Pixels: 16 x 16 patches. The model's own 518 px cost ten times as much."""


class SemanticEvaluator:
    """Measures ``encoder``, ``dino`` and ``clip``, and with a caption ``clip_text``.

    Each is the cosine between features of the render and of the target (or of the caption). Pictures are squeezed to
    the encoder's square, so nothing is cut off. The target's features are computed once per size; the networks are loaded when first needed.

    Args:
        measure: Which metrics.
        caption: What the picture shows, in a few words; for ``clip_text``.
        clip_model: open_clip's name of the architecture that the weights ``clip`` are for.
        dino_model: timm's name of the vision transformer that the weights ``dino`` are for.
        device: ``auto``, ``cpu`` or ``cuda``.
        batch: Pictures at once.
        threads: Of the CPU; see ``PerceptualEvaluator``.
        files: Weights of your own by catalogue name, as in ``{"clip": "/models/open_clip.safetensors"}``.
        weights: Folder of the store; None for the default one.

    Raises:
        UsageError: A setting is out of its range, or names something unknown, or ``clip_text`` has no caption.
    """

    def __init__(
        self,
        *,
        measure: Sequence[str] | str = ("encoder", "dino", "clip"),
        caption: str | None = None,
        clip_model: str = "ViT-B-32",
        dino_model: str = "vit_small_patch14_dinov2.lvd142m",
        device: str = "auto",
        batch: int = 16,
        threads: int = 1,
        files: Mapping[str, str] | None = None,
        weights: str | None = None,
    ) -> None:
        self._wanted = checked_measure(measure, tuple(METRICS))
        if "clip_text" in self._wanted and not (caption and caption.strip()):
            raise UsageError("clip_text compares a picture with words: set caption to what the target shows")
        checked_running(device, batch, threads)
        self._caption, self._device_name, self._batch, self._threads = caption, device, batch, threads
        self._models = {"clip": clip_model, "dino": dino_model, "encoder": "tf_efficientnet_lite0"}
        store = Store(Path(weights).expanduser() if weights else None)
        self._weights = Weights(files or {}, tuple(self._models), store)
        self._encoders: dict[str, Encoder] = {}
        self._features = {name: PerTarget(self._target_features(name)) for name in self._models}

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return tuple(METRICS[name] for name in self._wanted)

    @property
    def missing(self) -> Mapping[str, str]:
        """What it cannot measure here, with what helps."""
        told = {name: self._weights.missing(CHECKPOINTS[name]) for name in self._wanted}
        return {name: why for name, why in told.items() if why}

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        answers: list[dict[str, float]] = [{} for _ in renders]
        missing = self.missing
        names = [name for name in self._wanted if name not in missing]
        if not names or not renders:
            return list(answers)
        pictures = [flat(render) for render in renders]
        with bounded_threads(self._threads):
            for key in dict.fromkeys(CHECKPOINTS[name] for name in names):
                ours = self._encoder(key).features(pictures, self._batch)
                for answer, picture, row in zip(answers, pictures, ours, strict=True):
                    if key in names:
                        theirs = self._features[key].at(target, picture.shape[1], picture.shape[0])
                        answer[key] = _cosine(row, theirs, METRICS[key])
                    if key == "clip" and "clip_text" in names:
                        answer["clip_text"] = _cosine(row, self._said, METRICS["clip_text"])
        return list(answers)

    @cached_property
    def _said(self) -> Any:
        """The caption's features, of length 1."""
        import torch

        encode = self._encoder("clip").text
        return torch.nn.functional.normalize(encode([self._caption or ""]), dim=-1)[0] if encode else None

    def _encoder(self, key: str) -> Encoder:
        if key not in self._encoders:
            path, device = self._weights.find(key), device_of(self._device_name)
            self._encoders[key] = (
                clip_encoder(self._models[key], path, device)
                if key == "clip"
                else timm_encoder(self._models[key], path, device, DINO_SIDE if key == "dino" else None)
            )
        return self._encoders[key]

    def _target_features(self, key: str) -> Any:
        return lambda target: self._encoder(key).features([flat(as_render(target))], 1)[0]


def _cosine(one: Any, other: Any, metric: Metric) -> float:
    # Rounding can take parallel features a hair beyond 1.
    return min(metric.high, max(metric.low, float((one * other).sum())))
