"""Ranking many pictures with few comparisons: a Swiss tournament."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from seig_search.errors import UsageError
from seig_search.judge.verdicts import Choice

__all__ = ["Game", "Play", "Ranking", "rank"]

Play: TypeAlias = Callable[[Sequence[tuple[int, int]]], Sequence[Choice | None]]
"""From pairs (a, b) of a round to the verdict on each; None, no verdict, counts as a tie."""


@dataclass(frozen=True, slots=True)
class Game:
    """One comparison.

    Args:
        a: Index of the one.
        b: Index of the other.
        verdict: ``a``, ``b``, ``tie``, or None for no verdict.
    """

    a: int
    b: int
    verdict: Choice | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outcome of a tournament.

    Args:
        order: Indices, best first.
        points: By index: 1 for a win or a bye, 1/2 for a tie, and for a round in which nobody new was left to meet.
        games: Every comparison, in order.
    """

    order: tuple[int, ...]
    points: tuple[float, ...]
    games: tuple[Game, ...]


def rank(
    count: int, play: Play, rng: np.random.Generator, rounds: int | None = None, prior: Sequence[float] | None = None
) -> Ranking:
    """Rank by a Swiss tournament: each round pairs those of like points who have not met.

    With the default rounds, count/2 * log2(count) comparisons at most, a picture that beats every other comes out first. Of
    equal points, the better sum of the opponents' points (Buchholz) is first, then the better prior, then the draw.

    Args:
        count: How many there are, at least 1.
        play: Compares the pairs of a round; they may be asked about at once.
        rng: For the draw.
        rounds: How many; by default log2 of the count, rounded up.
        prior: What is thought of each beforehand, higher is better, such as a metric's score; only orders equal points.

    Raises:
        UsageError: Nothing to rank, or as many priors as there are not.
    """
    if count < 1:
        raise UsageError(f"there must be at least 1 to rank, got {count}")
    if prior is not None and len(prior) != count:
        raise UsageError(f"expected a prior for each of the {count} to rank, got {len(prior)}")
    draw = rng.permutation(count)
    believed = np.zeros(count) if prior is None else np.asarray(prior, float)
    points = np.zeros(count)
    met: list[set[int]] = [set() for _ in range(count)]
    rested: set[int] = set()
    games: list[Game] = []

    def standing(index: int) -> tuple[float, float, float, int]:
        return -points[index], -sum(points[other] for other in met[index]), -believed[index], int(draw[index])

    for _ in range(math.ceil(math.log2(count)) if rounds is None else rounds):
        waiting = sorted(range(count), key=standing)
        if count % 2:
            bye = next((index for index in reversed(waiting) if index not in rested), waiting[-1])
            waiting.remove(bye)
            rested.add(bye)
            points[bye] += 1
        pairs = []
        while waiting:
            a = waiting.pop(0)
            b = next((other for other in waiting if other not in met[a]), None)
            if b is None:
                # It has met everyone left: a second game would cost as much and tell nothing.
                points[a] += 0.5
                continue
            waiting.remove(b)
            pairs.append((a, b))
        for (a, b), verdict in zip(pairs, play(pairs), strict=True):
            games.append(Game(a, b, verdict))
            met[a].add(b)
            met[b].add(a)
            points[a] += {"a": 1.0, "b": 0.0}.get(verdict or "tie", 0.5)
            points[b] += {"a": 0.0, "b": 1.0}.get(verdict or "tie", 0.5)
    order = sorted(range(count), key=standing)
    return Ranking(tuple(order), tuple(float(value) for value in points), tuple(games))
