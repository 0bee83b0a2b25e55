"""Accepting in part: what the guard rejects as a whole is put to it again in ever smaller parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from seig_search.errors import InvalidEdit
from seig_search.program import Parameter, Program
from seig_search.render import Value

__all__ = ["accepted_in_part", "parted"]


def accepted_in_part(
    program: Program,
    values: Mapping[str, Value],
    parameters: Sequence[Parameter],
    passes: Callable[[Program, Program], bool],
    most: int,
) -> dict[str, Value]:
    """Put parts of a rejected change to the guard one by one, each on top of those that passed.

    Each is first tried whole; one that does not pass is tried in its parts after all others of its size had their turn, so
    that a few judgements reach everything once before any reaches single numbers.

    Args:
        program: The program as it was.
        values: Changed values by key, which were rejected together.
        parameters: Whose they are.
        passes: Whether the guard lets the second program take the place of the first; a render each.
        most: Most judgements.

    Returns:
        The values that passed, none if nothing did.
    """
    kept: dict[str, Value] = {}
    best = program
    waiting = deque(parted(values, parameters))
    while waiting and most > 0:
        part = waiting.popleft()
        try:
            tried = program.with_values({**kept, **part})
        except InvalidEdit:
            waiting.extend(parted(part, parameters))
            continue
        most -= 1
        if passes(best, tried):
            kept, best = {**kept, **part}, tried
        else:
            waiting.extend(parted(part, parameters))
    return kept


def parted(values: Mapping[str, Value], parameters: Sequence[Parameter]) -> list[dict[str, Value]]:
    """Part changed values by what they belong to: the stage, then the first word of the name (``MUG`` of ``MUG_HEIGHT``), then each alone.

    Args:
        values: Changed values by key.
        parameters: Whose they are.

    Returns:
        By the first of these that makes more than one part, those of most numbers first; empty for a single number.
    """
    mine = [parameter for parameter in parameters if parameter.key in values]
    for owner in (_stage, _thing, _itself):
        parts: dict[str, dict[str, Value]] = {}
        for parameter in mine:
            parts.setdefault(owner(parameter), {})[parameter.key] = values[parameter.key]
        if len(parts) > 1:
            return sorted(parts.values(), key=len, reverse=True)
    return []


def _stage(parameter: Parameter) -> str:
    return str(parameter.stage)


def _thing(parameter: Parameter) -> str:
    return parameter.name.replace(".", "_").partition("_")[0]


def _itself(parameter: Parameter) -> str:
    return parameter.key
