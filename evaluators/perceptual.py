"""Learned perceptual distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.checkpoints import Store
from seig_search.errors import UsageError
from seig_search.features import Features
from seig_search.metrics import Metric, Metrics
from seig_search.target import Target

from .lpips_features import lpips_features
from .networks import Weights, bounded_threads, checked_measure, checked_running, device_of, lpips_network, squares
from .pictures import WORKING_SIDE, Bytes, PerTarget, as_render, flat, shrunk

__all__ = ["PerceptualEvaluator"]

LPIPS = "Zhang et al. 2018 (CVPR), lpips 0.1"
METRICS = {
    "lpips": Metric("lpips", "1", 0.0, float("inf"), "lower", f"{LPIPS}, AlexNet"),
    "lpips_vgg": Metric("lpips_vgg", "1", 0.0, float("inf"), "lower", f"{LPIPS}, VGG-16"),
    "dreamsim": Metric("dreamsim", "1", 0.0, 2.0, "lower", "Fu et al. 2023 (NeurIPS), DINO ViT-B/16"),
}
CHECKPOINTS = {"lpips": "lpips-alex", "lpips_vgg": "lpips-vgg", "dreamsim": "dreamsim"}
NETS = {"lpips": "alex", "lpips_vgg": "vgg"}

LEAST_SIDE = 32
"""Pixels; below this the networks' last layers have nothing left."""

DREAMSIM_SIDE = 224


