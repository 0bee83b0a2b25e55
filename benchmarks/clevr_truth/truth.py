"""How much of a CLEVR scene a program finds: boxes, colours and places against the truth.

A thing of the program counts as found when its image box and that of a true object have an intersection over union of at
least 0.5 and its colour is nearest to the true one of CLEVR's eight; each true object and each thing counts once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from seig_search.camera import GivenCamera
from seig_search.truth.errors_of_objects import lab

Array = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

PALETTE: Mapping[str, tuple[float, float, float]] = {
    "gray": (87, 87, 87),
    "red": (173, 35, 35),
    "blue": (42, 75, 215),
    "green": (29, 105, 20),
    "brown": (129, 74, 25),
    "purple": (129, 38, 192),
    "cyan": (41, 208, 208),
    "yellow": (255, 238, 51),
}
"""CLEVR's colours (Johnson et al. 2017, data/properties.json); its scenes use these numbers / 255 as linear base colours."""

LEAST_IOU = 0.5
LIGHTNESS_WEIGHT = 0.3
"""Of lightness in the distance between colours: one picture tells hue and chroma, but albedo only up to the light."""


@dataclass(frozen=True, slots=True)
class TrueObject:
    """An object of the scene: its name, image box (pixels), colour's name, and the middle of its world box (metres)."""

    name: str
    box: Box
    colour: str
    middle: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A thing of the program: the same, with its linear base colour."""

    name: str
    box: Box
    rgb: tuple[float, float, float]
    middle: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tally:
    """What was found.

    Args:
        pairs: Names of each true object that was found, and of what found it.
        recall: Share of the true objects that were found.
        precision: Share of the program's things that found one.
        position_error: Mean distance of the middles of pairs, metres; None without pairs.
    """

    pairs: tuple[tuple[str, str], ...]
    recall: float
    precision: float
    position_error: float | None


def colour_name(rgb: npt.ArrayLike) -> str:
    """Name the nearest of CLEVR's colours to a linear base colour."""
    weight = np.array([LIGHTNESS_WEIGHT, 1.0, 1.0])
    here = lab(rgb)
    far = {name: float(np.linalg.norm((lab(np.array(c) / 255) - here) * weight)) for name, c in PALETTE.items()}
    return min(far, key=lambda name: far[name])


def surface_points(name: str, matrix: npt.ArrayLike, dimensions: Sequence[float]) -> Array:
    """Give points whose hull is the object's: a cube's corners, a cylinder's rims, a sphere's surface; (N, 3) metres.

    Args:
        name: Begins with ``SmoothCube``, ``SmoothCylinder`` or ``Sphere``.
        matrix: (4, 4) object to world.
        dimensions: World extents along the object's own axes, metres.
    """
    m = np.asarray(matrix, dtype=float)
    axes = m[:3, :3] / np.linalg.norm(m[:3, :3], axis=0)
    half = np.asarray(dimensions, dtype=float) / 2
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    if name.startswith("SmoothCube"):
        local = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    elif name.startswith("SmoothCylinder"):
        rim = np.column_stack([np.cos(turn), np.sin(turn)])
        local = np.concatenate([np.column_stack([rim, np.full(64, z)]) for z in (-1.0, 1.0)])
    else:
        tilt = np.linspace(-np.pi / 2, np.pi / 2, 33)
        t, u = np.meshgrid(turn, tilt)
        local = np.column_stack([(np.cos(t) * np.cos(u)).ravel(), (np.sin(t) * np.cos(u)).ravel(), np.sin(u).ravel()])
    result: Array = m[:3, 3] + (local * half) @ axes.T
    return result


def load_truth(path: Path) -> tuple[list[TrueObject], GivenCamera, tuple[int, int]]:
    """Read a scene file.

    Returns:
        The objects that are in the picture, the camera, and the picture's width and height.
    """
    data: Any = json.loads(path.read_text())
    camera = GivenCamera.load(path)
    width, height = (int(v) for v in data["resolution"])
    objects = []
    for item in data["objects"]:
        points = surface_points(item["name"], item["matrix_world"], item["dimensions"])
        seen = camera.project(points, width, height)
        low = np.maximum(seen[:, :2].min(axis=0), 0)
        high = np.minimum(seen[:, :2].max(axis=0), [width, height])
        if (low >= high).any():
            continue
        x, y, z = points.min(axis=0) / 2 + points.max(axis=0) / 2
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        colour = colour_name(item["color_linear"][0][:3])
        objects.append(TrueObject(item["name"], box, colour, (float(x), float(y), float(z))))
    return objects, camera, (width, height)


def overlap(one: Box, two: Box) -> float:
    """Give the intersection over union of two boxes."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    high = min(one[3], two[3]) - max(one[1], two[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, two)]
    return wide * high / (areas[0] + areas[1] - wide * high)


def tally(objects: Sequence[TrueObject], found: Sequence[Found]) -> Tally:
    """Match things to objects one to one, the sum of overlaps being greatest, and count."""
    worth = np.zeros((len(objects), len(found)))
    for i, true in enumerate(objects):
        for j, thing in enumerate(found):
            iou = overlap(true.box, thing.box)
            if iou >= LEAST_IOU and colour_name(thing.rgb) == true.colour:
                # More pairs always beat better pairs.
                worth[i, j] = 10 + iou
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if worth[i, j] > 0]
    errors = [float(np.linalg.norm(np.subtract(objects[i].middle, found[j].middle))) for i, j in pairs]
    return Tally(
        tuple((objects[i].name, found[j].name) for i, j in pairs),
        len(pairs) / len(objects) if objects else 1.0,
        len(pairs) / len(found) if found else 1.0,
        float(np.mean(errors)) if errors else None,
    )


def things_of(facts: Mapping[str, Any], colours: Mapping[str, Sequence[float]], size: tuple[int, int]) -> list[Found]:
    """Take the things from a program's scene facts.

    Args:
        facts: The ``facts`` pass of a render of ``size``.
        colours: Linear base colour by material name.
        size: Width and height in pixels.

    Returns:
        Every visible mesh in the picture, except grounds and walls: what is flat, or spans most of it.
    """
    things = []
    for item in facts["objects"]:
        box = item["bbox_image"]
        if item["type"] != "MESH" or not item["visible"] or not box or not item["polygons"]:
            continue
        corners = np.asarray(item["bbox_world"])
        wide, deep, high = np.ptp(corners, axis=0)
        if (box[2] - box[0]) * (box[3] - box[1]) > 0.7 * size[0] * size[1] or high < 0.01 * max(wide, deep):
            continue
        rgb = next((colours[name] for name in item["materials"] if name in colours), (0.5, 0.5, 0.5))
        x, y, z = (corners.min(axis=0) + corners.max(axis=0)) / 2
        r, g, b = (float(v) for v in rgb[:3])
        things.append(Found(item["name"], tuple(box), (r, g, b), (float(x), float(y), float(z))))
    return things
