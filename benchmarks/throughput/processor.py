"""Processor seconds of processes: what a busy machine does not change, as it does the wall clock."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from seig_search.blender_pool import BlenderPool

__all__ = ["driver_seconds", "pool_seconds", "seconds_of"]

TICKS = os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def seconds_of(pids: Iterable[int]) -> float:
    """Processor seconds of processes and of their children that have ended."""
    return sum(sum(int(part) for part in fields[11:15]) for fields in map(_fields, pids) if fields) / TICKS


def pool_seconds(pool: BlenderPool) -> float:
    """The same of a pool's actors, Blenders and forks."""
    infos = pool.worker_pids()
    blenders = {info.child_pid for info in infos if info.child_pid}
    parents = {int(folder.name): _fields(int(folder.name))[1:2] for folder in Path("/proc").glob("[0-9]*")}
    found = {*(info.actor_pid for info in infos), *blenders}
    while True:
        # Behind namespaces a Blender is the child of what was started, and forks are below it.
        below = {pid for pid, parent in parents.items() if parent and int(parent[0]) in found} - found
        if not below:
            return seconds_of(found)
        found |= below


def driver_seconds() -> float:
    """The same of this very process, without children."""
    return time.process_time()
