"""Weights, normalisation, guards and their errors."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.errors import UsageError
from seig_search.evaluators import Composite
from seig_search.evaluators.normalising import NORMALISERS, soft_share
from seig_search.stages import STAGES, Stage

LOWER = {
    "mse",
    "mae",
    "multiscale",
    "colour",
    "colour_emd",
    "deltae",
    "deltae_regional",
    "lpips",
    "lpips_vgg",
    "dreamsim",
}


@given(st.sampled_from(sorted(NORMALISERS)), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_normalised_values_keep_the_order_and_the_range(name, a, b):
    low, high = sorted((a, b))
    one, other = NORMALISERS[name](low), NORMALISERS[name](high)
    assert 0 <= one <= 1
    assert 0 <= other <= 1
    assert one >= other - 1e-12 if name in LOWER else one <= other + 1e-12


def test_psnr_keeps_rising_beyond_the_practical_range():
    values = [NORMALISERS["psnr"](db) for db in (4, 8, 14, 20, 30, 35, 40, 100)]
    assert all(b > a + 1e-4 for a, b in pairwise(values))
    assert values[-1] > 0.999


def test_soft_share_may_run_downwards():
    assert soft_share(0.0, 1.0, 0.0) > 0.9
    assert soft_share(1.0, 1.0, 0.0) < 0.1


@pytest.mark.parametrize("stage", STAGES)
def test_terms_sum_to_the_score_with_and_without_alpha(stage):
    metrics = dict.fromkeys(("psnr", "ssim", "edges", "detail", "contrast"), 0.5) | {"colour": 0.2, "multiscale": 0.1}
    composite = Composite()
    for given_metrics in (metrics, metrics | {"silhouette": 0.3, "boundary": 0.1}):
        score = composite.score(given_metrics, stage)
        assert sum(score.terms.values()) == pytest.approx(score.value)
        assert set(score.terms) <= set(given_metrics)


def test_missing_terms_are_renormalised():
    composite = Composite(weights={"geometry": {"ssim": 1.0, "silhouette": 3.0}})
    assert composite.score({"ssim": 0.6}, Stage.GEOMETRY).value == pytest.approx(0.6)
    assert composite.score({"ssim": 0.6, "silhouette": 1.0}, Stage.GEOMETRY).value == pytest.approx(0.9)


def test_nothing_measured_names_the_metrics():
    with pytest.raises(UsageError, match="silhouette"):
        Composite().score({"mae": 0.1}, Stage.GEOMETRY)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": {"geometri": {"ssim": 1.0}}}, "did you mean 'geometry'"),
        ({"weights": {"geometry": {"sssim": 1.0}}}, "did you mean 'ssim'"),
        ({"weights": {"geometry": {"ssim": -1.0}}}, "at least 0"),
        ({"weights": {"geometry": {"ssim": float("nan")}}}, "at least 0"),
        ({"weights": {"geometry": {}}}, "nothing that the stage 'geometry' weighs"),
        ({"guards": {"silhouete": 0.1}}, "did you mean 'silhouette'"),
        ({"guards": {"silhouette": -0.1}}, "at least 0"),
        ({"tuning_guards": {"silhouete": 0.1}}, "did you mean 'silhouette'"),
        ({"tuning_guards": {"silhouette": -0.1}}, "at least 0"),
        ({"known": ["mine"], "weights": {"geometry": {"mine": 1.0}}}, "no built-in normalisation"),
        ({"known": ["mine"]}, "add evaluators"),
        ({"scales": {"mine": (1.0, 1.0)}}, "two different numbers"),
        ({"scales": {"mine": 3}}, "two different numbers"),
        ({"scales": {"mine": ["a", "b"]}}, "two different numbers"),
        ({"weights": {"geometry": {"ssim": "much"}}}, "'much'; give a number"),
        ({"weights": {"geometry": ["ssim"]}}, "by metric"),
        ({"presence": {"enuogh": 0.5}}, "did you mean 'enough'"),
        ({"presence": {"enough": 0.5}}, "lacking must be the lower"),
        ({"presence": {"least": 2}}, r"give a number in 0..1"),
        ({"presence": {"lacking": -1}}, r"give a number in 0..1"),
        ({"presence": {"metrics": "detail"}}, "list of names"),
        ({"presence": {"metrics": ["detial"]}}, "did you mean 'detail'"),
    ],
)
def test_settings_are_checked_at_the_door(settings, message):
    with pytest.raises(UsageError, match=message):
        Composite(**settings)


def test_metrics_of_others_are_weighed_on_their_own_scale():
    composite = Composite(
        known=["ssim", "multiscale", "colour", "mine"],
        scales={"mine": (10.0, 0.0)},
        weights={"lighting": {"mine": 1.0}},
    )
    near, far = (composite.score({"mine": value}, Stage.LIGHTING).value for value in (1.0, 9.0))
    assert near > 0.8
    assert far < 0.2
    assert "mine" in composite.needs


def test_defaults_shrink_to_what_is_measured():
    composite = Composite(known=["mse", "mae", "psnr", "multiscale"])
    assert set(composite.needs) == {"psnr", "multiscale"}
    assert composite.overall({"psnr": 20.0}).value == pytest.approx(NORMALISERS["psnr"](20.0))


def test_stages_that_would_weigh_nothing_go_by_the_overall_weights():
    composite = Composite(known=["psnr", "ssim"])
    metrics = {"psnr": 20.0, "ssim": 0.5}
    assert composite.score(metrics, Stage.SCAFFOLD) == composite.overall(metrics)


def test_guards_speak_up_beyond_their_tolerance_in_either_direction():
    composite = Composite(guards={"multiscale": 0.01, "silhouette": 0.05, "ssim": None})
    before = {"silhouette": 0.9, "multiscale": 0.10, "ssim": 0.8}
    assert composite.broken_guards(before, {"silhouette": 0.86, "multiscale": 0.05, "ssim": 0.1}, Stage.LIGHTING) == []
    broken = composite.broken_guards(before, {"silhouette": 0.80, "multiscale": 0.15, "ssim": 0.8}, Stage.LIGHTING)
    assert len(broken) == 2
    assert any("silhouette fell from 0.9 to 0.8" in sentence for sentence in broken)
    assert any("multiscale rose" in sentence for sentence in broken)


def test_tuning_may_lose_nothing_of_silhouette_and_lpips_and_keep_them_as_they_are():
    composite = Composite()
    tuning = composite.for_tuning()
    before = {"silhouette": 0.9, "lpips": 0.1, "edges": 0.8}
    for after in ({**before, "silhouette": 0.8999}, {**before, "lpips": 0.1001}):
        assert composite.broken_guards(before, after, Stage.LIGHTING) == []
        assert len(tuning.broken_guards(before, after, Stage.LIGHTING)) == 1
    better = {"silhouette": 0.95, "lpips": 0.05, "edges": 0.79}
    for after in (before, better):
        assert tuning.broken_guards(before, after, Stage.LIGHTING) == []
    assert tuning.broken_guards(before, {**before, "edges": 0.7}, Stage.LIGHTING) != []


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({}, False),
        ({"guards": {"silhouette": 0.05}}, False),
        ({"tuning_guards": {"silhouette": 0.002}}, True),
        ({"tuning_guards": {"silhouette": None}}, True),
        ({"guards": {"silhouette": None}}, True),
    ],
)
def test_guards_on_tuning_are_settings(settings, allowed):
    before, after = {"silhouette": 0.9}, {"silhouette": 0.899}
    assert (Composite(**settings).for_tuning().broken_guards(before, after, Stage.LIGHTING) == []) is allowed


def test_an_anchored_composite_keeps_its_guards_on_tuning():
    before = {"silhouette": 0.9, "detail": 0.5, "contrast": 0.5, "colour": 0.5}
    anchored = Composite().for_tuning().since(before)
    assert anchored.broken_guards(before, {**before, "silhouette": 0.899}, Stage.LIGHTING) != []


def test_a_guarded_metric_that_is_gone_breaks_its_guard():
    broken = Composite().broken_guards({"silhouette": 0.9}, {}, Stage.GEOMETRY)
    assert broken == ["silhouette was 0.9 and is no longer measured"]


def test_colour_is_free_while_geometry_is_made():
    before, after = {"colour": 0.1}, {"colour": 0.6}
    assert Composite().broken_guards(before, after, Stage.GEOMETRY) == []
    assert len(Composite().broken_guards(before, after, Stage.MATERIALS)) == 1


def test_a_picture_that_lacks_what_the_target_has_is_worth_less():
    weights = {"overall": {"psnr": 1.0}}
    full = {"psnr": 20.0, "detail": 0.9, "contrast": 0.85, "colour": 0.1}
    empty = full | {"detail": 0.3, "contrast": 0.4}
    composite, plain = Composite(weights=weights), Composite(weights=weights, presence=None)
    assert composite.overall(full).value == pytest.approx(plain.overall(full).value)
    assert composite.overall(empty).value == pytest.approx(0.5 * plain.overall(empty).value)
    assert plain.overall(empty).value == plain.overall(full).value
    assert {"detail", "contrast", "colour"} <= set(composite.needs)
    mild = Composite(weights=weights, presence={"least": 0.9})
    assert 0.89 * plain.overall(empty).value < mild.overall(empty).value < plain.overall(empty).value
    nothing = Composite(weights=weights).overall({"psnr": 20.0})
    assert nothing.value == pytest.approx(plain.overall(full).value)
    assert sum(composite.overall(empty).terms.values()) == pytest.approx(composite.overall(empty).value)
