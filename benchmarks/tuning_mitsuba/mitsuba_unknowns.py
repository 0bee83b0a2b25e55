"""What Adam moves, a vector of plain numbers, and how the scene's parameters follow from it."""

from __future__ import annotations

import math
from typing import Any

import drjit as dr
import mitsuba as mi
import numpy as np
from mitsuba_scene import camera_pose, radiance
from scene import SCENE, Values

__all__ = ["CameraUnknowns", "LightUnknowns"]

BRISK = 3.0
"""Logarithms of lights move so much faster than colours, which have less far to go."""


def _entry(vector: Any, index: int) -> Any:
    return dr.gather(mi.Float, vector, mi.UInt32(index))


class LightUnknowns:
    """Radiance of every lamp, as its logarithm, and every base colour, channel by channel.

    Args:
        parameters: What ``mi.traverse`` gave.
        start: The values to begin with.
    """

    def __init__(self, parameters: Any, start: Values) -> None:
        self.parameters, self._start = parameters, start
        self._things = [thing.name for thing in (*SCENE.boxes, *SCENE.balls)]
        parameters.keep(
            [f"{name}.bsdf.reflectance.value" for name in self._things]
            + [f"{lamp.name}.emitter.radiance.value" for lamp in SCENE.lamps]
        )

    def start(self) -> Any:
        """Give the vector that stands for the start."""
        found: list[float] = []
        for name in self._things:
            found += self._start[f"{name}_RGB"]  # type: ignore[operator]
        for lamp in SCENE.lamps:
            watts, tint = self._start[f"{lamp.name}_ENERGY"], self._start[f"{lamp.name}_LIGHT_RGB"]
            found += [math.log(watts * part * radiance(lamp)) / BRISK for part in tint]  # type: ignore[operator, union-attr]
        return mi.Float(found)

    def clipped(self, vector: Any) -> Any:
        """Keep colours in what a surface can be."""
        colour = dr.arange(mi.UInt32, len(vector)) < 3 * len(self._things)
        return dr.select(colour, dr.clip(vector, 0.005, 0.995), vector)

    def put(self, vector: Any) -> None:
        """Let the scene follow the vector."""
        for place, name in enumerate(self._things):
            rgb = mi.Color3f(*(_entry(vector, 3 * place + k) for k in range(3)))
            self.parameters[f"{name}.bsdf.reflectance.value"] = rgb
        for place, lamp in enumerate(SCENE.lamps, len(self._things)):
            glow = mi.Color3f(*(dr.exp(BRISK * _entry(vector, 3 * place + k)) for k in range(3)))
            self.parameters[f"{lamp.name}.emitter.radiance.value"] = glow
        self.parameters.update()

    def values(self, vector: Any) -> dict[str, Any]:
        """Say it in the scene's words."""
        rows = np.array(vector, dtype=float).reshape(-1, 3)
        found: dict[str, Any] = {f"{name}_RGB": tuple(rows[k]) for k, name in enumerate(self._things)}
        for lamp, row in zip(SCENE.lamps, rows[len(self._things) :], strict=True):
            power = np.exp(BRISK * row) / radiance(lamp)
            found[f"{lamp.name}_ENERGY"] = float(power.max())
            found[f"{lamp.name}_LIGHT_RGB"] = tuple((power / power.max()).tolist())
        return found


class CameraUnknowns:
    """Place and angles of the camera.

    Mitsuba 3.9 gives no derivatives by its sensor. So the camera stands at the start and the world moves: rigidly, lamps included, by what
    takes the camera that is sought to the one that stands.

    Args:
        parameters: What ``mi.traverse`` gave, of the scene as it really is but for the camera.
        start: The values to begin with.
    """

    SPANS = (1.0, 1.0, 1.0, 0.3, 0.3, 0.3)
    """Metres and radians that one unit of the vector stands for."""
    NAMES = ("X", "Y", "Z", "PITCH", "ROLL", "YAW")

    def __init__(self, parameters: Any, start: Values) -> None:
        self.parameters = parameters
        parameters["sensor.to_world"] = mi.Transform4f(camera_pose(start))
        parameters.update()
        self._stand = mi.Matrix4f(camera_pose(start))
        self._first = [float(start[f"CAMERA_{name}"]) for name in self.NAMES]  # type: ignore[arg-type]
        self._meshes = {f"{box.name}.vertex_positions": None for box in SCENE.boxes}
        self._placed = {f"{name}.to_world": None for name in ("FLOOR", *(t.name for t in (*SCENE.balls, *SCENE.lamps)))}
        parameters.keep([*self._meshes, *self._placed])
        self._points = {key: dr.unravel(mi.Point3f, mi.Float(parameters[key])) for key in self._meshes}
        self._places = {key: mi.Matrix4f(parameters[key].matrix) for key in self._placed}

    def start(self) -> Any:
        """Give the vector that stands for the start."""
        return dr.zeros(mi.Float, 6)

    def clipped(self, vector: Any) -> Any:
        """Leave the vector as it is."""
        return vector

    def put(self, vector: Any) -> None:
        """Let the world follow the vector."""
        at = []
        for index, (first, span) in enumerate(zip(self._first, self.SPANS, strict=True)):
            at.append((math.radians(first) if index > 2 else first) + span * _entry(vector, index))
        (sa, ca), (sb, cb), (sc, cc) = (dr.sincos(angle) for angle in at[3:])
        # The columns of Blender's rotation z y x; Mitsuba's camera has x and z the other way round.
        x = (cc * cb, sc * cb, -sb)
        y = (cc * sb * sa - sc * ca, sc * sb * sa + cc * ca, cb * sa)
        z = (cc * sb * ca + sc * sa, sc * sb * ca - cc * sa, cb * ca)
        back = [
            [*axis, -(axis[0] * at[0] + axis[1] * at[1] + axis[2] * at[2])]
            for axis in (tuple(-part for part in x), y, tuple(-part for part in z))
        ]
        move = self._stand @ mi.Matrix4f(*[part for row in back for part in row], 0, 0, 0, 1)
        whole = mi.Transform4f(move)
        for key, points in self._points.items():
            self.parameters[key] = dr.ravel(whole @ points)
        for key, place in self._places.items():
            self.parameters[key] = type(self.parameters[key])(move @ place)
        self.parameters.update()

    def values(self, vector: Any) -> dict[str, Any]:
        """Say it in the scene's words."""
        moved = np.array(vector, dtype=float) * self.SPANS
        moved[3:] = np.degrees(moved[3:])
        return {f"CAMERA_{n}": float(a + b) for n, a, b in zip(self.NAMES, self._first, moved, strict=True)}
