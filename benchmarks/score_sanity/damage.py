"""Ways to spoil a scene, each in growing steps: what is appended to a program, or done to its picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["IN_PICTURE", "IN_SCENE", "clay", "mush", "pan", "removable"]

Bytes = npt.NDArray[np.uint8]

LEAST_SHARE, MOST_SHARE = 0.004, 0.35

PAN = """
_camera = bpy.context.scene.camera
bpy.context.view_layer.update()
_camera.data.shift_x += {share}
"""
REMOVE = """
for _name in {names}:
    bpy.data.objects.remove(bpy.data.objects[_name])
"""
SWAP = """
import mathutils as _mathutils
bpy.context.view_layer.update()
for _name in {names}:
    _old = bpy.data.objects[_name]
    _corners = [_old.matrix_world @ _mathutils.Vector(_corner) for _corner in _old.bound_box]
    _low = [min(_corner[_k] for _corner in _corners) for _k in range(3)]
    _high = [max(_corner[_k] for _corner in _corners) for _k in range(3)]
    _mesh = bpy.data.meshes.new(_name + "_cone")
    _middle = [(_low[_k] + _high[_k]) / 2 for _k in range(3)]
    _base = [(_low[0], _low[1]), (_high[0], _low[1]), (_high[0], _high[1]), (_low[0], _high[1])]
    _mesh.from_pydata(
        [(x, y, _low[2]) for x, y in _base] + [(_middle[0], _middle[1], _high[2])],
        [],
        [(0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)],
    )
    for _slot in _old.material_slots:
        _mesh.materials.append(_slot.material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(_name + "_cone", _mesh))
    bpy.data.objects.remove(_old)
"""
DIM = """
for _light in bpy.data.lights:
    _light.energy *= {factor}
for _world in bpy.data.worlds:
    _node = _world.node_tree.nodes.get("Background") if _world.node_tree else None
    if _node:
        _node.inputs["Strength"].default_value *= {factor}
for _material in bpy.data.materials:
    _node = _material.node_tree.nodes.get("Principled BSDF") if _material.node_tree else None
    if _node:
        _node.inputs["Emission Strength"].default_value *= {factor}
"""
TURN = """
import mathutils as _mathutils
bpy.context.view_layer.update()
for _lamp in [_thing for _thing in bpy.data.objects if _thing.type == "LIGHT"]:
    _lamp.matrix_world = _mathutils.Matrix.Rotation({angle}, 4, "Z") @ _lamp.matrix_world
"""
CLAY = """
_clay = bpy.data.materials.new("Clay")
_clay.use_nodes = True
_clay.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = ({red}, {green}, {blue}, 1)
_clay.node_tree.nodes["Principled BSDF"].inputs["Roughness"].default_value = 1.0
bpy.context.view_layer.update()
for _thing in [_thing for _thing in bpy.data.objects if _thing.name in {small}]:
    _thing.scale = [_side * {size} for _side in _thing.scale]
bpy.context.view_layer.material_override = _clay
"""


def pan(share: float) -> str:
    """Move the picture sideways by a share of its width."""
    return PAN.format(share=share)


def clay(rgb: Sequence[float], names: Sequence[str], size: float = 1.0) -> str:
    """Make everything of one dull colour, things of these names smaller."""
    red, green, blue = rgb
    return CLAY.format(red=red, green=green, blue=blue, small=list(names), size=size)


def _counted(text: str) -> Callable[[Sequence[str]], list[str]]:
    def steps(names: Sequence[str]) -> list[str]:
        counts = [count for count in (1, 2, 3, 5) if count <= len(names)]
        return [text.format(names=list(names[:count])) for count in counts]

    return steps


IN_SCENE: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "camera shift": lambda names: [pan(share) for share in (0.01, 0.03, 0.06, 0.1, 0.15)],
    "missing objects": _counted(REMOVE),
    "swapped objects": _counted(SWAP),
    "less light": lambda names: [DIM.format(factor=factor) for factor in (0.85, 0.7, 0.5, 0.3, 0.15)],
    "more light": lambda names: [DIM.format(factor=factor) for factor in (1.2, 1.5, 2.0, 3.0)],
    "turned light": lambda names: [TURN.format(angle=angle) for angle in (0.15, 0.35, 0.7, 1.2)],
}
"""By kind, what is appended to a program in each step; given the names of the things that can be removed."""


def _over(picture: Bytes, rgb: npt.NDArray[np.floating[Any]]) -> Bytes:
    return np.dstack([np.clip(np.rint(rgb), 0, 255).astype(np.uint8), picture[..., 3]])


def _hue(picture: Bytes, degrees: float) -> Bytes:
    """Turn about the grey axis."""
    axis, angle = np.full(3, 3**-0.5), np.radians(degrees)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return _over(picture, picture[..., :3] @ turn.T)


def _grey(picture: Bytes, share: float) -> Bytes:
    rgb = picture[..., :3].astype(float)
    grey = (rgb @ [0.2126, 0.7152, 0.0722])[..., None]
    return _over(picture, rgb + share * (grey - rgb))


def _blur(picture: Bytes, sigma: float) -> Bytes:
    """Blur colours as they lie over white, and the silhouette with them."""
    from scipy.ndimage import gaussian_filter

    alpha = picture[..., 3:].astype(float) / 255
    wide = (sigma * max(picture.shape[:2]) / 256,) * 2
    colour = gaussian_filter(picture[..., :3] * alpha, (*wide, 0), mode="nearest")
    cover = gaussian_filter(alpha, (*wide, 0), mode="nearest")
    return np.dstack([np.clip(colour / np.maximum(cover, 1e-6), 0, 255), 255 * cover]).round().astype(np.uint8)


IN_PICTURE: Mapping[str, Callable[[Bytes], list[Bytes]]] = {
    "hue shift": lambda picture: [_hue(picture, degrees) for degrees in (8, 20, 40, 75, 120)],
    "grey-out": lambda picture: [_grey(picture, share) for share in (0.2, 0.4, 0.7, 1.0)],
    "blur": lambda picture: [_blur(picture, sigma) for sigma in (0.6, 1.2, 2.5, 5.0, 10.0)],
}


def mush(picture: Bytes, blur: float = 2.5, keep: float = 0.45) -> Bytes:
    """Blur, grey and flatten a picture, everything in its place."""
    soft = _blur(picture, blur)
    rgb = _grey(soft, 0.7)[..., :3].astype(float)
    inside = soft[..., 3:] / 255.0
    middle = (rgb * inside).sum(axis=(0, 1)) / max(1e-6, float(inside.sum()))
    return _over(soft, middle + keep * (rgb - middle))


def saturation(picture: Bytes) -> float:
    """Mean saturation of what is covered, 0..1 (hexcone)."""
    rgb = picture[..., :3][picture[..., 3] > 127].astype(float) / 255
    top = rgb.max(axis=1)
    return float(np.mean((top - rgb.min(axis=1)) / np.maximum(top, 1e-6))) if len(rgb) else 0.0


def removable(index: npt.NDArray[np.int32], names: Sequence[str]) -> list[str]:
    """Names of things that cover a fair part of the picture, the largest first: no floors, no crumbs."""
    counts = np.bincount(index.ravel(), minlength=len(names)) / index.size
    found = [n for n in range(1, len(names)) if LEAST_SHARE <= counts[n] <= MOST_SHARE]
    return [names[n] for n in sorted(found, key=lambda n: -counts[n])]
