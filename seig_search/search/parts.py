"""The parts of a run, made from its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seig_search import plugins
from seig_search.config import PlugIn, PoolSettings, Settings
from seig_search.errors import UsageError
from seig_search.render import RenderPool
from seig_search.scoring import Measurer, require_all
from seig_search.search.expansion import COVERAGE

__all__ = ["Parts", "make_parts", "open_pool"]

SHARED = ("model", "api_base", "timeout_s", "retries", "backoff_s", "usd_per_million_in", "usd_per_million_out")
"""Settings that a verifier takes over from a proposer of the same kind."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The plug-ins that the settings name, made."""

    measurer: Measurer
    scorer: Any
    proposer: Any
    verifier: Any
    tuner: Any
    make_strategy: Callable[[], Any]


def make_parts(settings: Settings) -> Parts:
    """Make every plug-in that a run needs, so that a wrong name or setting is told before anything is spent.

    Raises:
        UsageError: A name or a setting is unknown.
    """

    def make(group: str, part: PlugIn, **more: Any) -> Any:
        return plugins.make(group, part.name, **{**more, **part.settings})

    verifier = None
    known: list[str] = []
    if settings.verifier is not None:
        verifier = make("verifiers", settings.verifier, **_model_of(settings))
        known.append(COVERAGE)
    measurer = Measurer([make("evaluators", part) for part in settings.scoring.evaluators])
    require_all(measurer)
    strategy = settings.strategy
    make("strategies", strategy)
    return Parts(
        measurer,
        make("scorers", settings.scoring.scorer, known=sorted([*measurer.specs, *known])),
        make("proposers", settings.proposer),
        verifier,
        make("tuners", settings.tuner),
        lambda: make("strategies", strategy),
    )


def _model_of(settings: Settings) -> dict[str, Any]:
    """Give a verifier the proposer's model, where it names none: the paper's generator and verifier are one."""
    assert settings.verifier is not None
    if settings.verifier.name != "vlm" or "model" in settings.verifier.settings:
        return {}
    given = {key: value for key, value in settings.proposer.settings.items() if key in SHARED}
    if settings.proposer.name != "vlm" or not given.get("model"):
        raise UsageError(
            "the verifier 'vlm' needs a model: name one with --vlm, for proposer and verifier alike, or with "
            "--set verifier.settings.model=MODEL for it alone"
        )
    return given


def open_pool(settings: PoolSettings, **limits: Any) -> RenderPool:
    """Start the Blender pool.

    Args:
        settings: The pool's part of the settings.
        **limits: Further fields of ``PoolOptions``.

    Raises:
        SeigError: Blender or Ray is not there, or does not start.
    """
    pool = plugins.load("seig_search.blender_pool:BlenderPool")
    options = plugins.load("seig_search.blender_pool:PoolOptions")
    opened: RenderPool = pool(
        options(
            workers=settings.workers,
            threads=settings.threads,
            blender=settings.blender,
            device=settings.device,
            gpus_per_worker=settings.gpus_per_worker,
            ray_address=settings.ray,
            sandbox=settings.sandbox,
            readable=tuple(Path(place).expanduser() for place in settings.readable),
            deadline_s=settings.deadline_s,
            retries=settings.retries,
            recycle_after=settings.recycle_after,
            cache_dir=Path(settings.cache_dir).expanduser() if settings.cache_dir else None,
            cache_mb=settings.cache_mb,
            cache_disk_mb=settings.cache_disk_mb,
            **limits,
        )
    )
    return opened
