"""Gives jobs to workers and answers every job once, whatever becomes of the workers.

One thread owns all state and sleeps on one queue of events; workers are reached through a small seam, so the rules
here know nothing of Ray. A worker has up to two jobs: one at work and the next in its line, so that it does not idle
while an answer travels. The rules for the line:

- patience with a job begins when it comes to the head of the line;
- when a worker is lost, only the job at its head is charged; the one behind goes back to the front of the queue;
- a worker with nothing to do takes over what still waits in another's line.

The rules for a job whose worker was lost:

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
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from seig_search.errors import SeigError
from seig_search.render import ProgramError, RenderJob, RenderResult, WorkerLoss

from .cache import RenderCache
from .posts import PoolStats, Post, Slip, Task, Worker, answer, failure_of
from .program_text import normal_text
from .staff import Staff
from .supervisor import Answer

__all__ = ["Dispatcher"]

IN_PROGRAM = {"Timeout", "Crash", "Protocol"}
TWICE = 2
LINE = 2


class Dispatcher:
    """The pool's only thread.

    Args:
        launch: Makes a worker of a given name, to be started later; None if there is no room for one now.
        workers: How many to keep.
        patience_s: Seconds after which a worker that has not answered a job is killed.
        start_s: The same for its start.
        retries: Further tries of a lost job.
    """

    def __init__(
        self, launch: Callable[[str], Worker | None], workers: int, patience_s: float, start_s: float, retries: int
    ) -> None:
        self._patience, self._retries = patience_s, retries
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._tasks: dict[str, Task] = {}
        self._waiting: deque[Task] = deque()
        self._tickets = 0
        self._counts: Counter[str] = Counter()
        self._busy_seconds = 0.0
        self._cache: RenderCache | None = None
        self._closed = self._stopped = False
        self._gate = threading.Lock()
        self._version: Future[dict[str, Any]] = Future()
        self._thread = threading.Thread(target=self._run, name="blender-pool", daemon=True)
        self._staff = Staff(launch, workers, start_s, self._events.put, self._opened, self._give_up)
        self._events.put(self._staff.fill)

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
        # What is rendered is the normal text itself, so texts that share a key share a result exactly.
        source = normal_text(job.source)
        job = replace(job, source=source, values=dict(job.values), passes=tuple(job.passes))
        key = job.key
        with self._gate:
            if self._closed:
                raise SeigError("the Blender pool is closed; make a new one")
            self._events.put(lambda: self._take(Task(job, key, [future])))
        future.add_done_callback(
            lambda done: self._events.put(lambda: self._ask_back(key)) if done.cancelled() else None
        )
        return future

    def close(self) -> list[Worker]:
        """Cancel what waits, stop the thread, and give the workers back to be ended; safe to call again."""
        with self._gate:
            first = not self._closed
            self._closed = True
        if first and self._thread.is_alive():
            self._events.put(self._stop)
            self._thread.join()
        return [post.worker for post in self._staff.posts]

    @property
    def stats(self) -> PoolStats:
        """Counts so far."""
        return PoolStats(**dict(self._counts), respawns=self._staff.respawns, busy_seconds=self._busy_seconds)

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Each ready worker's name and what it last told of itself."""
        return [(post.worker.name, dict(post.told)) for post in list(self._staff.posts) if post.ready]

    @property
    def busy(self) -> list[str]:
        """Names of the workers that have a job just now."""
        return [post.worker.name for post in list(self._staff.posts) if post.line]

    # The rest runs in the thread alone.

    def _run(self) -> None:
        try:
            self._serve()
        except Exception as error:
            # A fault of this thread must reach those who wait; a silent end would let them wait for ever.
            self._staff.failure = f"the pool itself failed: {error!r}"
            with self._gate:
                self._closed = True
            self._give_up()
            raise

    def _serve(self) -> None:
        while not self._stopped:
            dues = [due for due in (self._staff.due, *(post.due for post in self._staff.posts)) if due]
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

    def _opened(self, told: dict[str, Any]) -> None:
        self._cache = self._make_cache(told)
        self._version.set_result(told)

    def _dismiss(self, post: Post) -> None:
        # What had not begun is nobody's loss.
        left = [slip.task for slip in self._staff.dismiss(post)]
        self._waiting.extendleft(task for task in reversed(left) if task.key in self._tasks)

    def _give_up(self) -> None:
        error = SeigError(self._staff.failure)
        if not self._version.done():
            self._version.set_exception(error)
        for task in list(self._tasks.values()):
            for future in task.futures:
                if future.set_running_or_notify_cancel():
                    future.set_exception(error)
        self._tasks.clear()
        self._waiting.clear()

    def _take(self, task: Task) -> None:
        under_way = self._tasks.get(task.key)
        if under_way is not None:
            self._counts["joined"] += 1
            under_way.futures += task.futures
            return
        found = self._cache.find(task.job) if self._cache is not None else None
        if found is not None:
            self._counts["cached"] += 1
            answer(task, found)
            return
        self._tasks[task.key] = task
        if self._staff.hopeless:
            self._give_up()
            return
        self._waiting.append(task)

    def _assign(self) -> None:
        open_posts = [post for post in self._staff.posts if post.ready and len(post.line) < LINE]
        while open_posts and self._waiting:
            task = self._waiting.popleft()
            if task.unwanted:
                del self._tasks[task.key]
                continue
            post = min(open_posts, key=lambda post: (len(post.line), post.worker.name in task.tried))
            self._give(post, task)
            if len(post.line) == LINE:
                open_posts.remove(post)
        if not self._waiting:
            self._even_out()

    def _even_out(self) -> None:
        """Ask for jobs that wait behind others, as many as there are workers with nothing to do."""
        idle = sum(post.ready and not post.line for post in self._staff.posts)
        for post in self._staff.posts if idle else ():
            if len(post.line) == LINE and idle:
                idle -= 1
                self._ask_for(post, post.line[-1])

    def _ask_back(self, key: str) -> None:
        """Ask for a job that nobody wants any more, if it has not begun."""
        for post in self._staff.posts:
            for slip in list(post.line)[1:]:
                if slip.task.key == key and slip.task.unwanted:
                    self._ask_for(post, slip)

    def _ask_for(self, post: Post, slip: Slip) -> None:
        if slip.asked_back:
            return
        slip.asked_back = True
        reply = post.worker.withdraw(slip.ticket)
        reply.add_done_callback(lambda future: self._events.put(lambda: self._came_back(post, slip, future)))

    def _came_back(self, post: Post, slip: Slip, future: Future[bool]) -> None:
        if slip in post.line and not failure_of(future) and future.result():
            post.line.remove(slip)
            self._waiting.append(slip.task)
            self._look_at(post)

    def _give(self, post: Post, task: Task) -> None:
        self._tickets += 1
        slip = Slip(task, self._tickets, post.worker.render(task.job, self._tickets))
        post.line.append(slip)
        if len(post.line) == 1:
            post.due = time.monotonic() + self._patience
        slip.answer.add_done_callback(lambda _: self._events.put(lambda: self._look_at(post)))

    def _check_dues(self) -> None:
        now = time.monotonic()
        for post in [post for post in self._staff.posts if post.line and post.due <= now]:
            slip = post.line.popleft()
            self._lose(slip.task, post, "Actor", "the worker did not answer, even to say that it was late")
            self._dismiss(post)
        self._staff.check()

    def _look_at(self, post: Post) -> None:
        """Take the answers of a worker in the order of its line; one that comes too early waits."""
        while post.line and post.line[0].answer.done():
            slip = post.line.popleft()
            post.due = time.monotonic() + self._patience if post.line else 0.0
            self._answered(post, slip.task, slip.answer)
        if not post.line and post.ready:
            post.due = 0.0

    def _answered(self, post: Post, task: Task, future: Future[Answer]) -> None:
        cause = failure_of(future)
        if cause:
            self._lose(task, post, "Actor", cause)
            self._dismiss(post)
            return
        told = future.result()
        if told.cause == "Withdrawn":
            self._waiting.append(task)
            return
        post.told["child"] = told.child
        if told.result is None:
            self._lose(task, post, told.cause, told.message, told.output)
            if told.cause == "Start":
                self._staff.note_failed_start(told.message)
                self._dismiss(post)
            return
        if told.retried:
            task.losses.append(WorkerLoss(post.worker.name, told.retried))
            self._counts["losses"] += 1
        self._staff.note_success()
        self._counts["renders"] += 1
        self._busy_seconds += told.result.seconds
        self._finish(task, told.result)

    def _lose(self, task: Task, post: Post, cause: str, message: str, output: str = "") -> None:
        task.losses.append(WorkerLoss(post.worker.name, f"{cause}: {message}", output))
        task.causes[cause] += 1
        task.tried.add(post.worker.name)
        self._counts["losses"] += 1
        error = ProgramError(cause, message, output=output)
        if cause in IN_PROGRAM and task.causes[cause] >= TWICE:
            self._finish(task, RenderResult("broken", error=error))
        elif len(task.losses) > self._retries:
            message = f"given up after {len(task.losses)} tries; the last: {message}"
            self._finish(task, RenderResult("lost", error=replace(error, message=message)))
        else:
            self._waiting.appendleft(task)

    def _finish(self, task: Task, result: RenderResult) -> None:
        if result.status != "ok":
            self._counts[result.status] += 1
        if self._cache is not None:
            self._cache.store(task.job, result)
        self._tasks.pop(task.key, None)
        answer(task, replace(result, losses=tuple(task.losses)))
