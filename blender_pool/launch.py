"""Starts a Blender process behind its walls."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .sandbox import LAUNCHER, child_environment

__all__ = ["BlenderProcess"]


class BlenderProcess:
    """A process with a folder of its own.

    Args:
        command: What to start.
        folder: The process's own folder, from ``own_folder``.
        spec: What the walls need: ``memory_mb``, ``cpu_s``, ``file_mb``, ``files``, ``forks``, and what
            ``sandbox.walls`` gives.
        report: Descriptor on which the launcher reports the walls, as one frame.
        kept: Descriptors that the process inherits, ``report`` among them.
        printed: Descriptor that takes what the process prints.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        spec: Mapping[str, Any],
        report: int,
        kept: tuple[int, ...],
        printed: int,
    ) -> None:
        self.folder = folder
        self.inner: int | None = None
        walls = json.dumps({**spec, "parent": os.getpid(), "folder": str(folder)})
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), walls, str(report), "--"]
        self._process = subprocess.Popen(
            [*launcher, *command],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            pass_fds=kept,
            cwd=folder,
            env=child_environment(folder),
        )

    @staticmethod
    def own_folder(scratch: Path | None) -> Path:
        """Make a folder for a process, below ``scratch`` or the system's temporary folder."""
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        # Resolved, as a path with a link in it would look like another folder to the walls.
        folder = Path(tempfile.mkdtemp(prefix="seig-blender-", dir=scratch)).resolve()
        (folder / "tmp").mkdir()
        return folder

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def resident_mb(self) -> int:
        """Resident memory in MiB; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.inner or self.pid}/statm").read_text().split()
            return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
        except (OSError, IndexError, ValueError):
            return 0

    def wait(self, patience_s: float) -> int | None:
        """Wait for the end; gives the exit code (minus a signal's number), or None if it goes on running."""
        try:
            return self._process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Kill the process and remove its folder; safe to call again."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)
