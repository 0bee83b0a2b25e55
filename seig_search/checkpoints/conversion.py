"""From the files that sources have to the ones that are stored: safetensors, which hold numbers and nothing else."""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from seig_search.errors import SeigError

__all__ = ["CONVERSIONS", "Tensors", "convert", "read_arrays"]

Tensors: TypeAlias = dict[str, npt.NDArray[Any]]

# Where each convolution stands in torchvision's ``features``, in the order in which they run.
ALEXNET = (0, 3, 6, 8, 10)
VGG16 = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)

# How many blocks each of EfficientNet-Lite0's stages has (Tan, Le 2019, table 1, width and depth 1).
LITE0_STAGES = (1, 2, 2, 3, 3, 4, 1)


class _ArraysOnly(pickle.Unpickler):
    """Builds numpy arrays from a pickle and refuses every other name in it."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            # numpy has renamed this function's module; an array tells where it is in the one at hand.
            return np.empty(0).__reduce__()[0]
        raise SeigError(f"the file holds {module}.{name}; a file of weights may hold numbers only, so it was not read")


def read_arrays(data: bytes) -> Any:
    """Read a pickle of containers and numpy arrays, with nothing in it being run.

    Raises:
        SeigError: It holds something else, or is damaged.
    """
    try:
        return _ArraysOnly(io.BytesIO(data)).load()
    except SeigError:
        raise
    except Exception as error:
        raise SeigError(f"the file is no readable pickle of arrays: {type(error).__name__}: {error}") from error


def _from_flax(tree_name: str, places: tuple[int, ...]) -> Callable[[Path], Tensors]:
    def read(path: Path) -> Tensors:
        tree = read_arrays(path.read_bytes())
        tensors: Tensors = {}
        for n, place in enumerate(places):
            layer = tree[tree_name][f"Conv_{n}"]
            # Kernels are height, width, in, out there; torch has out, in, height, width.
            tensors[f"features.{place}.weight"] = np.ascontiguousarray(layer["kernel"].transpose(3, 2, 0, 1))
            tensors[f"features.{place}.bias"] = np.ascontiguousarray(layer["bias"])
        return tensors

    return read


def _read_torch(path: Path) -> Tensors:
    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise SeigError(f"torch cannot read {path.name} as weights: {error}") from error
    return {name: tensor.numpy() for name, tensor in state.items()}


def _torchvision_features(path: Path) -> Tensors:
    return {name: values for name, values in _read_torch(path).items() if name.startswith("features.")}


def _efficientnet_lite0(path: Path) -> Tensors:
    state = _read_torch(path)
    tops = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
    first = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    later = {
        "_expand_conv": "conv_pw",
        "_bn0": "bn1",
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn2",
        "_project_conv": "conv_pwl",
        "_bn2": "bn3",
    }
    homes = [(stage, block) for stage, depth in enumerate(LITE0_STAGES) for block in range(depth)]
    tensors: Tensors = {}
    for name, values in state.items():
        if name.startswith("_fc."):
            continue
        match = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
        if match is None:
            layer, _, kind = name.partition(".")
            tensors[f"{tops[layer]}.{kind}"] = values
            continue
        stage, block = homes[int(match[1])]
        # Only the first block of all widens nothing, so it has no third convolution.
        layers = first if (stage, block) == (0, 0) else later
        tensors[f"blocks.{stage}.{block}.{layers[match[2]]}.{match[3]}"] = values
    return tensors


CONVERSIONS: Mapping[str, Callable[[Path], Tensors]] = MappingProxyType(
    {
        "torchvision_features": _torchvision_features,
        "flax_alexnet": _from_flax("AlexNet_0", ALEXNET),
        "flax_vgg16": _from_flax("VGG16_0", VGG16),
        "efficientnet_lite0": _efficientnet_lite0,
    }
)
"""By name: read a source's file and give tensors by the names that the model at hand has for them."""


def convert(path: Path, conversion: str, destination: Path) -> None:
    """Write a source's file in its stored form.

    Args:
        path: The source's file.
        conversion: A name in ``CONVERSIONS``, or ``as_is`` for a file that is safetensors already.
        destination: The safetensors file to write.

    Raises:
        SeigError: The file holds something else than expected.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import save_file

    if conversion == "as_is":
        try:
            with safe_open(path, framework="numpy") as file:
                file.keys()
        except SafetensorError as error:
            raise SeigError(f"{path.name} is no safetensors file: {error}") from error
        path.replace(destination)
        return
    try:
        tensors = CONVERSIONS[conversion](path)
    except (KeyError, AttributeError, TypeError, IndexError) as error:
        raise SeigError(
            f"{path.name} has no weights where the conversion {conversion} looks for them: {type(error).__name__} {error}"
        ) from error
    save_file({name: np.ascontiguousarray(values) for name, values in tensors.items()}, destination)
