"""What a pool is made of: how many workers, which Blender, which Ray, and where its patience ends."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from seig_search.errors import UsageError, nearest

from .devices import DEVICES

__all__ = ["SANDBOXES", "PoolOptions"]

SANDBOXES = ("auto", "require", "off")


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Settings of a Blender pool.

    Args:
        workers: Blender processes at once; 0 means one per core of this machine, or of the joined cluster.
        threads: Cycles threads per worker; 0 shares the cores among the workers, at least 1 each.
        blender: ``bpy`` (the module of this Python), the path or name of a ``blender`` binary, or ``auto``: ``bpy``
            if it is installed, else ``blender`` on the PATH.
        device: What Cycles computes on: ``CPU``, ``OPTIX``, ``CUDA``, ``HIP``, ``METAL``, ``ONEAPI``, or ``auto``: on each
            machine the first kind of GPU that has a device, else the CPU.
        gpus_per_worker: What Ray counts as a worker's share of a GPU, such as 0.5 for two workers on each; 0 takes none.
        ray_address: ``local`` starts a Ray of our own; ``auto``, ``HOST:PORT`` or ``ray://HOST:PORT`` joins one. A Ray
            that this process already uses is joined in any case, and left running at the end.
        deadline_s: Seconds that one job may take in a worker.
        retries: Further tries of a job whose worker was lost, on another worker where there is one.
        recycle_after: Renders after which a Blender process is replaced.
        recycle_mb: Resident memory in MiB above which a Blender process is replaced.
        memory_mb: Address space in MiB that a Blender process may use; 0 means no bound.
        scratch: Folder for the workers' own folders; by default the system's temporary folder.
        cache_dir: Folder of the render cache that runs share; by default the cache is in memory and dies with the pool.
        cache_mb: Memory in MiB that the in-memory cache may use.
        cache_disk_mb: MiB that ``cache_dir`` may use; what was used least recently goes first.
        sandbox: ``auto`` puts up every wall that the system has, and what is missing is said once; ``require`` refuses to
            work without all of them; ``off`` puts up none, for comparisons and for programs that are trusted.
        readable: Further files and folders that programs may read, such as fonts or textures.
        start_s: Seconds that Ray's worker and its Blender together may take to start.

    Raises:
        UsageError: A number is out of its range.
    """

    workers: int = 0
    threads: int = 0
    blender: str = "bpy"
    device: str = "CPU"
    gpus_per_worker: float = 0.0
    ray_address: str = "local"
    deadline_s: float = 120.0
    retries: int = 2
    recycle_after: int = 200
    recycle_mb: int = 4096
    memory_mb: int = 8192
    scratch: Path | None = None
    cache_dir: Path | None = None
    cache_mb: int = 128
    cache_disk_mb: int = 2048
    sandbox: str = "auto"
    readable: tuple[Path, ...] = ()
    start_s: float = 120.0

    def __post_init__(self) -> None:
        for name, least in (
            ("workers", 0),
            ("threads", 0),
            ("retries", 0),
            ("recycle_after", 1),
            ("recycle_mb", 1),
            ("memory_mb", 0),
            ("cache_mb", 0),
            ("cache_disk_mb", 1),
        ):
            value = getattr(self, name)
            if value < least:
                raise UsageError(f"pool option {name} must be at least {least}, got {value}")
        if self.device not in DEVICES:
            raise UsageError(f"unknown device {self.device!r}{nearest(self.device, DEVICES)}")
        if not 0 <= self.gpus_per_worker <= 64:
            raise UsageError(f"pool option gpus_per_worker must be 0..64, got {self.gpus_per_worker}")
        for name in ("deadline_s", "start_s"):
            value = getattr(self, name)
            if not value > 0:
                raise UsageError(f"pool option {name} must be more than 0 seconds, got {value}")

        if self.sandbox not in SANDBOXES:
            raise UsageError(f"pool option sandbox must be one of {', '.join(SANDBOXES)}, got {self.sandbox!r}")

    def shared_out(self, cores: int | None = None) -> tuple[int, int]:
        """Settle the automatic numbers.

        Args:
            cores: Cores to share; by default those of this machine that the process may use.

        Returns:
            Workers and Cycles threads per worker, both at least 1.
        """
        if cores is None:
            tell = getattr(os, "sched_getaffinity", None)
            cores = len(tell(0)) if tell is not None else os.cpu_count() or 1
        workers = self.workers or max(1, cores // max(1, self.threads))
        return workers, self.threads or max(1, cores // workers)
