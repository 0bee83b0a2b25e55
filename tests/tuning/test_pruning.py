"""Trials that are looked at in low fidelity first: who goes on, what it costs, and that nothing depends on who is faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from seig_search.candidate import Status
from seig_search.errors import UsageError
from seig_search.fidelity import Fidelity
from seig_search.program.parameter import Parameter
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning import CheapTrials, OptunaTuner, Trial, TuningProblem, TuningProgress, TuningResult
from seig_search.tuning.cheap_fidelity import cheap_fidelity

KEYS = "ABC"
START = 0.5
BEST = {"A": 0.35, "B": 0.7, "C": 0.55}
Score = Callable[[Mapping[str, Value]], float | None]


def score(values: Mapping[str, Value]) -> float:
    return 1 - sum((float(values.get(key, START)) - at) ** 2 for key, at in BEST.items())  # type: ignore[arg-type]


def flattering(values: Mapping[str, Value]) -> float:
    """Small pictures look better than large ones, whatever they show."""
    return 10 + score(values)


def trial(found: float | None) -> Trial:
    return Trial(Status.BROKEN if found is None else Status.OK, found)


def settled(found: float | None) -> Future[Trial]:
    answer: Future[Trial] = Future()
    answer.set_result(trial(found))
    return answer


@dataclass
class World:
    """A bowl that can be looked at cheaply."""

    share: Fraction = Fraction(1, 3)
    renders: int = 40
    in_flight: int = 4
    whole: Score = score
    low: Score = flattering
    storage: tuple[Path, str] | None = None
    rendered: list[Mapping[str, Value]] = field(default_factory=list)
    looked: list[Mapping[str, Value]] = field(default_factory=list)
    heard: list[TuningProgress] = field(default_factory=list)

    @property
    def cost(self) -> Fraction:
        return len(self.rendered) + len(self.looked) * self.share

    def submit(self, values: Mapping[str, Value]) -> Future[Trial]:
        self.rendered.append(values)
        return settled(self.whole(values))

    def look(self, values: Mapping[str, Value]) -> Future[Trial]:
        self.looked.append(values)
        return settled(self.low(values))

    def tune(self, sampler: str = "tpe", seed: int = 0, pruning: bool = True) -> TuningResult:
        parameters = tuple(
            Parameter(key, key, START, "float", 0.0, 1.0, False, "", (), Stage.GEOMETRY, 1, True) for key in KEYS
        )
        problem = TuningProblem(
            parameters,
            trial(score({})),
            self.renders,
            self.in_flight,
            Stage.GEOMETRY,
            storage=self.storage,
            cheap=CheapTrials(self.look, self.share),
        )
        tuner = OptunaTuner(sampler, pruning=pruning)  # type: ignore[arg-type]
        return tuner.tune(problem, self.submit, np.random.default_rng(seed), self.heard.append)


def went_on(world: World, values: Mapping[str, Value]) -> bool:
    return values in world.rendered


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc"])
def test_what_looks_worse_than_most_others_is_not_rendered(sampler: str) -> None:
    world = World()
    result = world.tune(sampler)
    gone = [score(values) for values in world.looked if went_on(world, values)]
    cut = [score(values) for values in world.looked if not went_on(world, values)]
    assert len(cut) > len(world.looked) // 4
    assert np.mean(gone) > np.mean(cut)
    assert f"{len(cut)} cut at low fidelity" in result.explanation
    assert f"tried {len(world.looked) + len([v for v in world.rendered if v not in world.looked])} settings" in (
        result.explanation
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_trial_that_was_cut_is_never_the_best(seed: int) -> None:
    # Cheap scores are all far above whole ones, and say the opposite: what is cut is really better.
    world = World(low=lambda values: 10 - score(values))
    result = world.tune(seed=seed)
    assert result.trial.status is Status.OK
    assert result.trial.score == max([score({}), *(score(values) for values in world.rendered)])
    assert result.trial.score == score(result.values)
    assert all(now.best is not None and now.best < 1 for now in world.heard)


def test_cut_trials_make_room_for_more_settings() -> None:
    plain, pruned = World(share=Fraction(1, 8)), World(share=Fraction(1, 8))
    plain.tune(pruning=False)
    pruned.tune()
    assert not plain.looked and len(plain.rendered) == 40
    assert len(pruned.looked) > 50


@pytest.mark.parametrize("share", [Fraction(1, 8), Fraction(2, 7), Fraction(15, 16)])
@pytest.mark.parametrize("renders", [1, 2, 9, 40])
@pytest.mark.parametrize("in_flight", [1, 6])
def test_the_budget_is_used_up_and_never_exceeded(share: Fraction, renders: int, in_flight: int) -> None:
    world = World(share, renders, in_flight)
    result = world.tune("random")
    assert renders - 1 < world.cost <= renders
    assert result.trials == -(-world.cost // 1) == world.heard[-1].trials
    counted = [now.trials for now in world.heard]
    assert counted == sorted(counted)


def test_whoever_looks_good_can_always_go_on() -> None:
    # Each looks better than all before it, so nobody is ever cut.
    looks: list[float] = []

    def rising(values: Mapping[str, Value]) -> float:
        looks.append(float(len(looks)))
        return looks[-1]

    world = World(renders=21, in_flight=6, low=rising)
    world.tune("random")
    assert all(went_on(world, values) for values in world.looked)


def test_equal_values_are_paid_once() -> None:
    world = World(renders=200)
    world.whole = world.low = lambda values: round(score(values), 1)
    world.tune()
    for paid in (world.looked, world.rendered):
        assert len({repr(sorted(values.items())) for values in paid}) == len(paid)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_order_of_completion_does_not_change_the_result(sampler: str) -> None:
    expected = World(in_flight=6)
    result = expected.tune(sampler, seed=5)
    for order in range(3):
        world = Late(in_flight=6, order=np.random.default_rng(order))
        assert world.tune(sampler, seed=5) == result
        assert (world.looked, world.rendered) == (expected.looked, expected.rendered)
    assert World(in_flight=6).tune(sampler, seed=6) != result


@dataclass
class Late(World):
    """Trials settle when somebody waits for one of them, in any order."""

    order: np.random.Generator = field(default_factory=np.random.default_rng)
    open: list[tuple[Future[Trial], float | None]] = field(default_factory=list)

    def submit(self, values: Mapping[str, Value]) -> Future[Trial]:
        self.rendered.append(values)
        return self.later(self.whole(values))

    def look(self, values: Mapping[str, Value]) -> Future[Trial]:
        self.looked.append(values)
        return self.later(self.low(values))

    def later(self, found: float | None) -> Future[Trial]:
        world = self

        class Answer(Future[Trial]):
            def result(self, timeout: float | None = None) -> Trial:
                # Whoever is waited for may come last of all that are under way.
                while not self.done():
                    answer, other = world.open.pop(int(world.order.integers(len(world.open))))
                    answer.set_result(trial(other))
                return super().result(timeout)

        answer = Answer()
        self.open.append((answer, found))
        return answer


def test_no_more_than_in_flight_are_under_way_and_whole_renders_are_so_together() -> None:
    world = Late(in_flight=5)
    most_open, most_whole = [], []
    waiting_whole: set[Future[Trial]] = set()
    submit, look = world.submit, world.look

    def count() -> None:
        most_open.append(len(world.open))
        most_whole.append(sum(not answer.done() for answer in waiting_whole))

    def counted_submit(values: Mapping[str, Value]) -> Future[Trial]:
        answer = submit(values)
        waiting_whole.add(answer)
        count()
        return answer

    def counted_look(values: Mapping[str, Value]) -> Future[Trial]:
        answer = look(values)
        count()
        return answer

    world.submit, world.look = counted_submit, counted_look  # type: ignore[method-assign]
    world.tune("random")
    assert max(most_open) == 5
    assert max(most_whole) > 1


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf")])
def test_a_failed_look_is_a_failed_trial(bad: float | None) -> None:
    world = World(low=lambda values: bad if float(values.get("A", START)) > 0.5 else flattering(values))  # type: ignore[arg-type]
    result = world.tune("random")
    broken = [values for values in world.looked if float(values.get("A", START)) > 0.5]  # type: ignore[arg-type]
    assert broken and not any(went_on(world, values) for values in broken)
    assert f"{len(broken)} failed" in result.explanation
    assert world.cost <= 40


def test_when_every_look_fails_nothing_changes() -> None:
    world = World(low=lambda values: None, renders=6)
    result = world.tune("random")
    # What is left when no look fits any more is rendered at once.
    assert 5 < world.cost <= 6 and len(world.rendered) <= 1
    assert result.trial.score is not None and result.trial.score >= score({})


def test_the_study_shows_who_was_cut_and_why(tmp_path: Path) -> None:
    import optuna

    place = tmp_path / "optuna-journal.log"
    world = World(storage=(place, "geometry/c1"))
    result = world.tune()
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(place)))
    study = optuna.load_study(study_name="geometry/c1", storage=storage)
    states = optuna.trial.TrialState
    cut = [one for one in study.trials if one.state is states.PRUNED]
    gone = [one for one in study.trials if one.state is states.COMPLETE and one.intermediate_values]
    assert f"{len(cut)} cut at low fidelity" in result.explanation
    # A cut trial's value is what it scored in low fidelity; the others keep both.
    assert cut and all(one.value == one.intermediate_values[1] > 9 for one in cut)
    assert gone and all(one.intermediate_values[1] > 9 and one.value <= 1 for one in gone)
    assert study.best_value == pytest.approx(result.trial.score)


def test_without_a_lower_fidelity_nothing_is_cut() -> None:
    world = World()
    parameters = (Parameter("A", "A", START, "float", 0.0, 1.0, False, "", (), Stage.GEOMETRY, 1, True),)
    problem = TuningProblem(parameters, trial(score({})), 12, 4, Stage.GEOMETRY)
    result = OptunaTuner("tpe", pruning=True).tune(problem, world.submit, np.random.default_rng(0), lambda now: None)
    assert result.trials == len(world.rendered) == 12
    assert "cut" not in result.explanation


def test_auto_prunes_with_tpe_and_not_with_cma_es() -> None:
    few = World()
    assert "TPE" in few.tune("auto").explanation and few.looked
    many = tuple(
        Parameter(f"P{n}", f"P{n}", START, "float", 0.0, 1.0, False, "", (), Stage.GEOMETRY, 1, True) for n in range(60)
    )
    world = World()
    problem = TuningProblem(many, trial(0.5), 8, 4, Stage.GEOMETRY, cheap=CheapTrials(world.look, world.share))
    result = OptunaTuner(pruning=True).tune(problem, world.submit, np.random.default_rng(0), lambda now: None)
    assert "CMA-ES" in result.explanation and not world.looked


@pytest.mark.parametrize("sampler", ["cmaes", "gp"])
def test_samplers_that_learn_nothing_from_a_cut_trial_are_refused(sampler: str) -> None:
    with pytest.raises(UsageError, match=f"{sampler} learns nothing .* tpe, qmc, random, or auto"):
        OptunaTuner(sampler, pruning=True)  # type: ignore[arg-type]


def test_the_setting_is_checked() -> None:
    with pytest.raises(UsageError, match="pruning must be true or false, got 'often'"):
        OptunaTuner(pruning="often")  # type: ignore[arg-type]


def test_the_lower_fidelity_has_half_the_sides_and_samples_and_the_same_noise() -> None:
    whole = Fidelity(160, 121, samples=6, denoise="fast", seed=7)
    found = cheap_fidelity(whole)
    assert found is not None
    lower, share = found
    assert lower == replace(whole, width=80, height=61, samples=3)
    assert 80 * 61 * 3 / (160 * 121 * 6) < share < 1
    assert cheap_fidelity(Fidelity(1, 1, samples=1)) is None
