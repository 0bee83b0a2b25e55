"""What a tuner's trials tell beside their scores: why some failed, and which numbers the picture does not answer to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from seig_search.metrics import Metrics
from seig_search.render import Value

__all__ = ["TrialLog"]

_Values: TypeAlias = dict[str, Value]

FEW = 3
"""More numbers than this, moved at once without a change, may have made up for each other, or all be hidden behind another."""


class TrialLog:
    """Hears every trial of one tuning; safe to use from many threads, and blind to their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: list[tuple[_Values, Metrics]] = []
        self._reasons: Counter[str] = Counter()

    def hear(self, values: Mapping[str, Value], metrics: Metrics) -> None:
        """Hear what was measured at some values, laid over the program's own."""
        with self._lock:
            self._heard.append((dict(values), metrics))

    def hear_failure(self, reason: str) -> None:
        """Hear why a trial failed."""
        with self._lock:
            self._reasons[reason] += 1

    @property
    def rendered(self) -> int:
        """How many were measured."""
        return len(self._heard)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Causes of failures with how often each came, the commonest first."""
        return sorted(self._reasons.items(), key=lambda item: (-item[1], item[0]))

    def without_effect(self) -> frozenset[str]:
        """Give the keys that were moved, alone or with few others, and left every metric as it was to the last digit.

        Renders of one seed are equal to the bit, so equal metrics are equal pictures. A key that changed something
        anywhere when it was moved alone is not among them.
        """
        with self._lock:
            heard = list(self._heard)
        same: set[str] = set()
        first: dict[tuple[tuple[str, float], ...], _Values] = {}
        for values, metrics in sorted(heard, key=lambda one: (len(one[0]), repr(sorted(one[0].items())))):
            like = first.setdefault(tuple(sorted(metrics.items())), values)
            moved = {k for k in values.keys() | like.keys() if values.get(k) != like.get(k)}
            same |= moved if metrics and len(moved) <= FEW else set()
        return frozenset(same - self._shown(heard))

    @staticmethod
    def _shown(heard: list[tuple[_Values, Metrics]]) -> set[str]:
        """Give the keys that changed something when they were moved alone."""
        known = {frozenset(values.items()): metrics for values, metrics in heard}
        alone: dict[tuple[str, frozenset[tuple[str, Value]]], Metrics] = {}
        shown: set[str] = set()
        for values, metrics in heard:
            for key in values:
                rest = frozenset(item for item in values.items() if item[0] != key)
                other = alone.setdefault((key, rest), known.get(rest, metrics))
                if other != metrics:
                    shown.add(key)
        return shown
