"""What every evaluator must hold to, as a test class."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from seig_search.metrics import Evaluator
from seig_search.target import Target

__all__ = ["EvaluatorSuite"]

Image = npt.NDArray[np.uint8]


def picture(seed: int, width: int, height: int) -> Image:
    """Draw a few coloured discs on a shaded ground.

    Returns:
        (height, width, 4) uint8, opaque.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : complex(0, height), 0 : 1 : complex(0, width)]
    image = np.dstack([90 + 90 * y, 95 + 80 * y, 100 + 70 * y, np.full_like(x, 255)])
    for _ in range(4):
        centre_x, centre_y, radius = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0.08, 0.2)
        disc = (x - centre_x) ** 2 + (y - centre_y) ** 2 < radius**2
        image[disc, :3] = rng.uniform(20, 235, 3)
    return image.astype(np.uint8)


def constant(value: int, width: int = 48, height: int = 36) -> Image:
    """Give a picture of one grey, (height, width, 4) uint8, opaque."""
    image = np.full((height, width, 4), value, np.uint8)
    image[..., 3] = 255
    return image


def cut_out(seed: int, width: int, height: int) -> Image:
    """Give a picture whose right half is transparent, (height, width, 4) uint8."""
    image = picture(seed, width, height)
    image[:, width // 2 :, 3] = 0
    return image


class EvaluatorSuite:
    """Checks an evaluator on drawn pictures. Subclass it under a name that pytest collects, and say how to make yours.

    Example:
        ```python
        class TestMine(EvaluatorSuite):
            def make(self):
                return Mine()
        ```
    """

    def make(self) -> Evaluator:
        """Make a fresh evaluator; every call with the same settings."""
        raise TypeError(f"{type(self).__name__} must define make(self), which gives a fresh evaluator")

    def check(self, evaluator: Evaluator, renders: Sequence[Image], target: Target) -> list[dict[str, float]]:
        """Evaluate, and check that every value is declared, finite and within its range."""
        specs = {metric.name: metric for metric in evaluator.metrics}
        found = evaluator.evaluate(renders, target)
        assert len(found) == len(renders), f"{len(renders)} renders gave {len(found)} results"
        for values in found:
            for name, value in values.items():
                assert name in specs, f"{name!r} is not declared; declared: {', '.join(specs)}"
                metric = specs[name]
                assert math.isfinite(value), f"{name} is {value}; expected a finite number"
                assert metric.low - 1e-9 <= value <= metric.high + 1e-9, (
                    f"{name} is {value}, outside its declared range {metric.low}..{metric.high}"
                )
        return [dict(values) for values in found]

    def test_metrics_are_declared_once(self) -> None:
        """Lower-case names, no name twice, a range that is one, a source."""
        metrics = self.make().metrics
        names = [metric.name for metric in metrics]
        assert names, "it declares no metric"
        assert len(set(names)) == len(names), f"a name is declared twice: {names}"
        for metric in metrics:
            assert metric.name == metric.name.lower(), f"{metric.name!r} is not lower case"
            assert metric.low < metric.high, f"{metric.name} has the range {metric.low}..{metric.high}"
            assert metric.better in ("higher", "lower")
            assert metric.unit, f"{metric.name} has no unit; '1' for a plain number"
            assert metric.source, f"{metric.name} does not say where its definition comes from"

    @pytest.mark.parametrize("size", [(48, 36), (64, 64), (16, 16), (150, 20)])
    def test_values_are_finite_and_in_range(self, size: tuple[int, int]) -> None:
        """On ordinary pictures of several sizes."""
        target = Target.from_array(picture(0, *size))
        self.check(self.make(), [picture(seed, *size) for seed in range(3)], target)

    @pytest.mark.parametrize("render", [0, 128, 255])
    @pytest.mark.parametrize("target", [0, 128, 255])
    def test_constant_pictures(self, render: int, target: int) -> None:
        """All black, all grey, all white, against each other."""
        self.check(self.make(), [constant(render)], Target.from_array(constant(target)))

    def test_transparent_pictures(self) -> None:
        """A target with alpha, against renders with and without, and one with nothing in it."""
        nothing = picture(1, 48, 36)
        nothing[..., 3] = 0
        renders = [cut_out(0, 48, 36), picture(1, 48, 36), nothing]
        self.check(self.make(), renders, Target.from_array(cut_out(0, 48, 36)))
        self.check(self.make(), renders, Target.from_array(picture(0, 48, 36)))

    def test_a_perfect_render_is_no_worse_than_another(self) -> None:
        """In every metric, in its own direction."""
        evaluator, target = self.make(), Target.from_array(picture(0, 64, 48))
        same, other = self.check(evaluator, [picture(0, 64, 48), picture(7, 64, 48)], target)
        for metric in evaluator.metrics:
            if metric.name in same and metric.name in other:
                gain = same[metric.name] - other[metric.name]
                assert (gain if metric.better == "higher" else -gain) >= -1e-9, (
                    f"{metric.name}: the target itself got {same[metric.name]}, another picture {other[metric.name]}"
                )

    def test_a_batch_is_as_single_renders(self) -> None:
        """Values do not depend on what else is in the batch, nor on what was measured before."""
        target = Target.from_array(picture(0, 48, 36))
        renders = [picture(seed, 48, 36) for seed in range(4)]
        together = self.check(self.make(), renders, target)
        evaluator = self.make()
        for render, expected in zip(renders[::-1], together[::-1], strict=True):
            (single,) = self.check(evaluator, [render], target)
            assert single == pytest.approx(expected, rel=1e-4, abs=1e-5)

    def test_sizes_may_differ(self) -> None:
        """Within a batch, and from the target's."""
        target = Target.from_array(picture(0, 64, 48))
        renders = [picture(0, 32, 24), picture(0, 64, 48), picture(0, 96, 72)]
        self.check(self.make(), renders, target)

    def test_an_empty_batch(self) -> None:
        """No renders, no results."""
        assert self.check(self.make(), [], Target.from_array(picture(0, 48, 36))) == []

    def test_inputs_are_not_modified(self) -> None:
        """Neither the renders nor the target."""
        render, target = cut_out(1, 48, 36), Target.from_array(cut_out(0, 48, 36))
        before, pixels = render.copy(), target.rgb.copy()
        self.check(self.make(), [render], target)
        assert np.array_equal(render, before), "it wrote into a render"
        assert np.array_equal(target.rgb, pixels), "it wrote into the target"

    def test_targets_are_told_apart(self) -> None:
        """What was kept for one target is not used for another of the same size."""
        evaluator, render = self.make(), picture(0, 48, 36)
        first, second = Target.from_array(picture(0, 48, 36)), Target.from_array(picture(5, 48, 36))
        self.check(evaluator, [render], first)
        assert self.check(evaluator, [render], second) == self.check(self.make(), [render], second), (
            "the values against a target depend on the target measured before"
        )
