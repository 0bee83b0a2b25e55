"""A scene as plain values: what the program writer writes, and the reader reads back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seig_search.camera import GivenCamera

from .colour import Colour
from .solids import Finish, Solid

__all__ = ["Aim", "Ground", "Lamp", "Scene", "World"]


@dataclass(frozen=True, slots=True)
class Aim:
    """A camera that stands south of the origin and looks at a point above it.

    Args:
        elevation: Degrees above the horizon.
        distance: Metres from the point looked at.
        fov: Degrees across the longer side of the picture.
        height: Metres of the point looked at above the origin.
        roll: Degrees about the viewing direction.
    """

    elevation: float
    distance: float
    fov: float
    height: float = 0.0
    roll: float = 0.0

    def camera(self) -> GivenCamera:
        """Give the same camera as a matrix and a lens."""
        e, r = np.radians(self.elevation), np.radians(self.roll)
        right, up, back = (
            np.array([1.0, 0.0, 0.0]),
            np.array([0.0, np.sin(e), np.cos(e)]),
            np.array([0.0, -np.cos(e), np.sin(e)]),
        )
        matrix = np.eye(4)
        matrix[:3, 0] = np.cos(r) * right + np.sin(r) * up
        matrix[:3, 1] = -np.sin(r) * right + np.cos(r) * up
        matrix[:3, 2] = back
        matrix[:3, 3] = back * self.distance + (0, 0, self.height)
        lens = 18.0 / np.tan(np.radians(self.fov) / 2)
        rows = tuple(tuple(float(v) for v in row) for row in matrix)
        return GivenCamera(rows, float(lens), 36.0)


@dataclass(frozen=True, slots=True)
class Ground:
    """The plane that things stand on, at height 0; its edge may be in sight."""

    finish: Finish
    size: float = 60.0


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light on a dome around the middle of the scene.

    Args:
        name: CamelCase, unique.
        kind: ``area`` or ``sun``.
        azimuth: Degrees counter-clockwise from the +x axis, of where the light stands.
        elevation: Degrees above the horizon.
        energy: Watts, or W/m2 for a sun.
        size: Side in metres, or degrees of a sun's disc.
        distance: Metres from the middle; means nothing for a sun.
        rgb: Linear colour.
    """

    name: str
    kind: str
    azimuth: float
    elevation: float
    energy: float
    size: float
    distance: float
    rgb: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class World:
    """What the camera sees behind everything, and the light that comes from everywhere."""

    background: Colour
    ambient: Colour
    strength: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a program says.

    Args:
        title: One line for the program's head.
        solids: The things, each with its own name.
        ground: The ground, or None where nothing is seen of one.
        camera: A guessed camera, or the one that was given.
        lamps: The lights.
        world: Background and ambient light.
        transparent: Whether the background is left transparent.
        centre: What the lamps look at, metres.
    """

    title: str
    solids: tuple[Solid, ...]
    ground: Ground | None
    camera: Aim | GivenCamera
    lamps: tuple[Lamp, ...]
    world: World
    transparent: bool = False
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def view(self) -> GivenCamera:
        """Give the camera as a matrix and a lens."""
        return self.camera.camera() if isinstance(self.camera, Aim) else self.camera
