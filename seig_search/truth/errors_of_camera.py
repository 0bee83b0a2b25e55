"""How wrong a camera is."""

from __future__ import annotations

import numpy as np

from seig_search.truth.scene_truth import Array, TruthCamera

__all__ = ["angle_between", "camera_errors", "rotation_angle"]


def rotation_angle(rotation: Array) -> float:
    """Angle of a rotation, degrees, 0..180: the geodesic distance from the identity (Huynh 2009, equation 23).

    Args:
        rotation: (3, 3) rotation.
    """
    # The arctangent keeps its precision near 0 and 180 degrees, where the arccosine of the trace loses it.
    skew = np.array([rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]])
    return float(np.degrees(np.arctan2(np.linalg.norm(skew), np.trace(rotation) - 1)))


def angle_between(one: Array, two: Array) -> float:
    """Angle between two vectors (3,), degrees, 0..180; either may be of any length but 0."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, two)), one @ two)))


def camera_errors(found: TruthCamera, true: TruthCamera, diagonal: float | None) -> dict[str, float]:
    """Measure a camera against the true one, both in one frame.

    Args:
        found: The camera to measure.
        true: The true camera.
        diagonal: The true scene's size in metres; None where it is not known.

    Returns:
        ``camera_rotation`` (degrees), ``camera_position`` (metres), ``camera_position_relative`` (of the scene's
        size), ``camera_fov`` (degrees), as far as both are known.
    """
    away = float(np.linalg.norm(found.position - true.position))
    errors = {"camera_rotation": rotation_angle(found.rotation @ true.rotation.T), "camera_position": away}
    if diagonal:
        errors["camera_position_relative"] = away / diagonal
    if found.fov_deg is not None and true.fov_deg is not None:
        errors["camera_fov"] = abs(found.fov_deg - true.fov_deg)
    return errors
