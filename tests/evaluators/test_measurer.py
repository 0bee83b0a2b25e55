"""Several evaluators as one."""

from __future__ import annotations

import numpy as np
import pytest

from seig_search.errors import SeigError, UsageError
from seig_search.evaluators import PixelEvaluator, SilhouetteEvaluator, StructureEvaluator
from seig_search.metrics import Metric
from seig_search.scoring import Measurer, score_images
from seig_search.target import Target

TARGET = Target.from_array(np.full((20, 20, 3), 90, np.uint8))
RENDER = np.full((20, 20, 4), 255, np.uint8)


class Fixed:
    """Answers the same for every render."""

    def __init__(self, answer, name="mine", count=None):
        self.metrics = (Metric(name, "1", 0.0, 1.0, "higher", "test"),)
        self.answer, self.count = answer, count

    def evaluate(self, renders, target):
        return [self.answer] * (len(renders) if self.count is None else self.count)


def test_metrics_are_merged_and_left_out_where_they_do_not_apply():
    measurer = Measurer([PixelEvaluator(), SilhouetteEvaluator(), Fixed({"mine": 0.5})])
    values = measurer.measure([RENDER, RENDER], TARGET)
    assert len(values) == 2
    assert values[0]["mine"] == 0.5
    assert "silhouette" in measurer.specs
    assert "silhouette" not in values[0]
    assert score_images(RENDER, TARGET, [PixelEvaluator()]) == PixelEvaluator().evaluate([RENDER], TARGET)[0]


def test_no_renders_give_no_answers():
    assert Measurer([PixelEvaluator()]).measure([], TARGET) == []


def test_two_owners_of_one_name_are_both_named():
    with pytest.raises(UsageError, match=r"'ssim' .* both StructureEvaluator and Fixed"):
        Measurer([StructureEvaluator(), Fixed({}, "ssim")])


def test_no_evaluator_is_an_error():
    with pytest.raises(UsageError, match="at least one"):
        Measurer([])


@pytest.mark.parametrize(
    ("evaluator", "message"),
    [
        (Fixed({"mine": float("nan")}), "Fixed gave mine = nan"),
        (Fixed({"mine": float("inf")}), "must be finite"),
        (Fixed({"other": 1.0}), "do not declare"),
        (Fixed({"mine": 1.0}, count=2), "2 answers for 1 renders"),
    ],
)
def test_evaluators_are_held_to_what_they_declare(evaluator, message):
    with pytest.raises(SeigError, match=message):
        Measurer([evaluator]).measure([RENDER], TARGET)


class Seeing(Fixed):
    """Offers features, or says that it has none here."""

    def __init__(self, name, features):
        super().__init__({}, name)
        self.features = features


def test_features_are_those_of_all_who_offer_any():
    mean, side = (lambda picture: np.array([picture.mean()])), (lambda picture: np.array(picture.shape[:2]))
    measurer = Measurer([PixelEvaluator(), Seeing("one", mean), Seeing("two", None), Seeing("three", side)])
    assert measurer.features(RENDER).tolist() == [255, 20, 20]
    assert Measurer([PixelEvaluator(), Seeing("two", None)]).features is None


@pytest.mark.parametrize("row", [np.array([np.nan]), np.zeros((2, 2))])
def test_features_that_are_none_are_told_with_their_owner(row):
    measurer = Measurer([Seeing("one", lambda picture: row)])
    with pytest.raises(SeigError, match="Seeing gave features"):
        measurer.features(RENDER)
