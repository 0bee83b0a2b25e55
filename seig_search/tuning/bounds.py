"""Values that sit on a bound: where the best may lie beyond what was allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from seig_search.render import Value

if TYPE_CHECKING:
    from seig_search.program import Parameter

__all__ = ["AtBound", "at_bounds", "widened"]

NEAR = 0.002
"""This close to a bound, as a share of the range, counts as on it."""


@dataclass(frozen=True, slots=True)
class AtBound:
    """A value on a bound of its range.

    Args:
        key: The parameter's key.
        name: Its name.
        index: Which component of a tuple; None for a number.
        value: The value.
        bound: Which bound.
        limit: The bound's value.
        declared: Whether the program declares the range, or it was guessed.
    """

    key: str
    name: str
    index: int | None
    value: float
    bound: Literal["low", "high"]
    limit: float
    declared: bool

    def as_dict(self) -> dict[str, Any]:
        """Give the facts as plain values."""
        return asdict(self)


def at_bounds(parameters: Sequence[Parameter], values: Mapping[str, Value]) -> tuple[AtBound, ...]:
    """Find the numbers that sit on a bound of their range. Colours and choices have no bounds that could move.

    Args:
        parameters: Parameters with their ranges.
        values: Values laid over the parameters' own, by key.
    """
    found = []
    for p in parameters:
        if p.kind in ("rgb", "choice") or p.low is None or p.high is None or not p.low < p.high:
            continue
        value = values.get(p.key, p.value)
        parts = list(value) if isinstance(value, tuple) else [value]
        for index, part in enumerate(parts):
            number = float(part)
            share = _share(p, number)
            if share <= NEAR or share >= 1 - NEAR:
                side: Literal["low", "high"] = "low" if share <= NEAR else "high"
                limit = p.low if side == "low" else p.high
                place = index if isinstance(value, tuple) else None
                found.append(AtBound(p.key, p.name, place, number, side, limit, p.declared))
    return tuple(found)


def widened(parameter: Parameter, low: bool, high: bool) -> tuple[float, float] | None:
    """Give a declared range, widened by its own width on the sides asked for (a log range by its own ratio).

    A range that begins at 0 is not continued below, and one that begins above 0 stays above: what is a size, a power or a
    share cannot be less. Nor does a share, 0..1 without a unit, go beyond 1.

    Returns:
        The new bounds; None where no bound can move.
    """
    p = parameter
    if not p.declared or p.kind in ("rgb", "choice") or p.low is None or p.high is None or not p.low < p.high:
        return None
    width = p.high - p.low
    down, up = p.low, p.high
    if low and p.low != 0:
        if p.log:
            down = p.low * max(p.low / p.high, 0.1)
        else:
            down = p.low - width if p.low < 0 else max(p.low - width, p.low / 2)
    share = p.high == 1 and p.low >= 0 and not p.unit
    if high and p.high != 0 and not share:
        up = p.high * min(p.high / p.low, 10.0) if p.log else p.high + width
        up = min(up, p.high / 2) if p.high < 0 else up
    if p.kind == "int":
        down, up = math.floor(down), math.ceil(up)
    down = p.low if down == p.low else min(float(f"{down:.4g}"), p.low)
    up = p.high if up == p.high else max(float(f"{up:.4g}"), p.high)
    return None if (down, up) == (p.low, p.high) else (down, up)


def _share(parameter: Parameter, value: float) -> float:
    low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
    if parameter.log and low > 0:
        return math.log(max(value, low) / low) / math.log(high / low)
    return (value - low) / (high - low)
