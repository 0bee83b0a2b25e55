"""Workers as Ray actors, on this machine or on a cluster."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import socket
import threading
import warnings
from concurrent.futures import Future
from typing import Any

from seig_search.errors import SeigError
from seig_search.render import RenderJob

from .nodes import Nodes, NodeWarning
from .options import PoolOptions
from .posts import failure_of
from .supervisor import Answer, Supervisor

__all__ = ["RayWorkers"]

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # Ray's default of 15 would starve renders beside a busy driver until they run into their deadline.
    "RAY_worker_niceness": "5",
}
OBJECT_STORE = 128 << 20
REACH_S = 10.0
CONTROL = "control"
WATCH = "watch"
ADVICE = "check that the cluster runs (`ray status` on its head), or leave the address 'local'"


def _check_address(address: str) -> None:
    """Find out at once whether somebody listens; Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not (host and port.isdigit()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_S).close()
    except (OSError, OverflowError) as error:
        raise SeigError(f"no Ray cluster answers at {address!r} ({error}); {ADVICE}") from error


class RenderActor:
    """The Ray actor around one supervisor; the start of Blender is a call of its own, so that its failure has words.

    Args:
        options: The pool's settings.
        threads: Cycles threads, at least 1.
    """

    def __init__(self, options: PoolOptions, threads: int) -> None:
        self._supervisor = Supervisor(options, threads)
        self._scratch = options.scratch
        self._lock = threading.Lock()
        self._begun = 0
        self._withdrawn: set[int] = set()
        self._ended = threading.Event()

    def start(self) -> dict[str, Any]:
        """See ``Supervisor.start``; adds ``node``, Ray's name of the node."""
        import ray

        try:
            return {**self._supervisor.start(), "node": ray.get_runtime_context().get_node_id()}
        except Exception as error:
            # Only plain text is sure to cross to a driver with other packages than this node's.
            output = getattr(error, "output", "").strip()[-1000:]
            raise RuntimeError(f"{error}" + (f"; Blender said: {output!r}" if output else "")) from None

    def render(self, job: RenderJob, ticket: int) -> Answer:
        """See ``Supervisor.render``; a job that was withdrawn is not begun."""
        with self._lock:
            self._begun = ticket
            if ticket in self._withdrawn:
                self._withdrawn.remove(ticket)
                return Answer(None, "Withdrawn")
        return self._supervisor.render(job)

    def withdraw(self, ticket: int) -> bool:
        """Take a job back. It runs beside ``render``.

        Args:
            ticket: The job's; jobs come with rising tickets.

        Returns:
            Whether it had not begun, and so never will.
        """
        with self._lock:
            if ticket <= self._begun:
                return False
            self._withdrawn.add(ticket)
            return True

    def watch(self) -> None:
        """Wait until it is stopped: the call fails when the actor is gone, so that the driver hears of it."""
        self._ended.wait()

    def stop(self) -> None:
        """See ``Supervisor.stop``."""
        self._ended.set()
        self._supervisor.stop()
        if self._scratch is not None:
            # On another machine nobody else removes the pool's folder; it goes with the last worker.
            with contextlib.suppress(OSError):
                self._scratch.rmdir()


class _RayWorker:
    def __init__(self, name: str, actor: Any, nodes: Nodes | None) -> None:
        self.name, self._actor, self._nodes = name, actor, nodes

    def start(self) -> Future[dict[str, Any]]:
        future: Future[dict[str, Any]] = self._actor.start.remote().future()
        if self._nodes is not None:
            future.add_done_callback(self._note_start)
        return future

    def _note_start(self, future: Future[dict[str, Any]]) -> None:
        cause = failure_of(future)
        if cause and self._nodes is not None:
            self._nodes.failed_start(self.name, cause)

    def render(self, job: RenderJob, ticket: int) -> Future[Answer]:
        answer: Future[Answer] = self._actor.render.remote(job, ticket).future()
        return answer

    def withdraw(self, ticket: int) -> Future[bool]:
        reply: Future[bool] = self._actor.withdraw.options(concurrency_group=CONTROL).remote(ticket).future()
        return reply

    def watch(self) -> Future[None]:
        future: Future[None] = self._actor.watch.options(concurrency_group=WATCH).remote().future()
        return future

    def stop(self) -> Any:
        """Ask it to end its Blender tidily; gives Ray's reference to the answer."""
        return self._actor.stop.remote()

    def kill(self) -> None:
        import ray

        if self._nodes is not None:
            self._nodes.release(self.name)
        with contextlib.suppress(Exception):
            ray.kill(self._actor, no_restart=True)


