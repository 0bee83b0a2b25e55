"""How wrong lighting is: whence the light comes, how much of it, of what colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seig_search.errors import SeigError
from seig_search.truth.errors_of_camera import angle_between
from seig_search.truth.scene_truth import Array, TruthLight

__all__ = ["irradiance", "light_errors"]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
STRONGEST = 40
NORMALS = 256


def irradiance(light: TruthLight, place: Array) -> tuple[Array, Array]:
    """What a light brings to a place, before shadows, as Cycles defines its watts.

    Facing the light, a sun of strength S gives S W/m2; a point or spot of P watts P / (4 pi d^2) at a distance d; an
    area of P watts P cos(theta) / (pi d^2), theta off its axis, where d is large against its size.

    Args:
        light: The light.
        place: (3,) metres.

    Returns:
        The direction (3,) that its light has there, of unit length, and its linear RGB irradiance (3,) in W/m2 on a
        surface that faces it.
    """
    if light.type == "SUN":
        return light.direction, light.energy * light.rgb
    along = place - light.position
    distance = max(float(np.linalg.norm(along)), 1e-6)
    along = along / distance if distance > 1e-6 else light.direction
    facing = float(along @ light.direction)
    if light.type == "AREA":
        strength = light.energy * max(facing, 0.0) / (math.pi * distance**2)
    else:
        strength = light.energy / (4 * math.pi * distance**2)
        if light.type == "SPOT" and facing < math.cos(math.radians(light.cone_deg) / 2):
            strength = 0.0
    return along, strength * light.rgb


def light_errors(
    found: Sequence[TruthLight],
    true: Sequence[TruthLight],
    found_place: Array,
    true_place: Array,
    worlds: tuple[Array | None, Array | None] = (None, None),
) -> dict[str, float]:
    """Measure lights against the true ones, both in one frame.

    Args:
        found: Lights to measure.
        true: The true lights.
        found_place: (3,) where the found lights are asked: the middle of their scene.
        true_place: The same for the true ones.
        worlds: (3,) radiance of both worlds, found and true; None where one is not known.

    Returns:
        As far as both have light: ``light_direction`` (degrees): the mean over both scenes' light of the angle to the
        nearest light of the other scene. ``light_transport`` (degrees): the earth mover's distance (Rubner et al.
        2000) between the two distributions of irradiance over directions, which also sees that a key has become the
        fill. ``light_energy`` (|log2| of the ratio of irradiances, 1 is a factor of two). ``light_colour`` (degrees
        between the two RGB irradiances; Hordley and Finlayson 2004). ``light_ambient`` (|log2| of the ratio of the
        worlds' luminances). ``light_field`` (0..1): how different the RGB irradiance is that surfaces of every
        orientation get, worlds included where both are known (Ramamoorthi and Hanrahan 2001): the sum of absolute
        differences over the sum (Bray and Curtis 1957). Only it sees how lights and world weigh against each other.
    """
    here, there = (
        [irradiance(light, place) for light in lights] for lights, place in ((found, found_place), (true, true_place))
    )
    errors: dict[str, float] = {}
    sums = [np.sum([rgb for _, rgb in answers], axis=0) if answers else np.zeros(3) for answers in (here, there)]
    amounts = [float(LUMINANCE @ rgb) for rgb in sums]
    if min(amounts) > 0:
        ours, theirs = _weighed(here), _weighed(there)
        costs = np.array([[angle_between(one, two) for two in theirs[0]] for one in ours[0]])
        nearest = float(ours[1] @ costs.min(axis=1) + theirs[1] @ costs.min(axis=0)) / 2
        errors |= {"light_direction": nearest, "light_transport": _transport(costs, ours[1], theirs[1])}
        errors["light_energy"] = abs(math.log2(amounts[0] / amounts[1]))
        errors["light_colour"] = angle_between(sums[0], sums[1])
    ambient = [None if rgb is None else float(LUMINANCE @ rgb) for rgb in worlds]
    if ambient[0] and ambient[1]:
        errors["light_ambient"] = abs(math.log2(ambient[0] / ambient[1]))
    known = worlds[0] is not None and worlds[1] is not None
    fields = [_field(answers, world if known else None) for answers, world in zip((here, there), worlds, strict=True)]
    if (fields[0] + fields[1]).sum() > 0:
        errors["light_field"] = float(np.abs(fields[0] - fields[1]).sum() / (fields[0] + fields[1]).sum())
    return errors


def _field(answers: Sequence[tuple[Array, Array]], world: Array | None) -> Array:
    """(N, 3) irradiance of surfaces whose normals are spread over the sphere (Fibonacci lattice)."""
    n = np.arange(NORMALS)
    height, turn = 1 - (2 * n + 1) / NORMALS, n * math.pi * (3 - math.sqrt(5))
    flat = np.sqrt(1 - height**2)
    normals = np.column_stack([flat * np.cos(turn), flat * np.sin(turn), height])
    field: Array = np.zeros((NORMALS, 3)) if world is None else np.tile(math.pi * world, (NORMALS, 1))
    for direction, rgb in answers:
        field = field + np.maximum(-normals @ direction, 0.0)[:, None] * rgb
    return field


def _weighed(answers: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """(N, 3) directions and (N,) shares of luminance, of the strongest lights."""
    weights = np.array([LUMINANCE @ rgb for _, rgb in answers])
    kept = np.argsort(-weights, kind="stable")[:STRONGEST]
    kept = kept[weights[kept] > 0]
    return np.stack([answers[n][0] for n in kept]), weights[kept] / weights[kept].sum()


def _transport(costs: Array, leaving: Array, reaching: Array) -> float:
    """Least cost of moving one distribution (N,) onto another (M,), given the costs (N, M) per unit."""
    from scipy.optimize import linprog

    rows, columns = costs.shape
    leave, reach = np.kron(np.eye(rows), np.ones(columns)), np.kron(np.ones(rows), np.eye(columns))
    # The last constraint is implied by the others.
    answer = linprog(costs.ravel(), A_eq=np.vstack([leave, reach[:-1]]), b_eq=np.concatenate([leaving, reaching[:-1]]))
    if answer.fun is None:
        raise SeigError(f"the earth mover's distance between lights was not found: {answer.message}")
    return max(0.0, float(answer.fun))
