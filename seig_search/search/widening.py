"""Going beyond a declared range where the best lies on its bound, and writing the wider range into the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seig_search.candidate import Status
from seig_search.errors import InvalidEdit
from seig_search.fidelity import Fidelity
from seig_search.program import Parameter, Program
from seig_search.render import RenderJob, Value
from seig_search.search.candidates import Candidate
from seig_search.search.tuning_step import Border, Tuned
from seig_search.tuning import at_bounds, widened

__all__ = ["OVERHEAD", "Widened", "WiderRange", "widen"]

OVERHEAD = 5
"""Renders of a widening beside its trials: the program with wider ranges at both fidelities, the result at both, its final text."""

MIN_TRIALS = 2


@dataclass(frozen=True, slots=True)
class WiderRange:
    """A declared range before and after."""

    name: str
    before: tuple[float, float]
    after: tuple[float, float]

    def as_dict(self) -> dict[str, Any]:
        """Give the facts as plain values."""
        return {"name": self.name, "before": list(self.before), "after": list(self.after)}


@dataclass(frozen=True, slots=True)
class Widened:
    """What came of going beyond ranges.

    Args:
        candidate: The candidate, with wider ranges in its text if that was accepted.
        ranges: Ranges that were widened.
        explanation: What was done, for people; empty if nothing was on a bound.
        trials: Trials used.
        values: Values that were accepted, by key.
    """

    candidate: Candidate
    ranges: tuple[WiderRange, ...] = ()
    explanation: str = ""
    trials: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)


def widen(
    candidate: Candidate,
    parameters: Sequence[Parameter],
    border: Border,
    fidelity: Fidelity,
    renders: int,
    tune: Callable[[Candidate, frozenset[str], int], Tuned],
) -> Widened:
    """Tune the numbers that sit on a bound of their declared range once more, with wider ranges.

    The wider range is written into the program only for numbers that went beyond the old one, and only if the guard finds the
    result better at its own fidelity.

    Args:
        candidate: The tuned candidate.
        parameters: What may move: parameters of its program.
        border: Who decides.
        fidelity: What trials are rendered at.
        renders: How many renders there are, for everything.
        tune: Tunes some keys of a candidate with so many renders, and puts the result to the guard.
    """
    program = candidate.program
    wider = _wider_ranges(parameters)
    trials = renders - OVERHEAD
    if not wider or trials < MIN_TRIALS:
        return Widened(candidate)
    names = ", ".join(sorted(wider))
    try:
        opened = program.with_ranges(wider)
    except InvalidEdit as error:
        return Widened(candidate, explanation=f"{names} on a bound, but its range cannot be widened: {error}")
    measured = border.renders.submit(RenderJob(opened.source, fidelity, passes=("facts",))).result()
    if measured.status is not Status.OK:
        return Widened(candidate)
    tuned = tune(replace(candidate, program=opened, measured=measured), frozenset(wider), trials)
    if not tuned.accepted:
        told = f"beyond the bounds of {names} nothing better was found ({tuned.explanation})"
        return Widened(candidate, explanation=told, trials=tuned.trials)
    beyond = _beyond(program, tuned.candidate.program)
    final = _closed(program, tuned.candidate.program, frozenset(wider) - beyond.keys())
    measured = border.renders.submit(RenderJob(final.source, fidelity, passes=("facts",))).result()
    if measured.status is not Status.OK:
        return Widened(candidate)
    told = ", ".join(
        f"{w.name} {w.before[0]:g}..{w.before[1]:g} -> {w.after[0]:g}..{w.after[1]:g}" for w in beyond.values()
    )
    return Widened(
        replace(tuned.candidate, program=final, measured=measured),
        tuple(beyond.values()),
        f"ranges widened: {told}" if beyond else f"{names} tuned again with wider ranges, which were not needed",
        tuned.trials,
        tuned.values,
    )


def _wider_ranges(parameters: Sequence[Parameter]) -> dict[str, tuple[float, float]]:
    by_key = {p.key: p for p in parameters}
    sides: dict[str, set[str]] = {}
    for one in at_bounds([p for p in parameters if p.declared], {}):
        sides.setdefault(one.key, set()).add(one.bound)
    found = {}
    for key, bounds in sides.items():
        pair = widened(by_key[key], "low" in bounds, "high" in bounds)
        if pair is not None:
            found[by_key[key].name] = pair
    return found


def _beyond(before: Program, after: Program) -> dict[str, WiderRange]:
    """Give the ranges of ``after`` whose values lie beyond those of ``before``, by name."""
    old = {p.name: p for p in before.parameters}
    found = {}
    for p in after.parameters:
        was = old[p.name]
        if p.low is None or p.high is None or was.low is None or was.high is None:
            continue
        values = p.value if isinstance(p.value, tuple) else (p.value,)
        if not all(was.low <= float(value) <= was.high for value in values):
            found[p.name] = WiderRange(p.name, (was.low, was.high), (p.low, p.high))
    return found


def _closed(before: Program, after: Program, names: frozenset[str]) -> Program:
    """Give back the old ranges of some parameters."""
    old = {p.name: p for p in before.parameters}
    return after.with_ranges({n: (float(old[n].low or 0.0), float(old[n].high or 0.0)) for n in names})
