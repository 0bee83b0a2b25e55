"""Other places from which the same outlines are seen: what is round looks alike from all sides, and only its light tells where the camera is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seig_search.tuning.motion import CAMERA
from seig_search.tuning.moving_scene import MovingScene
from seig_search.tuning.place_search import costs_of
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.residual_image import Floats
from seig_search.tuning.scene_look import SceneLook

__all__ = ["free_ways", "look_alikes"]

FEW = 1024
SIDE, POINTS, WORSE = 48, 8600, 0.2
"""Pictures that tell whether outlines are the same: px, points, and by how much more may be left unexplained, as a share of the target's variance."""
STRIDE, NUDGE = 0.02, 2e-3
"""How far a number of the camera is moved at once, and how far slopes are taken, in coordinates."""
ROUNDS = 3
UNSURE, LOOSE = 0.004, 0.3
"""How far the ends of things are off because of where points lie, in pictures; and how far numbers go for it, in coordinates."""
ENDS = (0.01, 0.99)
SAME = 0.01
"""Things are where they were if they are seen from and to where they were, but for less, in pictures."""
FAR = 0.5
"""A number of the camera is not told by outlines if it may be moved by so much, both ways together; less is for aligning to settle."""


def look_alikes(scene: MovingScene, base: SceneLook, least: float) -> list[Floats]:
    """Walk each number of the camera away from where it is, with all others following so that everything stays where it is seen.

    Args:
        scene: What moves, learnt.
        base: The scene as it is, with its surface.
        least: By how much places are to differ in the number that is walked, in coordinates.

    Returns:
        (n,) coordinates of ``scene.numbers`` each, of the number that turns the camera most; none if none goes far: outlines tell the camera then.
    """
    start = scene.start[scene.numbers]
    seen = _Seen(scene, PointPicture(base, scene.motions, np.zeros(len(scene.axes)), FEW))
    walks = []
    for place in _of_the_camera(scene):
        walk = [at for sign in (1.0, -1.0) for at in _walk(seen, start, place, sign, least)]
        gone = [at[place] for at in (start, *walk)]
        if max(gone) - min(gone) >= FAR:
            walks.append(walk)
    if not walks:
        return []
    # Another side is seen only if the camera turns.
    longest = max(walks, key=lambda walk: _turned(scene, [start, *walk]))
    costs = costs_of(scene, PointPicture(base, scene.motions, np.zeros(len(scene.axes)), POINTS, scene.outlined), SIDE)
    here, *there = costs(np.array([start, *longest]))
    return [at for at, cost in zip(longest, there, strict=True) if cost < here + WORSE]


def free_ways(scene: MovingScene, base: SceneLook, step: float) -> list[Floats]:
    """Tell in which directions camera and things may be moved together without anything being seen elsewhere.

    Args:
        scene: What moves, learnt.
        base: The scene as it is, with its surface.
        step: How far the number that is walked is moved, in coordinates.

    Returns:
        (n,) moves of ``scene.numbers`` each, one for each number of the camera that can go that far either way.
    """
    start = scene.start[scene.numbers]
    seen = _Seen(scene, PointPicture(base, scene.motions, np.zeros(len(scene.axes)), FEW))
    ways = []
    for place in _of_the_camera(scene):
        up, down = (_walk(seen, start, place, sign, step) for sign in (1.0, -1.0))
        # A little of anything may be made up for; what goes on and on is not seen.
        if up and down and up[-1][place] - down[-1][place] >= FAR:
            ways.append((up[0] - down[0]) / 2)
    return ways


def _turned(scene: MovingScene, ats: list[Floats]) -> float:
    """Tell how far the camera is turned at most from the first of some places, as the greatest difference of its axes."""
    axes = scene.motions.matrix(CAMERA, scene.t(scene.whole(np.array(ats))))[:, :3, :3]
    return float(np.linalg.norm(axes - axes[0], axis=(1, 2)).max())


def _of_the_camera(scene: MovingScene) -> list[int]:
    eye = scene.eye()
    return [place for place, number in enumerate(scene.numbers) if number in eye]


class _Seen:
    """From where to where things are seen: (B, 4 things) of (B, n) coordinates, in pictures; whether many points or few lie on a side makes no difference."""

    def __init__(self, scene: MovingScene, picture: PointPicture) -> None:
        self._scene, self._picture = scene, picture
        labels = picture.spot_labels
        self._groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]

    def __call__(self, ats: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Give left and right, top and bottom, and of which places all things are in front of the camera."""
        x, y, depth = self._picture.spots(self._scene.t(self._scene.whole(ats)))
        found = []
        with np.errstate(invalid="ignore", over="ignore"):
            before = (depth > 0).all(axis=1)
            for group in self._groups:
                for told in (x[:, group], y[:, group]):
                    found += list(np.quantile(told, ENDS, axis=1))
        told = np.stack(found, axis=1).astype(np.float64)
        return np.nan_to_num(told, nan=1e3, posinf=1e3, neginf=-1e3), before


def _walk(seen: _Seen, start: Floats, place: int, sign: float, least: float) -> list[Floats]:
    wanted, before = seen(start[None])
    if not before[0]:
        return []
    found: list[Floats] = []
    at = start.copy()
    others = np.arange(len(start)) != place
    while 0.0 <= at[place] + sign * STRIDE <= 1.0:
        at = at.copy()
        at[place] += sign * STRIDE
        for _ in range(ROUNDS):
            at = _followed(seen, at, start, wanted[0], others)
        told, before = seen(at[None])
        if not before[0] or np.sqrt(np.mean((told[0] - wanted[0]) ** 2)) > SAME:
            break
        if abs(at[place] - (found[-1] if found else start)[place]) >= least - 1e-9:
            found.append(at)
    return found


def _followed(seen: _Seen, at: Floats, start: Floats, wanted: Floats, others: npt.NDArray[np.bool_]) -> Floats:
    """Move the other numbers to where things are seen as wanted (Gauss-Newton); what hardly shows stays where it was."""
    nudges = np.where(at < 0.5, NUDGE, -NUDGE)
    told, _ = seen(np.concatenate([at[None], at + nudges[:, None] * np.eye(len(at))]))
    slopes = ((told[1:] - told[0]) / nudges[:, None])[others].T / UNSURE
    step = np.linalg.solve(
        slopes.T @ slopes + np.eye(slopes.shape[1]) / LOOSE**2,
        slopes.T @ (wanted - told[0]) / UNSURE + (start - at)[others] / LOOSE**2,
    )
    moved = at.copy()
    moved[others] = np.clip(at[others] + step, 0.0, 1.0)
    return moved
