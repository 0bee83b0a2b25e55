"""Values on bounds, ranges that go beyond them, and samplers that leave idle numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.candidate import Status
from seig_search.program import Parameter, Program
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning import LocalTuner, OptunaTuner, Trial, TuningProblem, at_bounds, widened


def declared(text: str) -> Parameter:
    (parameter,) = Program.parse(f"A = {text}\n").parameters
    return parameter


def sides(text: str, *values: Value) -> list[tuple[int | None, str]]:
    parameter = declared(text)
    laid_over = {"A": values[0]} if values else {}
    return [(one.index, one.bound) for one in at_bounds([parameter], laid_over)]


def test_values_on_a_bound_are_found_component_by_component() -> None:
    assert sides("0.5  # @param 0..1") == []
    assert sides("0.5  # @param 0..1", 0.9999) == [(None, "high")]
    assert sides("(0.0, -5.0, 5.0)  # @param -5..5 m") == [(1, "low"), (2, "high")]
    assert sides("1.0  # @param 1..1000 W log") == [(None, "low")]
    # Near in watts, far on the scale that the range is walked on.
    assert sides("1.9  # @param 1..1000 W log") == []
    assert sides("3  # @param 3..9") == [(None, "low")]
    assert sides("(0.0, 1.0, 0.5)  # @param rgb") == []
    assert sides("'a'  # @param choice a|b") == []


@pytest.mark.parametrize(
    ("text", "low", "high", "wider"),
    [
        ("2.0  # @param 1..2 m", False, True, (1, 3)),
        ("1.0  # @param 1..2 m", True, False, (0.5, 2)),
        ("-1.0  # @param -1..1 m", True, False, (-3, 1)),
        ("100.0  # @param 10..100 W log", False, True, (10, 1000)),
        ("10.0  # @param 10..100 W log", True, False, (1, 100)),
        ("9  # @param 3..9", False, True, (3, 15)),
        # Nothing is less than nothing, and no share more than all.
        ("0.0  # @param 0..5 m", True, False, None),
        ("1.0  # @param 0..1", False, True, None),
        ("1.0  # @param 0..1 m", False, True, (0, 2)),
        ("(0.5, 0.5, 1.0)  # @param rgb", False, True, None),
    ],
)
def test_a_range_goes_on_by_its_own_width(text: str, low: bool, high: bool, wider: tuple[float, float] | None) -> None:
    assert widened(declared(text), low, high) == wider


@given(low=st.floats(-100, 100), width=st.floats(0.01, 100), below=st.booleans(), above=st.booleans())
def test_a_wider_range_holds_the_old_one_and_keeps_its_sign(low: float, width: float, below: bool, above: bool) -> None:
    low, high = float(f"{low:.6g}"), float(f"{low + width:.6g}")
    parameter = declared(f"{low!r}  # @param {low:.6g}..{high:.6g} m")
    pair = widened(parameter, below, above)
    if pair is not None:
        assert pair[0] <= low and high <= pair[1]
        assert not (low >= 0 and pair[0] < 0) and not (high <= 0 and pair[1] > 0)
        assert below or pair[0] == low
        assert above or pair[1] == high


class Scene:
    """Answers to LIVE and LATE only; LATE does nothing above its start."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Value]] = []
        keys = ("LIVE", "LATE", *(f"IDLE{n}" for n in range(6)))
        self.parameters = tuple(
            Parameter(key, key, 0.5, "float", 0.0, 1.0, False, "", (), Stage.GEOMETRY, 1, True) for key in keys
        )

    def trial(self, values: Mapping[str, Value]) -> Trial:
        live, late = float(values.get("LIVE", 0.5)), min(float(values.get("LATE", 0.5)), 0.5)  # type: ignore[arg-type]
        off = (live - 0.7) ** 2 + (late - 0.3) ** 2
        return Trial(Status.OK, float(np.exp(-off)), {"mse": off})

    def submit(self, values: Mapping[str, Value]) -> Future[Trial]:
        self.asked.append(dict(values))
        answer: Future[Trial] = Future()
        answer.set_result(self.trial(values))
        return answer

    def tune(self, tuner: LocalTuner | OptunaTuner, renders: int):  # type: ignore[no-untyped-def]
        problem = TuningProblem(self.parameters, self.trial({}), renders, 4, Stage.GEOMETRY)
        return tuner.tune(problem, self.submit, np.random.default_rng(1), lambda now: None)


def idle_moves(scene: Scene, start: int) -> int:
    return sum(any(key.startswith("IDLE") for key in values) for values in scene.asked[start:])


def test_a_sampler_looks_first_and_leaves_idle_numbers_alone() -> None:
    scene = Scene()
    result = scene.tune(OptunaTuner("tpe"), 80)
    # Each once, and once more the other way for those that did nothing.
    assert idle_moves(scene, 0) == 12
    assert result.values.keys() == {"LIVE", "LATE"}
    assert result.trials == len(scene.asked) <= 80
    assert "6 more left alone" in result.explanation
    assert scene.asked[0].keys() == {"LIVE"}


def test_with_few_renders_for_each_number_it_does_not_look() -> None:
    scene = Scene()
    scene.tune(OptunaTuner("tpe"), 40)
    assert idle_moves(scene, 0) > 12


def test_local_search_learns_on_the_way_what_is_idle() -> None:
    scene = Scene()
    scene.tune(LocalTuner(), 200)
    assert idle_moves(scene, 60) < 0.25 * idle_moves(scene, 0)
    assert {key for values in scene.asked[-20:] for key in values} <= {"LIVE", "LATE", *(f"IDLE{n}" for n in range(6))}
