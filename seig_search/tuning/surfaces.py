"""Which pixels a surface colour is seen in, told by the albedo of a render or two."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from seig_search.program import Parameter
from seig_search.render import Value
from seig_search.tuning.light_layers import Answer, LightLayers

__all__ = ["surface_answers", "surface_probes"]

MOVE = 0.35
SEEN = 0.03
CHANNELS = 3


def surface_probes(surfaces: Sequence[Parameter], base: Mapping[str, Value]) -> list[dict[str, Value]]:
    """Give values for renders in which three colours each are moved, one by its red, one by its green, one by its blue.

    A mix of colours is linear in each and mixes all channels alike, so one channel tells a colour's share in a pixel.
    """
    probes: list[dict[str, Value]] = []
    for place, parameter in enumerate(surfaces):
        if place % CHANNELS == 0:
            probes.append({})
        whole = base[parameter.key]
        assert isinstance(whole, tuple)
        index = place % CHANNELS
        factor = math.exp(MOVE if whole[index] * math.exp(MOVE) <= 1 else -MOVE)
        probes[-1][parameter.key] = (*whole[:index], whole[index] * factor, *whole[index + 1 :])
    return probes


def surface_answers(
    surfaces: Sequence[Parameter],
    base: Mapping[str, Value],
    probes: Sequence[Mapping[str, Value]],
    first: LightLayers,
    looks: Sequence[LightLayers | None],
) -> list[Answer]:
    """Learn each colour's share in every pixel; colours that are seen nowhere give nothing.

    Args:
        surfaces: The colours.
        base: Their values in ``first``.
        probes: What was asked for, from ``surface_probes``.
        first: The render to compare with.
        looks: The renders; None where one failed.
    """
    answers: list[Answer] = []
    before = first.small_albedo()
    for place, parameter in enumerate(surfaces):
        look, index = looks[place // CHANNELS], place % CHANNELS
        after = None if look is None else look.small_albedo()
        if before is None or after is None or after.shape != before.shape:
            continue
        old, new = base[parameter.key], probes[place // CHANNELS][parameter.key]
        assert isinstance(old, tuple) and isinstance(new, tuple)
        share = np.clip((after - before)[..., index] / (new[index] - old[index]), 0.0, 1.0)
        share[share < SEEN] = 0.0
        if not share.any():
            continue
        high = 1.0 if parameter.high is None else float(parameter.high)
        nothing = np.zeros((len(first.names), CHANNELS))
        for channel in range(CHANNELS):
            value = float(old[channel])
            low = min(max(float(parameter.low or 0), value * 1e-2), value * (1 - 1e-6))
            answers.append(Answer(parameter.key, channel, value, low, max(high, value * (1 + 1e-6)), nothing, share))
    return answers
