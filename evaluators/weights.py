"""What each stage weighs by default, and what no stage may break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from seig_search.stages import EDIT_STAGES, STAGES, Stage

__all__ = ["GUARDS", "OVERALL", "WEIGHTS", "Guard"]

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Guard:
    """How much worse a metric may get.

    Args:
        tolerance: In the metric's unit.
        stages: Where it holds.
    """

    tolerance: float
    stages: tuple[Stage, ...] = STAGES


# Pixel metrics alone reward a scene that fades into the ground (it has less to misplace), so every stage weighs
# what such a scene lacks: detail, contrast and edges of the right strength.
WEIGHTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "scaffold": {
            "silhouette": 2.0,
            "boundary": 1.0,
            "multiscale": 1.0,
            "colour": 1.5,
            "deltae": 0.5,
            "edges": 1.5,
            "detail": 1.0,
            "contrast": 1.0,
        },
        "geometry": {
            "silhouette": 1.5,
            "boundary": 1.0,
            "edges": 2.0,
            "ssim": 0.5,
            "multiscale": 1.0,
            "detail": 2.0,
            "contrast": 1.0,
            "colour": 1.0,
        },
        "materials": {
            "colour": 2.0,
            "deltae": 1.5,
            "multiscale": 1.0,
            "contrast": 1.5,
            "detail": 1.5,
            "ssim": 0.5,
            "edges": 0.5,
            "silhouette": 0.5,
        },
        "composition": {
            "silhouette": 1.5,
            "boundary": 1.0,
            "multiscale": 1.5,
            "edges": 2.0,
            "ssim": 0.5,
            "detail": 2.0,
            "contrast": 1.5,
            "colour": 1.5,
        },
        "lighting": {
            "multiscale": 1.5,
            "psnr": 1.0,
            "deltae": 1.0,
            "colour": 1.5,
            "contrast": 1.5,
            "detail": 1.0,
            "edges": 0.5,
            "ssim": 0.5,
        },
        OVERALL: {
            "psnr": 1.0,
            "ssim": 1.0,
            "multiscale": 1.0,
            "colour": 1.0,
            "deltae": 0.5,
            "edges": 1.5,
            "detail": 1.0,
            "contrast": 1.0,
            "silhouette": 1.0,
            "boundary": 0.5,
        },
    }
)

GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "silhouette": Guard(0.01),
        "boundary": Guard(0.02),
        # Flat mush has a high ssim over the whole picture; a tight guard would forbid to leave it.
        "ssim": Guard(0.05),
        "edges": Guard(0.02),
        "detail": Guard(0.05),
        "contrast": Guard(0.06),
        # A geometry without materials has no colours to keep.
        "colour": Guard(0.05, tuple(stage for stage in EDIT_STAGES if stage is not Stage.GEOMETRY)),
        "lpips": Guard(0.005),
    }
)
