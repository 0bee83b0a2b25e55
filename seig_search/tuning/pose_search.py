"""Searches far and wide for where camera and things are, without renders: some ten thousand pictures of points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Costs", "Found", "Spots", "apart", "descended", "guessed"]

Floats = npt.NDArray[np.float64]
Costs = Callable[[Floats], Floats]
"""Gives (B,) costs of (B, n) coordinates in 0..1."""
Spots = Callable[[Floats], tuple[Floats, Floats, npt.NDArray[np.bool_]]]
"""Tells where some points are seen at (B, n) coordinates: across and down, (B, M), in pictures; and which of them are in sight."""

AT_ONCE = 64
FIRST_ALONE = 0.4
SLIDES = ((-3.0, -2.0, -1.0, 1.0, 2.0, 3.0), (-0.75, -0.375, 0.375, 0.75))
"""By how many steps pictures are slid and zoomed, in each sweep."""
STEPS = (0.08, 0.08, 0.12)
"""A step across, down and of the size, in pictures."""
STIFF = 0.02
NUDGE = 0.01
STEEP = 20.0
FEW = 8
POPULATION = 28
PULL = 0.01
PATIENCE = 12


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A place and what it costs."""

    cost: float
    at: Floats


def apart(found: Iterable[Found], least: float, most: int) -> list[Found]:
    """Keep those that differ in some coordinate by at least so much from each that is kept, at most so many."""
    kept: list[Found] = []
    for one in found:
        if len(kept) == most:
            break
        if all(np.abs(one.at - other.at).max() > least for other in kept):
            kept.append(one)
    return kept


def guessed(
    costs: Costs,
    spots: Spots,
    start: Floats,
    first: npt.NDArray[np.bool_],
    reach: float,
    count: int,
    rng: np.random.Generator,
) -> list[Found]:
    """Guess at random, and slide and zoom what each guess shows to where it fits the target best.

    A guess at how a thing is seen says little while it is seen in the wrong place of the picture; where, takes no guessing.

    Args:
        costs: What is to be low.
        spots: Where points are seen.
        start: (n,), one of the guesses.
        first: (n,), which coordinates some guesses move alone: the camera's.
        reach: How far guesses may be from the start.
        count: How many.
        rng: The only source of randomness.

    Returns:
        The guesses, best first.
    """
    moves = rng.uniform(-reach, reach, (count, len(start)))
    moves *= first | (rng.random((count, 1)) > FIRST_ALONE)
    moves[0] = 0.0
    guesses = np.clip(start + moves, 0.0, 1.0)
    found: list[Found] = []
    for low in range(0, count, AT_ONCE):
        ats = guesses[low : low + AT_ONCE].copy()
        best = costs(ats)
        for steps in SLIDES:
            ways = _ways(spots, ats)
            for way, size in zip(ways, STEPS, strict=True):
                tried: Floats = np.clip(ats[:, None] + size * np.array(steps)[:, None] * way[:, None], 0.0, 1.0)
                told = costs(tried.reshape(-1, len(start))).reshape(len(ats), -1)
                chosen = told.argmin(axis=1)
                rows = np.arange(len(ats))
                gains = np.nonzero(told[rows, chosen] < best)[0]
                ats[gains], best[gains] = tried[gains, chosen[gains]], told[gains, chosen[gains]]
        found += [Found(float(cost), at) for cost, at in zip(best, ats, strict=True)]
    return sorted(found, key=lambda one: one.cost)


