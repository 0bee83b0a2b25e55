"""Where camera and things may be, by pictures of points: no renders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seig_search.tuning.moving_scene import MovingScene
from seig_search.tuning.point_picture import PointPicture
from seig_search.tuning.pose_search import Costs, Found, apart, descended, guessed
from seig_search.tuning.regions import Regions
from seig_search.tuning.residual_image import Floats, ResidualImage
from seig_search.tuning.scene_look import SceneLook

__all__ = ["costs_of", "searched"]

TINY, ROUGH, FINE_SIDE = (32, 4300), (48, 8600), 96
"""Sizes of point pictures in px, and how many points are drawn."""
FEW, ABOUT = 256, 0.7
"""How many points tell where things are seen, and how far from the middle they may be, in pictures."""
AT_ONCE = 64
APART, NEXT = 0.15, 0.08
"""By how much places differ in some coordinate: guesses, and what is gone on from."""
PER_VALLEY = 12
FIRST, SECOND = ((48, 16), (32, 16)), ((16, 20), (8, 30))
"""How many places go on, and for how many rounds."""
WIDE, MIDDLE, NARROW = 0.1, 0.05, 0.03


def searched(
    scene: MovingScene, base: SceneLook, guesses: int, count: int, least: float, rng: np.random.Generator
) -> list[Found]:
    """Search by point pictures.

    Args:
        scene: What moves, learnt.
        base: The scene as it is, with its surface.
        guesses: How many places the search begins with.
        count: How many places are wanted at most.
        least: By how much they are to differ in some coordinate.
        rng: The only source of randomness.

    Returns:
        The best places, best first, by the coordinates of ``scene.numbers``.
    """
    start = scene.start[scene.numbers]
    here = np.zeros(len(scene.axes))
    few = PointPicture(base, scene.motions, here, FEW)

    def spots(ats: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        x, y, depth = few.spots(scene.t(scene.whole(ats)))
        with np.errstate(invalid="ignore"):
            seen = (depth > 0) & (np.abs(x - 0.5) < ABOUT) & (np.abs(y - 0.5) < ABOUT)
        return x.astype(float), y.astype(float), seen

    eye = scene.eye()
    first = np.array([not eye or number in eye for number in scene.numbers])
    tiny = costs_of(scene, PointPicture(base, scene.motions, here, TINY[1], scene.outlined), TINY[0])
    rough = costs_of(scene, PointPicture(base, scene.motions, here, ROUGH[1], scene.outlined), ROUGH[0])
    reach = 0.7 * 0.5 / scene.reach
    slid = guessed(tiny, spots, start, first, reach, guesses, rng)
    tops = [start, *(guess.at for guess in apart(slid, APART, guesses // PER_VALLEY))]
    ends = descended(tiny, tops, WIDE, FIRST, start, rng)
    ends = descended(rough, [end.at for end in apart(ends, NEXT, SECOND[0][0])], MIDDLE, SECOND, start, rng)
    # From the best place found the points lie better for what it shows.
    (look,) = scene.looks([(scene.whole(ends[0].at), True)])
    if look is None or look.surface is None:
        return apart(ends, least, count)
    there = scene.t(scene.whole(ends[0].at))
    fine = costs_of(scene, PointPicture(look, scene.motions, there, outlined=scene.outlined), FINE_SIDE)
    costs = fine(np.array([end.at for end in ends]))
    order = [Found(float(cost), end.at) for cost, end in zip(costs, ends, strict=True)]
    places = apart(sorted(order, key=lambda found: found.cost), least, count)
    ends = descended(fine, [place.at for place in places], NARROW, ((len(places), 20),), start, rng)
    return apart(ends, least, count)


def costs_of(scene: MovingScene, picture: PointPicture, side: int) -> Costs:
    """Tell how badly places part the target into regions, by pictures of so many px on the longer side."""
    share = side / max(scene.image.size)
    width, height = max(8, round(scene.image.size[1] * share)), max(8, round(scene.image.size[0] * share))
    regions = Regions(ResidualImage(scene.target, width, height).target)

    def costs(ats: Floats) -> Floats:
        parts = [ats[low : low + AT_ONCE] for low in range(0, len(ats), AT_ONCE)]
        maps = (picture.maps(scene.t(scene.whole(part)), width, height) for part in parts)
        return np.concatenate([regions.costs(drawn, picture.paints) for drawn in maps])

    return costs
