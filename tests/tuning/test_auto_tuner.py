"""What the tuner that chains others spends, and where it goes on."""

import math
from concurrent.futures import Future

import numpy as np
import pytest

from seig_search.candidate import Status
from seig_search.program import Program
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import AutoTuner, ResidualTuner, Trial, TuningProblem, TuningResult

SOURCE = """
CAMERA_AZIMUTH = 0.0  # @param -180..180 deg


def composition():
    pass


KEY_ENERGY = 10.0  # @param 1..100 W log


def lighting():
    pass
"""


def picture(values):
    """Grey, the further off the darker."""
    return np.full((16, 16, 3), 200 - abs(values.get("CAMERA_AZIMUTH", 0.0) - 40.0), np.uint8)


def trial(score, values):
    return Trial(Status.OK, score, {}, lambda: np.dstack([picture(values), np.full((16, 16), 255, np.uint8)]))


class Fake:
    """Uses all the renders it is given, or so many, and says what it is told to say."""

    def __init__(self, say, places=(), errors=(), uses=1000, alike=(), ways=None):
        self.uses, self.say, self.given, self.starts = uses, say, [], []
        self._places, self._errors, self.judged = places, errors, 0
        self._alike, self._ways, self.asked = alike, ways, []

    def tune(self, problem, submit, rng, progress):
        self.given.append(problem.max_renders)
        at = {parameter.key: parameter.value for parameter in problem.parameters}
        self.starts.append(at)
        values, score = self.say(at)
        used = min(self.uses, problem.max_renders)
        for n in range(used):
            submit({"KEY_ENERGY": 20.0 + n}).result()
        return TuningResult(values, trial(score, {**at, **values}), used, "fake")

    def places(self, problem, rng):
        return list(self._places)

    def look_alikes(self, problem, rng):
        return list(self._alike)

    def free_ways(self, problem, rng, step):
        return self._ways

    def judge(self, problem, places):
        self.asked.append(list(places))
        errors = list(self._errors)[: problem.max_renders]
        self.judged += len(errors)
        return errors, len(errors)


def problem(renders):
    parameters = Program.parse(SOURCE).tunable()
    target = Target.from_array(picture({"CAMERA_AZIMUTH": 40.0}))
    start = trial(0.05, {"CAMERA_AZIMUTH": 0.0})
    return TuningProblem(
        parameters, start, renders, 2, Stage.LIGHTING, target, lambda values: None, lambda values, surface: None
    )


def tuned(camera, lights, renders):
    asked = []

    def submit(values):
        asked.append(dict(values))
        future = Future()
        future.set_result(trial(0.1, values))
        return future

    auto = AutoTuner()
    auto._camera, auto._elsewhere, auto._lights = camera, camera, lights
    auto._align = auto._settle = Fake(lambda at: ({}, 0.1), uses=4)
    return auto.tune(problem(renders), submit, np.random.default_rng(0), lambda progress: None), asked


@pytest.mark.parametrize("renders", [1, 7, 13, 24, 80])
def test_no_more_renders_are_used_than_there_are(renders):
    places = [{"CAMERA_AZIMUTH": 20.0}, {"CAMERA_AZIMUTH": 30.0}]
    lights = Fake(lambda at: ({"KEY_ENERGY": 50.0}, 0.4), errors=[0.2, 0.1], uses=8)
    result, asked = tuned(Fake(lambda at: ({"CAMERA_AZIMUTH": 10.0}, 0.3), places), lights, renders)
    assert result.trials == len(asked) + lights.judged <= renders
    assert bool(lights.judged) == (renders == 80)


def near(at):
    return {}, 0.9 - abs(at["CAMERA_AZIMUTH"] - 40.0) / 200


def anew(place, first_score=0.3, place_score=None):
    """Tune where the camera's first answer is 10 degrees, and light says that ``place`` is the best of three others."""
    lights = Fake(near, errors=[0.3, 0.1, math.inf], uses=3)
    if place_score is not None:
        lights.say = lambda at: ({}, place_score if at["CAMERA_AZIMUTH"] == place else first_score)
    places = [{"CAMERA_AZIMUTH": -90.0}, {"CAMERA_AZIMUTH": place}, {"CAMERA_AZIMUTH": 39.0}]
    auto = AutoTuner()
    camera, last = Fake(lambda at: ({"CAMERA_AZIMUTH": 10.0}, first_score), places, uses=3), Fake(lambda at: ({}, 0.01))
    assert isinstance(auto._least_squares, ResidualTuner)
    auto._camera, auto._elsewhere, auto._lights, auto._least_squares = camera, camera, lights, last
    auto._align = auto._settle = Fake(lights.say, uses=3)

    def submit(values):
        future = Future()
        future.set_result(trial(0.01, values))
        return future

    result = auto.tune(problem(120), submit, np.random.default_rng(0), lambda progress: None)
    return [at["CAMERA_AZIMUTH"] for at in lights.starts], last.starts[0]["CAMERA_AZIMUTH"], result


