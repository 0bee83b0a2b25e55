"""Searches far and wide for where camera and things are, without renders: thousands of point pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Found", "far_and_wide", "near_by"]

Floats = npt.NDArray[np.float64]
Cost = Callable[[Floats], float]

GUESSES = 1000
APART = 0.15
FIRST_ALONE = 0.7
WIDE = 0.1
FIRST, THEN = 12, 28
"""Rounds of every valley, and further rounds of the deepest third."""
POPULATION = 14
PULL = 0.01
PATIENCE = 12


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A place and what it costs."""

    cost: float
    at: Floats


class _Valley:
    """CMA-ES from one place (Hansen 2016)."""

    def __init__(self, cost: Cost, top: Found, sigma: float, start: Floats, rng: np.random.Generator) -> None:
        from cmaes import CMA

        self.best, self._cost, self._start, self._stale = top, cost, start, 0
        self._search = CMA(
            mean=top.at,
            sigma=sigma,
            bounds=np.array([[0.0, 1.0]] * len(top.at)),
            seed=int(rng.integers(2**31)),
            population_size=POPULATION,
        )

    def go_on(self, rounds: int) -> None:
        """Go down for some rounds, or until it goes no further."""
        for _ in range(rounds):
            if self._stale >= PATIENCE:
                return
            told, before = [], self.best.cost
            for _ in range(POPULATION):
                at = self._search.ask()
                value = self._cost(at)
                if value < self.best.cost:
                    self.best = Found(value, at)
                told.append((at, value + PULL * float(np.mean((at - self._start) ** 2))))
            self._search.tell(told)
            self._stale = 0 if self.best.cost < before * 0.995 else self._stale + 1


def far_and_wide(
    cost: Cost,
    start: Floats,
    first: npt.NDArray[np.bool_],
    reach: float,
    valleys: int,
    rng: np.random.Generator,
) -> list[Found]:
    """Guess at random, and go down from the best guesses; most of them only a little way.

    Args:
        cost: Of (n,) coordinates in 0..1.
        start: (n,), one of the guesses; it pulls a little.
        first: (n,), which coordinates most guesses move alone: the camera's.
        reach: How far guesses may be from it.
        valleys: From how many guesses to go down.
        rng: The only source of randomness.

    Returns:
        The ends, best first.
    """
    guesses = []
    for _ in range(GUESSES):
        # Most things are where they are said to be: what is left of them finds the camera.
        moves = rng.uniform(-reach, reach, len(start)) * (first | (rng.random() > FIRST_ALONE))
        guesses.append(np.clip(start + moves, 0.0, 1.0))
    ranked = sorted((Found(cost(at), at) for at in guesses), key=lambda found: found.cost)
    tops = [Found(cost(start), start)]
    for guess in ranked:
        if len(tops) >= valleys:
            break
        if all(np.abs(guess.at - other.at).max() > APART for other in tops):
            tops.append(guess)
    down = [_Valley(cost, top, WIDE, start, rng) for top in tops]
    for valley in down:
        valley.go_on(FIRST)
    down.sort(key=lambda valley: valley.best.cost)
    for valley in down[: max(1, valleys // 3)]:
        valley.go_on(THEN)
    return sorted((valley.best for valley in down), key=lambda found: found.cost)


def near_by(cost: Cost, top: Found, sigma: float, rounds: int, start: Floats, rng: np.random.Generator) -> Found:
    """Go down from a place; ``start`` pulls a little."""
    valley = _Valley(cost, top, sigma, start, rng)
    valley.go_on(rounds)
    return valley.best
