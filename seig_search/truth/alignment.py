"""The gauge: which similarity brings one scene to the other before they are compared.

One picture fixes a scene only up to a similarity: a scene twice as large, twice as far and turned with its camera
looks the same.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from seig_search.errors import SeigError, UsageError, nearest
from seig_search.truth.matching import TOLERANCE, matched
from seig_search.truth.scene_truth import Array, SceneTruth, Similarity

__all__ = ["ALIGNMENTS", "Alignment", "aligning", "least_squares_similarity"]

Alignment = Literal["none", "camera", "similarity"]
ALIGNMENTS: tuple[Alignment, ...] = get_args(Alignment)
ROUNDS = 20


def least_squares_similarity(points: Array, onto: Array) -> Similarity | None:
    """Find the similarity that maps points onto others with the least sum of squares (Umeyama 1991).

    Args:
        points: (N, 3) metres.
        onto: (N, 3) metres, in the same order.

    Returns:
        A similarity without mirroring; None if there are fewer than three points, or they lie on a line.
    """
    if len(points) < 3:
        return None
    middle, target = points.mean(axis=0), onto.mean(axis=0)
    here, there = points - middle, onto - target
    for spread in (here, there):
        widths = np.linalg.svd(spread, compute_uv=False)
        if widths[1] < 1e-3 * widths[0] or widths[0] < 1e-12:
            return None
    u, s, vt = np.linalg.svd(there.T @ here / len(points))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ flip @ vt
    scale = float(np.trace(np.diag(s) @ flip) / (here**2).sum() * len(points))
    if scale <= 0:
        return None
    return Similarity(scale, rotation, target - scale * rotation @ middle)


def aligning(found: SceneTruth, true: SceneTruth, how: Alignment, tolerance: float = TOLERANCE) -> Similarity:
    """Find what brings a scene to the true one.

    Args:
        found: The scene to move.
        true: The true scene.
        how: ``none``: nothing. ``camera``: what lays the one camera onto the other, and scales about it so that the
            distances of matched objects agree best. ``similarity``: the least-squares similarity of the middles of
            matched objects, matching and fitting in turns from both other alignments; that with more pairs counts.
        tolerance: Of the matching; see ``matched``.

    Raises:
        UsageError: There is no such alignment.
        SeigError: ``similarity`` was asked for, and fewer than three objects match, or they stand in a line.
    """
    if how == "none":
        return Similarity.identity()
    if how == "camera":
        return _by_camera(found, true, tolerance)
    if how == "similarity":
        return _by_objects(found, true, tolerance)
    raise UsageError(f"unknown alignment {how!r}{nearest(how, ALIGNMENTS)}")


def _centres(scene: SceneTruth) -> Array:
    return np.array([item.centre for item in scene.solids]).reshape(-1, 3)


def _over_cameras(found: SceneTruth, true: SceneTruth, scale: float) -> Similarity:
    rotation = true.camera.rotation @ found.camera.rotation.T
    return Similarity(scale, rotation, true.camera.position - scale * rotation @ found.camera.position)


def _by_camera(found: SceneTruth, true: SceneTruth, tolerance: float) -> Similarity:
    here = (_centres(found) - found.camera.position) @ found.camera.rotation
    there = (_centres(true) - true.camera.position) @ true.camera.rotation
    if not len(here) or not len(there):
        return _over_cameras(found, true, 1.0)
    scale = float(np.linalg.norm(there.mean(axis=0)) / max(float(np.linalg.norm(here.mean(axis=0))), 1e-9))
    for _ in range(ROUNDS):
        now = _over_cameras(found, true, scale)
        pairs = matched(found.moved(now).solids, true.solids, tolerance)
        if not pairs:
            return now
        one, two = here[[i for i, _ in pairs]], there[[j for _, j in pairs]]
        better = float((one * two).sum() / (one * one).sum())
        if better <= 0 or abs(better - scale) <= 1e-9 * scale:
            return now
        scale = better
    return _over_cameras(found, true, scale)


def _by_objects(found: SceneTruth, true: SceneTruth, tolerance: float) -> Similarity:
    here, there = _centres(found), _centres(true)
    best: tuple[int, float, Similarity] | None = None
    for start in (_by_camera(found, true, tolerance), Similarity.identity()):
        now, last = start, None
        for _ in range(ROUNDS):
            pairs = matched(found.moved(now).solids, true.solids, tolerance)
            if pairs == last:
                break
            last = pairs
            one, two = here[[i for i, _ in pairs]], there[[j for _, j in pairs]]
            fitted = least_squares_similarity(one, two) if pairs else None
            if fitted is None:
                break
            now = fitted
            miss = float(np.linalg.norm(fitted.of_points(one) - two, axis=1).sum())
            if best is None or (-len(pairs), miss) < (-best[0], best[1]):
                best = (len(pairs), miss, fitted)
    if best is None:
        raise SeigError(
            f"the alignment 'similarity' needs at least three matching objects that are not in a line; "
            f"{found.name!r} has {len(here)} objects and {true.name!r} has {len(there)}, and too few of them match; use the alignment 'camera'"
        )
    return best[2]