@pytest.mark.parametrize(("place", "goes_on_at"), [(35.0, 35.0), (-120.0, 10.0)])
def test_far_off_it_begins_anew_where_light_could_look_best_and_goes_back_if_that_is_no_nearer(place, goes_on_at):
    lit, went_on_at, result = anew(place)
    assert lit[0] == 10.0 and place in lit and -90.0 not in lit
    assert went_on_at == goes_on_at
    assert "the best light for 3 places took 3 renders" in result.explanation


def test_what_looks_nearer_but_scores_worse_is_not_gone_on_from():
    lit, went_on_at, _ = anew(35.0, first_score=0.3, place_score=0.2)
    assert 35.0 in lit and went_on_at == 10.0


def test_where_nothing_beats_the_start_it_does_not_begin_anew_but_goes_back():
    lit, went_on_at, result = anew(35.0, first_score=0.04, place_score=0.04)
    assert 35.0 not in lit and went_on_at == 0.0
    assert "the best light" not in result.explanation


class Ways:
    """One way: the azimuth, ten degrees a step."""

    def __len__(self):
        return 1

    def gone(self, steps):
        return {"CAMERA_AZIMUTH": 60.0 + 10.0 * float(steps[0])}


def sides(errors, plain_errors=(), ways=None):
    """Tune where the camera ends at 10 degrees, and -80 and 60 look alike."""
    say = lambda at: ({}, 0.9 - abs(at["CAMERA_AZIMUTH"] - 40.0) / 200)  # noqa: E731
    camera = Fake(
        lambda at: ({"CAMERA_AZIMUTH": 10.0}, 0.3),
        uses=3,
        alike=[{"CAMERA_AZIMUTH": -80.0}, {"CAMERA_AZIMUTH": 60.0}],
        ways=ways,
    )
    auto = AutoTuner()
    auto._camera, auto._elsewhere = camera, Fake(say)
    auto._lights, auto._plain_lights = Fake(say, errors=errors, uses=3), Fake(say, errors=plain_errors)
    auto._align = auto._settle = Fake(say, uses=3)
    auto._least_squares = auto._sampling = Fake(say, uses=3)
    looked = []

    def submit(values):
        looked.append(values.get("CAMERA_AZIMUTH"))
        future = Future()
        future.set_result(trial(0.9 - abs(values.get("CAMERA_AZIMUTH", 0.0) - 40.0) / 200, values))
        return future

    result = auto.tune(problem(120), submit, np.random.default_rng(0), lambda progress: None)
    return auto, looked, result


@pytest.mark.parametrize(("errors", "ends_at"), [([0.3, 0.2, 0.1], 60.0), ([0.1, 0.2, 0.3], 10.0)])
def test_where_sides_look_alike_light_tells_which_it_is_the_present_one_among_them(errors, ends_at):
    auto, looked, _ = sides(errors)
    assert auto._lights.asked[0] == [{}, {"CAMERA_AZIMUTH": -80.0}, {"CAMERA_AZIMUTH": 60.0}]
    assert (60.0 in looked) == (ends_at == 60.0)
    assert auto._lights.starts[-1]["CAMERA_AZIMUTH"] == ends_at


@pytest.mark.parametrize(
    ("errors", "goes_to"), [([0.2, 0.1, 0.4], 75.0), ([0.2, 0.3, 0.3], None), ([0.2, math.inf, 0.1], None)]
)
def test_where_all_may_move_together_it_goes_to_the_vertex_of_what_light_could_make_of_either_side(errors, goes_to):
    auto, looked, _ = sides([0.3, 0.2, 0.1], errors, Ways())
    assert auto._plain_lights.asked == [[{}, {"CAMERA_AZIMUTH": 70.0}, {"CAMERA_AZIMUTH": 50.0}]]
    gone = [at for at in looked if at not in (None, 10.0, 60.0)]
    assert gone[:1] == ([] if goes_to is None else [pytest.approx(goes_to)])
