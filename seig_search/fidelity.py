"""What a render costs: size, samples, engine, denoiser, seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

from seig_search.errors import UsageError, nearest

__all__ = ["LADDER", "Denoise", "Engine", "Fidelity"]

Engine = Literal["CYCLES", "EEVEE", "WORKBENCH"]

Denoise: TypeAlias = bool | Literal["fast"]

LADDER: dict[str, tuple[int, int, Denoise]] = {
    "preview": (128, 4, "fast"),
    "draft": (256, 16, "fast"),
    "normal": (512, 64, True),
    "final": (1024, 256, True),
}
"""Named fidelities for Cycles: longer side in pixels, samples per pixel, denoiser.

For the time it takes, the denoiser lowers the error far more than the samples that would fit into that time, and adaptive sampling
finds nothing to leave out at so few samples: see ``benchmarks/fidelity``.
"""
MAX_SIDE = 16384
MAX_SAMPLES = 65536


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The knobs of one render that trade quality for time.

    Args:
        width: Image width in pixels, 1..16384.
        height: Image height in pixels, 1..16384.
        samples: Samples per pixel, 1..65536.
        engine: Blender's render engine, by its family name; the worker maps it to the installed version.
        denoise: Whether OpenImageDenoise runs on the result (Cycles only): in its best quality, or ``fast``, which costs a fraction and
            is for pictures that a search looks at.
        seed: Noise seed; renders that are compared share it.
        adaptive: Noise threshold at which Cycles stops sampling a pixel, 0..1; 0 takes all samples everywhere.

    Raises:
        UsageError: A value is out of its range.
    """

    width: int
    height: int
    samples: int = 16
    engine: Engine = "CYCLES"
    denoise: Denoise = False
    seed: int = 0
    adaptive: float = 0.0

    def __post_init__(self) -> None:
        for name, value, top in (
            ("width", self.width, MAX_SIDE),
            ("height", self.height, MAX_SIDE),
            ("samples", self.samples, MAX_SAMPLES),
        ):
            if not 1 <= value <= top:
                raise UsageError(f"fidelity {name} must be 1..{top}, got {value}")
        if self.denoise not in (False, True, "fast"):
            raise UsageError(f"fidelity denoise must be true, false or fast, got {self.denoise!r}")
        if self.engine not in get_args(Engine):
            raise UsageError(f"engine must be one of {', '.join(get_args(Engine))}, got {self.engine!r}")
        if not 0 <= self.seed < 2**31:
            raise UsageError(f"fidelity seed must be 0..2147483647, got {self.seed}")

        if not 0 <= self.adaptive <= 1:
            raise UsageError(f"fidelity adaptive must be a noise threshold in 0..1, got {self.adaptive}")

    @classmethod
    def named(cls, name: str, aspect: float = 1.0, seed: int = 0) -> Fidelity:
        """Give a rung of the ladder: ``preview``, ``draft``, ``normal`` or ``final``.

        Args:
            name: Which.
            aspect: Width / height.
            seed: Noise seed.

        Raises:
            UsageError: There is no such rung.
        """
        if name not in LADDER:
            raise UsageError(f"no fidelity is named {name!r}{nearest(name, LADDER)}")
        long_side, samples, denoise = LADDER[name]
        return cls.for_aspect(aspect, long_side, samples=samples, denoise=denoise, seed=seed)

    @classmethod
    def for_aspect(cls, aspect: float, long_side: int, **rest: Any) -> Fidelity:
        """Make a fidelity whose longer side is ``long_side`` pixels, for an aspect (width / height)."""
        if aspect >= 1:
            return cls(long_side, max(1, round(long_side / aspect)), **rest)
        return cls(max(1, round(long_side * aspect)), long_side, **rest)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain values, in their declared order."""
        return asdict(self)
