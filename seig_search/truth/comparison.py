"""A scene against the true one: every error, in a stated gauge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from seig_search.errors import UsageError
from seig_search.metrics import Metric
from seig_search.truth.alignment import Alignment, aligning
from seig_search.truth.errors_of_camera import camera_errors
from seig_search.truth.errors_of_lights import light_errors
from seig_search.truth.errors_of_objects import chamfer_distance, object_errors
from seig_search.truth.matching import TOLERANCE
from seig_search.truth.scene_truth import SceneTruth, Similarity, TruthObject

__all__ = ["TRUTH_METRICS", "TruthReport", "compared"]

_UP = math.inf
TRUTH_METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("camera_rotation", "deg", 0, 180, "lower", "geodesic distance of rotations: Huynh 2009"),
            Metric("camera_position", "m", 0, _UP, "lower", "Euclidean distance of the cameras"),
            Metric("camera_position_relative", "1", 0, _UP, "lower", "the same over the true scene's diagonal"),
            Metric("camera_fov", "deg", 0, 180, "lower", "difference across the picture's longer side"),
            Metric("object_recall", "1", 0, 1, "higher", "share of true objects matched; assignment: Kuhn 1955"),
            Metric("object_precision", "1", 0, 1, "higher", "share of objects matched"),
            Metric("object_f1", "1", 0, 1, "higher", "harmonic mean of both: van Rijsbergen 1979"),
            Metric("object_position", "m", 0, _UP, "lower", "mean distance of matched middles"),
            Metric("object_size", "log2", 0, _UP, "lower", "mean |log2| of the ratio of matched extents"),
            Metric("object_colour", "ΔE*ab", 0, 400, "lower", "mean CIE 1976 difference of matched base colours"),
            Metric("object_class", "1", 0, 1, "higher", "share of matches of the same class"),
            Metric("chamfer", "m", 0, _UP, "lower", "Chamfer distance: Barrow et al. 1977; Fan et al. 2017"),
            Metric("chamfer_relative", "1", 0, _UP, "lower", "the same over the true scene's diagonal"),
            Metric("light_direction", "deg", 0, 180, "lower", "angle to the nearest light, weighted by irradiance"),
            Metric("light_transport", "deg", 0, 180, "lower", "earth mover's distance: Rubner et al. 2000"),
            Metric("light_energy", "log2", 0, _UP, "lower", "|log2| of the ratio of irradiances at the middle"),
            Metric("light_colour", "deg", 0, 90, "lower", "angular error: Hordley and Finlayson 2004"),
            Metric("light_ambient", "log2", 0, _UP, "lower", "|log2| of the ratio of the worlds' luminances"),
            Metric(
                "light_field",
                "1",
                0,
                1,
                "lower",
                "irradiance by orientation: Ramamoorthi, Hanrahan 2001; Bray, Curtis 1957",
            ),
        )
    }
)
"""What each error means."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthReport:
    """How wrong a scene is.

    Args:
        align: The gauge that the errors are given in.
        similarity: What brought the scene into the true one's frame.
        values: By metric; what does not apply is left out.
        pairs: Names of each matched object and of the true one.
        notes: What was left out and why, as sentences.
    """

    align: Alignment
    similarity: Similarity
    values: Mapping[str, float]
    pairs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def compared(
    found: SceneTruth,
    true: SceneTruth,
    align: Alignment = "camera",
    *,
    tolerance: float = TOLERANCE,
    points: int = 4000,
    seed: int = 0,
) -> TruthReport:
    """Measure a scene against the true one.

    Args:
        found: The scene to measure.
        true: The true scene.
        align: The gauge; see ``seig_search.truth.alignment``. With ``camera`` the cameras coincide by definition, so
            errors of their place and rotation are left out.
        tolerance: Of the matching, in true diagonals; see ``matched``.
        points: Surface points drawn from each scene for the Chamfer distance; 0 leaves it out.
        seed: Of that draw.

    Raises:
        UsageError: The true scene has no objects, or a setting is out of its range.
        SeigError: The alignment cannot be found.
    """
    size, box = true.diagonal, true.bounds
    if size is None or box is None:
        raise UsageError(f"the true scene {true.name!r} has no objects to measure against")
    if points < 0:
        raise UsageError(f"points for the Chamfer distance must be at least 0, got {points}")
    similarity = aligning(found, true, align, tolerance)
    moved = found.moved(similarity)
    values, pairs = object_errors(moved.solids, true.solids, tolerance)
    cameras = camera_errors(moved.camera, true.camera, size)
    if align == "camera":
        cameras = {name: value for name, value in cameras.items() if name == "camera_fov"}
    values = cameras | values
    notes = [f"{scene.name}: {note}" for scene in (found, true) for note in scene.notes]
    chamfer = chamfer_distance(moved.solids, true.solids, points, seed) if points else None
    if chamfer is not None:
        values |= {"chamfer": chamfer, "chamfer_relative": chamfer / size}
        notes += [note for scene in (found, true) if (note := _of_boxes(scene))]
    found_box = moved.bounds
    middle = box.mean(axis=0)
    place = middle if found_box is None else found_box.mean(axis=0)
    values |= light_errors(moved.lights, true.lights, place, middle, (found.world_rgb, true.world_rgb))
    names = tuple((moved.solids[i].name, true.solids[j].name) for i, j in pairs)
    ordered = {name: values[name] for name in TRUTH_METRICS if name in values}
    return TruthReport(align, similarity, ordered, names, tuple(notes))


def _of_boxes(scene: SceneTruth) -> str:
    def plain(item: TruthObject) -> bool:
        return item.surface is None

    count = sum(plain(item) for item in scene.solids)
    if not count:
        return ""
    return (
        f"{scene.name}: the surfaces of {count} of {len(scene.solids)} objects are those of plain shapes that fill their "
        "boxes, since no mesh was looked at"
    )
