"""One Blender process under supervision: started behind its walls, asked, timed, ended."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .locate import Blender
from .sandbox import child_environment
from .wire import ChildGone, DeadlinePassed, ForgedFrame, Wire

__all__ = ["Child", "ChildLost"]

FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT}
LAUNCHER = Path(__file__).resolve().parent / "sandbox.py"


class ChildLost(Exception):
    """The process is gone or had to be ended.

    Args:
        cause: ``Timeout``, ``Crash``, ``Protocol``: the program's doing if it happens again; ``Killed``: from outside.
        message: What happened, for people.
        output: Tail of what the process printed.
    """

    def __init__(self, cause: str, message: str, output: str = "") -> None:
        super().__init__(message)
        self.cause, self.message, self.output = cause, message, output


class Child:
    """A running Blender worker.

    Args:
        blender: What to start.
        scratch: Folder in which the process's own folder is made; None for the system's temporary folder.
        spec: What the walls need: ``memory_mb``, ``cpu_s``, ``file_mb``, ``files``.
        start_s: Seconds the start may take.

    Raises:
        ChildLost: The process did not start or did not say hello.
    """

    def __init__(self, blender: Blender, scratch: Path | None, spec: Mapping[str, Any], start_s: float) -> None:
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        # Resolved, as a path with a link in it would look like another folder to the walls.
        self.folder = Path(tempfile.mkdtemp(prefix="seig-blender-", dir=scratch)).resolve()
        (self.folder / "tmp").mkdir()
        request_end, self_requests = os.pipe()
        self_replies, reply_end = os.pipe()
        self_printed, printed_end = os.pipe()
        walls = json.dumps({**spec, "parent": os.getpid()})
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), walls, str(reply_end), "--"]
        try:
            self._process = subprocess.Popen(
                [*launcher, *blender.command(request_end, reply_end, self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=printed_end,
                stderr=printed_end,
                pass_fds=(request_end, reply_end),
                cwd=self.folder,
                env=child_environment(self.folder),
            )
        finally:
            for fd in (request_end, reply_end, printed_end):
                os.close(fd)
        self._wire = Wire(self_requests, self_replies, self_printed)
        self._count = 0
        due = time.monotonic() + start_s
        walled, _ = self._receive(due, start_s, lambda _: [])
        self.hello, _ = self._receive(due, start_s, lambda _: [])
        if "hello" not in self.hello:
            raise self._lose("Protocol", "the process did not say hello")
        self.sandbox: dict[str, bool | str] = {
            "scrubbed_environment": True,
            "own_folder": True,
            **walled.get("sandbox", {}),
        }
        self.renders = 0

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
            fields = Path(f"/proc/{self.pid}/statm").read_text().split()
            return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
        except (OSError, IndexError, ValueError):
            return 0

    @property
    def output(self) -> str:
        """Tail of what the process printed since the last request."""
        self._wire.drain()
        return self._wire.tail.text

    def ask(
        self,
        request: Mapping[str, Any],
        deadline_s: float,
        limits: Callable[[dict[str, Any]], list[int]],
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send a request and wait for its answer.

        Args:
            request: Plain JSON data.
            deadline_s: Seconds that the answer may take.
            limits: From the answer's header, the largest size of each blob in bytes.

        Returns:
            The answer's header and blobs.

        Raises:
            ChildLost: There is no answer; the process has been ended.
        """
        self._count += 1
        self._wire.drain()
        self._wire.tail.clear()
        due = time.monotonic() + deadline_s
        try:
            self._wire.send({**request, "id": self._count}, due)
        except (ChildGone, DeadlinePassed):
            raise self._lose(*self._last_words()) from None
        header, blobs = self._receive(due, deadline_s, limits)
        if header.get("id") != self._count:
            raise self._lose("Protocol", "the answer was not to this request")
        self.renders += 1
        return header, blobs

    def _receive(
        self, due: float, patience: float, limits: Callable[[dict[str, Any]], list[int]]
    ) -> tuple[dict[str, Any], list[bytes]]:
        try:
            return self._wire.receive(due, limits)
        except DeadlinePassed:
            raise self._lose("Timeout", f"no answer within {patience:g} s") from None
        except ChildGone:
            raise self._lose(*self._last_words()) from None
        except ForgedFrame as error:
            raise self._lose("Protocol", f"the process sent {error}") from None

    def _last_words(self) -> tuple[str, str]:
        """Cause and description of a process that closed its pipe."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "Protocol", "the process closed its pipe and went on running"
        if code < 0:
            name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else str(-code)
            cause = "Killed" if -code in FROM_OUTSIDE else "Crash"
            return cause, f"the process was ended by {name}"
        return "Crash", f"the process ended itself with exit code {code}"

    def _lose(self, cause: str, message: str) -> ChildLost:
        output = self.output
        self.end()
        return ChildLost(cause, message, output)

    def end(self) -> None:
        """Kill the process and remove its folder; safe to call again."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        self._wire.close()
        shutil.rmtree(self.folder, ignore_errors=True)
