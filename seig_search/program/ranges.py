"""Declared ranges written anew: the bounds in a ``# @param LOW..HIGH`` and nothing else of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from seig_search.errors import InvalidEdit
from seig_search.program.annotation import ANNOTATION, RANGE
from seig_search.program.parameter import Slot

__all__ = ["with_range"]


def with_range(slot: Slot, low: float, high: float, line: str) -> str:
    """Write new bounds into the line that holds a parameter's annotation.

    Args:
        slot: A declared number.
        low: The new lower bound. A bound that does not change keeps its spelling.
        high: The new upper bound.
        line: The line with the annotation.

    Raises:
        InvalidEdit: It has no range to change, or the new one is empty, not finite, or a log range that does not begin above 0.
    """
    parameter = slot.parameter
    found = ANNOTATION.search(line)
    span = RANGE.search(line, found.start()) if found else None
    if span is None or parameter.low is None or parameter.high is None:
        raise InvalidEdit(f"{parameter.name} has no declared range LOW..HIGH to change")
    if not (math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not parameter.log)):
        raise InvalidEdit(f"{parameter.name}: {low:g}..{high:g} is no {'log ' if parameter.log else ''}range")
    whole = parameter.kind == "int"
    texts = [
        span["low"] if low == parameter.low else _spelled(low, span["low"], whole, math.floor),
        span["high"] if high == parameter.high else _spelled(high, span["high"], whole, math.ceil),
    ]
    return f"{line[: span.start('low')]}{texts[0]}..{texts[1]}{line[span.end('high') :]}"


def _spelled(value: float, like: str, whole: bool, outward: Callable[[float], int]) -> str:
    """Write a bound as the one before was written; a whole number's range stays whole."""
    if whole:
        return str(outward(value))
    text = f"{value:.6g}"
    # A range with a point makes its parameter a real number; it must not lose the last point it has.
    return text + ".0" if re.search(r"[.eE]", like) and not re.search(r"[.eE]", text) else text
