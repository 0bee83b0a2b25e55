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

from seig_search.errors import UsageError
from seig_search.fidelity import Fidelity

__all__ = [
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

Pass = Literal["facts", "blend"]
"""Extras beside the picture: ``facts`` (the scene as JSON) and ``blend`` (the scene as a .blend file)."""

RenderStatus = Literal["ok", "broken", "lost"]


@dataclass(frozen=True, slots=True)
class View:
    """Where the picture is taken from.

    Args:
        kind: ``camera`` (the program's own), ``orbit`` (the program's camera turned about the middle of
            the scene) or ``top`` (from straight above, framing every mesh).
        azimuth: Degrees about the world's z axis, for ``orbit``.
        elevation: Degrees upwards, for ``orbit``.
    """

    kind: Literal["camera", "orbit", "top"] = "camera"
    azimuth: float = 0.0
    elevation: float = 0.0

    @classmethod
    def parse(cls, text: str) -> View:
        """Read ``camera``, ``top`` or ``orbit:AZIMUTH,ELEVATION`` (degrees).

        Raises:
            UsageError: The text has none of these forms.
        """
        kind, _, rest = text.strip().partition(":")
        if kind in ("camera", "top") and not rest:
            return cls(kind)  # type: ignore[arg-type]
        if kind == "orbit":
            try:
                azimuth, elevation = (float(part) for part in rest.split(","))
            except ValueError:
                pass
            else:
                if np.isfinite([azimuth, elevation]).all():
                    return cls("orbit", azimuth, elevation)
        raise UsageError(f"a view is 'camera', 'top' or 'orbit:AZIMUTH,ELEVATION' in degrees, got {text!r}")

    def __str__(self) -> str:
        return f"orbit:{self.azimuth:g},{self.elevation:g}" if self.kind == "orbit" else self.kind


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
    """

    source: str
    fidelity: Fidelity
    values: Mapping[str, Value] = field(default_factory=dict)
    view: View = field(default_factory=View)
    passes: tuple[Pass, ...] = ()

    @property
    def key(self) -> str:
        """The job's content address: 64 hexadecimal digits of SHA-256 over everything that matters."""
        body = [
            self.source,
            self.fidelity.as_dict(),
            {name: self.values[name] for name in sorted(self.values)},
            str(self.view),
            sorted(self.passes),
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
