"""The composite: metrics brought to one scale, weighed per stage, and guarded."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from seig_search.errors import UsageError, nearest
from seig_search.metrics import Metrics, Score
from seig_search.stages import STAGES, Stage

from .expression import Expression
from .normalising import NORMALISERS, family_of, soft_share
from .weights import GUARDS, OVERALL, TUNING_GUARDS, WEIGHTS, Guard, Presence

__all__ = ["Composite"]


class Composite:
    """Weighs normalised metrics per stage, and holds guards.

    Args:
        weights: By stage (or ``overall``), weights by metric; a stage that is given replaces that stage's defaults
            as a whole. Weights need not sum to 1.
        guards: Tolerances by metric, in the metric's own unit; a guard that is given replaces the default of its
            metric, and None takes a guard away, that on tuning too.
        tuning_guards: Tolerances that hold in place of those of ``guards`` where only numbers were tuned; given ones replace
            the defaults, and None leaves it at the metric's guard.
        terms: Values made of metrics, by a name of their own: expressions (see ``Expression``), cut to 0..1. They are
            weighed and guarded by their names, like metrics; one whose metrics were not measured is left out.
        presence: Settings of ``Presence`` that differ from its defaults; None leaves the factor out.
        scales: For metrics without a built-in normalisation: the values that count as 0 and as 1.
        known: Names of the metrics that are measured; None takes all built-in ones. Default weights and guards of
            others are left out (a stage that would weigh nothing then takes the weights of ``overall``), given
            ones are an error.

    Raises:
        UsageError: An unknown stage or metric, a weight or tolerance that is negative or not finite, a metric
            without a scale, or a stage of which nothing is measured.
    """

    def __init__(
        self,
        *,
        weights: Mapping[str, Mapping[str, float]] | None = None,
        guards: Mapping[str, float | None] | None = None,
        tuning_guards: Mapping[str, float | None] | None = None,
        terms: Mapping[str, str] | None = None,
        presence: Mapping[str, Any] | None = MappingProxyType({}),
        scales: Mapping[str, tuple[float, float]] | None = None,
        known: Sequence[str] | None = None,
    ) -> None:
        self._scales = {name: _checked_scale(name, scale) for name, scale in (scales or {}).items()}
        measured = frozenset(known if known is not None else (*NORMALISERS, *self._scales))
        self._terms = {name: _checked_term(name, text, measured) for name, text in (terms or {}).items()}
        self._known = measured | set(self._terms)
        self._weights = {stage: self._defaults(stage) for stage in (*(str(s) for s in STAGES), OVERALL)}
        self._presence = self._checked_presence(presence)
        self._reference = 1.0
        for stage, given in (weights or {}).items():
            if stage not in self._weights:
                raise UsageError(f"weights are given for the unknown stage {stage!r}{nearest(stage, self._weights)}")
            if not isinstance(given, Mapping):
                raise UsageError(f"the weights of {stage!r} are {given!r}; give numbers by metric, as in {{ssim: 1.0}}")
            self._weights[stage] = {name: self._checked_weight(stage, name, value) for name, value in given.items()}
        for stage, chosen in self._weights.items():
            if sum(chosen.values()) <= 0:
                raise UsageError(
                    f"nothing that the stage {stage!r} weighs is measured; it could weigh "
                    f"{', '.join(sorted(self._known)) or 'nothing'}: set its weights or add evaluators"
                )
        defaults = {name: guard for name, guard in GUARDS.items() if name in self._known}
        self._guards = self._with_given("guards", defaults, guards or {})
        gone = {name for name, tolerance in (guards or {}).items() if tolerance is None}
        stricter = {n: Guard(t, _stages(n)) for n, t in TUNING_GUARDS.items() if n in self._known and n not in gone}
        self._tuning_guards = self._with_given("tuning_guards", stricter, tuning_guards or {})

    @property
    def needs(self) -> Sequence[str]:
        """Names of the metrics it reads."""
        weighed = {name for chosen in self._weights.values() for name, weight in chosen.items() if weight > 0}
        read = weighed | set(self._guards) | set(self._tuning_guards) | (set(self._presence.metrics) & self._known)
        for name in read & set(self._terms):
            read = (read - {name}) | self._terms[name].names
        return tuple(sorted(read))

    def score(self, metrics: Metrics, stage: Stage) -> Score:
        """Weigh the metrics for a stage.

        Args:
            metrics: What was measured; terms whose metric is missing are left out and the rest renormalised.
            stage: Whose weights count.

        Returns:
            The score, and each term's contribution to it.

        Raises:
            UsageError: None of the stage's metrics is there.
        """
        return self._weigh(metrics, str(stage))

    def overall(self, metrics: Metrics) -> Score:
        """Weigh the metrics for the whole picture; see ``score``."""
        return self._weigh(metrics, OVERALL)

    def broken_guards(self, before: Metrics, after: Metrics, stage: Stage) -> list[str]:
        """Name what got worse than its tolerance.

        Args:
            before: Metrics of the candidate to beat; guards on metrics that it lacks are not asked.
            after: Metrics of the one that may replace it, at the same fidelity.
            stage: Guards may hold for some stages only.

        Returns:
            Sentences; empty means that ``after`` may be accepted.
        """
        broken = []
        before, after = self._with_terms(before), self._with_terms(after)
        for name, guard in self._guards.items():
            if stage not in guard.stages or name not in before:
                continue
            if name not in after:
                broken.append(f"{name} was {before[name]:.4g} and is no longer measured")
                continue
            higher = self._normalise(name, after[name]) >= self._normalise(name, before[name])
            loss = abs(after[name] - before[name])
            if not higher and loss > guard.tolerance:
                word = "rose" if after[name] > before[name] else "fell"
                broken.append(
                    f"{name} {word} from {before[name]:.6g} to {after[name]:.6g}, more than the {guard.tolerance:.4g} "
                    "that its guard allows"
                )
        return broken

    def since(self, before: Metrics) -> Composite:
        """Give the same composite with a ``presence`` that asks only what was lost; see ``seig_search.metrics.since``.

        Args:
            before: Metrics of the candidate to be bettered: who is as present as it, or more, has a factor of 1.
        """
        anchored = copy.copy(self)
        anchored._reference = self._absolute_factor(self._with_terms(before))
        return anchored

    def for_tuning(self) -> Composite:
        """Give the same composite with the guards that hold for tuning; see ``seig_search.metrics.for_tuning``."""
        strict = copy.copy(self)
        strict._guards = {**self._guards, **self._tuning_guards}
        return strict

    def _with_terms(self, metrics: Metrics) -> Metrics:
        made = {
            name: min(1.0, max(0.0, term.value(metrics)))
            for name, term in self._terms.items()
            if term.names <= metrics.keys()
        }
        return {**metrics, **made}

    def _weigh(self, metrics: Metrics, stage: str) -> Score:
        metrics = self._with_terms(metrics)
        chosen = {name: weight for name, weight in self._weights[stage].items() if weight > 0 and name in metrics}
        total = sum(chosen.values())
        if not chosen:
            raise UsageError(
                f"none of the metrics that the stage {stage!r} weighs was measured: it weighs "
                f"{', '.join(self._weights[stage])}; there are {', '.join(metrics) or 'none'}"
            )
        factor = self._factor(metrics) / total
        terms = {name: weight * factor * self._normalise(name, metrics[name]) for name, weight in chosen.items()}
        return Score(min(1.0, sum(terms.values())), terms)

    def _factor(self, metrics: Metrics) -> float:
        """Multiply a score by this: less than 1 where the picture lacks what the target, or the reference, has."""
        factor = self._absolute_factor(metrics)
        return factor / self._reference if factor < self._reference else 1.0

    def _absolute_factor(self, metrics: Metrics) -> float:
        there = [max(0.0, self._normalise(name, metrics[name])) for name in self._presence.metrics if name in metrics]
        if not there:
            return 1.0
        mean, wanted = math.prod(there) ** (1 / len(there)), self._presence
        share = min(1.0, max(0.0, (mean - wanted.lacking) / (wanted.enough - wanted.lacking)))
        return wanted.least + (1 - wanted.least) * share**2 * (3 - 2 * share)

    def _with_given(
        self, setting: str, defaults: Mapping[str, Guard], given: Mapping[str, float | None]
    ) -> dict[str, Guard]:
        """Lay given tolerances over default guards; None takes one away."""
        found = dict(defaults)
        for name, tolerance in given.items():
            self._check_name(name, setting)
            if tolerance is None:
                found.pop(name, None)
                continue
            if not _is_amount(tolerance):
                raise UsageError(f"{setting}: {name!r} has the tolerance {tolerance!r}; give a number of at least 0")
            found[name] = Guard(tolerance, _stages(name))
        return found

    def _checked_presence(self, given: Mapping[str, Any] | None) -> Presence:
        if given is None:
            return Presence(metrics=())
        known = {entry.name for entry in fields(Presence)}
        for name in given:
            if name not in known:
                raise UsageError(f"unknown setting {name!r} of presence{nearest(name, known)}")
        names = given.get("metrics", Presence().metrics)
        if isinstance(names, str) or not isinstance(names, Sequence):
            raise UsageError(f"the metrics of presence are {names!r}; give a list of names")
        if "metrics" in given:
            for name in names:
                self._check_name(name, "presence")
        made = Presence(**{**given, "metrics": tuple(names)})
        for name in ("lacking", "enough", "least"):
            value = getattr(made, name)
            if not _is_finite(value) or not 0 <= value <= 1:
                raise UsageError(f"presence has {name} = {value!r}; give a number in 0..1")
        if made.lacking >= made.enough:
            raise UsageError(
                f"presence has lacking = {made.lacking} and enough = {made.enough}; lacking must be the lower"
            )
        return made

    def _normalise(self, name: str, value: float) -> float:
        scale = self._scales.get(name)
        if scale is not None:
            return soft_share(value, *scale)
        return value if name in self._terms else NORMALISERS[family_of(name)](value)

    def _defaults(self, stage: str) -> dict[str, float]:
        chosen = {name: weight for name, weight in WEIGHTS.get(stage, {}).items() if name in self._known}
        # A run that measures little, psnr alone for example, still has something to go by in every stage.
        return chosen or {name: weight for name, weight in WEIGHTS[OVERALL].items() if name in self._known}

    def _checked_weight(self, stage: str, name: str, value: float) -> float:
        self._check_name(name, f"weights of {stage}")
        if not _is_amount(value):
            raise UsageError(f"the weight of {name!r} for {stage!r} is {value!r}; give a number of at least 0")
        return float(value)

    def _check_name(self, name: str, where: str) -> None:
        if name not in self._known:
            raise UsageError(f"unknown metric {name!r} in the {where}{nearest(name, self._known)}")
        if family_of(name) not in NORMALISERS and name not in self._scales and name not in self._terms:
            raise UsageError(
                f"the metric {name!r} has no built-in normalisation; say which values count as 0 and as 1, "
                f"as in scales: {{{name}: [0.0, 1.0]}}"
            )


def _stages(name: str) -> tuple[Stage, ...]:
    """Where a guard on a metric holds, whatever its tolerance."""
    return GUARDS[name].stages if name in GUARDS else STAGES


def _checked_term(name: str, text: str, measured: frozenset[str]) -> Expression:
    if not isinstance(name, str) or not name.isidentifier():
        raise UsageError(f"the term {name!r} needs a name of letters, digits and _, not beginning with a digit")
    if name in measured:
        raise UsageError(f"the term {name!r} has the name of a metric; give it another")
    return Expression(text, measured)


def _checked_scale(name: str, scale: Sequence[float]) -> tuple[float, float]:
    pair = isinstance(scale, list | tuple) and len(scale) == 2 and all(_is_finite(end) for end in scale)
    if not pair or scale[0] == scale[1]:
        raise UsageError(
            f"the scale of {name!r} is {scale!r}; give two different numbers, what counts as 0 and what counts as 1"
        )
    return float(scale[0]), float(scale[1])


# Settings come from files and flags: their types are not certain.
def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_amount(value: float) -> bool:
    return _is_finite(value) and value >= 0
