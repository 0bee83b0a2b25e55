"""A camera that the user knows, and Blender's pinhole model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError

__all__ = ["GivenCamera"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GivenCamera:
    """A pinhole camera in Blender's convention: it looks along its own -z axis, y up.

    Args:
        matrix_world: (4, 4) camera to world, metres; the upper left 3x3 is a rotation.
        lens_mm: Focal length in millimetres.
        sensor_width_mm: Sensor width in millimetres, as Blender's sensor fit AUTO means it: it spans the
            longer side of the image.
    """

    matrix_world: tuple[tuple[float, ...], ...]
    lens_mm: float
    sensor_width_mm: float = 36.0

    @classmethod
    def load(cls, path: Path) -> GivenCamera:
        """Read a JSON file with ``matrix_world``, ``lens_mm`` and ``sensor_width_mm``, at top level or under ``camera``.

        Raises:
            UsageError: The file is missing, or is not such a camera.
        """
        shape = '{"camera": {"matrix_world": 4x4, "lens_mm": 35.0, "sensor_width_mm": 36.0}}'
        try:
            data: Any = json.loads(path.read_text())
        except OSError as error:
            raise UsageError(f"cannot read the camera file {path}: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"the camera file {path} is not JSON ({error}); expected {shape}") from error
        try:
            data = data.get("camera", data)
            matrix = np.asarray(data["matrix_world"], dtype=float)
            camera = cls(
                tuple(tuple(float(x) for x in row) for row in matrix),
                float(data["lens_mm"]),
                float(data.get("sensor_width_mm", 36.0)),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"the camera file {path} lacks a part ({error!r}); expected {shape}") from error
        rotation = matrix[:3, :3] if matrix.shape == (4, 4) else np.zeros((3, 3))
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3) or camera.lens_mm <= 0:
            raise UsageError(f"the camera in {path} is no rotation with a positive lens; expected {shape}")
        return camera

    @property
    def matrix(self) -> Array:
        """(4, 4) camera to world."""
        return np.asarray(self.matrix_world, dtype=float)

    def focal_px(self, width: int, height: int) -> float:
        """Focal length in pixels of a width x height image."""
        return self.lens_mm / self.sensor_width_mm * max(width, height)

    def project(self, points: npt.ArrayLike, width: int, height: int) -> Array:
        """Project world points to pixels.

        Args:
            points: (N, 3) metres.
            width: Image width in pixels.
            height: Image height in pixels.

        Returns:
            (N, 3): x right and y down in pixels from the top left corner, and depth in metres before the camera
            (negative behind it, where x and y mean nothing).
        """
        world = np.atleast_2d(np.asarray(points, dtype=float))
        matrix = self.matrix
        local = (world - matrix[:3, 3]) @ matrix[:3, :3]
        depth = -local[:, 2]
        scale = self.focal_px(width, height) / np.where(np.abs(depth) < 1e-12, 1e-12, depth)
        return np.column_stack([width / 2 + local[:, 0] * scale, height / 2 - local[:, 1] * scale, depth])

    def rays(self, pixels: npt.ArrayLike, width: int, height: int) -> tuple[Array, Array]:
        """Unproject pixels to world rays.

        Args:
            pixels: (N, 2), x right and y down from the top left corner.
            width: Image width in pixels.
            height: Image height in pixels.

        Returns:
            The camera's position (3,), and unit directions (N, 3).
        """
        xy = np.atleast_2d(np.asarray(pixels, dtype=float))
        focal = self.focal_px(width, height)
        local = np.column_stack([(xy[:, 0] - width / 2) / focal, -(xy[:, 1] - height / 2) / focal, -np.ones(len(xy))])
        directions = local @ self.matrix[:3, :3].T
        return self.matrix[:3, 3], directions / np.linalg.norm(directions, axis=1, keepdims=True)
