"""Parameters flattened to scalar axes, each with a trust region about its current value."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from seig_search.render import Value

if TYPE_CHECKING:
    from seig_search.program import Parameter

__all__ = ["Axis", "Coordinates", "Space"]

Coordinates: TypeAlias = dict[str, float | int | str]
"""A point of a space by axis name: 0..1 for a float, the value itself for an integer or a choice."""

DIGITS = 6
"""Significant digits of a float that is written back into a program; trials use no more, so that what was measured is
what gets written."""

GAMMA = 2.2
"""Colours are linear light, eyes are not: equal steps of ``value ** (1 / GAMMA)`` look about equal."""

Warp = Literal["linear", "log", "gamma"]


@dataclass(frozen=True, slots=True)
class Axis:
    """One scalar that a tuner may move.

    Args:
        name: Readable, as in ``MUG_RGB.r``.
        key: The parameter's key.
        index: Component of the parameter's tuple; None for a scalar.
        kind: What its values are.
        value: Current value.
        low: Least value: of the declared range and the trust region, the higher.
        high: Greatest value, likewise.
        warp: What scale steps are equal on.
        choices: The values of a choice.
    """

    name: str
    key: str
    index: int | None
    kind: Literal["float", "int", "choice"]
    value: float | int | str
    low: float = 0.0
    high: float = 1.0
    warp: Warp = "linear"
    choices: tuple[str, ...] = ()

    @property
    def contains_start(self) -> bool:
        """Whether the current value is one that the axis offers."""
        if self.kind == "choice":
            return self.value in self.choices
        return self.low <= float(self.value) <= self.high

    @property
    def start(self) -> float | int | str:
        """The current value as a coordinate, brought into the axis: 0..1 for a float, itself for others."""
        if self.kind == "choice":
            return self.value if self.value in self.choices else self.choices[0]
        if self.kind == "int":
            return int(min(max(float(self.value), self.low), self.high))
        low, high = _warped(self.low, self.warp), _warped(self.high, self.warp)
        inside = _warped(min(max(float(self.value), self.low), self.high), self.warp)
        return min(max((inside - low) / (high - low), 0.0), 1.0)

    def at(self, coordinate: float | int | str) -> float | int | str:
        """Give the value at a coordinate: rounded as programs write it, and never outside the range."""
        if self.kind == "choice":
            return str(coordinate)
        if self.kind == "int":
            return int(coordinate)
        low, high = _warped(self.low, self.warp), _warped(self.high, self.warp)
        value = _unwarped(low + float(coordinate) * (high - low), self.warp)
        return _rounded(min(max(value, self.low), self.high), self.low, self.high)


@dataclass(frozen=True, slots=True)
class Space:
    """The axes of a problem, and the way back to parameter values.

    Args:
        axes: Every scalar that can move.
        values: Current values by parameter key.
    """

    axes: tuple[Axis, ...]
    values: Mapping[str, Value]

    @classmethod
    def of(cls, parameters: Sequence[Parameter], reach: float) -> Space:
        """Flatten parameters; those that cannot move (no range, one choice) get no axis.

        Args:
            parameters: What may move.
            reach: Half the trust region's width as a fraction of the declared range, above 0; 1 is the whole range.
        """
        names = Counter(parameter.name for parameter in parameters)
        axes = [
            axis
            for parameter in parameters
            for axis in _axes(
                # Found parameters may share a readable name; their keys differ.
                parameter.name if names[parameter.name] == 1 else f"{parameter.name} at {parameter.key}",
                parameter,
                reach,
            )
        ]
        return cls(tuple(axes), {parameter.key: parameter.value for parameter in parameters})

    @property
    def contains_start(self) -> bool:
        """Whether the current values are a point of the space."""
        return all(axis.contains_start for axis in self.axes)

    def start(self) -> Coordinates:
        """Give the current values as coordinates by axis name."""
        return {axis.name: axis.start for axis in self.axes}

    def locate(self, values: Mapping[str, Value]) -> Coordinates:
        """Give the coordinates of parameter values, brought into the space; the other way round than ``changes``.

        Args:
            values: By parameter key; axes of others are not mentioned.
        """
        found: Coordinates = {}
        for axis in self.axes:
            if axis.key in values:
                value = values[axis.key]
                part = value[axis.index] if isinstance(value, tuple) and axis.index is not None else value
                found[axis.name] = replace(axis, value=part).start  # type: ignore[arg-type]
        return found

    def changes(self, coordinates: Mapping[str, float | int | str]) -> dict[str, Value]:
        """Give the parameter values at some coordinates: only those that differ from the current ones.

        Args:
            coordinates: By axis name; an axis that is not mentioned stays where it is.
        """
        found: dict[str, Value] = {}
        for axis in self.axes:
            if axis.name not in coordinates:
                continue
            coordinate = coordinates[axis.name]
            # The way there and back rounds; a coordinate that was not moved must not move its value.
            unmoved = axis.contains_start and coordinate == axis.start
            value = axis.value if unmoved else axis.at(coordinate)
            if axis.index is None:
                found[axis.key] = value
            else:
                whole = list(found.get(axis.key, self.values[axis.key]))  # type: ignore[arg-type]
                whole[axis.index] = value
                found[axis.key] = tuple(whole)  # type: ignore[arg-type]
        return {key: value for key, value in found.items() if value != self.values[key]}


def _axes(name: str, parameter: Parameter, reach: float) -> list[Axis]:
    value, low, high = parameter.value, parameter.low, parameter.high
    if parameter.kind == "choice":
        if len(parameter.choices) < 2:
            return []
        return [Axis(name, parameter.key, None, "choice", str(value), choices=tuple(parameter.choices))]
    warp: Warp = "log" if parameter.log else "linear"
    if parameter.kind == "rgb":
        low, high, warp = (0.0 if low is None else low), (1.0 if high is None else high), "gamma"
    if low is None or high is None or not low < high or (warp == "log" and low <= 0):
        return []
    if parameter.kind == "int":
        return _int_axis(name, parameter, low, high, warp, reach)
    if not isinstance(value, tuple):
        return _float_axis(name, parameter.key, None, float(value), low, high, warp, reach)
    letters = "rgba" if parameter.kind == "rgb" else "xyzw"
    return [
        axis
        for index, component in enumerate(value)
        for axis in _float_axis(
            f"{name}.{letters[index] if len(value) <= len(letters) else index}",
            parameter.key,
            index,
            float(component),
            low,
            high,
            warp,
            reach,
        )
    ]


def _float_axis(
    name: str, key: str, index: int | None, value: float, low: float, high: float, warp: Warp, reach: float
) -> list[Axis]:
    below, above = _region(value, low, high, warp, reach)
    return [Axis(name, key, index, "float", value, below, above, warp)] if below < above else []


def _int_axis(name: str, parameter: Parameter, low: float, high: float, warp: Warp, reach: float) -> list[Axis]:
    value = int(parameter.value)  # type: ignore[arg-type]
    bottom, top = math.ceil(low), math.floor(high)
    if bottom >= top:
        return []
    below, above = _region(value, bottom, top, warp, reach)
    centre = min(max(value, bottom), top)
    # A small range still lets an integer take one step.
    least = max(bottom, min(math.ceil(below), centre - 1))
    most = min(top, max(math.floor(above), centre + 1))
    return [Axis(name, parameter.key, None, "int", value, least, most, warp)]


def _region(value: float, low: float, high: float, warp: Warp, reach: float) -> tuple[float, float]:
    """Intersect the declared range with the trust region, whose centre is brought into the range first."""
    bottom, top = _warped(low, warp), _warped(high, warp)
    centre = _warped(min(max(value, low), high), warp)
    half = reach * (top - bottom)
    below = low if centre - half <= bottom else _unwarped(centre - half, warp)
    above = high if centre + half >= top else _unwarped(centre + half, warp)
    return max(below, low), min(above, high)


def _warped(value: float, warp: Warp) -> float:
    if warp == "log":
        return math.log(value)
    return math.copysign(abs(value) ** (1 / GAMMA), value) if warp == "gamma" else value


def _unwarped(value: float, warp: Warp) -> float:
    if warp == "log":
        return math.exp(value)
    return math.copysign(abs(value) ** GAMMA, value) if warp == "gamma" else value


def _rounded(value: float, low: float, high: float) -> float:
    """Round to ``DIGITS`` significant digits, towards the inside where the nearest would leave the range."""
    if value == 0:
        return 0.0
    near = float(f"{value:.{DIGITS}g}")
    if low <= near <= high:
        return near
    step = 10.0 ** (math.floor(math.log10(abs(value))) - DIGITS + 1)
    inward = float(f"{near - math.copysign(step, near - value):.{DIGITS}g}")
    return inward if low <= inward <= high else value
