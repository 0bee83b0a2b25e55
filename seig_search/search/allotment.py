"""Which stages a run has, and what each may spend."""

from __future__ import annotations

from collections.abc import Sequence

from seig_search.config import Settings
from seig_search.errors import UsageError
from seig_search.stages import Stage

__all__ = ["active_stages", "allowance", "check_budget"]


def active_stages(settings: Settings) -> list[Stage]:
    """Give the stages that have a share of the budget, in order."""
    return [stage for stage in settings.search.order if settings.stage(stage).share > 0]


def check_budget(settings: Settings, has_start: bool) -> None:
    """Refuse a budget that cannot carry a run to its end.

    Args:
        settings: The run's settings.
        has_start: Whether a start program takes the place of the scaffold.

    Raises:
        UsageError: It is too small; names the least.
    """
    stages = active_stages(settings)
    if Stage.SCAFFOLD not in stages and not has_start:
        raise UsageError("the scaffold stage has no share, so there is nothing to start from; give --start PROGRAM")
    least = 1 + sum(1 + _guards(settings, stage) for stage in stages)
    if settings.budget.renders < least:
        raise UsageError(
            f"a budget of {settings.budget.renders} renders is too small to do anything: {len(stages)} stages need "
            f"at least {least} (one candidate and its guards each, and the final render). Raise --max-renders, or "
            "leave stages out with --set stages.NAME.share=0."
        )


def _guards(settings: Settings, stage: Stage) -> int:
    """Count the renders at a stage's border: the root, those who want to cross, each tuned one twice, one for the noise."""
    mine = settings.stage(stage)
    return 2 + (settings.search.noise_sigmas > 0) + mine.carry + (2 * mine.carry if mine.tuning > 0 else 0)


def allowance(settings: Settings, ahead: Sequence[Stage], renders_left: int) -> int:
    """Give the first of the stages ahead its share of what is left after everybody's guards, at least one render.

    Args:
        settings: The run's settings.
        ahead: The stages from now on, in their order.
        renders_left: Renders that the budget still has.
    """
    reserved = 1 + sum(_guards(settings, stage) for stage in ahead)
    shares = [settings.stage(stage).share for stage in ahead]
    left = renders_left - reserved - (len(ahead) - 1)
    return max(1, int(left * shares[0] / sum(shares)))
