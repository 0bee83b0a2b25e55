"""Names of the layers that a render can bring back; light enough for the command line's help."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["LAYERS", "Layer"]

Layer = Literal[
    "alpha",
    "depth",
    "normal",
    "object_index",
    "material_index",
    "lights",
    "albedo",
    "denoising_normal",
    "linear",
    "surface",
]
"""Pictures of numbers beside the one to look at; ``seig_search.render.RenderResult`` says what each holds."""

LAYERS: tuple[Layer, ...] = get_args(Layer)
"""Every layer, in the order in which workers send them."""
