"""A world without Blender: programs are discs, and a pool draws them. For tests of the frame."""

from __future__ import annotations

import random
import threading
from concurrent.futures import Future

import numpy as np

from seig_search.edits import NewProgram, ParameterValues
from seig_search.errors import InvalidEdit
from seig_search.metrics import Metric
from seig_search.program import Program
from seig_search.render import ProgramError, RenderResult, WorkerLoss
from seig_search.tuning.scene_look import scene_job

SOURCE = """\
\"\"\"A disc.\"\"\"
RADIUS = {radius}  # @param 0.05..0.45


def geometry():
    pass


RGB = ({red}, 0.4, 0.2)  # @param rgb


def materials():
    pass


X = {x}  # @param 0..1
Y = 0.4  # @param 0..1


def composition():
    pass


LIGHT = 0.6  # @param 0.1..1


def lighting():
    pass


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
"""
TRUTH = SOURCE.format(radius=0.3, red=0.9, x=0.55).replace("Y = 0.4", "Y = 0.5").replace("LIGHT = 0.6", "LIGHT = 0.9")


def draw(program, width, height):
    """Draw a toy program as (H, W, 4) uint8."""
    value = {p.key: p.value for p in program.parameters}
    y, x = np.mgrid[0:height, 0:width]
    inside = np.hypot(x / width - value["X"], y / height - value["Y"]) < value["RADIUS"]
    picture = np.full((height, width, 4), (128, 128, 128, 255), np.float64)
    picture[inside, :3] = np.array(value["RGB"]) * value["LIGHT"] * 255
    return np.clip(picture, 0, 255).astype(np.uint8)


class ToyPool:
    """Draws jobs in an order of its own, from several threads.

    Args:
        workers: Threads.
        shuffle: Seed of the order in which waiting jobs are taken.
        die_after: Stop answering after so many jobs, as a killed driver would see it.
        losses: Report a lost worker with every n-th job.
    """

    blender_version = "toy"
    sandbox = ()

    def __init__(self, workers=2, shuffle=0, die_after=None, losses=0):
        self.rendered = []
        self.built = []
        self._random = random.Random(shuffle)
        self._waiting = []
        self._change = threading.Condition()
        self._open = True
        self._die_after, self._losses = die_after, losses
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, job):
        future = Future()
        with self._change:
            self._waiting.append((job, future))
            self._change.notify()
        return future

    def close(self):
        with self._change:
            self._open = False
            self._change.notify_all()

    def _work(self):
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or not self._open)
                if not self._open:
                    return
                job, future = self._waiting.pop(self._random.randrange(len(self._waiting)))
                # Scenes that nobody looks at are no renders.
                scenes = [scene_job(job.source, job.fidelity, job.values, surface) for surface in (False, True)]
                (self.built if job in scenes else self.rendered).append(job.key)
                number = len(self.rendered) + len(self.built)
            if self._die_after is not None and number > self._die_after:
                future.set_exception(KeyboardInterrupt())
                continue
            try:
                future.set_result(self._answer(job, number))
            except BaseException as error:
                future.set_exception(error)

    def _answer(self, job, number):
        losses = (WorkerLoss("toy", "killed"),) if self._losses and number % self._losses == 0 else ()
        if "explode" in job.source:
            return RenderResult("broken", error=ProgramError("ValueError", "boom", 3), losses=losses)
        program = Program.parse(job.source)
        program = program.with_values(job.values) if job.values else program
        pixels = draw(program, job.fidelity.width, job.fidelity.height)
        facts = {"objects": []} if "facts" in job.passes else None
        return RenderResult(
            "ok", pixels, facts, b"blend" if "blend" in job.passes else None, seconds=0.5, losses=losses
        )


class ToyProposer:
    """Nudges numbers; now and then brings an edit that is rejected, or a program that breaks.

    Args:
        faulty: One in so many edits is rejected, and one in so many breaks; 0 for none, 1 for all.
    """

    calls = 0

    def __init__(self, faulty=5):
        self.faulty = faulty

    def propose(self, context):
        type(self).calls += 1
        rng = context.rng
        if self.faulty and rng.integers(self.faulty) == 0:
            raise InvalidEdit("the toy proposer says no")
        if context.parent is None:
            source = SOURCE.format(
                radius=round(float(rng.uniform(0.1, 0.4)), 3),
                red=round(float(rng.uniform(0, 1)), 3),
                x=round(float(rng.uniform(0.2, 0.8)), 3),
            )
            broken = self.faulty and rng.integers(self.faulty) == 0
            return [NewProgram(source + "# explode\n" if broken else source, why="a sample")]
        values = {}
        for p in context.parent.tunable(context.stage):
            step = rng.normal(0, 0.15, size=np.shape(p.value))
            moved = np.clip(np.asarray(p.value) + step, p.low if p.low is not None else 0, p.high or 1)
            values[p.key] = tuple(map(float, moved)) if p.kind in ("rgb", "vector") else float(moved)
        return [ParameterValues(context.stage, values, why="a nudge")]


class FussyEvaluator:
    """Has no number for a picture with much red in it, as a careless metric has none for an empty mask."""

    def __init__(self, most=0.55):
        self.metrics = (Metric("fussy", "1", 0.0, 1.0, "higher", "nowhere"),)
        self.most = most

    def evaluate(self, renders, target):
        red = [float(render[..., 0].mean()) / 255 for render in renders]
        return [{"fussy": 0.5 if share <= self.most else float("nan")} for share in red]
