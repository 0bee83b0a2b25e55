"""A Blender process that serves jobs itself, one after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .conversation import Conversation, words_of_exit
from .launch import BlenderProcess
from .locate import Blender
from .wire import Wire

__all__ = ["Child"]


class Child(Conversation):
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
        folder = BlenderProcess.own_folder(scratch)
        request_end, self_requests = os.pipe()
        self_replies, reply_end = os.pipe()
        self_printed, printed_end = os.pipe()
        command = blender.command(folder, ["--requests", str(request_end), "--replies", str(reply_end)])
        try:
            self._process = BlenderProcess(
                command, folder, {**spec, "forks": False}, reply_end, (request_end, reply_end), printed_end
            )
        finally:
            for fd in (request_end, reply_end, printed_end):
                os.close(fd)
        super().__init__(Wire(self_requests, self_replies, self_printed))
        due = time.monotonic() + start_s
        walled, _ = self.receive(due, start_s, lambda _: [])
        # Behind namespaces the process that was started only stands for Blender.
        self._process.inner = walled.get("pid")
        self.hello, _ = self.receive(due, start_s, lambda _: [])
        if "hello" not in self.hello:
            raise self.lose("Protocol", "the process did not say hello")
        self.sandbox: dict[str, bool | str] = {
            "scrubbed_environment": True,
            "own_folder": True,
            **walled.get("sandbox", {}),
            **self.hello.get("locks", {}),
        }

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.alive

    @property
    def resident_mb(self) -> int:
        """Resident memory in MiB; 0 where the system does not tell."""
        return self._process.resident_mb

    def last_words(self) -> tuple[str, str]:
        """See ``Conversation.last_words``."""
        code = self._process.wait(5)
        if code is None:
            return "Protocol", "the process closed its pipe and went on running"
        return words_of_exit(code)

    def end(self) -> None:
        """See ``Conversation.end``."""
        self._process.end()
        self._wire.close()
