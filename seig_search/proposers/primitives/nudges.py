"""Nudges of declared or found numbers, for programs that this proposer did not write."""

from __future__ import annotations

import numpy as np

from seig_search.edits import Edit, ParameterValues
from seig_search.program import Parameter, Program
from seig_search.render import Value
from seig_search.stages import Stage

__all__ = ["nudges"]


def nudges(program: Program, stage: Stage, count: int, rng: np.random.Generator) -> list[Edit]:
    """Give edits that move one to three of a stage's numbers within their ranges.

    Args:
        program: Any program.
        stage: The stage whose numbers may move.
        count: How many edits are wanted.
        rng: The only source of randomness.

    Returns:
        Edits; none where the stage has no number to move.
    """
    free = [p for p in program.tunable(stage) if p.kind == "choice" or (p.low is not None and p.high is not None)]
    found: list[Edit] = []
    for _ in range(count if free else 0):
        some = rng.choice(len(free), size=min(len(free), int(rng.integers(1, 4))), replace=False)
        values = {free[i].key: _moved(free[i], rng) for i in sorted(int(i) for i in some)}
        names = ", ".join(free[i].name for i in sorted(int(i) for i in some))
        found.append(ParameterValues(stage, values, f"moved {names}"))
    return found


def _moved(parameter: Parameter, rng: np.random.Generator) -> Value:
    value = parameter.value
    if parameter.kind == "choice" or isinstance(value, str):
        return str(rng.choice(parameter.choices)) if parameter.choices else value
    low, high = float(parameter.low or 0.0), float(1.0 if parameter.high is None else parameter.high)
    if isinstance(value, tuple):
        return tuple(float(np.clip(v + rng.normal(0, 0.1) * (high - low), low, high)) for v in value)
    if parameter.kind == "int":
        return int(np.clip(round(value + rng.choice([-1, 1]) * max(1.0, 0.1 * (high - low))), low, high))
    if parameter.log and low > 0 and value > 0:
        return float(np.clip(value * np.exp(rng.normal(0, 0.1) * np.log(high / low)), low, high))
    return float(np.clip(value + rng.normal(0, 0.1) * (high - low), low, high))
