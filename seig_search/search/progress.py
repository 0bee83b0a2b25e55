"""Progress on stderr: renders, best score, failures, cost."""

from __future__ import annotations

import sys
import threading
from typing import Any

from tqdm import tqdm

from seig_search.candidate import Status
from seig_search.search.budget import Budget
from seig_search.search.renders import Measured

__all__ = ["Progress"]


class Progress:
    """A bar over the render budget.

    Args:
        budget: The run's budget.
        quiet: Show nothing.
    """

    def __init__(self, budget: Budget, quiet: bool = False) -> None:
        self._budget = budget
        self._quiet = quiet
        self._lock = threading.Lock()
        self._done = self._failed = 0
        self._best: float | None = None
        self._bar: tqdm[Any] = tqdm(
            total=budget.caps.renders, unit="render", dynamic_ncols=True, disable=quiet, smoothing=0.05
        )

    def stage(self, name: str) -> None:
        """Name what is being done; scores of different stages do not compare, so the best starts anew."""
        with self._lock:
            self._best = None
            self._bar.set_description(name)

    def render_done(self, measured: Measured) -> None:
        """Count a render."""
        with self._lock:
            self._done += 1
            self._failed += measured.status is not Status.OK
            self._show()
            # Renders at a tuner's low fidelity are more than they count for.
            self._bar.update(min(self._done, self._budget.spend().renders) - self._bar.n)

    def score(self, value: float) -> None:
        """Hear a score."""
        with self._lock:
            if self._best is None or value > self._best:
                self._best = value
            self._show()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if not self._quiet:
            self._bar.write(line, file=sys.stderr)

    def close(self) -> None:
        """End the bar."""
        self._bar.close()

    def _show(self) -> None:
        shown: dict[str, str] = {"failed": str(self._failed)}
        if self._best is not None:
            shown = {"best": f"{self._best:.4f}", **shown}
        spent = self._budget.spend()
        if spent.model_calls:
            shown["usd"] = "unknown" if spent.usd is None else f"{spent.usd:.2f}"
        self._bar.set_postfix(shown, refresh=False)
