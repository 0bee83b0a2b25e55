"""A render, asked for and answered: the values that cross the seam to the Blender pool."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError, nearest
from seig_search.fidelity import Fidelity
from seig_search.layers import LAYERS, Layer

__all__ = [
    "LAYERS",
    "Layer",
    "Pass",
    "ProgramError",
    "RenderJob",
    "RenderPool",
    "RenderResult",
    "RenderStatus",
    "Value",
    "View",
    "WorkerLoss",
]

Value: TypeAlias = float | int | str | tuple[float, ...]
"""A parameter's value: a number, a choice, or a tuple of numbers (a colour, a position)."""

Pass = Literal["facts", "blend"] | Layer
"""Extras beside the picture: ``facts`` (the scene as JSON), ``blend`` (the scene as a .blend file), and layers."""

ViewKind = Literal["camera", "orbit", "top", "turntable", "object"]

RenderStatus = Literal["ok", "broken", "lost"]


@dataclass(frozen=True, slots=True)
class View:
    """Where the picture is taken from, and of what.

    Args:
        kind: ``camera`` (the program's own); ``orbit`` (the program's camera turned about the middle of the scene);
            ``top`` (from straight above, parallel, framing every mesh); ``turntable`` (a 50 mm lens on a 36 mm sensor
            that frames the scene, whatever camera the program has or lacks); ``object`` (the same about one object
            with what is parented to it, everything else hidden but the light objects).
        azimuth: Degrees about the world's z axis, counterclockwise from above. For ``orbit`` from where the camera
            is; for ``turntable`` and ``object`` from the front, which is the side of -y.
        elevation: Degrees upwards, for the same kinds; at most 89.5 either way for ``turntable`` and ``object``.
        name: The object, for ``object``.

    Raises:
        UsageError: An angle is not finite, or a name is missing or has no use.
    """

    kind: ViewKind = "camera"
    azimuth: float = 0.0
    elevation: float = 0.0
    name: str = ""

    def __post_init__(self) -> None:
        if not np.isfinite([self.azimuth, self.elevation]).all():
            raise UsageError(f"a view's angles must be finite degrees, got {self.azimuth}, {self.elevation}")
        if (self.kind == "object") != bool(self.name):
            raise UsageError(f"a name goes with the view 'object' and only with it, got {self.kind!r}, {self.name!r}")

    @classmethod
    def parse(cls, text: str) -> View:
        """Read a view's text form; angles in degrees.

        Args:
            text: ``camera``, ``top``, ``orbit:AZIMUTH,ELEVATION``, ``turntable:AZIMUTH,ELEVATION``, ``object:NAME``
                (from azimuth 30 and elevation 20) or ``object:NAME@AZIMUTH,ELEVATION``.

        Raises:
            UsageError: The text has none of these forms.
        """
        kind, _, rest = text.strip().partition(":")
        if kind in ("camera", "top") and not rest:
            return cls(kind)  # type: ignore[arg-type]
        if kind in ("orbit", "turntable"):
            angles = _angles(rest)
            if angles is not None:
                return cls(kind, *angles)  # type: ignore[arg-type]
        if kind == "object" and rest:
            name, at, tail = rest.rpartition("@")
            angles = _angles(tail)
            if at and name and angles is not None:
                return cls("object", *angles, name=name)
            return cls("object", 30.0, 20.0, rest)
        raise UsageError(
            "a view is 'camera', 'top', 'orbit:AZIMUTH,ELEVATION', 'turntable:AZIMUTH,ELEVATION', 'object:NAME' or "
            f"'object:NAME@AZIMUTH,ELEVATION' with angles in degrees, got {text!r}"
        )

    def __str__(self) -> str:
        angles = f"{self.azimuth!r},{self.elevation!r}".replace(".0,", ",").removesuffix(".0")
        if self.kind == "object":
            return f"object:{self.name}@{angles}"
        return f"{self.kind}:{angles}" if self.kind in ("orbit", "turntable") else self.kind


