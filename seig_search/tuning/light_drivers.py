"""Which number drives which light: told by renders that are taken apart by light, before and after numbers were moved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from seig_search.program import Parameter
from seig_search.render import Value
from seig_search.tuning.light_layers import LightLayers
from seig_search.tuning.view_curve import Floats

__all__ = ["Drives", "all_moved", "as_number", "moved_alone", "told_alone", "told_apart"]

Drives = dict[str, Floats]
"""By what power of a number the channels of each layer grow, (N, 3), by the number's key."""

PROBE = 0.26
DARK = 1e-6
UNEVEN = 0.15
NOISE_BLUR = 0.02
APART = 0.2
CLOSE, HALF = 0.05, 0.1
"""Logarithms: what two factors of numbers that are moved at once differ by, and within what one is recognised."""
DIM = 0.02
SNAP = 0.06


def all_moved(amounts: Sequence[Parameter], base: Mapping[str, Value]) -> dict[str, Value]:
    """Move every number by a factor of its own, within its range; of colours, red only."""
    free = [sign * APART * size for size in range(1, 2 * len(amounts) + 2) for sign in (1.0, -1.0)]
    left = {True: list(free), False: list(free)}
    found: dict[str, Value] = {}
    for parameter in amounts:
        own = base[parameter.key]
        mine = left[parameter.kind == "rgb"]
        move = next((move for move in mine if _fits(parameter, own, move)), 0.0)
        if move:
            mine.remove(move)
        value = _moved(own, move)
        found[parameter.key] = (value[0], *own[1:]) if isinstance(value, tuple) and isinstance(own, tuple) else value
    return found


def moved_alone(parameter: Parameter, base: Value) -> Value:
    """Move a number, all of a colour, within its range."""
    return _moved(base, PROBE if _fits(parameter, base, PROBE) else -PROBE)


def told_apart(
    amounts: Sequence[Parameter],
    base: Mapping[str, Value],
    probe: Mapping[str, Value],
    first: LightLayers,
    look: LightLayers | None,
) -> tuple[Drives, list[Parameter]]:
    """Say which number drives which layer after all were moved at once, each by a factor of its own.

    Of colours only red was moved, so what green and blue did is the other numbers' work.

    Returns:
        Who drives what, and the numbers for which that is not clear.
    """
    if look is None or look.names != first.names:
        return {}, list(amounts)
    ratio, seen, even = _ratio(first, look)
    grown = np.log(ratio)
    moves: dict[bool, dict[str, float]] = {True: {}, False: {}}
    for parameter in amounts:
        move = _log_move(base[parameter.key], probe[parameter.key], 0)
        if move:
            moves[parameter.kind == "rgb"][parameter.key] = move
    drives = {parameter.key: np.zeros((len(first.names), 3)) for parameter in amounts}
    share = first.sums().sum(axis=1) / max(float(first.sums().sum()), 1e-30)
    clear = True
    for layer in np.flatnonzero(seen.all(axis=1)):
        common = float(grown[layer, 1:].mean())
        # Of a dim layer, a few bright samples are all there is: the nearest move is taken.
        close = HALF if share[layer] < DIM else CLOSE
        for colours, amount in ((False, common), (True, float(grown[layer, 0]) - common)):
            key, off = _nearest(moves[colours], amount)
            if off > close or (share[layer] >= DIM and not even[layer].all()):
                clear = False
            elif key:
                drives[key][layer] = 1.0
    found = {key: powers for key, powers in drives.items() if powers.any()}
    return found, [] if clear else [parameter for parameter in amounts if parameter.key not in found]


def told_alone(base: Value, probe: Value, first: LightLayers, look: LightLayers | None) -> Floats | None:
    """Say which layers a number drives that was moved alone, (N, 3) powers; None if it drives none, or not evenly."""
    if look is None or look.names != first.names:
        return None
    ratio, seen, even = _ratio(first, look)
    changed = seen & (np.abs(np.log(ratio)) > CLOSE)
    if not changed.any() or not even[changed].all():
        return None
    moves = [_log_move(base, probe, channel) for channel in range(3)]
    if not all(moves):
        return None
    powers = np.log(ratio) / np.array(moves)
    near = np.round(powers)
    return np.asarray(np.where(np.abs(powers - near) < SNAP, near, powers) * changed, np.float64)


def as_number(value: Value) -> float:
    """Give a value that is a number."""
    assert isinstance(value, int | float)
    return float(value)


def _fits(parameter: Parameter, base: Value, move: float) -> bool:
    # Above 1 a colour is no colour; going down always fits.
    if parameter.kind == "rgb":
        return move < 0
    low, high = float(parameter.low or 0), 1.0 if parameter.high is None else float(parameter.high)
    return low <= as_number(base) * math.exp(move) <= high


def _moved(base: Value, move: float) -> Value:
    """Move a number by the exponential of ``move``."""
    factor = float(np.exp(move))
    return tuple(part * factor for part in base) if isinstance(base, tuple) else as_number(base) * factor


def _nearest(moves: Mapping[str, float], amount: float) -> tuple[str, float]:
    """Give the key whose move explains an amount best, an empty one for no move, and by how much it is off."""
    best = min(moves, key=lambda key: abs(moves[key] - amount), default="")
    if not best or abs(amount) <= abs(moves[best] - amount):
        return "", abs(amount)
    return best, abs(moves[best] - amount)


def _log_move(base: Value, probe: Value, channel: int) -> float:
    if isinstance(base, tuple) and isinstance(probe, tuple):
        return float(np.log(probe[channel] / base[channel]))
    return float(np.log(as_number(probe) / as_number(base)))


def _ratio(first: LightLayers, look: LightLayers) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Compare two renders by layer and channel.

    Returns:
        Ratios of all light, which layers are bright enough to tell, and which differ by the same factor everywhere,
        within what noise and clamping do; (N, 3) each.
    """
    before, after = first.sums(), look.sums()
    seen = before > DARK * max(float(before.max()), 1e-30)
    ratio = np.where(seen, np.maximum(after, 1e-30) / np.maximum(before, 1e-30), 1.0)
    one, other = (_blurred(layers.small()[0]) for layers in (first, look))
    off = np.abs(one * ratio[:, None, None, :] - other).sum(axis=(1, 2))
    whole = np.maximum(other.sum(axis=(1, 2)), 1e-30)
    return ratio, seen, off / whole < UNEVEN


def _blurred(layers: Floats) -> Floats:
    from scipy.ndimage import gaussian_filter

    sigma = NOISE_BLUR * max(layers.shape[1:3])
    smooth: Floats = gaussian_filter(layers, (0, sigma, sigma, 0), mode="nearest", truncate=3.0)
    return smooth
