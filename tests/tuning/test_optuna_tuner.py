"""The Optuna tuner on bowls whose bottoms are known."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seig_search.candidate import Status
from seig_search.errors import UsageError
from seig_search.program.parameter import Parameter
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning import (
    AutoTuner,
    LocalTuner,
    OptunaTuner,
    Trial,
    Tuner,
    TuningProblem,
    TuningProgress,
    TuningResult,
)

Score = Callable[[Mapping[str, Value]], float | None]


def parameter(
    key: str,
    value: Value,
    kind: str = "float",
    low: float | None = 0.0,
    high: float | None = 1.0,
    log: bool = False,
    choices: tuple[str, ...] = (),
    name: str = "",
) -> Parameter:
    return Parameter(key, name or key, value, kind, low, high, log, "", choices, Stage.GEOMETRY, 1, True)  # type: ignore[arg-type]


def problem(parameters: list[Parameter], score: Score, renders: int = 60, in_flight: int = 4) -> TuningProblem:
    current = {p.key: p.value for p in parameters}
    return TuningProblem(tuple(parameters), trial(score(current)), renders, in_flight, Stage.GEOMETRY)


def trial(score: float | None) -> Trial:
    return Trial(Status.BROKEN if score is None else Status.OK, score, {})


def tune(
    parameters: list[Parameter],
    score: Score,
    renders: int = 60,
    in_flight: int = 4,
    seed: int = 0,
    seen: list[dict[str, Value]] | None = None,
    progress: Callable[[TuningProgress], None] = lambda now: None,
    **settings: object,
) -> TuningResult:
    current = {p.key: p.value for p in parameters}

    def submit(values: Mapping[str, Value]) -> Future[Trial]:
        if seen is not None:
            seen.append(dict(values))
        answer: Future[Trial] = Future()
        answer.set_result(trial(score({**current, **values})))
        return answer

    tuner = made(**settings)
    return tuner.tune(problem(parameters, score, renders, in_flight), submit, np.random.default_rng(seed), progress)


def made(sampler: str = "auto", **settings: object) -> Tuner:
    kinds = {"auto": AutoTuner, "local": LocalTuner}
    if sampler in kinds:
        return kinds[sampler](**settings)  # type: ignore[arg-type]
    return OptunaTuner(sampler, **settings)  # type: ignore[arg-type]


def bowl(**bottom: float) -> Score:
    return lambda values: math.exp(-sum((float(values[k]) - at) ** 2 for k, at in bottom.items()))  # type: ignore[arg-type]


@pytest.mark.parametrize("sampler", ["local", "tpe", "cmaes", "random"])
def test_comes_closer_to_the_bottom_than_the_start(sampler: str) -> None:
    score = bowl(A=0.35, B=0.7, C=0.55)
    result = tune([parameter(key, 0.5) for key in "ABC"], score, sampler=sampler)
    start = score({"A": 0.5, "B": 0.5, "C": 0.5})
    assert result.trial.score is not None and start is not None
    assert 1 - result.trial.score < 0.5 * (1 - start)
    assert score({"A": 0.5, "B": 0.5, "C": 0.5, **result.values}) == result.trial.score
    assert result.trials == 60


@pytest.mark.parametrize("sampler", ["auto", "cmaes"])
def test_settles_a_bowl_given_a_long_budget(sampler: str) -> None:
    result = tune([parameter(key, 0.5) for key in "ABCD"], bowl(A=0.4, B=0.6, C=0.45, D=0.3), 300, sampler=sampler)
    assert result.trial.score == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("sampler", ["local", "tpe", "cmaes", "random"])
def test_order_of_completion_does_not_change_the_result(sampler: str) -> None:
    parameters = [
        parameter("A", 0.5),
        parameter("N", 4, "int", 1, 9),
        parameter("RGB", (0.2, 0.4, 0.9), "rgb", None, None),
    ]

    def score(values: Mapping[str, Value]) -> float | None:
        red = values["RGB"][0]  # type: ignore[index]
        value = math.exp(-((float(values["A"]) - 0.3) ** 2) - (int(values["N"]) - 6) ** 2 / 9 - (red - 0.5) ** 2)  # type: ignore[arg-type]
        return None if value < 0.3 else value

    in_order = tune(parameters, score, sampler=sampler, seed=5, in_flight=6)
    assert shuffled(parameters, score, 4, sampler) == in_order
    assert shuffled(parameters, score, 1, sampler) == in_order
    assert in_order.values


def shuffled(parameters: list[Parameter], score: Score, workers: int, sampler: str) -> TuningResult:
    """Tune with trials that finish out of order: each waits for a later one where there is one."""
    current = {p.key: p.value for p in parameters}
    held: list[tuple[Future[Trial], Trial]] = []
    lock, order = threading.Lock(), np.random.default_rng(99)

    def work(values: Mapping[str, Value], answer: Future[Trial]) -> None:
        with lock:
            held.append((answer, trial(score({**current, **values}))))
            held[:] = [held[i] for i in order.permutation(len(held))]
            ready = [held.pop() for _ in range(len(held))]
        for done, result in ready:
            done.set_result(result)

    with ThreadPoolExecutor(workers) as pool:
        batch: list[tuple[Mapping[str, Value], Future[Trial]]] = []

        class Answer(Future[Trial]):
            # What is waited for first is released last.
            def result(self, timeout: float | None = None) -> Trial:
                for index in order.permutation(len(batch)):
                    pool.submit(work, *batch[index])
                batch.clear()
                return super().result(timeout)

        def submit(values: Mapping[str, Value]) -> Future[Trial]:
            answer = Answer()
            batch.append((values, answer))
            return answer

        return made(sampler).tune(problem(parameters, score, 60, 6), submit, np.random.default_rng(5), lambda now: None)


def test_seeds_differ_and_repeat() -> None:
    parameters, score = [parameter(key, 0.5) for key in "ABC"], bowl(A=0.4, B=0.6, C=0.5)
    assert tune(parameters, score, seed=1) == tune(parameters, score, seed=1)
    assert tune(parameters, score, seed=1).values != tune(parameters, score, seed=2).values


@pytest.mark.parametrize("bad", [None, math.nan, math.inf])
def test_failed_and_meaningless_scores_are_never_the_best(bad: float | None) -> None:
    good = bowl(A=0.4, B=0.6)

    def score(values: Mapping[str, Value]) -> float | None:
        return bad if float(values["A"]) > 0.5 else good(values)  # type: ignore[arg-type]

    result = tune([parameter("A", 0.5), parameter("B", 0.5)], score)
    assert result.trial.score is not None and math.isfinite(result.trial.score)
    assert float(result.values.get("A", 0.5)) <= 0.5  # type: ignore[arg-type]
    assert "failed" in result.explanation


def test_when_everything_fails_nothing_changes() -> None:
    result = tune([parameter("A", 0.5)], lambda values: 0.4 if values["A"] == 0.5 else None, 10)
    assert (result.values, result.trial.score, result.trials) == ({}, 0.4, 10)


def test_a_start_that_failed_can_be_left() -> None:
    result = tune([parameter("A", 0.5)], lambda values: None if values["A"] == 0.5 else 0.2, 10)
    assert result.values and result.trial.score == 0.2


def test_zero_budget_changes_nothing() -> None:
    seen: list[dict[str, Value]] = []
    result = tune([parameter("A", 0.5)], bowl(A=0.1), 0, seen=seen)
    assert (dict(result.values), result.trials, seen) == ({}, 0, [])


def test_sixty_parameters() -> None:
    rng = np.random.default_rng(3)
    keys = [f"P{i}" for i in range(60)]
    bottom = dict(zip(keys, rng.uniform(0.35, 0.65, 60), strict=True))

    def score(values: Mapping[str, Value]) -> float:
        return 1 - float(np.mean([(float(values[k]) - v) ** 2 for k, v in bottom.items()]))  # type: ignore[arg-type]

    result = tune([parameter(key, 0.5) for key in keys], score, 80)
    assert result.values and result.trial.score is not None and result.trial.score > score(dict.fromkeys(keys, 0.5))


def test_choices_are_tried_and_spent_no_twice() -> None:
    seen: list[dict[str, Value]] = []
    p = parameter("KIND", "a", "choice", None, None, choices=("a", "b", "c"))
    result = tune([p], lambda values: {"a": 0.1, "b": 0.2, "c": 0.9}[str(values["KIND"])], 40, seen=seen)
    assert result.values == {"KIND": "c"}
    assert sorted(str(v["KIND"]) for v in seen) == ["b", "c"]
    assert result.trials == 2


def test_only_what_moved_is_given_and_other_components_stay() -> None:
    seen: list[dict[str, Value]] = []
    parameters = [parameter("RGB", (0.1, 0.2, 0.3), "rgb", None, None), parameter("FIXED", 1.0, low=1.0, high=1.0)]
    tune(parameters, lambda values: 1 - abs(values["RGB"][1] - 0.4), 20, seen=seen)  # type: ignore[index]
    assert all(set(values) == {"RGB"} and len(values["RGB"]) == 3 for values in seen)  # type: ignore[arg-type]
    assert any(0.1 in values["RGB"] or 0.3 in values["RGB"] for values in seen)  # type: ignore[operator]


def test_a_value_outside_its_range_is_brought_inside() -> None:
    result = tune([parameter("A", 5.0)], lambda values: 0.1 if values["A"] == 5.0 else 0.5, 10)
    assert 0 <= float(result.values["A"]) <= 1  # type: ignore[arg-type]


def test_parameters_that_share_a_readable_name_move_apart() -> None:
    parameters = [parameter("3:4", 0.5, name="light.energy"), parameter("9:4", 0.5, name="light.energy")]
    score = bowl(**{"3:4": 0.3, "9:4": 0.7})
    result = tune(parameters, score)
    assert result.values["3:4"] < 0.5 < result.values["9:4"]  # type: ignore[operator]


def test_nothing_to_move() -> None:
    result = tune([parameter("A", 1.0, low=1.0, high=1.0)], lambda values: 0.5)
    assert (dict(result.values), result.trials) == ({}, 0)


def test_progress_counts_up_and_never_gets_worse() -> None:
    heard: list[TuningProgress] = []
    tune([parameter("A", 0.5)], bowl(A=0.3), 20, progress=heard.append)
    assert [now.trials for now in heard] == sorted(now.trials for now in heard)
    best = [now.best for now in heard if now.best is not None]
    assert best == sorted(best) and heard[-1].trials == 20 == heard[-1].max_renders


def test_no_more_than_in_flight_wait() -> None:
    waiting: set[int] = set()
    most = 0

    class Answer(Future[Trial]):
        def result(self, timeout: float | None = None) -> Trial:
            waiting.discard(id(self))
            return super().result(timeout)

    kept = []

    def submit(values: Mapping[str, Value]) -> Future[Trial]:
        nonlocal most
        answer = Answer()
        kept.append(answer)
        answer.set_result(trial(float(values["A"])))  # type: ignore[arg-type]
        waiting.add(id(answer))
        most = max(most, len(waiting))
        return answer

    p = parameter("A", 0.5)
    OptunaTuner("random").tune(problem([p], bowl(A=0), 20, 5), submit, np.random.default_rng(0), lambda now: None)
    assert most == 5


def test_an_error_of_the_pool_is_passed_on() -> None:
    def submit(values: Mapping[str, Value]) -> Future[Trial]:
        answer: Future[Trial] = Future()
        answer.set_exception(RuntimeError("the pool is closed"))
        return answer

    with pytest.raises(RuntimeError, match="pool is closed"):
        OptunaTuner().tune(
            problem([parameter("A", 0.5)], bowl(A=0)), submit, np.random.default_rng(0), lambda now: None
        )


@pytest.mark.parametrize(("numbers", "choices", "sampler"), [(2, 0, "TPE"), (60, 0, "CMA-ES"), (60, 1, "TPE")])
def test_optuna_picks_a_sampler_that_fits_the_parameters(numbers: int, choices: int, sampler: str) -> None:
    found = [parameter(f"A{n}", 0.5) for n in range(numbers)]
    found += [parameter(f"C{n}", "x", "choice", None, None, choices=("x", "y")) for n in range(choices)]
    result = OptunaTuner().tune(
        problem(found, lambda values: 0.5, 8), lambda values: settled(0.4), np.random.default_rng(0), lambda now: None
    )
    assert sampler in result.explanation


def settled(value: float) -> Future[Trial]:
    answer: Future[Trial] = Future()
    answer.set_result(trial(value))
    return answer


def test_settings_are_checked() -> None:
    with pytest.raises(UsageError, match="did you mean 'cmaes'"):
        OptunaTuner("cmae")
    with pytest.raises(UsageError, match="reach must be above 0"):
        OptunaTuner(reach=0)
    with pytest.raises(UsageError, match="sigma must be above 0"):
        LocalTuner(sigma=2)


@st.composite
def parameters(draw: st.DrawFn) -> list[Parameter]:
    found = []
    for index in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["float", "log", "int", "rgb", "vector", "choice"]))
        low = draw(st.floats(1e-3, 10) if kind == "log" else st.floats(-50, 50))
        high = low + draw(st.floats(1e-3, 100))
        inside = st.floats(low, high)
        key = f"P{index}"
        match kind:
            case "choice":
                found.append(parameter(key, "x", "choice", None, None, choices=("x", "y", "z")))
            case "rgb":
                found.append(parameter(key, tuple(draw(st.floats(0, 1)) for _ in range(3)), "rgb", None, None))
            case "vector":
                found.append(parameter(key, (draw(inside), draw(inside)), "vector", low, high))
            case "int":
                bottom, top = math.ceil(low), math.floor(high) + 1
                found.append(parameter(key, draw(st.integers(bottom, top)), "int", bottom, top))
            case _:
                found.append(parameter(key, draw(inside), "float", low, high, kind == "log"))
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parameters(), st.sampled_from(["local", "tpe", "cmaes", "random"]), st.floats(0.01, 1), st.integers(0, 2**31))
def test_values_stay_in_range_and_near_the_start(found: list[Parameter], sampler: str, reach: float, seed: int) -> None:
    seen: list[dict[str, Value]] = []
    noise = np.random.default_rng(seed)
    tune(found, lambda values: float(noise.random()), 12, seed=seed, seen=seen, sampler=sampler, reach=reach)
    by_key = {p.key: p for p in found}
    for values in seen:
        assert values
        for key, value in values.items():
            p = by_key[key]
            if p.kind == "choice":
                assert value in p.choices
                continue
            low, high = (0.0, 1.0) if p.low is None or p.high is None else (p.low, p.high)
            pairs = zip(value, p.value, strict=True) if isinstance(value, tuple) else [(value, p.value)]  # type: ignore[arg-type]
            for now, was in pairs:
                assert low <= now <= high  # type: ignore[operator]
                if p.kind in ("float", "vector") and not p.log:
                    # The last written digit may lie outside the trust region.
                    assert abs(now - was) <= reach * (high - low) + 1e-5 * max(abs(low), abs(high))  # type: ignore[operator]
                if p.kind == "int":
                    assert isinstance(now, int)


def dip(values: Mapping[str, Value]) -> float:
    return 1 - sum((float(values[key]) - 0.7) ** 2 for key in ("A", "B"))  # type: ignore[arg-type]


@pytest.mark.parametrize("sampler", ["gp", "qmc"])
def test_more_samplers_find_the_bottom(sampler: str) -> None:
    found = tune([parameter("A", 0.45), parameter("B", 0.5)], dip, 30, sampler=sampler, reach=0.5)
    assert (found.trial.score or 0) > dip({"A": 0.45, "B": 0.5}) + 0.05
    assert found.trials == 30


def test_earlier_evaluations_are_learnt_from() -> None:
    parameters = [parameter("A", 0.45), parameter("B", 0.45)]
    rng = np.random.default_rng(0)
    known = [dict(zip("AB", map(float, rng.uniform(0.2, 0.75, 2)), strict=True)) for _ in range(60)]
    plain = problem(parameters, dip, 12)
    warm = replace(plain, earlier=tuple((values, dip(values)) for values in [*known, {"A": 9.0, "B": 0.1}]))
    scores = []
    for asked in (plain, warm):
        told: list[float] = []

        def submit(values: Mapping[str, Value], told: list[float] = told) -> Future[Trial]:
            future: Future[Trial] = Future()
            told.append(dip({"A": 0.45, "B": 0.45, **values}))
            future.set_result(trial(told[-1]))
            return future

        OptunaTuner("tpe").tune(asked, submit, np.random.default_rng(1), lambda now: None)
        scores.append(np.mean(told))
    assert scores[1] > scores[0]


def test_the_study_can_be_opened_by_others_and_tuning_again_replaces_it(tmp_path: Path) -> None:
    import optuna

    place = tmp_path / "optuna-journal.log"
    kept = replace(problem([parameter("A", 0.45), parameter("B", 0.5)], dip, 10), storage=(place, "lighting/c1"))

    def submit(values: Mapping[str, Value]) -> Future[Trial]:
        future: Future[Trial] = Future()
        future.set_result(trial(dip({"A": 0.45, "B": 0.5, **values})))
        return future

    found = [OptunaTuner("tpe").tune(kept, submit, np.random.default_rng(3), lambda now: None) for _ in range(2)]
    assert found[0].values == found[1].values
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(place)))
    assert optuna.get_all_study_names(storage) == ["lighting/c1"]
    study = optuna.load_study(study_name="lighting/c1", storage=storage)
    assert study.best_value == pytest.approx(found[0].trial.score)
    assert len(study.trials) >= 10
