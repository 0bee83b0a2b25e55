"""Parameters: the numbers, colours and choices of a program that can be turned, and how they are written back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypeAlias

from seig_search.errors import InvalidEdit, nearest
from seig_search.program.source_text import SourceText, Span
from seig_search.render import Value
from seig_search.stages import Stage

__all__ = ["Kind", "Parameter", "Slot", "written"]

Kind: TypeAlias = Literal["float", "int", "rgb", "choice", "vector"]

DIGITS = 6
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of a program that may be turned.

    Args:
        key: A declared parameter's name, or ``"LINE:COLUMN"`` of a found literal (1-based line, 0-based column in
            UTF-8 bytes, as in ``ast``).
        name: A readable name: ``MUG_HEIGHT``, ``key.energy``, ``bsdf Base Color``.
        value: The value in the source; three numbers in 0..1 for ``rgb``.
        kind: What the value is; ``vector`` is a tuple of numbers that share one range.
        low: Lower bound of the number or of each component; None for a choice.
        high: Upper bound, likewise.
        log: Whether the range is to be walked logarithmically.
        unit: The declared unit, or ``""``.
        choices: What a choice may be.
        stage: The stage whose part holds it; None outside every part and in a one-stage script.
        line: 1-based line of the literal.
        declared: Whether the program declares it with ``# @param``; the range of a found one is a guess.
    """

    key: str
    name: str
    value: Value
    kind: Kind
    low: float | None
    high: float | None
    log: bool
    unit: str
    choices: tuple[str, ...]
    stage: Stage | None
    line: int
    declared: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter with the places of its literals in the source, one per component, and the line of its annotation, if any."""

    parameter: Parameter
    spans: tuple[Span, ...]
    noted: int = 0


def written(slot: Slot, value: Value, text: SourceText) -> list[tuple[Span, str]]:
    """Say what to write where, for a new value.

    Numbers are written with up to six significant digits, more only where rounding would leave the declared
    range. A component that does not change keeps its literal as it is spelled, and an integer literal stays one
    as long as its value is whole.

    Raises:
        InvalidEdit: The value's type, arity or range is wrong, or it is not finite.
    """
    parameter = slot.parameter
    if parameter.kind == "choice":
        return _written_choice(slot, value, text)
    new = _components(parameter, value)
    old = _components(parameter, parameter.value)
    pieces = []
    for span, was, now in zip(slot.spans, old, new, strict=True):
        if now != was:
            literal = text.piece(span)
            whole = parameter.kind == "int" or not any(c in literal for c in ".eEj")
            pieces.append((span, _spelled(_rounded(now, parameter), whole)))
    return pieces


def _written_choice(slot: Slot, value: Value, text: SourceText) -> list[tuple[Span, str]]:
    parameter = slot.parameter
    if not isinstance(value, str) or value not in parameter.choices:
        hint = nearest(value, parameter.choices) if isinstance(value, str) else ""
        raise InvalidEdit(f"{parameter.key} must be one of {'|'.join(parameter.choices)}, got {value!r}{hint}")
    if value == parameter.value:
        return []
    quote = text.piece(slot.spans[0])[0]
    plain = quote in "'\"" and not any(c in value for c in "'\"\\")
    return [(slot.spans[0], f"{quote}{value}{quote}" if plain else repr(value))]


def _components(parameter: Parameter, value: Value) -> list[float]:
    if isinstance(parameter.value, tuple):
        arity = len(parameter.value)
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != arity:
            raise InvalidEdit(f"{parameter.key} must be {arity} numbers, got {value!r}")
        return [_number(parameter, component) for component in value]
    return [_number(parameter, value)]


def _number(parameter: Parameter, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidEdit(f"{parameter.key} must be a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidEdit(f"{parameter.key} must be finite, got {value!r}")
    if parameter.kind == "int" and number != round(number):
        raise InvalidEdit(f"{parameter.key} must be a whole number, got {value!r}")
    # A found range is a guess about what is worth trying, not the author's word about what is allowed.
    if parameter.declared or parameter.kind == "rgb":
        for bound, sign in ((parameter.low, 1.0), (parameter.high, -1.0)):
            if bound is not None and sign * (bound - number) > TOLERANCE * max(abs(bound), abs(number)):
                raise InvalidEdit(f"{parameter.key} must be in {parameter.low:g}..{parameter.high:g}, got {value!r}")
    return number


def _rounded(value: float, parameter: Parameter) -> float:
    if parameter.kind == "int":
        return value
    rounded = float(f"{value:.{DIGITS}g}") + 0.0  # no negative zero
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    if parameter.declared and not low <= rounded <= high:
        return min(max(value, low), high)
    return rounded


def _spelled(value: float, whole: bool) -> str:
    return str(int(value)) if whole and value == round(value) and abs(value) < 1e16 else repr(value)
