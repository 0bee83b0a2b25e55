"""Blender properties worth tuning, and ranges around their present value that are worth trying."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = [
    "Range", "RangeRule", "attribute_rule", "component_rule", "factor_rule", "keyword_rule", "operator_rule", "socket_rule",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """A guessed range. ``colour`` marks a tuple whose first three numbers are a colour."""

    low: float
    high: float
    log: bool = False
    unit: str = ""
    colour: bool = False


RangeRule = Callable[[tuple[float, ...], bool], "Range | None"]
"""From the present values, and whether they are in degrees, to a range; None where nothing sensible can be said."""


def _scaled(factor: float, unit: str = "") -> RangeRule:
    def rule(values: tuple[float, ...], degrees: bool) -> Range | None:
        if min(values) > 0:
            return Range(min(values) / factor, max(values) * factor, True, unit)
        if max(values) < 0:
            return Range(min(values) * factor, max(values) / factor, False, unit)
        top = max(abs(v) for v in values)
        # A scale of mixed signs mirrors; zero everywhere says nothing about the size.
        return Range(-top * factor, top * factor, False, unit) if top and min(values) < 0 else None

    return rule


def _scaled_or_unit(factor: float, unit: str = "") -> RangeRule:
    scaled = _scaled(factor, unit)
    return lambda values, degrees: Range(0.0, 1.0, False, unit) if not any(values) else scaled(values, degrees)


def _between(low: float, high: float, unit: str = "") -> RangeRule:
    return lambda values, degrees: Range(min(low, *values), max(high, *values), False, unit)


def _place(values: tuple[float, ...], degrees: bool) -> Range:
    reach = max(1.0, *(abs(v) for v in values))
    return Range(min(values) - reach, max(values) + reach, False, "m")


def _turn(values: tuple[float, ...], degrees: bool) -> Range:
    half, unit = (180.0, "deg") if degrees else (math.pi, "rad")
    return Range(min(-half, *values), max(half, *values), False, unit)


def _opening(values: tuple[float, ...], degrees: bool) -> Range | None:
    """An angle that is never negative: a field of view, a spot's cone, a sun's disc."""
    half, unit = (180.0, "deg") if degrees else (math.pi, "rad")
    if min(values) <= 0 or max(values) >= half:
        return None
    return Range(min(values) / 4, min(max(values) * 4, half * 0.99), False, unit)


def _colour(values: tuple[float, ...], degrees: bool) -> Range | None:
    ok = len(values) in (3, 4) and all(0 <= v <= 1 for v in values)
    return Range(0.0, 1.0, colour=True) if ok else None


def _socket_value(values: tuple[float, ...], degrees: bool) -> Range | None:
    """A socket of unknown meaning: a colour by its shape, or a number by its size."""
    return _colour(values, degrees) if len(values) == 4 else _scaled_or_unit(4.0)(values, degrees)


_UNIT = _between(0.0, 1.0)
_SIZE = _scaled(4.0, "m")
_ATTRIBUTES: dict[str, RangeRule] = {
    "energy": _scaled(10.0, "W"),
    "strength": _scaled_or_unit(10.0),
    "lens": _between(12.0, 200.0, "mm"),
    "ortho_scale": _SIZE,
    "shift_x": _between(-1.0, 1.0),
    "shift_y": _between(-1.0, 1.0),
    "angle": _opening,
    "angle_x": _opening,
    "angle_y": _opening,
    "spot_size": _opening,
    "spot_blend": _UNIT,
    "shadow_soft_size": _SIZE,
    "size": _SIZE,
    "size_y": _SIZE,
    "location": _place,
    "rotation_euler": _turn,
    "scale": _scaled(4.0),
    "dimensions": _SIZE,
    "color": _colour,
    "diffuse_color": _colour,
    "roughness": _UNIT,
    "metallic": _UNIT,
    "exposure": lambda values, degrees: Range(min(values) - 3.0, max(values) + 3.0),
    "gamma": _scaled(3.0),
}
_KEYWORDS: dict[str, RangeRule] = {
    "location": _place,
    "rotation": _turn,
    "scale": _scaled(4.0),
    "energy": _scaled(10.0, "W"),
    "strength": _scaled_or_unit(10.0),
    "lens": _between(12.0, 200.0, "mm"),
    "color": _colour,
    "roughness": _UNIT,
    "metallic": _UNIT,
    **dict.fromkeys(
        ("radius", "radius1", "radius2", "major_radius", "minor_radius", "size", "depth"),
        _SIZE,
    ),
}
_SOCKETS: dict[str, RangeRule] = {
    **dict.fromkeys(
        (
            "Roughness", "Metallic", "Alpha", "Fac", "Factor", "Specular", "Specular IOR Level", "Transmission",
            "Transmission Weight", "Coat Weight", "Coat Roughness", "Clearcoat", "Sheen Weight", "Subsurface",
            "Subsurface Weight", "Anisotropic",
        ),
        _UNIT,
    ),
    "IOR": _between(1.0, 3.0),
    "Strength": _scaled_or_unit(10.0),
    "Emission Strength": _scaled_or_unit(10.0),
    "Location": _place,
    "Rotation": _turn,
    **dict.fromkeys(("Base Color", "Color", "Emission", "Emission Color", "Color1", "Color2"), _colour),
}  # fmt: skip


_OPERATORS: dict[tuple[str, str], RangeRule] = {
    ("translate", "value"): _place,
    ("resize", "value"): _scaled(4.0),
    ("rotate", "value"): _turn,
}


def attribute_rule(name: str) -> RangeRule | None:
    """Give the rule for an attribute that is assigned to, such as ``energy``."""
    return _ATTRIBUTES.get(name)


def keyword_rule(name: str) -> RangeRule | None:
    """Give the rule for a keyword argument, such as ``radius``."""
    return _KEYWORDS.get(name)


def socket_rule(name: str | int | None) -> RangeRule:
    """Give the rule for a node socket's default value; any socket may be tuned."""
    return _SOCKETS.get(name, _socket_value) if isinstance(name, str) else _socket_value


def operator_rule(operator: str, name: str) -> RangeRule | None:
    """Give the rule for a keyword that means something of its own in one operator, as ``value`` in ``transform.translate``."""
    return _OPERATORS.get((operator, name))


def component_rule(rule: RangeRule, count: int) -> tuple[RangeRule, int | None]:
    """Give the rule for one of several numbers that are given one by one.

    Args:
        rule: The rule for all of them together.
        count: How many there are.

    Returns:
        The rule for each, and the index of the one that is a colour's alpha, if there is one.
    """
    together = rule((0.5,) * count, False)
    if together is None or not together.colour:
        return rule, None
    return _share, 3 if count == 4 else None


def factor_rule(rule: RangeRule) -> RangeRule:
    """Give the rule for a factor of a value: one of a place is a distance or a spacing, which keeps its sign."""
    return _SIZE if rule is _place else rule


def _share(values: tuple[float, ...], degrees: bool) -> Range | None:
    return Range(0.0, 1.0) if all(0 <= v <= 1 for v in values) else None
