"""Layers of a render on the trusted side: how large each may be, and whether what came is what it must be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.layers import Layer
from seig_search.render import RenderJob

__all__ = ["layer_sizes", "pack_layers", "read_layers", "read_names", "shape_of", "unpack_layers"]

MOST_BYTES = 512 << 20
MOST_LIGHTS = 64
MOST_NAMES = 32768
MOST_NAME = 255
TABLES = ("object_index", "material_index", "lights", "surface")
FLAT = ("alpha", "depth", "object_index", "material_index")


def read_names(job: RenderJob, header: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Check the tables of names in an answer.

    Raises:
        ValueError: They are not what the job's layers need.
    """
    told = header["names"]
    names: dict[str, tuple[str, ...]] = {}
    for layer in job.layers:
        if layer not in TABLES:
            continue
        table = told[layer]
        most = MOST_LIGHTS + 2 if layer == "lights" else MOST_NAMES
        if not (isinstance(table, list) and len(table) <= most):
            raise ValueError(f"a table of names for {layer} that is none, or too long")
        if not all(isinstance(name, str) and len(name) <= MOST_NAME for name in table):
            raise ValueError(f"a name in the table for {layer} that is none")
        names[layer] = tuple(table)
    return names


def shape_of(layer: Layer, width: int, height: int, names: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
    """Give the shape of a layer, as ``RenderResult`` describes it."""
    if layer in FLAT:
        return (height, width)
    if layer == "surface":
        return (height, width, 8)
    return (len(names["lights"]), height, width, 3) if layer == "lights" else (height, width, 3)


def layer_sizes(job: RenderJob, header: Mapping[str, Any]) -> list[int]:
    """Give the bytes of each layer of a job, from the header of its answer.

    Raises:
        ValueError: The header's names are not what they must be, or it is more than a worker may send.
    """
    names = read_names(job, header)
    width, height = job.fidelity.width, job.fidelity.height
    sizes = [4 * math.prod(shape_of(layer, width, height, names)) for layer in job.layers]
    if sum(sizes) > MOST_BYTES:
        raise ValueError(f"layers of {sum(sizes) >> 20} MiB")
    return sizes


def read_layers(
    job: RenderJob, blobs: Sequence[bytes], names: Mapping[str, Sequence[str]]
) -> dict[str, npt.NDArray[Any]]:
    """Make arrays of the bytes that came for a job's layers.

    Args:
        job: The job.
        blobs: Little-endian bytes of each of its layers, in order.
        names: From ``read_names``.

    Returns:
        The arrays by layer, not writable.

    Raises:
        ValueError: A layer has another size, holds what is not finite, or an index without a name.
    """
    layers: dict[str, npt.NDArray[Any]] = {}
    for layer, blob in zip(job.layers, blobs, strict=True):
        whole = layer in ("object_index", "material_index")
        shape = shape_of(layer, job.fidelity.width, job.fidelity.height, names)
        values = np.frombuffer(blob, "<i4" if whole else "<f4").reshape(shape)
        if whole:
            good = values.min() >= 0 and values.max() < len(names[layer])
        elif layer == "surface":
            told = values[..., 6:]
            most = max(0, len(names[layer]) - 1)
            good = bool(np.isfinite(values).all()) and bool(
                (told == np.floor(told)).all()
                and told.min() >= 0
                and told[..., 0].max() <= most
                and told.max() <= MOST_NAMES
            )
        elif layer == "depth":
            good = not (np.isnan(values).any() or values.min() < 0)
        else:
            good = bool(np.isfinite(values).all())
        if not good:
            raise ValueError(f"the layer {layer} holds values that it cannot have")
        layers[layer] = values
    return layers


def pack_layers(layers: Mapping[str, npt.NDArray[Any]]) -> tuple[list[list[Any]], bytes]:
    """Write layers down: name, dtype and shape of each, and their bytes one after the other."""
    told = [[name, values.dtype.str, list(values.shape)] for name, values in layers.items()]
    return told, b"".join(values.tobytes() for values in layers.values())


def unpack_layers(told: Sequence[Sequence[Any]], raw: bytes) -> dict[str, npt.NDArray[Any]]:
    """Read what ``pack_layers`` wrote.

    Raises:
        ValueError: The bytes are not that many.
    """
    layers: dict[str, npt.NDArray[Any]] = {}
    at = 0
    for name, dtype, shape in told:
        layers[name] = np.frombuffer(raw, dtype, count=int(np.prod(shape)), offset=at).reshape(shape)
        at += layers[name].nbytes
    if at != len(raw):
        raise ValueError(f"{len(raw)} bytes of layers, expected {at}")
    return layers