def _angles(text: str) -> tuple[float, float] | None:
    try:
        azimuth, elevation = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (azimuth, elevation) if np.isfinite([azimuth, elevation]).all() else None


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One render: a program at some values, seen from a view at a fidelity. Equal jobs are one render.

    Args:
        source: The program's text.
        fidelity: Size, samples and so on; they override what the program sets.
        values: Values by parameter key, laid over those in the source: a declared parameter's key is its
            name, a found one's is ``"LINE:COLUMN"`` of its literal (see ``seig_search.program``).
        view: Where the picture is taken from.
        passes: Extras to bring back.

    Raises:
        UsageError: A pass is unknown, or the engine does not give it.
    """

    source: str
    fidelity: Fidelity
    values: Mapping[str, Value] = field(default_factory=dict)
    view: View = field(default_factory=View)
    passes: tuple[Pass, ...] = ()

    def __post_init__(self) -> None:
        for name in self.passes:
            if name not in ("facts", "blend", *LAYERS):
                raise UsageError(f"unknown pass {name!r}{nearest(name, ('facts', 'blend', *LAYERS))}")
        if self.layers and self.fidelity.engine != "CYCLES":
            raise UsageError(
                f"{self.fidelity.engine} does not give {', '.join(self.layers)}; choose CYCLES, or leave them out: every "
                "engine gives the picture, facts and blend"
            )

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers among the passes, each once, in the order of ``LAYERS``."""
        return tuple(name for name in LAYERS if name in self.passes)

    @property
    def key(self) -> str:
        """The job's content address: 64 hexadecimal digits of SHA-256 over everything that matters."""
        body = [
            self.source,
            self.fidelity.as_dict(),
            {name: self.values[name] for name in sorted(self.values)},
            str(self.view),
            sorted(set(self.passes)),
        ]
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ProgramError:
    """Why a program failed, told so that whoever wrote it can mend it.

    Args:
        kind: Exception class name, or ``Timeout``, ``NoCamera``, ``Exit``, ...
        message: The exception's text.
        line: 1-based line of the program, or None.
        source_line: That line's text.
        hint: Live names that exist (sockets, enum items, attributes), or the like; may be empty.
        output: Tail of what Blender printed.
    """

    kind: str
    message: str
    line: int | None = None
    source_line: str = ""
    hint: str = ""
    output: str = ""

    def __str__(self) -> str:
        where = f" (line {self.line}: {self.source_line.strip()})" if self.line else ""
        hint = f" Hint: {self.hint}" if self.hint else ""
        return f"{self.kind}: {self.message}{where}.{hint}"


@dataclass(frozen=True, slots=True)
class WorkerLoss:
    """A child or actor that was lost under a job, and why; the pool tried again."""

    worker: str
    cause: str
    output: str = ""


@dataclass(frozen=True, slots=True)
class RenderResult:
    """What came of a job.

    The layers have the picture's height and width, rows from the top:

    ==================== ================= ========== ===========================================================
    layer                shape             dtype      what
    ==================== ================= ========== ===========================================================
    ``linear``           (H, W, 3)         float32    the picture in scene-linear Rec. 709, before denoiser and view
                                                      transform; premultiplied by alpha
    ``alpha``            (H, W)            float32    coverage, 0..1
    ``depth``            (H, W)            float32    metres along the camera's axis; inf where nothing is
    ``normal``           (H, W, 3)         float32    mean surface normal in world space; 0 where nothing is
    ``object_index``     (H, W)            int32      index into ``names["object_index"]``; 0 is the background
    ``material_index``   (H, W)            int32      index into ``names["material_index"]``; 0: none
    ``lights``           (N, H, W, 3)      float32    what each light object alone adds to ``linear``; the last two
                                                      are the world and the emission of everything else
    ``albedo``           (H, W, 3)         float32    surface colour as the denoiser sees it, linear, 0..1
    ``denoising_normal`` (H, W, 3)         float32    normal as the denoiser sees it, in camera space
    ``surface``          (H, W, 8)         float32    no picture: as many points drawn on the scene's surfaces as there are
                                                      pixels; place, unit normal (world), index into
                                                      ``names["surface"]``, which of its materials
    ==================== ================= ========== ===========================================================

    ``depth`` and the index layers hold one sample per pixel, so that nothing is mixed at edges; the rest is the mean
    of the samples. ``lights`` sums to ``linear`` up to rounding.

    Args:
        status: ``ok``; ``broken`` (the program is at fault, it would fail again); ``lost`` (given up after
            retries: crash, time-out, node gone).
        pixels: (height, width, 4) uint8, display-referred RGBA with straight alpha; None unless ok.
        facts: The scene as plain data, if the ``facts`` pass was asked for.
        blend: Bytes of a .blend file, if the ``blend`` pass was asked for.
        seconds: Wall time in the worker, 0 for a cached result.
        cached: Whether it came from the cache.
        error: The cause unless ok.
        losses: Workers lost on the way, in order.
        warnings: What Blender or the worker had to say about a successful render.
        layers: The layers asked for, by name; not writable.
        names: What the entries of ``object_index``, ``material_index`` and ``lights`` are: name by index. The first
            of the index tables and the last two of ``lights`` are as above, and no names of the scene.
    """

    status: RenderStatus
    pixels: npt.NDArray[np.uint8] | None = None
    facts: Mapping[str, Any] | None = None
    blend: bytes | None = None
    seconds: float = 0.0
    cached: bool = False
    error: ProgramError | None = None
    losses: tuple[WorkerLoss, ...] = ()
    warnings: tuple[str, ...] = ()
    layers: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class RenderPool(Protocol):
    """Renders many jobs at once; every submitted job is answered exactly once."""

    def submit(self, job: RenderJob) -> Future[RenderResult]:
        """Queue a job. The future gives a result for every kind of failure; it raises only if the pool itself is
        closed or cannot work at all.
        """
        ...

    def close(self) -> None:
        """End every worker that this pool started; jobs that wait are cancelled."""
        ...