def _ways(spots: Spots, ats: Floats) -> tuple[Floats, Floats, Floats]:
    """Tell how coordinates are moved to slide each picture across, down, and to zoom it: (B, n) by a whole picture."""
    count, n = ats.shape
    nudges = np.where(ats < 0.5, NUDGE, -NUDGE)
    probes = np.concatenate([ats[:, None], ats[:, None] + nudges[:, :, None] * np.eye(n)], axis=1)
    x, y, seen = spots(probes.reshape(-1, n))
    x, y, seen = x.reshape(count, n + 1, -1), y.reshape(count, n + 1, -1), seen.reshape(count, n + 1, -1)
    seen = seen.all(axis=1)
    weights = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    slopes = []
    for told in (x, y):
        place = np.where(seen[:, None], told, 0.0)
        slopes.append(np.clip((place[:, 1:] - place[:, :1]) / nudges[:, :, None], -STEEP, STEEP))
    inner = sum(np.einsum("bim,bjm,bm->bij", slope, slope, weights) for slope in slopes)
    scale = np.maximum(np.trace(inner, axis1=1, axis2=2) / n, 1e-9)
    inner = inner + STIFF * scale[:, None, None] * np.eye(n)
    across, down = np.where(seen, x[:, 0] - 0.5, 0.0), np.where(seen, y[:, 0] - 0.5, 0.0)
    wanted = [
        np.einsum("bim,bm->bi", slopes[0], weights),
        np.einsum("bim,bm->bi", slopes[1], weights),
        sum(
            np.einsum("bim,bm,bm->bi", slope, place, weights)
            for slope, place in zip(slopes, (across, down), strict=True)
        ),
    ]
    ways = np.linalg.solve(inner, np.stack(wanted, axis=2))
    ways[seen.sum(axis=1) < FEW] = 0.0
    return ways[..., 0], ways[..., 1], ways[..., 2]


class _Valley:
    """CMA-ES from one place (Hansen 2016)."""

    def __init__(self, top: Found, sigma: float, start: Floats, rng: np.random.Generator) -> None:
        from cmaes import CMA

        self.best, self._start, self._stale = top, start, 0
        self._search = CMA(
            mean=top.at,
            sigma=sigma,
            bounds=np.array([[0.0, 1.0]] * len(top.at)),
            seed=int(rng.integers(2**31)),
            population_size=POPULATION,
        )

    @property
    def ended(self) -> bool:
        """Whether it goes no further."""
        return self._stale >= PATIENCE

    def ask(self) -> Floats:
        return np.array([self._search.ask() for _ in range(POPULATION)])

    def tell(self, ats: Floats, costs: Floats) -> None:
        before, least = self.best.cost, int(costs.argmin())
        if costs[least] < before:
            self.best = Found(float(costs[least]), ats[least])
        pulls = PULL * ((ats - self._start) ** 2).mean(axis=1)
        self._search.tell([(at, float(cost)) for at, cost in zip(ats, costs + pulls, strict=True)])
        self._stale = 0 if self.best.cost < before * 0.995 else self._stale + 1


def descended(
    costs: Costs,
    tops: Sequence[Floats],
    sigma: float,
    plan: Sequence[tuple[int, int]],
    start: Floats,
    rng: np.random.Generator,
) -> list[Found]:
    """Go down from many places at once, and on from fewer and fewer.

    Args:
        costs: What is to be low.
        tops: (n,) each, where to begin.
        sigma: Size of the first steps.
        plan: How many go on, and for how many rounds, in turn.
        start: (n,), pulls a little.
        rng: The only source of randomness.

    Returns:
        The ends of all of them, best first.
    """
    if not tops:
        return []
    valleys = [
        _Valley(Found(float(cost), at), sigma, start, rng) for cost, at in zip(costs(np.array(tops)), tops, strict=True)
    ]
    for many, rounds in plan:
        on = sorted(valleys, key=lambda valley: valley.best.cost)[:many]
        for _ in range(rounds):
            asking = [valley for valley in on if not valley.ended]
            if not asking:
                break
            asked = [valley.ask() for valley in asking]
            told = costs(np.concatenate(asked))
            for valley, ats, values in zip(asking, asked, told.reshape(len(asking), -1), strict=True):
                valley.tell(ats, values)
    return sorted((valley.best for valley in valleys), key=lambda found: found.cost)
