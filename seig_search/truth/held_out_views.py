"""How alike two scenes look from where the target was not taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seig_search.errors import SeigError, UsageError
from seig_search.fidelity import Fidelity
from seig_search.metrics import Evaluator, Metric
from seig_search.render import RenderJob, RenderPool, View
from seig_search.scoring import Measurer
from seig_search.target import Target
from seig_search.truth.inspection import rendered

__all__ = ["held_out_errors", "held_out_views"]


def held_out_views(count: int, seed: int) -> tuple[View, ...]:
    """Draw views around each scene's own camera: 20 to 160 degrees to either side, 10 down to 35 up.

    They turn the scene's own camera, so scenes are compared in the gauge of their cameras.

    Args:
        count: How many, at least 1.
        seed: Of the draw.

    Raises:
        UsageError: The count is less than 1.
    """
    if count < 1:
        raise UsageError(f"held-out views must be at least 1, got {count}")
    rng = np.random.default_rng(seed)
    sides = np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
    azimuths, elevations = sides * rng.uniform(20, 160, count), rng.uniform(-10, 35, count)
    return tuple(
        View("orbit", round(float(a), 3), round(float(e), 3)) for a, e in zip(azimuths, elevations, strict=True)
    )


def held_out_errors(
    pool: RenderPool,
    found: str,
    true: str,
    views: Sequence[View],
    fidelity: Fidelity,
    evaluators: Sequence[Evaluator],
) -> tuple[dict[str, float], tuple[Metric, ...]]:
    """Render two programs from the same views and measure the one against the other.

    Args:
        pool: Renders.
        found: The program to measure.
        true: The true program.
        views: See ``held_out_views``.
        fidelity: Of every render.
        evaluators: Who measure, the true program's render being the target.

    Returns:
        Each metric's mean over the views as ``view_NAME``, and what they mean.

    Raises:
        SeigError: A render failed, or shows nothing.
    """
    measurer = Measurer(evaluators)
    jobs = [RenderJob(source, fidelity, view=view) for source in (found, true) for view in views]
    pictures = [result.pixels for result in rendered(pool, jobs, "a held-out view")]
    rows = []
    for n, view in enumerate(views):
        one, two = pictures[n], pictures[len(views) + n]
        if one is None or two is None:
            raise SeigError(f"the view {view} gave no picture")
        rows.append(measurer.measure([one], Target.from_array(two, str(view)))[0])
    names = [name for name in measurer.specs if all(name in row for row in rows)]
    specs = tuple(
        Metric(f"view_{name}", spec.unit, spec.low, spec.high, spec.better, spec.source)
        for name, spec in measurer.specs.items()
        if name in names
    )
    return {f"view_{name}": float(np.mean([row[name] for row in rows])) for name in names}, specs
