"""How wrong objects are: which were found, where they stand, how large and of what colour they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seig_search.truth.matching import TOLERANCE, matched
from seig_search.truth.scene_truth import Array, TruthObject
from seig_search.truth.surfaces import drawn, surface_of

__all__ = ["chamfer_distance", "delta_e", "lab", "object_errors", "size_error"]

TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
THINNEST = 0.01


def lab(linear: npt.ArrayLike) -> Array:
    """Turn a linear Rec. 709 colour (3,) into CIE L*a*b* (D65)."""
    from skimage.color import xyz2lab

    result: Array = xyz2lab((TO_XYZ @ np.asarray(linear, dtype=float))[None])[0]
    return result


def delta_e(one: npt.ArrayLike, two: npt.ArrayLike) -> float:
    """CIE 1976 difference of two linear colours (3,); 0 is equal, about 2.3 is just noticeable."""
    return float(np.linalg.norm(lab(np.clip(one, 0, 1)) - lab(np.clip(two, 0, 1))))


def size_error(found: TruthObject, true: TruthObject) -> float:
    """Mean |log2| of the ratio of extents, 0..: 1 means twice or half as large.

    Extents are compared from the greatest to the least, since nobody knows which axis of an object is its first; one
    below 1 % of its object's greatest counts as that.
    """
    here, there = (np.sort(item.size)[::-1] for item in (found, true))
    here, there = (np.maximum(size, max(THINNEST * size[0], 1e-9)) for size in (here, there))
    return float(np.abs(np.log2(here / there)).mean())


def object_errors(
    found: Sequence[TruthObject], true: Sequence[TruthObject], tolerance: float = TOLERANCE
) -> tuple[dict[str, float], tuple[tuple[int, int], ...]]:
    """Measure objects against the true ones, both in one frame.

    Args:
        found: Objects to measure, without floors and walls.
        true: The true objects, likewise.
        tolerance: See ``matched``.

    Returns:
        ``object_recall``, ``object_precision``, ``object_f1`` (0..1; 1 where there is nothing to find), and over
        the pairs ``object_position`` (mean metres), ``object_size`` (mean |log2|), ``object_colour`` (mean CIE76, of
        pairs whose colours are known), ``object_class`` (share of equal classes, likewise); and the pairs.
    """
    pairs = matched(found, true, tolerance)
    recall = len(pairs) / len(true) if true else 1.0
    precision = len(pairs) / len(found) if found else 1.0
    f1 = 2 * len(pairs) / (len(true) + len(found)) if true or found else 1.0
    errors = {"object_recall": recall, "object_precision": precision, "object_f1": f1}
    both = [(found[i], true[j]) for i, j in pairs]
    lists = {
        "object_position": [float(np.linalg.norm(a.centre - b.centre)) for a, b in both],
        "object_size": [size_error(a, b) for a, b in both],
        "object_colour": [delta_e(a.rgb, b.rgb) for a, b in both if a.rgb is not None and b.rgb is not None],
        "object_class": [float(a.shape == b.shape) for a, b in both if a.shape is not None and b.shape is not None],
    }
    return errors | {name: float(np.mean(values)) for name, values in lists.items() if values}, pairs


def chamfer_distance(found: Sequence[TruthObject], true: Sequence[TruthObject], count: int, seed: int) -> float | None:
    """Measure how far two sets of surfaces are apart: the Chamfer distance (Barrow et al. 1977; Fan et al. 2017).

    Args:
        found: Objects.
        true: The true objects, in the same frame.
        count: Points drawn from each set.
        seed: Of the draws; the order of objects does not matter to them.

    Returns:
        Metres: half the sum of both directions' mean distances (not squared) from the drawn points to the nearest of
        all samples of the other set, so that equal sets give 0; None if a set is empty.
    """
    from scipy.spatial import KDTree

    if not found or not true:
        return None

    def way(one: Sequence[TruthObject], other: Sequence[TruthObject]) -> float:
        everything = np.concatenate([surface_of(item).points for item in other])
        return float(np.mean(KDTree(everything).query(drawn(one, count, seed))[0]))

    return (way(found, true) + way(true, found)) / 2
