"""How much the picture answers to each parameter, by moving each alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search.errors import SeigError
from seig_search.fidelity import Fidelity
from seig_search.program import Parameter, Program
from seig_search.render import RenderJob, RenderPool, RenderResult, Value
from seig_search.tuning.idle_axes import step_of
from seig_search.tuning.space import Axis, Space

__all__ = ["Answer", "sensitivity"]

STEP = 0.05
"""How far a number is moved, as a fraction of its range."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How the picture answers to a parameter.

    Args:
        change: Root mean square of the picture's change (0..1, over all pixels and channels) for a step of 5 % of the range; of a
            tuple, the component that does most. 0 where the picture stays the same to the bit.
        share: Share of the pixels that change, 0..1.
        gain: Best change of the score among the steps; None without a target.
        moves: What else in the scene changed: names of objects, lights, materials, "camera", "world".
        failed: Why a render failed; empty if none did.
    """

    change: float
    share: float
    gain: float | None = None
    moves: tuple[str, ...] = ()
    failed: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the facts as plain values."""
        gain = None if self.gain is None else round(self.gain, 6)
        share, change = round(self.share, 4), round(self.change, 6)
        return {"change": change, "share": share, "gain": gain, "moves": list(self.moves), "failed": self.failed}


@dataclass(slots=True)
class _Probe:
    axis: Axis
    sign: float
    future: Future[RenderResult]


def sensitivity(
    program: Program,
    parameters: Sequence[Parameter],
    fidelity: Fidelity,
    pool: RenderPool,
    score: Callable[[npt.NDArray[np.uint8]], float] | None = None,
) -> dict[str, Answer]:
    """Move each number by a twentieth of its range and look; what changes nothing is moved the other way too.

    Args:
        program: The program.
        parameters: Which of its parameters.
        fidelity: What to render at; all renders share its seed.
        pool: Who renders: one render, and one or two per number.
        score: Scores a picture against a target.

    Returns:
        By parameter key; parameters that cannot move are left out.

    Raises:
        SeigError: The program does not render.
    """
    space = Space.of(parameters, 1.0)

    def ask(values: Mapping[str, Value]) -> Future[RenderResult]:
        return pool.submit(RenderJob(program.source, fidelity, values, passes=("facts",)))

    start = ask({})
    probes = [_Probe(axis, sign, ask(_moved(space, axis, sign))) for axis in space.axes for sign in (_wider(axis),)]
    base = start.result()
    if base.pixels is None:
        raise SeigError(f"the program does not render: {base.error}")
    again = [
        _Probe(probe.axis, -probe.sign, ask(_moved(space, probe.axis, -probe.sign)))
        for probe in probes
        if (seen := probe.future.result().pixels) is not None and np.array_equal(seen, base.pixels)
    ]
    at_start = score(base.pixels) if score else 0.0
    answers: dict[str, list[Answer]] = {}
    for probe in [*probes, *again]:
        result = probe.future.result()
        if result.pixels is None:
            answers.setdefault(probe.axis.key, []).append(Answer(0.0, 0.0, failed=str(result.error)))
            continue
        off = (result.pixels.astype(np.float64) - base.pixels) / 255
        gain = score(result.pixels) - at_start if score else None
        share = float(np.mean(np.any(off != 0, axis=-1)))
        moves = _changed(base.facts or {}, result.facts or {})
        answers.setdefault(probe.axis.key, []).append(Answer(float(np.sqrt(np.mean(off**2))), share, gain, moves))
    return {key: _together(parts) for key, parts in answers.items()}


def _moved(space: Space, axis: Axis, sign: float) -> dict[str, Value]:
    if axis.kind == "choice":
        others = [choice for choice in axis.choices if choice != axis.value]
        return space.changes({axis.name: others[0 if sign > 0 else -1]})
    return space.changes({axis.name: step_of(axis, STEP, sign)})


def _wider(axis: Axis) -> float:
    if axis.kind == "choice":
        return 1.0
    middle = 0.5 if axis.kind == "float" else (axis.low + axis.high) / 2
    return 1.0 if float(axis.start) < middle else -1.0


def _together(parts: Sequence[Answer]) -> Answer:
    strongest = max(parts, key=lambda one: one.change)
    gains = [one.gain for one in parts if one.gain is not None]
    moves = tuple(dict.fromkeys(name for one in parts for name in one.moves))
    failed = next((one.failed for one in parts if one.failed), "")
    return Answer(strongest.change, strongest.share, max(gains) if gains else None, moves, failed)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what differs between two scenes; what is only seen differently, through another camera, does not count."""
    names: list[str] = []
    for group in ("objects", "lights", "materials"):
        old = {one["name"]: _own(one) for one in before.get(group, ())}
        new = {one["name"]: _own(one) for one in after.get(group, ())}
        names += [name for name in [*old, *(n for n in new if n not in old)] if old.get(name) != new.get(name)]
    names += [group for group in ("camera", "world", "render") if before.get(group) != after.get(group)]
    return tuple(dict.fromkeys(names))


def _own(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key not in ("bbox_image", "visible_pixels", "pixels")}
