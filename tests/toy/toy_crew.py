"""Fake workers for the pool's dispatcher: they do as they are told, without Ray or Blender."""

import threading
import time
from concurrent.futures import Future

import numpy as np

from seig_search.blender_pool.cache import RenderCache
from seig_search.blender_pool.dispatch import Dispatcher
from seig_search.blender_pool.supervisor import Answer
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob, RenderResult

SMALL = Fidelity(2, 2)
HELLO = {"blender": "4.5", "build": "b", "child": 1, "pid": 2, "host": "here", "sandbox": {}}


def job(name):
    return RenderJob(str(name), SMALL)


def picture(name):
    return RenderResult("ok", np.full((2, 2, 4), hash(name) % 250, np.uint8), seconds=1.0)


def loss(cause):
    return Answer(None, cause, "it went")


class Crew:
    """Makes workers that do what ``behave(worker name, job)`` says: an Answer, an exception, or None for silence.

    Like an actor, a worker does its jobs in order, and one that raised is dead and begins no more.
    """

    def __init__(self, behave, hello=lambda name: HELLO):
        self.behave, self.hello = behave, hello
        self.seen, self.killed, self.given, self.withdrawn = [], [], [], []
        self.held = {}
        self.holding = threading.Condition(threading.RLock())

    def release(self, name, answer=None):
        """Wait until a worker is at work on the job, and answer it."""
        with self.holding:
            assert self.holding.wait_for(lambda: name in self.held, 30)
            worker, future = self.held.pop(name)
        settle(future, answer or Answer(picture(name)))
        worker.go_on(answer)

    def wait_given(self, *names):
        """Wait until jobs are in the lines of workers."""
        with self.holding:
            assert self.holding.wait_for(lambda: {job for _, job in self.given} >= set(names), 30)

    def __call__(self, name):
        return FakeWorker(self, name)


class FakeWorker:
    def __init__(self, crew, name):
        self.crew, self.name = crew, name
        self.line, self.busy, self.dead = [], False, None
        self.watched = Future()

    def start(self):
        return done(self.crew.hello(self.name))

    def render(self, job, ticket):
        future = Future()
        with self.crew.holding:
            self.crew.given.append((self.name, job.source))
            self.line.append((ticket, job, future))
            self.crew.holding.notify_all()
        self.begin()
        return future

    def begin(self):
        while True:
            with self.crew.holding:
                if self.busy or not self.line:
                    return
                _, job, future = self.line.pop(0)
                if self.dead is None:
                    self.crew.seen.append((self.name, job.source))
                    answer = self.crew.behave(self.name, job)
                else:
                    answer = self.dead
                if answer is None:
                    self.busy = True
                    self.crew.held[job.source] = self, future
                    self.crew.holding.notify_all()
                    return
                if isinstance(answer, Exception):
                    self.dead = answer
            settle(future, answer)

    def go_on(self, answer):
        with self.crew.holding:
            self.busy = False
            if isinstance(answer, Exception):
                self.dead = answer
        self.begin()

    def withdraw(self, ticket):
        with self.crew.holding:
            for entry in self.line:
                if entry[0] == ticket:
                    self.line.remove(entry)
                    self.crew.withdrawn.append((self.name, entry[1].source))
                    return done(True)
        return done(False)

    def watch(self):
        return self.watched

    def kill(self):
        with self.crew.holding:
            self.crew.killed.append(self.name)
            self.dead = self.dead or RuntimeError("killed")


def until(true, seconds=30):
    due = time.monotonic() + seconds
    while not true() and time.monotonic() < due:
        time.sleep(0.01)
    return true()


def settle(future, value):
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)


def done(value):
    future = Future()
    settle(future, value)
    return future


def opened(crew, workers=2, retries=2, patience=60.0, cached=True, start_s=60.0):
    dispatcher = Dispatcher(crew, workers, patience, start_s, retries)
    dispatcher.open(lambda told: RenderCache(told["blender"], memory_mb=10 if cached else 0))
    return dispatcher


def outcome(dispatcher, *names):
    futures = [dispatcher.submit(job(name)) for name in names]
    return [future.result(timeout=30) for future in futures]
