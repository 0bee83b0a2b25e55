"""A tuned result that the guard rejects is put to it again in parts."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from seig_search.candidate import Status
from seig_search.fidelity import Fidelity
from seig_search.metrics import Score
from seig_search.program import Program
from seig_search.search.candidates import Candidate
from seig_search.search.in_part import accepted_in_part, parted
from seig_search.search.renders import Measured
from seig_search.search.tuning_step import Border, tune_candidate
from seig_search.stages import Stage
from seig_search.tuning import Noise, TuningResult

SOURCE = """import bpy

CUP_WIDTH = 0.5  # @param 0.0..1.0
CUP_HEIGHT = 0.5  # @param 0.0..1.0
TABLE_SIZE = 0.5  # @param 0.0..1.0


def geometry():
    pass


if __name__ == "__main__":
    geometry()
"""
LIT = """
LAMP_ENERGY = 0.5  # @param 0.0..1.0


def lighting():
    pass
"""
SEARCH, GUARD = Fidelity(32, 32, samples=1), Fidelity(64, 64, samples=4)


class Renders:
    """A wider cup is better; a larger table looks better only at search fidelity, and breaks the guard."""

    features = None

    target = None

    def __init__(self):
        self.count, self.jobs, self.shares = 0, [], {}

    def submit(self, job, share=Fraction(1)):
        self.count += 1
        self.shares[job.key] = share
        self.jobs.append(job)
        program = Program.parse(job.source).with_values(dict(job.values))
        now = {p.key: float(p.value) for p in program.parameters}
        gain = 0.2 * now["CUP_WIDTH"] + 0.3 * now["TABLE_SIZE"] + 0.1 * job.fidelity.seed
        future: Future[Measured] = Future()
        future.set_result(
            Measured(job.key, Status.OK, {"gain": gain, "table": now["TABLE_SIZE"], "height": now["CUP_HEIGHT"]})
        )
        return future


class Scorer:
    needs = ("gain", "table")

    def score(self, metrics, stage):
        return Score(metrics["gain"])

    def overall(self, metrics):
        return Score(metrics["gain"])

    def broken_guards(self, before, after, stage):
        return ["the table grew"] if after["table"] > before["table"] else []


class StrictScorer(Scorer):
    """Where only numbers were tuned, the cup may not grow taller."""

    def for_tuning(self):
        return TuningScorer()


class TuningScorer(Scorer):
    def broken_guards(self, before, after, stage):
        return ["the cup grew taller"] if after["height"] > before["height"] else []


class Tuner:
    def __init__(self, values):
        self.values, self.allowed = values, None

    def tune(self, problem, submit, rng, progress):
        self.allowed = problem.max_renders
        return TuningResult(self.values, submit(self.values).result(), 1, "told to")


class LayersTuner(Tuner):
    def tune(self, problem, submit, rng, progress):
        problem.layers({}).result()
        return super().tune(problem, submit, rng, progress)


class LookingTuner(Tuner):
    def tune(self, problem, submit, rng, progress):
        problem.cheap.submit({"CUP_HEIGHT": 0.9}).result()
        return super().tune(problem, submit, rng, progress)


def tuned(values, renders=32, sigmas=0.0, tuner=Tuner, search=SEARCH, scorer=None):
    program = Program.parse(SOURCE)
    source, scorer = Renders(), scorer or Scorer()
    border = Border(source, scorer, GUARD, 1e-4, Noise(sigmas))
    measured = Measured("start", Status.OK, {"gain": 0.25, "table": 0.5})
    tuner = tuner(values)
    progress = type("Progress", (), {"score": lambda self, score: None})()
    candidate = Candidate("c", program, measured)
    made = tune_candidate(
        candidate,
        Stage.GEOMETRY,
        (Stage.GEOMETRY,),
        tuner,
        border,
        search,
        renders,
        2,
        np.random.default_rng(0),
        progress,
    )
    return made, source, tuner


def test_the_good_part_of_a_rejected_result_is_kept():
    made, _, _ = tuned({"CUP_WIDTH": 0.9, "TABLE_SIZE": 0.9})
    now = {p.key: p.value for p in made.candidate.program.parameters}
    assert made.accepted
    assert (now["CUP_WIDTH"], now["TABLE_SIZE"]) == (0.9, 0.5)
    assert dict(made.values) == {"CUP_WIDTH": 0.9}
    assert "in part" in made.explanation
    assert "the table grew" in made.explanation


def test_a_result_without_a_good_part_is_rejected_as_a_whole():
    made, _, _ = tuned({"CUP_HEIGHT": 0.9, "TABLE_SIZE": 0.9})
    assert not made.accepted
    assert made.candidate.id == "c"


def test_layers_are_rendered_without_the_denoiser_that_trials_have():
    _, source, _ = tuned({"CUP_WIDTH": 0.9}, tuner=LayersTuner, search=replace(SEARCH, denoise="fast"))
    layers = [job for job in source.jobs if "lights" in job.passes]
    trials = [job for job in source.jobs if "lights" not in job.passes and job.fidelity.width == SEARCH.width]
    assert [job.fidelity.denoise for job in layers] == [False]
    assert trials and {job.fidelity.denoise for job in trials} == {"fast"}


def test_a_look_has_the_seed_of_a_trial_and_costs_a_share():
    search = Fidelity(32, 32, samples=4, denoise="fast", seed=1)
    _, source, _ = tuned({"CUP_WIDTH": 0.9}, tuner=LookingTuner, search=search)
    (look,) = [job for job in source.jobs if job.fidelity.width < search.width]
    assert look.fidelity == replace(search, width=16, height=16, samples=2)
    assert 1 / 8 <= source.shares[look.key] < 1
    assert {share for key, share in source.shares.items() if key != look.key} == {1}


def test_what_does_nothing_is_not_told_by_looks_at_another_fidelity():
    made, source, _ = tuned({"CUP_WIDTH": 0.9}, tuner=LookingTuner)
    assert any(job.values == {"CUP_HEIGHT": 0.9} for job in source.jobs)
    assert made.without_effect == frozenset()


def test_what_parts_cost_is_kept_back_from_the_tuner():
    _, _, tuner = tuned({"CUP_WIDTH": 0.9, "TABLE_SIZE": 0.9}, renders=32)
    assert tuner.allowed == 32 - 4
    _, _, small = tuned({"CUP_WIDTH": 0.9}, renders=6)
    assert small.allowed == 6


def test_values_are_parted_by_stage_then_thing_then_each_alone():
    parameters = Program.parse(SOURCE + LIT).parameters
    values = {"CUP_WIDTH": 1.0, "TABLE_SIZE": 1.0, "CUP_HEIGHT": 1.0, "LAMP_ENERGY": 1.0}
    shapes = {key: 1.0 for key in values if key != "LAMP_ENERGY"}
    cup = {"CUP_WIDTH": 1.0, "CUP_HEIGHT": 1.0}
    assert parted(values, parameters) == [shapes, {"LAMP_ENERGY": 1.0}]
    assert parted(shapes, parameters) == [cup, {"TABLE_SIZE": 1.0}]
    assert parted(cup, parameters) == [{"CUP_WIDTH": 1.0}, {"CUP_HEIGHT": 1.0}]
    assert parted({"CUP_WIDTH": 1.0}, parameters) == parted({}, parameters) == []


@pytest.mark.parametrize("bad", ["CUP_WIDTH", "CUP_HEIGHT", "TABLE_SIZE", "LAMP_ENERGY"])
def test_with_judgements_enough_all_but_the_bad_number_is_kept(bad):
    program = Program.parse(SOURCE + LIT)
    values = {"CUP_WIDTH": 1.0, "TABLE_SIZE": 1.0, "CUP_HEIGHT": 1.0, "LAMP_ENERGY": 1.0}
    judged = []

    def passes(old, new):
        judged.append(new)
        return next(p.value for p in new.parameters if p.key == bad) != 1.0

    def kept(most):
        judged.clear()
        return accepted_in_part(program, values, program.parameters, passes, most)

    assert kept(10).keys() == values.keys() - {bad}
    assert len(kept(1)) in (0, 3) and len(judged) == 1
    assert kept(0) == {} and not judged


def test_tuning_is_held_to_the_stricter_guards_of_a_scorer():
    made, _, _ = tuned({"CUP_WIDTH": 0.9, "CUP_HEIGHT": 0.9}, scorer=StrictScorer())
    assert dict(made.values) == {"CUP_WIDTH": 0.9}
    assert "the cup grew taller" in made.explanation


def test_what_is_no_tuning_is_held_to_the_usual_guards():
    program = Program.parse(SOURCE)
    border = Border(Renders(), StrictScorer(), GUARD, 1e-4, Noise(0.0))
    grown = program.with_values({"CUP_WIDTH": 0.9, "CUP_HEIGHT": 0.9})
    assert border.judge(program, grown, Stage.GEOMETRY).accepted
    assert not replace(border, tuning=True).judge(program, grown, Stage.GEOMETRY).accepted


def test_a_gain_that_chance_explains_is_not_accepted():
    small, large = {"CUP_WIDTH": 0.9}, {"CUP_WIDTH": 1.0}
    made, source, _ = tuned(small)
    assert made.accepted
    with_noise, costlier, _ = tuned(small, sigmas=1.0)
    assert costlier.count == source.count  # one more for the noise, and none to measure what was accepted
    assert not with_noise.accepted
    assert "0.08 is not above the noise of 0.1" in with_noise.explanation
    assert tuned(large, sigmas=0.9)[0].accepted
    assert not tuned(large, sigmas=1.1)[0].accepted


def test_noise_is_the_spread_of_the_score_over_seeds():
    noise, rng = Noise(2.0), np.random.default_rng(0)
    assert noise.least_gain(Scorer(), Stage.GEOMETRY) == 0
    for gain in range(2000):
        one, other = gain + rng.normal(0, 0.3, 2)
        noise.hear(Stage.GEOMETRY, {"gain": one}, {"gain": other})
    assert abs(noise.spread(Scorer(), Stage.GEOMETRY) - 0.3) < 0.02
    assert abs(noise.least_gain(Scorer(), Stage.LIGHTING) - 2 * 2**0.5 * 0.3) < 0.05
    assert not noise.wants(Stage.GEOMETRY)
    assert noise.wants(Stage.LIGHTING)
    assert not Noise(0.0).wants(Stage.LIGHTING)
