"""Renders that trials at two fidelities spend: whole ones, and cheap ones by their share."""

from __future__ import annotations

import math
from fractions import Fraction

__all__ = ["Spending"]


class Spending:
    """Counts exactly, and keeps room for what is under way: whoever is looked at cheaply must be able to go on.

    Args:
        most: Renders allowed.
        spent: Renders spent so far.

    Attributes:
        spent: Renders spent, cheap ones by their share.
        held: Whole renders that room is kept for.
    """

    def __init__(self, most: int, spent: int = 0) -> None:
        self.spent = Fraction(spent)
        self.held = 0
        self._most = most

    @property
    def renders(self) -> int:
        """Renders spent, rounded up."""
        return math.ceil(self.spent)

    def has_room(self, share: Fraction = Fraction(0)) -> bool:
        """Whether a whole render fits beside what is spent and held, and a share of one with it."""
        return self.spent + self.held + 1 + share <= self._most

    def pay(self, share: Fraction = Fraction(1)) -> None:
        """Spend a render, or a share of one."""
        self.spent += share

    def hold(self) -> None:
        """Keep room for a whole render."""
        self.held += 1

    def release(self) -> None:
        """Give back the room for one."""
        self.held -= 1
