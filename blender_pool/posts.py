"""What the dispatcher keeps: jobs under way, workers with their lines of jobs, and counts."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from seig_search.render import RenderJob, RenderResult, WorkerLoss

from .supervisor import Answer

__all__ = ["PoolStats", "Post", "Slip", "Task", "Worker", "answer", "failure_of"]


class Worker(Protocol):
    """A supervisor somewhere: in a Ray actor, or in a test's hands. It does its jobs one by one, in order."""

    name: str

    def start(self) -> Future[dict[str, Any]]:
        """Start it and its Blender; gives what ``Supervisor.start`` tells."""
        ...

    def render(self, job: RenderJob, ticket: int) -> Future[Answer]:
        """Give it a job; an exception means that the worker itself is gone.

        Args:
            job: The job.
            ticket: Its number, higher than those before.
        """
        ...

    def withdraw(self, ticket: int) -> Future[bool]:
        """Ask for a job back. True: it had not begun and never will; its answer, if one comes, has the cause ``Withdrawn``."""
        ...

    def watch(self) -> Future[None]:
        """Gives a future that fails once the worker is gone, also while it has nothing to do."""
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
class Task:
    """A job and who waits for it."""

    job: RenderJob
    key: str
    futures: list[Future[RenderResult]]
    losses: list[WorkerLoss] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    tried: set[str] = field(default_factory=set)

    @property
    def unwanted(self) -> bool:
        """Whether everybody who waited has cancelled."""
        return all(future.cancelled() for future in self.futures)


@dataclass(eq=False, slots=True)
class Slip:
    """A task in a worker's line."""

    task: Task
    ticket: int
    answer: Future[Answer]
    asked_back: bool = False


@dataclass(eq=False, slots=True)
class Post:
    """A worker, the jobs it was given (the first is at work), and when patience with it ends."""

    worker: Worker
    line: deque[Slip] = field(default_factory=deque)
    due: float = 0.0
    ready: bool = False
    told: dict[str, Any] = field(default_factory=dict)


def answer(task: Task, result: RenderResult) -> None:
    """Tell everybody who waits."""
    for future in task.futures:
        if future.set_running_or_notify_cancel():
            future.set_result(result)


def failure_of(future: Future[Any]) -> str:
    """The first line of why a future failed, or an empty text."""
    try:
        error = future.exception()
    except CancelledError:
        return "cancelled"
    if error is None:
        return ""
    return f"{getattr(error, 'cause', None) or error}".strip().splitlines()[0] or type(error).__name__
