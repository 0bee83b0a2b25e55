"""What a run may spend, and what it has spent."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from seig_search.config import BudgetSettings
from seig_search.errors import SeigError
from seig_search.proposal import ModelCall

__all__ = ["Budget", "Spend"]


@dataclass(slots=True)
class Spend:
    """Running totals. ``renders`` counts distinct jobs, whoever computed them; ``usd`` is None once a call had no price."""

    renders: int = 0
    render_seconds: float = 0.0
    lost_workers: int = 0
    model_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float | None = 0.0
    minutes: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Give the totals as plain values."""
        return asdict(self)


class Budget:
    """Holds the caps against the spend; safe to use from many threads.

    Args:
        caps: The caps.
        minutes_before: Minutes that earlier sessions of this run took.
    """

    def __init__(self, caps: BudgetSettings, minutes_before: float = 0.0) -> None:
        self.caps = caps
        self._spend = Spend()
        self._lock = threading.Lock()
        self._before = minutes_before
        self._began = time.monotonic()

    @property
    def minutes(self) -> float:
        """Wall time of all sessions of this run, in minutes."""
        return self._before + (time.monotonic() - self._began) / 60

    @property
    def renders_left(self) -> int:
        """How many more renders are allowed."""
        with self._lock:
            return max(0, self.caps.renders - self._spend.renders)

    def spend(self) -> Spend:
        """Give a copy of the totals."""
        with self._lock:
            return Spend(**{**asdict(self._spend), "minutes": self.minutes})

    def count_render(self) -> None:
        """Count one more distinct render."""
        with self._lock:
            self._spend.renders += 1

    def count_work(self, seconds: float, lost_workers: int) -> None:
        """Count what a render took."""
        with self._lock:
            self._spend.render_seconds += seconds
            self._spend.lost_workers += lost_workers

    def count_call(self, call: ModelCall) -> None:
        """Count a model call.

        Raises:
            SeigError: Dollars are capped and the call has no known price.
        """
        with self._lock:
            total = self._spend
            total.model_calls += 1
            total.tokens_in += call.tokens_in
            total.tokens_out += call.tokens_out
            total.usd = None if total.usd is None or call.usd is None else total.usd + call.usd
            if self.caps.usd is not None and call.usd is None and not call.error:
                raise SeigError(
                    f"dollars are capped at {self.caps.usd:g}, but the price of {call.model!r} is not known, so the cap "
                    "cannot be kept. Cap calls or tokens instead (--set budget.model_calls=N, --set budget.tokens=N)."
                )

    def exhausted(self) -> str | None:
        """Say which cap is reached, or None while there is room."""
        spent = self.spend()
        tokens = spent.tokens_in + spent.tokens_out
        checks: tuple[tuple[str, float | None, float | None], ...] = (
            ("renders", spent.renders, self.caps.renders),
            ("minutes", spent.minutes, self.caps.minutes),
            ("model calls", spent.model_calls, self.caps.model_calls),
            ("tokens", tokens, self.caps.tokens),
            ("dollars", spent.usd, self.caps.usd),
        )
        for name, used, cap in checks:
            if cap is not None and used is not None and used >= cap:
                return f"budget: {used:.6g} of {cap:g} {name}"
        return None
