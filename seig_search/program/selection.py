"""Which parameters may move: chosen and frozen by name, place or pattern."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from seig_search.errors import UsageError, nearest
from seig_search.program.parameter import Parameter

__all__ = ["selected"]


def selected(
    parameters: Sequence[Parameter], only: Sequence[str] = (), freeze: Sequence[str] = ()
) -> tuple[Parameter, ...]:
    """Give the parameters that ``only`` names, without those that ``freeze`` names.

    Args:
        parameters: All there are.
        only: Names (``CUP_*``), or places of found numbers (``12:8``, ``12:*`` for a line), as shell patterns that tell capitals
            apart; none stands for all.
        freeze: Likewise; it has the last word.

    Raises:
        UsageError: A pattern fits no parameter, or none is left.
    """
    chosen = {p.key for pattern in only for p in _fitting(parameters, pattern, "--only")}
    frozen = {p.key for pattern in freeze for p in _fitting(parameters, pattern, "--freeze")}
    left = tuple(p for p in parameters if (not only or p.key in chosen) and p.key not in frozen)
    if parameters and not left:
        raise UsageError(
            f"--only {','.join(only) or '*'} and --freeze {','.join(freeze)} leave no parameter to move; 'seig params' lists them"
        )
    return left


def _fitting(parameters: Sequence[Parameter], pattern: str, flag: str) -> list[Parameter]:
    fitting = [p for p in parameters if fnmatchcase(p.name, _plain(pattern)) or fnmatchcase(p.key, _plain(pattern))]
    if not fitting:
        raise UsageError(
            f"{flag} {pattern}: no parameter that could be tuned here fits{nearest(pattern, {p.name for p in parameters})}"
        )
    return fitting


def _plain(pattern: str) -> str:
    """Take brackets as they stand: names such as ``cam.location[0]`` hold them."""
    return pattern.replace("[", "[[]")
