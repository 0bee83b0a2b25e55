"""Batches of trials: rendered in parallel, told in order, each set of values paid for once."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from seig_search.render import Value
from seig_search.tuning.seam import Submit, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.space import Coordinates, Space

__all__ = ["Trials"]


class Trials:
    """Runs trials and remembers the best.

    Args:
        problem: The problem; its ``max_renders`` and ``in_flight`` are kept.
        space: Where coordinates become values.
        submit: Queues a trial.
        progress: Called after each trial, in the order they were asked.
    """

    def __init__(
        self, problem: TuningProblem, space: Space, submit: Submit, progress: Callable[[TuningProgress], None]
    ) -> None:
        self._problem, self._space, self._submit, self._progress = problem, space, submit, progress
        self._known: dict[str, Trial] = {}
        self._values: Mapping[str, Value] = {}
        self._best = problem.start
        self.used = self.failed = 0

    def pay(self, renders: int) -> None:
        """Count renders that were made beside the trials."""
        self.used += renders
        self._progress(TuningProgress(self.used, self._problem.max_renders, self.score))

    @property
    def left(self) -> int:
        """Renders that are left."""
        return self._problem.max_renders - self.used

    @property
    def score(self) -> float | None:
        """The best score so far, the start's included."""
        return finite(self._best.score)

    def run(self, points: Sequence[Coordinates]) -> list[Trial | None]:
        """Render points, ``in_flight`` at a time.

        Args:
            points: Coordinates by axis name; axes that are not mentioned stay at the start.

        Returns:
            A trial per point; None where no renders were left. A score that is not finite becomes None.
        """
        answers: list[Trial | None] = [None] * len(points)
        waiting: deque[tuple[int, str, Mapping[str, Value], Future[Trial]]] = deque()
        later: list[tuple[int, str]] = []
        queue = deque(enumerate(points))
        under_way: set[str] = set()
        try:
            while queue or waiting:
                while queue and len(waiting) < max(1, self._problem.in_flight):
                    index, point = queue.popleft()
                    values: Mapping[str, Value] = self._space.changes(point)
                    key = repr(sorted(values.items()))
                    if not values:
                        answers[index] = self._problem.start
                    elif key in self._known or key in under_way:
                        later.append((index, key))
                    elif self.used < self._problem.max_renders:
                        self.used += 1
                        under_way.add(key)
                        waiting.append((index, key, values, self._submit(values)))
                if waiting:
                    index, key, values, future = waiting.popleft()
                    answers[index] = self._known[key] = self._heard(values, future.result())
        finally:
            for _, _, _, future in waiting:
                future.cancel()
        for index, key in later:
            answers[index] = self._known[key]
        return answers

    def _heard(self, values: Mapping[str, Value], trial: Trial) -> Trial:
        score = finite(trial.score)
        if score is None:
            self.failed += 1
            trial = Trial(trial.status, None, trial.metrics)
        elif self.score is None or score > self.score:
            self._best, self._values = trial, values
        self._progress(TuningProgress(self.used, self._problem.max_renders, self.score))
        return trial

    def values(self, point: Coordinates) -> dict[str, Value]:
        """Give the values at a point that differ from the start's."""
        return self._space.changes(point)

    def result(
        self, method: str, numbers: int, onward: tuple[Mapping[str, Value], Trial] | None = None
    ) -> TuningResult:
        """Tell the best.

        Args:
            method: What was done, for people.
            numbers: How many numbers could move.
            onward: As in ``TuningResult``.
        """
        told = f"{method} tried {self.used} settings of {numbers} numbers"
        told += f" ({self.failed} failed)" if self.failed else ""
        before = finite(self._problem.start.score)
        if not self._values:
            return TuningResult({}, self._problem.start, self.used, f"{told}; none was better", onward)
        start = "none" if before is None else format(before, ".4f")
        return TuningResult(self._values, self._best, self.used, f"{told}; score {start} -> {self.score:.4f}", onward)


def finite(score: float | None) -> float | None:
    """The score, or None if it is none or not finite."""
    return float(score) if score is not None and math.isfinite(score) else None
