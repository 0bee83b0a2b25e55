"""The pool: jobs in, futures out."""

from __future__ import annotations

import logging
import shutil
import socket
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from seig_search.render import RenderJob, RenderResult

from .cache import RenderCache
from .dispatch import Dispatcher
from .liveness import wait_until_gone
from .locate import find_blender
from .options import PoolOptions
from .posts import PoolStats
from .ray_workers import RayWorkers
from .sandbox import complaint

__all__ = ["BlenderPool", "WorkerInfo"]

GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """One worker as it was last heard of.

    Args:
        name: The worker's name in ``WorkerLoss.worker``.
        host: The machine it runs on.
        actor_pid: Process id of its supervisor.
        child_pid: Process id of its Blender, 0 if none runs just now.
        node: Ray's name of the node that it is on.
    """

    name: str
    host: str
    actor_pid: int
    child_pid: int
    node: str


class BlenderPool:
    """Warm Blender processes, each under a supervisor in a Ray actor; fulfils ``seig_search.render.RenderPool``.

    Equal jobs are one render: those under way are joined, those done come from the cache. A worker that crashes, hangs
    or vanishes costs its job a retry and is noted in ``RenderResult.losses``. A program that is lost twice by the same
    cause of its own (time-out, crash, garbled answer) is ``broken``; one that loses its workers otherwise, for
    instance to a killed process or a node gone, is ``lost`` once ``retries`` are used up.

    Args:
        options: Settings.

    Raises:
        SeigError: No Blender was found or none answered, or Ray could not start.
    """

    def __init__(self, options: PoolOptions = PoolOptions()) -> None:  # noqa: B008
        if options.ray_address == "local":
            find_blender(options.blender)
        if options.scratch is not None:
            options.scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="seig-pool-", dir=options.scratch)).resolve()
        self._closed = False
        self._options = replace(options, scratch=self._scratch)
        self._ray: RayWorkers | None = None
        self._dispatcher: Dispatcher | None = None
        try:
            self._ray = RayWorkers(self._options)
            self._dispatcher = Dispatcher(
                self._ray.launch,
                self._ray.workers,
                patience_s=options.deadline_s + options.start_s + GRACE_S,
                start_s=options.start_s + GRACE_S,
                retries=options.retries,
            )
            self._told = self._dispatcher.open(self._make_cache)
            missing = complaint(self.sandbox, options.sandbox)
            if missing:
                logging.getLogger("seig_search").warning("%s", missing)
        except BaseException:
            self.close()
            raise

    def _make_cache(self, told: dict[str, Any]) -> RenderCache:
        version = f"{told['blender']} {told['build']}"
        options = self._options
        return RenderCache(version, options.cache_dir, options.cache_mb, options.cache_disk_mb, str(told["device"]))

    def submit(self, job: RenderJob) -> Future[RenderResult]:
        """Queue a job.

        Args:
            job: The job; an equal one under way or done before is not rendered again.

        Returns:
            A future that gives a result for every kind of failure. It raises ``SeigError`` only when no worker
            can be started any more, and is cancelled when the pool is closed first.

        Raises:
            SeigError: The pool is closed.
        """
        return self._running.submit(job)

    def sweep(self, job: RenderJob, vectors: Iterable[Mapping[str, Any]]) -> list[Future[RenderResult]]:
        """Queue one program with many vectors of parameter values, as a tuner does.

        A worker that has the program's scene goes on in it, and only runs the stages again whose values changed.

        Args:
            job: The program, its view, fidelity and passes; its own values count where a vector has none.
            vectors: Values by parameter key.

        Returns:
            A future for each vector, in their order; see ``submit``.

        Raises:
            SeigError: The pool is closed.
        """
        return [self.submit(replace(job, values={**job.values, **vector})) for vector in vectors]

    @property
    def _running(self) -> Dispatcher:
        if self._dispatcher is None:
            raise RuntimeError("the pool did not start")
        return self._dispatcher

    @property
    def workers(self) -> int:
        """How many workers the pool keeps."""
        return self._ray.workers if self._ray is not None else 0

    @property
    def blender_version(self) -> str:
        """Blender's version, such as ``4.5.15 LTS``."""
        return str(self._told["blender"])

    @property
    def sandbox(self) -> dict[str, bool | str]:
        """The walls around each Blender: True where one holds, else what is the matter."""
        return dict(self._told["sandbox"])

    def stats(self) -> PoolStats:
        """Count what the pool has done so far."""
        return self._running.stats

    def worker_pids(self) -> list[WorkerInfo]:
        """List the workers that are ready, as last heard of."""
        return [
            WorkerInfo(name, str(told["host"]), int(told["pid"]), int(told["child"]), str(told["node"]))
            for name, told in self._running.told
        ]

    def close(self) -> None:
        """End every worker that this pool started; jobs that wait are cancelled. Safe to call again."""
        if self._closed:
            return
        self._closed = True
        known: list[WorkerInfo] = []
        if self._dispatcher is not None and self._ray is not None:
            busy, known = self._dispatcher.busy, self.worker_pids()
            self._ray.end(self._dispatcher.close(), busy)
        elif self._ray is not None:
            self._ray.end([], [])
        here = socket.gethostname()
        wait_until_gone([info.actor_pid for info in known if info.host == here], 5.0)
        wait_until_gone([info.child_pid for info in known if info.host == here and info.child_pid], 5.0)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> BlenderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
