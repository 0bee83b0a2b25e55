"""The guard accepts gains that no eye would regret."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from seig_search.metrics import Metrics, Score
from seig_search.stages import Stage
from seig_search.tuning import accept


class Toy:
    """Weighs psnr alone and guards lpips."""

    needs: Sequence[str] = ("psnr", "lpips")

    def score(self, metrics: Metrics, stage: Stage) -> Score:
        return Score(metrics["psnr"] / 50)

    def overall(self, metrics: Metrics) -> Score:
        return self.score(metrics, Stage.LIGHTING)

    def broken_guards(self, before: Metrics, after: Metrics, stage: Stage) -> list[str]:
        worse = after["lpips"] > before["lpips"] + 0.0005
        return [f"lpips rose from {before['lpips']} to {after['lpips']}"] if worse else []


BEFORE = {"psnr": 14.0, "lpips": 0.36}


def judge(psnr: float, lpips: float, noise: float = 0.01) -> tuple[bool, str]:
    verdict = accept(BEFORE, {"psnr": psnr, "lpips": lpips}, Toy(), Stage.GEOMETRY, noise)
    return verdict.accepted, " / ".join(verdict.reasons)


def test_a_clear_gain_is_accepted_and_told() -> None:
    accepted, told = judge(17.0, 0.30)
    assert accepted and "0.2800 -> 0.3400" in told


def test_a_gain_that_breaks_a_guard_is_refused() -> None:
    accepted, told = judge(17.8, 0.40)
    assert not accepted and "lpips rose" in told


@pytest.mark.parametrize("psnr", [14.0, 14.4, 12.0, math.nan])
def test_no_gain_beyond_noise_is_refused(psnr: float) -> None:
    accepted, told = judge(psnr, 0.30)
    assert not accepted and "not above the noise" in told


def test_every_reason_is_told() -> None:
    accepted, told = judge(12.0, 0.40)
    assert not accepted and "noise" in told and "lpips rose" in told
