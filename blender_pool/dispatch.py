"""Gives jobs to workers and answers every job once, whatever becomes of the workers.

One thread owns all state and sleeps on one queue of events; workers are reached through a small seam, so the rules
here know nothing of Ray. The rules for a job whose worker was lost:

- it is tried again, ``retries`` more times at most, on another worker where one is free;
- lost twice by the same cause that lies in the program (time-out, crash, a garbled answer): ``broken``;
- otherwise, when the tries are used up: ``lost``.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from seig_search.errors import SeigError
from seig_search.render import ProgramError, RenderJob, RenderResult, WorkerLoss

from .cache import RenderCache
from .supervisor import Answer

__all__ = ["Dispatcher", "PoolStats", "Worker"]

IN_PROGRAM = {"Timeout", "Crash", "Protocol"}
FAILED_STARTS = 3
TWICE = 2
NO_START = "no Blender worker could be started"


class Worker(Protocol):
    """A supervisor somewhere: in a Ray actor, or in a test's hands."""

    name: str

    def start(self) -> Future[dict[str, Any]]:
        """Start it and its Blender; gives what ``Supervisor.start`` tells."""
        ...

    def render(self, job: RenderJob) -> Future[Answer]:
        """Give it a job; an exception means that the worker itself is gone."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


@dataclass(frozen=True, slots=True)
class PoolStats:
    """What a pool has done so far.

    Args:
        renders: Jobs that a Blender answered, ``ok`` or ``broken``.
        cached: Jobs answered by the cache.
        joined: Jobs that were equal to one under way and took its result.
        broken: Programs found at fault, among the renders or by losing workers.
        lost: Jobs given up.
        losses: Workers or children lost under a job.
        respawns: Actors started anew after the first ones.
        busy_seconds: Wall time that the workers spent on answered jobs.
    """

    renders: int = 0
    cached: int = 0
    joined: int = 0
    broken: int = 0
    lost: int = 0
    losses: int = 0
    respawns: int = 0
    busy_seconds: float = 0.0


@dataclass(eq=False, slots=True)
class _Task:
    job: RenderJob
    key: str
    futures: list[Future[RenderResult]]
    losses: list[WorkerLoss] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    tried: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class _Post:
    worker: Worker
    task: _Task | None = None
    due: float = 0.0
    ready: bool = False
    told: dict[str, Any] = field(default_factory=dict)


class Dispatcher:
    """The pool's only thread.

    Args:
        launch: Makes a worker of a given name; it is started later.
        workers: How many to keep.
        patience_s: Seconds after which a worker that has not answered a job is killed.
        start_s: The same for its start.
        retries: Further tries of a lost job.
    """

    def __init__(
        self, launch: Callable[[str], Worker], workers: int, patience_s: float, start_s: float, retries: int
    ) -> None:
        self._launch, self._patience, self._start_s = launch, patience_s, start_s
        self._retries = retries
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._tasks: dict[str, _Task] = {}
        self._waiting: deque[_Task] = deque()
        self._posts: list[_Post] = []
        self._names = 0
        self._failed_starts = 0
        self._failure = ""
        self._counts: Counter[str] = Counter()
        self._busy_seconds = 0.0
        self._cache: RenderCache | None = None
        self._closed = self._stopped = False
        self._gate = threading.Lock()
        self._version: Future[dict[str, Any]] = Future()
        self._thread = threading.Thread(target=self._run, name="blender-pool", daemon=True)
        self._wanted = workers
        for _ in range(workers):
            self._events.put(self._hire)

    def open(self, make_cache: Callable[[dict[str, Any]], RenderCache]) -> dict[str, Any]:
        """Start the workers, and wait for the first that answers.

        Args:
            make_cache: From what the first worker told, the cache to use.

        Returns:
            What it told of its Blender.

        Raises:
            SeigError: None started.
        """
        self._make_cache = make_cache
        self._thread.start()
        return self._version.result()

    def submit(self, job: RenderJob) -> Future[RenderResult]:
        """Queue a job; see ``BlenderPool.submit``."""
        future: Future[RenderResult] = Future()
        job = replace(job, values=dict(job.values), passes=tuple(job.passes))
        key = job.key
        with self._gate:
            if self._closed:
                raise SeigError("the Blender pool is closed; make a new one")
            self._events.put(lambda: self._take(_Task(job, key, [future])))
        return future

    def close(self) -> list[Worker]:
        """Cancel what waits, stop the thread, and give the workers back to be ended; safe to call again."""
        with self._gate:
            first = not self._closed
            self._closed = True
        if first and self._thread.is_alive():
            self._events.put(self._stop)
            self._thread.join()
        return [post.worker for post in self._posts]

    @property
    def stats(self) -> PoolStats:
        """Counts so far."""
        return PoolStats(**dict(self._counts), busy_seconds=self._busy_seconds)

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Each ready worker's name and what it last told of itself."""
        return [(post.worker.name, dict(post.told)) for post in list(self._posts) if post.ready]

    @property
    def busy(self) -> list[str]:
        """Names of the workers that have a job just now."""
        return [post.worker.name for post in list(self._posts) if post.task is not None]

    # The rest runs in the thread alone.

    def _run(self) -> None:
        try:
            self._serve()
        except Exception as error:
            # A fault of this thread must reach those who wait; a silent end would let them wait for ever.
            self._failure = f"the pool itself failed: {error!r}"
            with self._gate:
                self._closed = True
            self._give_up()
            raise

    def _serve(self) -> None:
        while not self._stopped:
            dues = [post.due for post in self._posts if post.due]
            wait = max(0.0, min(dues) - time.monotonic()) if dues else None
            with contextlib.suppress(queue.Empty):
                self._events.get(timeout=wait)()
            self._check_dues()
            self._assign()

    def _stop(self) -> None:
        self._stopped = True
        for task in list(self._tasks.values()):
            for future in task.futures:
                future.cancel()
        self._tasks.clear()
        self._waiting.clear()
        while True:
            try:
                self._events.get_nowait()
            except queue.Empty:
                return

    def _hire(self) -> None:
        post = _Post(self._launch(f"worker-{self._names}"), due=time.monotonic() + self._start_s)
        self._names += 1
        self._posts.append(post)
        started = post.worker.start()
        started.add_done_callback(lambda future: self._events.put(lambda: self._started(post, future)))

    def _dismiss(self, post: _Post) -> None:
        """End a worker and hire another in its place, unless starting fails again and again."""
        if post not in self._posts:
            return
        self._posts.remove(post)
        # A late answer must find nobody.
        post.task = None
        post.worker.kill()
        if self._failed_starts >= FAILED_STARTS * (1 + len(self._posts)):
            if not self._posts:
                self._give_up()
            return
        self._counts["respawns"] += 1
        self._hire()

    def _give_up(self) -> None:
        error = SeigError(self._failure)
        if not self._version.done():
            self._version.set_exception(error)
        for task in list(self._tasks.values()):
            for future in task.futures:
                if future.set_running_or_notify_cancel():
                    future.set_exception(error)
        self._tasks.clear()
        self._waiting.clear()

    def _started(self, post: _Post, future: Future[dict[str, Any]]) -> None:
        if post not in self._posts:
            return
        cause = _failure_of(future)
        told = {} if cause else future.result()
        first = self._version.result() if self._version.done() else None
        if first is not None and not cause and told["blender"] != first["blender"]:
            cause = f"a worker has Blender {told['blender']}, the others have {first['blender']}"
        if cause:
            self._failed_starts, self._failure = self._failed_starts + 1, f"{NO_START}: {cause}"
            if first is None:
                # Nothing has worked yet: the set-up is wrong, and trying again would only hide it.
                self._failed_starts = FAILED_STARTS * (1 + len(self._posts))
            self._dismiss(post)
            return
        self._failed_starts = 0
        post.ready, post.due, post.told = True, 0.0, told
        if first is None:
            self._cache = self._make_cache(told)
            self._version.set_result(told)
            while len(self._posts) < self._wanted:
                self._hire()

    def _take(self, task: _Task) -> None:
        under_way = self._tasks.get(task.key)
        if under_way is not None:
            self._counts["joined"] += 1
            under_way.futures += task.futures
            return
        found = self._cache.find(task.job) if self._cache is not None else None
        if found is not None:
            self._counts["cached"] += 1
            _answer(task, found)
            return
        self._tasks[task.key] = task
        if not self._posts:
            self._give_up()
            return
        self._waiting.append(task)

    def _assign(self) -> None:
        idle = [post for post in self._posts if post.ready and post.task is None]
        while idle and self._waiting:
            task = self._waiting.popleft()
            if all(future.cancelled() for future in task.futures):
                del self._tasks[task.key]
                continue
            fresh = [post for post in idle if post.worker.name not in task.tried]
            post = (fresh or idle)[0]
            idle.remove(post)
            self._give(post, task)

    def _give(self, post: _Post, task: _Task) -> None:
        post.task, post.due = task, time.monotonic() + self._patience
        task.tried.add(post.worker.name)
        answer = post.worker.render(task.job)
        answer.add_done_callback(lambda future: self._events.put(lambda: self._answered(post, task, future)))

    def _check_dues(self) -> None:
        now = time.monotonic()
        for post in [post for post in self._posts if post.due and post.due <= now]:
            task = post.task
            if task is None:
                self._failed_starts += 1
                self._failure = f"{NO_START}: none was ready in {self._start_s:g} s (are there free CPUs for it?)"
                if not self._version.done():
                    self._failed_starts = FAILED_STARTS * (1 + len(self._posts))
            else:
                self._lose(task, post, "Actor", "the worker did not answer, even to say that it was late")
            self._dismiss(post)

    def _answered(self, post: _Post, task: _Task, future: Future[Answer]) -> None:
        if post.task is not task:
            return
        post.task, post.due = None, 0.0
        cause = _failure_of(future)
        if cause:
            self._lose(task, post, "Actor", cause)
            self._dismiss(post)
            return
        answer = future.result()
        post.told["child"] = answer.child
        if answer.result is None:
            self._lose(task, post, answer.cause, answer.message, answer.output)
            if answer.cause == "Start":
                self._failed_starts += 1
                self._failure = f"{NO_START}: {answer.message}"
                self._dismiss(post)
            return
        self._failed_starts = 0
        self._counts["renders"] += 1
        self._busy_seconds += answer.result.seconds
        self._finish(task, answer.result)

    def _lose(self, task: _Task, post: _Post, cause: str, message: str, output: str = "") -> None:
        task.losses.append(WorkerLoss(post.worker.name, f"{cause}: {message}", output))
        task.causes[cause] += 1
        self._counts["losses"] += 1
        error = ProgramError(cause, message, output=output)
        if cause in IN_PROGRAM and task.causes[cause] >= TWICE:
            self._finish(task, RenderResult("broken", error=error))
        elif len(task.losses) > self._retries:
            message = f"given up after {len(task.losses)} tries; the last: {message}"
            self._finish(task, RenderResult("lost", error=replace(error, message=message)))
        else:
            self._waiting.appendleft(task)

    def _finish(self, task: _Task, result: RenderResult) -> None:
        if result.status != "ok":
            self._counts[result.status] += 1
        if self._cache is not None:
            self._cache.store(task.job, result)
        self._tasks.pop(task.key, None)
        _answer(task, replace(result, losses=tuple(task.losses)))


def _answer(task: _Task, result: RenderResult) -> None:
    for future in task.futures:
        if future.set_running_or_notify_cancel():
            future.set_result(result)


def _failure_of(future: Future[Any]) -> str:
    """The first line of why a future failed, or an empty text."""
    try:
        error = future.exception()
    except CancelledError:
        return "cancelled"
    if error is None:
        return ""
    return f"{getattr(error, 'cause', None) or error}".strip().splitlines()[0] or type(error).__name__
