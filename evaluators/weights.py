"""What each stage weighs by default, and what no stage may break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from seig_search.stages import EDIT_STAGES, STAGES, Stage

__all__ = ["GUARDS", "OVERALL", "TUNING_GUARDS", "WEIGHTS", "Guard", "Presence"]

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


@dataclass(frozen=True, slots=True)
class Presence:
    """What a score is multiplied by where a picture lacks what the target has, wherever that may be.

    The factor is 1 where the geometric mean of the metrics' normalised values is ``enough`` or more, ``least`` where it is
    ``lacking`` or less, and between them a smoothstep. Pixel metrics reward a scene that fades into its ground, since it has
    less to misplace; these metrics do not ask where things are, so the right scene a little off loses nothing by them. A
    first rough scene lacks nearly everything, and so does what it may become: below ``lacking`` the factor takes no side.

    Args:
        metrics: Which; those that were not measured are left out, and without any the factor is 1.
        lacking: 0..1, below ``enough``.
        enough: 0..1.
        least: The factor where there is nothing, 0..1; 1 turns it off.
    """

    metrics: tuple[str, ...] = ("detail", "contrast", "colour")
    lacking: float = 0.65
    enough: float = 0.85
    least: float = 0.5


# Chosen on benchmarks/truth_correlation (what follows the truth in 3D) and benchmarks/score_sanity (what mush must not win).
WEIGHTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "scaffold": {
            # Where a verifier lists what the target shows: the share that is there.
            "coverage": 5.0,
            "silhouette": 2.0,
            "boundary": 1.0,
            "multiscale": 1.0,
            "colour": 1.5,
            "deltae": 0.5,
            "edges": 1.5,
            "detail": 1.0,
            "contrast": 1.0,
            "lpips": 1.0,
        },
        "geometry": {
            "silhouette": 1.5,
            "boundary": 1.0,
            "edges": 2.0,
            "orientation": 2.5,
            "ssim": 0.5,
            "psnr": 0.5,
            "multiscale": 1.0,
            "detail": 0.75,
            "contrast": 0.5,
            "colour": 0.5,
            "lpips": 1.0,
        },
        "materials": {
            "ms_ssim": 2.5,
            "ssim": 0.5,
            "psnr": 1.5,
            "colour": 0.5,
            "deltae": 0.25,
            "contrast": 1.0,
            "detail": 0.75,
            "silhouette": 0.5,
            "lpips": 4.0,
        },
        "composition": {
            "silhouette": 1.5,
            "boundary": 1.0,
            "multiscale": 1.5,
            "edges": 2.0,
            "ssim": 0.5,
            "deltae_regional": 1.5,
            "detail": 1.0,
            "contrast": 1.0,
            "colour": 0.5,
            "lpips": 2.0,
        },
        "lighting": {
            "psnr": 3.0,
            "multiscale": 1.5,
            "deltae": 1.0,
            "colour": 1.0,
            "contrast": 1.0,
            "detail": 0.5,
            "edges": 0.5,
            "ssim": 0.5,
            "ms_ssim": 0.5,
            "lpips": 1.0,
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
            "lpips": 1.5,
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
        "encoder": Guard(0.02),
    }
)

# A tuner has the same things at hand before and after, so what looks less alike, or stands out less where it should, was
# sold for a score. No tolerance for chance: both pictures draw the same paths, and what only light changes keeps its outline to the bit.
TUNING_GUARDS: Mapping[str, float] = MappingProxyType(
    {"silhouette": 0.0, "lpips": 0.0, "lpips_vgg": 0.0, "dreamsim": 0.0}
)
