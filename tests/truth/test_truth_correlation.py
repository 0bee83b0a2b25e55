"""The benchmark that asks whether scores follow the truth."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from seig_search.program import Program
from seig_search.stages import EDIT_STAGES, Stage

BENCHMARK = Path(__file__).parent.parent.parent / "benchmarks" / "truth_correlation"


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("truth_correlation_run", BENCHMARK / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def rows(composite: list[float], psnr: list[float], scene: str) -> list[dict[str, Any]]:
    return [
        {
            "scene": scene, "stage": str(stage), "error": float(n), "metrics": {"psnr": decibels, "mse": -decibels},
            "composite": score, "overall": score,
        }
        for stage in EDIT_STAGES
        for n, (score, decibels) in enumerate(zip(composite, psnr, strict=True))
    ]  # fmt: skip


def test_a_score_that_falls_as_the_error_grows_has_tau_one(run: ModuleType) -> None:
    told = run.taus(rows([0.9, 0.8, 0.7, 0.6], [10, 20, 30, 40], "a"))["lighting"]
    assert told["composite"]["mean"] == pytest.approx(1)
    assert told["psnr"]["mean"] == pytest.approx(-1)
    # Of an error, lower is better: it agrees with psnr, its negative here.
    assert told["mse"]["mean"] == pytest.approx(-1)


def test_scenes_on_other_scales_hurt_pooled_taus_only(run: ModuleType) -> None:
    both = rows([0.9, 0.8, 0.7, 0.6], [1, 2, 3, 4], "a") + rows([0.5, 0.4, 0.3, 0.2], [1, 2, 3, 4], "b")
    told = run.taus(both)["geometry"]["composite"]
    assert told["mean"] == pytest.approx(1)
    assert told["pooled"] < 0.7


@pytest.mark.parametrize("stage", EDIT_STAGES)
def test_perturbations_stay_in_their_stage_and_range_and_follow_the_seed(run: ModuleType, stage: Stage) -> None:
    for path in run.SCENES:
        program = Program.parse(path.read_text())
        of_stage = {p.key: p for p in program.parameters if p.stage is stage}
        drawn = [run.perturbed(program, stage, 0.3, np.random.default_rng(5)) for _ in range(2)]
        assert drawn[0] == drawn[1]
        assert drawn[0]
        assert set(drawn[0]) <= set(of_stage)
        for key, value in drawn[0].items():
            low, high = of_stage[key].low, of_stage[key].high
            assert low is not None
            assert high is not None
            assert (np.atleast_1d(value) >= low - 1e-9).all(), key
            assert (np.atleast_1d(value) <= high + 1e-9).all(), key
            assert value != of_stage[key].value


def test_every_scene_lints_and_has_numbers_in_every_stage(run: ModuleType) -> None:
    assert len(run.SCENES) == 6
    for path in run.SCENES:
        program = Program.parse(path.read_text())
        assert not program.lint()
        assert {p.stage for p in program.parameters} == set(EDIT_STAGES)
