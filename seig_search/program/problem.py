"""What is wrong with a program, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a program.

    Args:
        line: 1-based line.
        severity: An ``error`` makes the program unusable here, a ``warning`` is likely a slip.
        message: What is wrong, without the line.
    """

    line: int
    severity: Literal["error", "warning"]
    message: str
