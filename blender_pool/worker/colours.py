"""Colour management made ready before processes are forked: its first picture costs as much as a small render."""

from __future__ import annotations

import contextlib
from pathlib import Path

import bpy

__all__ = ["prepare_colours"]

VIEWS = ("AgX", "Standard", "Filmic")
SIDE = 4


def prepare_colours(folder: Path) -> None:
    """Save a tiny picture under each common view transform; what OpenColorIO made for it stays in memory.

    Args:
        folder: Where the picture may be written; it is removed again.
    """
    scene = bpy.context.scene
    scene.render.image_settings.file_format = "PNG"
    place = folder / "colours.png"
    image = bpy.data.images.new("Colours", SIDE, SIDE, float_buffer=True)
    for view in VIEWS:
        # Names of view transforms differ between versions, and with a studio's own configuration.
        with contextlib.suppress(TypeError):
            scene.view_settings.view_transform = view
            image.save_render(str(place), scene=scene)
    bpy.data.images.remove(image)
    place.unlink(missing_ok=True)