class PerceptualEvaluator:
    """Measures ``lpips``, and on request ``lpips_vgg`` and ``dreamsim``.

    LPIPS is the upstream package's, with the target's features computed once per size. Pictures with a side below
    32 px are left out. The networks are loaded when first needed.

    Args:
        measure: Which metrics.
        side: Longer side in pixels that LPIPS looks at; None for the renders' own.
        device: ``auto``, ``cpu`` or ``cuda``.
        batch: Pictures at once.
        threads: Of the CPU. One is the default, since other cores are busy rendering during a search, and threads
            that wait for each other on busy cores are many times slower than one.
        files: Weights of your own by catalogue name, as in ``{"lpips-alex": "/models/alex.safetensors"}``.
        weights: Folder of the store; None for the default one.

    Raises:
        UsageError: A setting is out of its range, or names something unknown.
    """

    def __init__(
        self,
        *,
        measure: Sequence[str] | str = ("lpips",),
        side: int | None = WORKING_SIDE,
        device: str = "auto",
        batch: int = 8,
        threads: int = 1,
        files: Mapping[str, str] | None = None,
        weights: str | None = None,
    ) -> None:
        self._wanted = checked_measure(measure, tuple(METRICS))
        if side is not None and side < LEAST_SIDE:
            raise UsageError(f"side is {side} px; give at least {LEAST_SIDE}, or null for the renders' own size")
        checked_running(device, batch, threads)
        self._side, self._device_name, self._batch, self._threads = side, device, batch, threads
        store = Store(Path(weights).expanduser() if weights else None)
        self._weights = Weights(files or {}, [CHECKPOINTS[name] for name in NETS], store)
        self._store = store
        self._networks: dict[str, Any] = {}
        self._features = {name: PerTarget(self._target_features(name)) for name in NETS}

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return tuple(METRICS[name] for name in self._wanted)

    @property
    def missing(self) -> Mapping[str, str]:
        """What it cannot measure here, with what helps."""
        told = {}
        for name in self._wanted:
            why = self._weights.missing(CHECKPOINTS[name])
            if name == "dreamsim" and find_spec("dreamsim") is None:
                why = "the package dreamsim is not installed; get it with: pip install dreamsim"
            if why:
                told[name] = why
        return told

    @property
    def features(self) -> Features | None:
        """What ``lpips`` sees in a picture; None where it is not measured. See ``seig_search.features``."""
        return self._lpips_features if "lpips" in self._wanted and "lpips" not in self.missing else None

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        answers: list[dict[str, float]] = [{} for _ in renders]
        names = [name for name in self._wanted if name not in self.missing]
        if not names:
            return list(answers)
        sizes: dict[tuple[int, int], list[int]] = {}
        for n, render in enumerate(renders):
            sizes.setdefault((render.shape[1], render.shape[0]), []).append(n)
        with bounded_threads(self._threads):
            for (width, height), members in sizes.items():
                for start in range(0, len(members), self._batch):
                    some = members[start : start + self._batch]
                    for name in names:
                        values = self._distances(name, [renders[n] for n in some], target, width, height)
                        for n, value in zip(some, values, strict=False):
                            answers[n][name] = value
        return list(answers)

    @cached_property
    def _device(self) -> str:
        return device_of(self._device_name)

    def _network(self, name: str) -> Any:
        if name not in self._networks:
            self._networks[name] = lpips_network(NETS[name], self._weights.find(CHECKPOINTS[name]), self._device)
        return self._networks[name]

    def _distances(self, name: str, renders: list[Bytes], target: Target, width: int, height: int) -> list[float]:
        if name == "dreamsim":
            return self._dreamsim(renders, target.sized(width, height))
        pictures = np.stack([self._seen(render) for render in renders])
        if min(pictures.shape[1:3]) < LEAST_SIDE:
            return []
        network = self._network(name)
        theirs = self._features[name].at(target, width, height)
        total: Any = 0.0
        # As in lpips.LPIPS.forward, whose target half is kept.
        for head, one, other in zip(network.lins, self._layers(name, pictures), theirs, strict=True):
            total = total + head((one - other) ** 2).mean((2, 3))
        values: list[float] = total[:, 0].tolist()
        # Rounding can take equal pictures a hair below.
        return [max(0.0, value) for value in values]

    def _target_features(self, name: str) -> Any:
        return lambda target: self._layers(name, self._seen(as_render(target))[None])

    def _layers(self, name: str, pictures: Bytes) -> list[Any]:
        """Give unit-length features of (N, H, W, 3) pictures, a tensor per layer."""
        import lpips
        import torch

        network = self._network(name)
        values = torch.tensor(pictures, device=self._device).permute(0, 3, 1, 2).float()
        outputs = network.net(network.scaling_layer(values / 127.5 - 1))
        return [lpips.normalize_tensor(output) for output in outputs]

    def _lpips_features(self, picture: Bytes) -> npt.NDArray[np.float64]:
        seen = self._seen(picture)
        if min(seen.shape[:2]) < LEAST_SIDE:
            return np.zeros(0)
        with bounded_threads(self._threads):
            # One picture at a time: who else is measured must not move a value's last digits.
            return lpips_features(self._network("lpips"), self._layers("lpips", seen[None]))

    def _seen(self, render: Bytes) -> Bytes:
        return flat(render) if self._side is None else shrunk(render, self._side)[0]

    def _dreamsim(self, renders: list[Bytes], target: Target) -> list[float]:
        import torch

        if "dreamsim" not in self._networks:
            from dreamsim import dreamsim

            # All that it would download is in this folder, or it would be among the missing.
            folder = str(self._store.find("dreamsim"))
            self._networks["dreamsim"] = dreamsim(
                pretrained=True, device=self._device, cache_dir=folder, dreamsim_type="dino_vitb16"
            )[0]

        def tensor(pictures: list[Bytes]) -> Any:
            stack = torch.from_numpy(squares(pictures, DREAMSIM_SIDE)).to(self._device)
            return stack.permute(0, 3, 1, 2).float() / 255

        ours = tensor([flat(render) for render in renders])
        theirs = tensor([flat(as_render(target))])
        # Pair by pair: upstream squeezes, which tells one picture from a batch.
        return [max(0.0, float(self._networks["dreamsim"](one[None], theirs))) for one in ours]
