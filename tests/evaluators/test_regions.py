"""Metrics of parts of the picture, and composites that users make of them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from seig_search import plugins
from seig_search.errors import UsageError
from seig_search.evaluators import Composite, PixelEvaluator, RegionsEvaluator
from seig_search.scoring import Measurer
from seig_search.stages import Stage
from seig_search.target import Target

LEFT = {"box": [0.0, 0.0, 0.5, 1.0]}
RIGHT = {"box": [0.5, 0.0, 1.0, 1.0]}


def picture(left=60, right=200, alpha=255):
    image = np.full((48, 64, 4), alpha, np.uint8)
    image[:, :32, :3], image[:, 32:, :3] = left, right
    return image


def test_a_region_is_measured_as_if_it_were_the_picture():
    target = Target.from_array(picture())
    regions = RegionsEvaluator(regions={"left": LEFT, "right": RIGHT}, evaluators=["pixel", "colour"])
    first, second = regions.evaluate([picture(left=80), picture(right=150)], target)
    (alone,) = PixelEvaluator().evaluate([picture(left=80)[:, :32].copy()], Target.from_array(picture()[:, :32].copy()))
    assert first["psnr@left"] == pytest.approx(alone["psnr"])
    assert (first["psnr@right"], second["psnr@left"]) == (100, 100)
    assert second["psnr@right"] < 20
    assert set(first) == {spec.name for spec in regions.metrics}


def test_outside_of_a_mask_nothing_counts(tmp_path):
    mask = np.zeros((24, 32), np.uint8)
    mask[6:18, 4:12] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    regions = RegionsEvaluator(
        regions={"cup": {"mask": str(tmp_path / "mask.png")}}, evaluators=["pixel", "silhouette"]
    )
    target = Target.from_array(picture())
    other = picture(left=90, right=20)
    other[12:36, 8:24, :3] = 60
    same, off = regions.evaluate([other, picture(left=90)], target)
    assert same["psnr@cup"] == 100
    assert off["psnr@cup"] < 25
    assert same["silhouette@cup"] == 1


def test_transparent_renders_and_sizes_may_differ():
    target = Target.from_array(
        np.dstack([picture()[..., :3], np.where(np.arange(64) < 40, 255, 0) * np.ones((48, 1))]).astype(np.uint8)
    )
    regions = RegionsEvaluator(regions={"left": LEFT, "right": RIGHT, "dot": {"box": [0.0, 0.0, 0.2, 0.2]}})
    empty, other = regions.evaluate([picture(alpha=0), np.zeros((96, 128, 4), np.uint8)], target)
    assert all(np.isfinite(value) for value in (*empty.values(), *other.values()))
    assert "psnr@dot" in other  # 25 px wide there
    assert "psnr@dot" in empty  # 12 x 9
    assert "psnr@dot" not in regions.evaluate([picture()[:24, :32].copy()], target)[0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "needs regions"),
        ([1], "needs regions"),
        ({"a b": LEFT}, "needs a name"),
        ({"cup": {"bbox": [0, 0, 1, 1]}}, "a box or a mask.*did you mean 'box'"),
        ({"cup": [0, 0, 1, 1]}, "a box or a mask"),
        ({"cup": {"box": [0, 0, 1]}}, "left, top, right, bottom"),
        ({"cup": {"box": [0.5, 0, 0.2, 1]}}, "left less than the right"),
        ({"cup": {"box": [0, 0, 64, 48]}}, "shares of the picture"),
        ({"cup": {"mask": "nowhere.png"}}, "nowhere.png"),
        ({"cup": {"mask": 3}}, "path of a picture"),
    ],
)
def test_wrong_regions_are_told(given, told):
    with pytest.raises(UsageError, match=told):
        RegionsEvaluator(regions=given)


def test_a_mask_without_white_is_told(tmp_path):
    Image.new("L", (40, 40), 90).save(tmp_path / "mask.png")
    with pytest.raises(UsageError, match="next to nothing"):
        RegionsEvaluator(regions={"cup": {"mask": tmp_path / "mask.png"}})


def test_unknown_families_are_told():
    with pytest.raises(UsageError, match="pixle"):
        RegionsEvaluator(regions={"left": LEFT}, evaluators=["pixle"])
    with pytest.raises(UsageError, match="regions of regions"):
        RegionsEvaluator(regions={"left": LEFT}, evaluators=["regions"])


def test_a_composite_weighs_regions_and_terms():
    measurer = Measurer(
        [
            PixelEvaluator(),
            plugins.make("evaluators", "regions", regions={"left": LEFT, "right": RIGHT}, evaluators=["pixel"]),
        ]
    )
    composite = Composite(
        known=list(measurer.specs),
        terms={"worst": "min('psnr@left', 'psnr@right') / 40"},
        weights={"lighting": {"worst": 1.0}, "overall": {"psnr@left": 3.0, "psnr@right": 1.0}},
        guards={"worst": 0.1},
    )
    target = Target.from_array(picture())
    left_off, right_off, same = measurer.measure([picture(left=80), picture(right=180), picture()], target)
    assert composite.overall(left_off).value < composite.overall(right_off).value
    assert composite.score(same, Stage.LIGHTING).value == 1
    assert composite.score(left_off, Stage.LIGHTING).value == pytest.approx(left_off["psnr@left"] / 40)
    assert set(composite.needs) >= {"psnr@left", "psnr@right"}
    assert "worst" not in composite.needs
    (told,) = composite.broken_guards(same, left_off, Stage.LIGHTING)
    assert "worst fell" in told


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"psnr": "ssim"}, "name of a metric"),
        ({"a-b": "ssim"}, "needs a name"),
        ({"mine": "smim"}, "did you mean 'ssim'"),
        ({"mine": {"expression": "ssim"}}, "an expression is a text"),
    ],
)
def test_wrong_terms_are_told(terms, told):
    with pytest.raises(UsageError, match=told):
        Composite(terms=terms)


def test_a_term_whose_metrics_are_not_there_is_left_out():
    composite = Composite(terms={"mine": "silhouette ** 2"}, weights={"geometry": {"mine": 1.0, "ssim": 1.0}})
    assert composite.score({"ssim": 0.4}, Stage.GEOMETRY).value == pytest.approx(0.4)
    assert composite.score({"ssim": 0.4, "silhouette": 0.5}, Stage.GEOMETRY).value == pytest.approx(0.325)
