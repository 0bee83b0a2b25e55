"""What the tuner that chains others spends."""

from concurrent.futures import Future

import numpy as np
import pytest

from seig_search.candidate import Status
from seig_search.program import Program
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import AutoTuner, Trial, TuningProblem, TuningResult

SOURCE = """
CAMERA_AZIMUTH = 0.0  # @param -180..180 deg


def composition():
    pass


KEY_ENERGY = 10.0  # @param 1..100 W log


def lighting():
    pass
"""
PICTURE = np.full((16, 16, 4), 100, np.uint8)


def trial(score):
    return Trial(Status.OK, score, {}, lambda: PICTURE)


class Fake:
    """Uses all the renders it is given, and says what it is told to say."""

    def __init__(self, say):
        self.say, self.given, self.starts = say, [], []

    def tune(self, problem, submit, rng, progress):
        self.given.append(problem.max_renders)
        at = {parameter.key: parameter.value for parameter in problem.parameters}
        self.starts.append(at)
        values, score = self.say(at)
        for n in range(problem.max_renders):
            submit({"KEY_ENERGY": 20.0 + n}).result()
        return TuningResult(values, trial(score), problem.max_renders, "fake")


def tuned(camera, lights, renders):
    asked = []

    def submit(values):
        asked.append(dict(values))
        future = Future()
        future.set_result(trial(0.1))
        return future

    auto = AutoTuner()
    auto._camera, auto._elsewhere, auto._align, auto._lights = camera, camera, Fake(lambda at: ({}, 0.1)), lights
    parameters = Program.parse(SOURCE).tunable()
    target = Target.from_array(np.full((16, 16, 3), 100, np.uint8))
    problem = TuningProblem(
        parameters, trial(0.05), renders, 2, Stage.LIGHTING, target, lambda values: None, lambda values, surface: None
    )
    return auto.tune(problem, submit, np.random.default_rng(0), lambda progress: None), asked


@pytest.mark.parametrize("renders", [1, 7, 13, 24, 80])
def test_no_more_renders_are_used_than_there_are(renders):
    result, asked = tuned(
        Fake(lambda at: ({"CAMERA_AZIMUTH": 10.0}, 0.3)), Fake(lambda at: ({"KEY_ENERGY": 50.0}, 0.4)), renders
    )
    assert result.trials <= renders and len(asked) <= renders
