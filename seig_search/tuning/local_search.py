"""Local search: from the best values so far, move a few axes at a time, with steps that learn their size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seig_search.tuning.space import Axis, Coordinates, Space

__all__ = ["LocalSearch"]

GROW, SHRINK = 1.8, 0.8
LEAST_STEP, LONGEST_STEP = 0.004, 0.5
TELLING_STEP = 0.05
"""A shorter step that leaves the picture as it is may just be too short to see."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step from the best values.

    Args:
        steps: Signed step by axis index, as a fraction of the trust region.
        turns: Whether the opposite is worth trying if it fails.
    """

    steps: Mapping[int, float]
    turns: bool


class LocalSearch:
    """An adaptive (1+1) search over random subsets of the axes, for many numbers and few renders.

    A step that helped is taken again and its axes get longer steps; one that did not makes them shorter, and the
    opposite direction is tried next (the success rule of Rechenberg's evolution strategies, per axis). With several
    trials under way, more than one may help; the steps of those that were not the best are taken along by the next trial.
    A program's numbers are close to separable (most belong to one object), which is what small subsets live on.

    Args:
        space: The axes.
        sigma: First step, as a fraction of the trust region.
        score: The start's score; None if it has none.
        rng: The only source of randomness.
    """

    def __init__(self, space: Space, sigma: float, score: float | None, rng: np.random.Generator) -> None:
        self._axes, self._rng = space.axes, rng
        self._best: Coordinates = space.start()
        self._score = score
        self._steps = np.full(len(self._axes), sigma)
        self._asked: dict[int, tuple[Coordinates, Move, float | None]] = {}
        self._helped: dict[int, float] = {}
        self._next: list[Move] = []
        self._turns: list[int] = []
        self._idle: dict[int, set[float]] = {}
        self._count = 0

    def ask(self) -> tuple[int, Coordinates]:
        """Give a trial's number and its coordinates."""
        move = self._next.pop() if self._next else self._fresh_move()
        if self._helped:
            move, self._helped = Move({**move.steps, **self._helped}, turns=False), {}
        coordinates = dict(self._best)
        for index, step in move.steps.items():
            axis = self._axes[index]
            coordinates[axis.name] = self._moved(axis, coordinates[axis.name], step)
        number, self._count = self._count, self._count + 1
        self._asked[number] = (coordinates, move, self._score)
        return number, coordinates

    def tell(self, number: int, score: float | None, idle: bool = False) -> None:
        """Hear a trial's score.

        Args:
            number: Which trial.
            score: Its score; None if it failed.
            idle: Whether its picture was that of the values it was taken from. An axis that leaves the picture as it is in both
                directions is left alone from then on.
        """
        coordinates, move, base = self._asked.pop(number)
        moved = list(move.steps)
        for index, step in move.steps.items() if idle else ():
            if self._axes[index].kind != "choice" and abs(step) >= TELLING_STEP:
                self._idle.setdefault(index, set()).add(np.sign(step))
        if score is not None and (self._score is None or score > self._score):
            self._best, self._score = coordinates, score
            self._steps[moved] = np.minimum(self._steps[moved] * GROW, LONGEST_STEP)
            self._next = [Move({index: step * GROW for index, step in move.steps.items()}, turns=False)]
            return
        if score is not None and base is not None and score > base:
            # It helped where it was taken from, but something else helped more meanwhile: take it along from there.
            self._helped.update(move.steps)
            return
        self._steps[moved] = np.maximum(self._steps[moved] * SHRINK, LEAST_STEP)
        if move.turns and not self._next:
            self._next = [Move({index: -step for index, step in move.steps.items()}, turns=False)]

    def _fresh_move(self) -> Move:
        if not self._turns:
            every = [int(index) for index in self._rng.permutation(len(self._axes))]
            self._turns = [index for index in every if len(self._idle.get(index, ())) < 2] or every
        size = min(len(self._turns), int(self._rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2])))
        chosen = [self._turns.pop() for _ in range(size)]
        signs = self._rng.choice([-1.0, 1.0], size=size)
        lengths = self._rng.uniform(0.5, 1.5, size=size)
        steps = signs * lengths * self._steps[chosen]
        return Move({index: float(step) for index, step in zip(chosen, steps, strict=True)}, turns=True)

    def _moved(self, axis: Axis, value: float | int | str, step: float) -> float | int | str:
        if axis.kind == "choice":
            others = [choice for choice in axis.choices if choice != value]
            return others[int(self._rng.integers(len(others)))]
        if axis.kind == "int":
            whole = max(1.0, abs(step) * (axis.high - axis.low))
            return int(np.clip(int(value) + np.sign(step) * round(whole), axis.low, axis.high))
        return float(np.clip(float(value) + step, 0.0, 1.0))
