"""What a run may spend, and what it has spent."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from seig_search.config import BudgetSettings
from seig_search.errors import SeigError
from seig_search.models.endpoint import ModelCall

__all__ = ["Budget", "Spend"]


@dataclass(slots=True)
class Spend:
    """Running totals. ``renders`` counts distinct jobs, whoever computed them, those at a tuner's low fidelity by their share, the sum rounded up; ``cheap_renders`` how many those were; ``scenes`` those that were built for facts, not to be looked at; ``usd`` is None once a call had no price."""

    renders: int = 0
    cheap_renders: int = 0
    scenes: int = 0
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


@dataclass(frozen=True, slots=True)
class _Held:
    """Room that is held for calls under way."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def plus(self, other: _Held, sign: int) -> _Held:
        return _Held(self.calls + sign * other.calls, self.tokens + sign * other.tokens, self.usd + sign * other.usd)


class Budget:
    """Holds the caps against the spend; safe to use from many threads.

    Args:
        caps: The caps.
        minutes_before: Minutes that earlier sessions of this run took.
    """

    def __init__(self, caps: BudgetSettings, minutes_before: float = 0.0) -> None:
        self.caps = caps
        self._spend = Spend()
        self._renders = Fraction(0)
        self._lock = threading.Lock()
        self._settled = threading.Condition(self._lock)
        self._held = _Held()
        self._no_room = ""
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

    def count_render(self, share: Fraction = Fraction(1)) -> None:
        """Count one more distinct render.

        Args:
            share: What it costs, as a share of a render of this run; summed exactly, so that no order of counting matters.
        """
        with self._lock:
            self._renders += share
            self._spend.renders = math.ceil(self._renders)
            self._spend.cheap_renders += share < 1

    def count_scene(self) -> None:
        """Count one more scene that was built without being looked at."""
        with self._lock:
            self._spend.scenes += 1

    def count_work(self, seconds: float, lost_workers: int) -> None:
        """Count what a render took."""
        with self._lock:
            self._spend.render_seconds += seconds
            self._spend.lost_workers += lost_workers

    @contextmanager
    def room(self, tokens: int, usd: float | None) -> Iterator[None]:
        """Hold room for a model call under every cap while the call is under way.

        Where only the calls under way stand in its way, it waits for what they really take.

        Args:
            tokens: What the call may take at most.
            usd: What that costs; None where the price is not known.

        Raises:
            SeigError: A cap leaves no room for the call; or dollars are capped and there is no price.
        """
        if self.caps.usd is not None and usd is None:
            raise SeigError(
                f"dollars are capped at {self.caps.usd:g}, but the model's price is not known, so the cap cannot be kept. Give "
                "its prices (--set proposer.settings.usd_per_million_in=X --set proposer.settings.usd_per_million_out=Y), or "
                "cap calls or tokens instead (--set budget.model_calls=N, --set budget.tokens=N)."
            )
        mine = _Held(1, tokens, usd or 0.0)
        with self._settled:
            while True:
                if full := self._full(mine, _Held()):
                    self._no_room = full
                    raise SeigError(f"the budget has no room for another model call: {full}")
                if not self._full(mine, self._held):
                    break
                self._settled.wait()
            self._held = self._held.plus(mine, 1)
        try:
            yield
        finally:
            with self._settled:
                self._held = self._held.plus(mine, -1)
                self._settled.notify_all()

    def _full(self, mine: _Held, held: _Held) -> str:
        """Say which cap a call would break, on top of what is spent and held; empty if none."""
        spent = self._spend
        checks = (
            ("model calls", spent.model_calls + held.calls + mine.calls, self.caps.model_calls),
            ("tokens", spent.tokens_in + spent.tokens_out + held.tokens + mine.tokens, self.caps.tokens),
            ("dollars", (spent.usd or 0.0) + held.usd + mine.usd, self.caps.usd),
        )
        for name, would, cap in checks:
            if cap is not None and would > cap:
                return f"it might take the run to {would:.6g} {name}, the cap is {cap:g}"
        return ""

    def count_call(self, call: ModelCall) -> None:
        """Count a model call."""
        with self._lock:
            total = self._spend
            total.model_calls += 1
            total.tokens_in += call.tokens_in
            total.tokens_out += call.tokens_out
            total.usd = None if total.usd is None or call.usd is None else total.usd + call.usd

    def exhausted(self) -> str | None:
        """Say which cap on the whole run is reached, or None while there is room."""
        spent = self.spend()
        return _reached(("renders", spent.renders, self.caps.renders), ("minutes", spent.minutes, self.caps.minutes))

    def models_exhausted(self) -> str | None:
        """Say which cap on model calls is reached, or None while there is room; renders and tuning may go on."""
        spent = self.spend()
        reached = _reached(
            ("model calls", spent.model_calls, self.caps.model_calls),
            ("tokens", spent.tokens_in + spent.tokens_out, self.caps.tokens),
            ("dollars", spent.usd, self.caps.usd),
        )
        return reached or (f"budget: no room for another model call: {self._no_room}" if self._no_room else None)


def _reached(*caps: tuple[str, float | None, float | None]) -> str | None:
    for name, used, cap in caps:
        if cap is not None and used is not None and used >= cap:
            return f"budget: {used:.6g} of {cap:g} {name}"
    return None
