"""The rung below a fidelity: what a trial is looked at first, before it is worth a whole render."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from seig_search.fidelity import Fidelity

__all__ = ["cheap_fidelity"]

STEP = 2
"""Sides and samples are divided by this."""
FIXED = Fraction(1, 16)
"""The part of a small render's time that does not shrink with its pixels and samples: building the scene, starting Cycles."""


def cheap_fidelity(fidelity: Fidelity) -> tuple[Fidelity, Fraction] | None:
    """Halve the sides and the samples; engine, denoiser and seed stay.

    Args:
        fidelity: What trials are rendered at.

    Returns:
        The lower fidelity, and what a render costs there as a share of one at ``fidelity``: reckoned from pixels and samples,
        never from a clock, so that equal runs spend equally. None where nothing is left to halve.
    """
    lower = replace(
        fidelity,
        width=-(-fidelity.width // STEP),
        height=-(-fidelity.height // STEP),
        samples=-(-fidelity.samples // STEP),
    )
    work = Fraction(lower.width * lower.height * lower.samples, fidelity.width * fidelity.height * fidelity.samples)
    return (lower, FIXED + (1 - FIXED) * work) if work < 1 else None
