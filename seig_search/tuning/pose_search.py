"""Searches far and wide for where camera and things are, without renders: thousands of point pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Found", "far_and_wide", "near_by"]

Floats = npt.NDArray[np.float64]
Cost = Callable[[Floats], float]

GUESSES = 700
APART = 0.15
WIDE, NARROW = 0.1, 0.03
POPULATION = 14
PULL = 0.01
PATIENCE = 12


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A place and what it costs."""

    cost: float
    at: Floats


def far_and_wide(cost: Cost, start: Floats, reach: float, valleys: int, rng: np.random.Generator) -> list[Found]:
    """Guess at random, and go down from the best guesses by CMA-ES (Hansen 2016).

    Args:
        cost: Of (n,) coordinates in 0..1.
        start: (n,), one of the guesses.
        reach: How far guesses may be from it.
        valleys: From how many guesses to go down.
        rng: The only source of randomness.

    Returns:
        The ends, best first.
    """
    guesses = [start] + [
        np.clip(start + rng.uniform(-reach, reach, len(start)), 0.0, 1.0) for _ in range(GUESSES)
    ]
    ranked = sorted((Found(cost(at), at) for at in guesses), key=lambda found: found.cost)
    tops = [Found(cost(start), start)]
    for guess in ranked:
        if len(tops) >= valleys:
            break
        if all(np.abs(guess.at - other.at).max() > APART for other in tops):
            tops.append(guess)
    ends = [near_by(cost, top, WIDE, 35, start, rng) for top in tops]
    return sorted(ends, key=lambda found: found.cost)


def near_by(
    cost: Cost, top: Found, sigma: float, rounds: int, start: Floats, rng: np.random.Generator
) -> Found:
    """Go down from a place by CMA-ES; ``start`` pulls a little."""
    from cmaes import CMA

    best = top
    stale = 0
    search = CMA(
        mean=top.at,
        sigma=sigma,
        bounds=np.array([[0.0, 1.0]] * len(top.at)),
        seed=int(rng.integers(2**31)),
        population_size=POPULATION,
    )
    for _ in range(rounds):
        told = []
        before = best.cost
        for _ in range(POPULATION):
            at = search.ask()
            value = cost(at)
            if value < best.cost:
                best = Found(value, at)
            told.append((at, value + PULL * float(np.mean((at - start) ** 2))))
        search.tell(told)
        stale = 0 if best.cost < before * 0.995 else stale + 1
        if stale >= PATIENCE:
            break
    return best