class RayWorkers:
    """Ray, ready to hold workers: our own, one that runs elsewhere, or the one this process already uses.

    Args:
        options: The pool's settings.

    Raises:
        SeigError: Ray could not be started or reached, or none of its nodes can render.
    """

    def __init__(self, options: PoolOptions) -> None:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        _check_address(options.ray_address)
        import ray

        self.ours = not ray.is_initialized()
        self.local = options.ray_address == "local"
        self.workers, self.threads = options.shared_out()
        if self.ours:
            self._start(options)
        self._nodes = None if self.local else Nodes(options)
        if self._nodes is not None:
            self._share_out(options, [node.cpus for node in self._nodes.good])
        self._options = options
        # Our own Ray has one slot per worker; a shared one must know what a worker really takes.
        self._slots = 1 if self.local and self.ours else self.threads
        if self.local and not self.ours:
            self._slots = 0
        self._actor = ray.remote(
            num_cpus=self._slots,
            num_gpus=options.gpus_per_worker,
            max_restarts=0,
            max_task_retries=0,
            concurrency_groups={CONTROL: 1, WATCH: 1},
        )(RenderActor)

    def _share_out(self, options: PoolOptions, cpus: list[int]) -> None:
        """Settle the automatic numbers by the CPUs of each node."""
        if options.threads > max(cpus):
            raise SeigError(f"a worker wants {options.threads} threads, the largest node has {max(cpus)} CPUs")
        self.workers, threads = options.shared_out(sum(cpus))
        self.threads = min(threads, max(cpus))
        room = sum(each // self.threads for each in cpus)
        if not options.workers:
            self.workers = room
        elif options.workers > room:
            text = f"{options.workers} workers of {self.threads} threads are wanted, the nodes have room for {room} now"
            warnings.warn(text, NodeWarning, stacklevel=2)

    def _start(self, options: PoolOptions) -> None:
        import ray

        settings: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        if self.local:
            settings |= {
                "num_cpus": self.workers,
                "num_gpus": math.ceil(self.workers * options.gpus_per_worker),
                "include_dashboard": False,
                "object_store_memory": OBJECT_STORE,
            }
        try:
            ray.init(address=options.ray_address, **settings)
        except Exception as error:
            cause = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            if self.local:
                advice = (
                    "check that /tmp and /dev/shm have room and that this user may open ports on 127.0.0.1; "
                    "Ray's own logs are in /tmp/ray/session_latest/logs"
                )
            else:
                advice = ADVICE
            raise SeigError(f"Ray did not start at {options.ray_address!r} ({cause}); {advice}") from error

    def launch(self, name: str) -> _RayWorker | None:
        """Make a worker; its ``start`` starts it.

        Args:
            name: The worker's name.

        Returns:
            The worker, or None if no node has room for it now.
        """
        if self._nodes is None:
            return _RayWorker(name, self._actor.remote(self._options, self.threads), None)
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        node = self._nodes.place(name, self.threads)
        if node is None:
            return None
        there = NodeAffinitySchedulingStrategy(node, soft=False)
        actor = self._actor.options(scheduling_strategy=there).remote(self._options, self.threads)
        return _RayWorker(name, actor, self._nodes)

    def end(self, workers: list[Any], busy: list[str], wait_s: float = 5.0) -> None:
        """End workers, idle ones tidily, and Ray itself if it is ours.

        Args:
            workers: What ``launch`` gave.
            busy: Names of those that have a job; they are killed.
            wait_s: Seconds to wait for the idle ones.
        """
        import ray

        if not ray.is_initialized():
            return
        with contextlib.suppress(Exception):
            stopping = [worker.stop() for worker in workers if worker.name not in busy]
            if stopping:
                ray.wait(stopping, num_returns=len(stopping), timeout=wait_s)
        for worker in workers:
            worker.kill()
        if self.ours:
            ray.shutdown()
