"""Any family of metrics on parts of the picture, so that a composite can weigh one part more than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from seig_search.errors import UsageError, nearest
from seig_search.metrics import Evaluator, Metric, Metrics
from seig_search.target import Target

from .pictures import Bytes, PerTarget, as_render, flat

__all__ = ["RegionsEvaluator"]

FAMILIES = ("pixel", "structure", "colour", "edges", "detail")
LEAST_SIDE = 8
LEAST_SHARE = 1e-4


class RegionsEvaluator:
    """Measures other families' metrics in named regions, as ``psnr@cup``.

    A box is cut out of render and target. A mask is laid over both, so that what lies outside of it is transparent in
    both and counts as white, and the picture is cut to the mask's extent; families that look at what is covered only
    (``colour``, ``detail``, ``silhouette``) look at the mask's inside then. A region that is less than 8 px in a
    direction at the render's size is left out.

    Args:
        regions: By name (letters, digits and _): ``{"box": [left, top, right, bottom]}`` as shares of the picture
            from its upper left corner, 0..1, or ``{"mask": PATH}``, a picture of any size whose white (or, if it has
            alpha, opaque) part is the region. None measures nothing.
        evaluators: Families to measure, by plug-in name.

    Raises:
        UsageError: An empty mapping, a bad name or box, a mask that cannot be read or covers next to nothing, or an
            unknown family.
    """

    def __init__(
        self, *, regions: Mapping[str, Mapping[str, Any]] | None = None, evaluators: Sequence[str] = FAMILIES
    ) -> None:
        from seig_search import plugins

        if regions is not None and not (isinstance(regions, Mapping) and regions):
            raise UsageError("the evaluator 'regions' needs regions, as in regions: {cup: {box: [0.2, 0.3, 0.6, 0.9]}}")
        self._regions = {name: _region(name, given) for name, given in (regions or {}).items()}
        if "regions" in evaluators:
            raise UsageError("regions of regions are not measured; leave 'regions' out of its evaluators")
        # Each region has evaluators of its own: they keep features of a few targets only.
        self._evaluators: dict[str, list[Evaluator]] = {
            name: [plugins.make("evaluators", family) for family in evaluators] for name in self._regions
        }
        self._targets = {name: PerTarget(region.of_target) for name, region in self._regions.items()}

    @property
    def metrics(self) -> Sequence[Metric]:
        """What it measures."""
        return [
            replace(metric, name=f"{metric.name}@{name}")
            for name, families in self._evaluators.items()
            for family in families
            for metric in family.metrics
        ]

    @property
    def missing(self) -> Mapping[str, str]:
        """Metrics that cannot be measured here, with what helps."""
        return {
            f"{metric}@{name}": why
            for name, families in self._evaluators.items()
            for family in families
            for metric, why in getattr(family, "missing", {}).items()
        }

    def evaluate(self, renders: Sequence[Bytes], target: Target) -> list[Metrics]:
        """Measure each render; see ``seig_search.metrics.Evaluator``."""
        answers: list[dict[str, float]] = [{} for _ in renders]
        for name, region in self._regions.items():
            for answer, render in zip(answers, renders, strict=True):
                flat(render)  # refuses what is not a render
                part = region.of(render)
                if part is None:
                    continue
                theirs = self._targets[name].at(target, render.shape[1], render.shape[0])
                assert theirs is not None, "a region that fits the render fits a target of its size"
                for family in self._evaluators[name]:
                    (values,) = family.evaluate([part], theirs)
                    answer |= {f"{metric}@{name}": value for metric, value in values.items()}
        return list(answers)


@dataclass(frozen=True)
class _Region:
    """A box in shares of the picture, and what of it counts (None for all)."""

    box: tuple[float, float, float, float]
    mask: Image.Image | None = None

    def of(self, render: Bytes) -> Bytes | None:
        """Cut it out of an RGBA picture; None if it is too small there."""
        height, width = render.shape[:2]
        left, right = round(self.box[0] * width), round(self.box[2] * width)
        top, bottom = round(self.box[1] * height), round(self.box[3] * height)
        if min(right - left, bottom - top) < LEAST_SIDE:
            return None
        part = render[top:bottom, left:right].copy()
        if self.mask is not None:
            cover = self.mask.resize((width, height), Image.Resampling.BOX).crop((left, top, right, bottom))
            share = np.asarray(cover, np.float32) / np.float32(255)
            part[..., 3] = np.rint(part[..., 3] * share)
        return np.ascontiguousarray(part)

    def of_target(self, target: Target) -> Target | None:
        part = self.of(as_render(target))
        if part is None:
            return None
        # Not from_array: a part of a target may be transparent everywhere, or smaller than a target is.
        opaque = target.alpha is None and self.mask is None
        return Target(np.ascontiguousarray(part[..., :3]), None if opaque else np.ascontiguousarray(part[..., 3]))


def _region(name: str, given: Mapping[str, Any]) -> _Region:
    where = f"the region {name!r}"
    if not isinstance(name, str) or not name.isidentifier():
        raise UsageError(f"{where} needs a name of letters, digits and _, not beginning with a digit")
    if not isinstance(given, Mapping) or len(given) != 1 or not set(given) <= {"box", "mask"}:
        keys = list(given) if isinstance(given, Mapping) else []
        hint = "".join(nearest(str(key), ("box", "mask")) for key in keys[:1])
        raise UsageError(f"{where} is {given!r}; give it a box or a mask, as in {{box: [0.2, 0.3, 0.6, 0.9]}}{hint}")
    if "mask" in given:
        return _masked(where, given["mask"])
    box = given["box"]
    fits = isinstance(box, list | tuple) and len(box) == 4 and all(_is_share(side) for side in box)
    if not fits or box[0] >= box[2] or box[1] >= box[3]:
        raise UsageError(
            f"{where} has the box {box!r}; give left, top, right, bottom as shares of the picture in 0..1, "
            "the left less than the right and the top less than the bottom"
        )
    return _Region(_sides(box))


def _masked(where: str, path: Any) -> _Region:
    if not isinstance(path, str | Path):
        raise UsageError(f"{where} has the mask {path!r}; give the path of a picture")
    picture = Target.load(Path(path))
    cover = picture.alpha if picture.alpha is not None else picture.rgb.mean(axis=2).round().astype(np.uint8)
    rows, columns = np.nonzero(cover >= 128)
    if len(rows) < LEAST_SHARE * cover.size:
        raise UsageError(f"{where}: the mask {path} has next to nothing that is white; paint the region white")
    height, width = cover.shape
    box = (columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height)
    return _Region(_sides(box), Image.fromarray(np.ascontiguousarray(cover)))


def _sides(box: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(side) for side in box)
    return left, top, right, bottom


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
