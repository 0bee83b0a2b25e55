"""Tuning by local search."""

from __future__ import annotations

from seig_search.tuning.sampling import SamplingTuner

__all__ = ["LocalTuner"]


class LocalTuner(SamplingTuner):
    """Tunes a few numbers at a time from the best values so far, with steps that learn their size.

    Args:
        reach: Half the trust region's width about each current value, as a fraction of its range, above 0 and at most 1.
        sigma: The first steps' size, as a fraction of the trust region, above 0 and at most 1.

    Raises:
        UsageError: A setting is out of its range.
    """

    def __init__(self, reach: float = 0.35, sigma: float = 0.18) -> None:
        super().__init__(lambda problem: "local", reach, sigma)
