"""Whether processes still run; a zombie counts as gone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

__all__ = ["is_running", "wait_until_gone"]

PAUSE_S = 0.02


def is_running(pid: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return Path("/proc").is_dir() is False
    return state not in ("Z", "X")


def wait_until_gone(pids: Iterable[int], patience_s: float) -> list[int]:
    """Wait for processes to end.

    Args:
        pids: Process ids of this machine.
        patience_s: Seconds to wait at most.

    Returns:
        Those that still run.
    """
    due = time.monotonic() + patience_s
    left = [pid for pid in pids if is_running(pid)]
    while left and time.monotonic() < due:
        time.sleep(PAUSE_S)
        left = [pid for pid in left if is_running(pid)]
    return left
