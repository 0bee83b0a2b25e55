"""A Blender process that never runs a program: for each job it forks a leaf that does, and dies with it.

The zygote has imported Blender and loaded the factory scene; a fork costs some milliseconds and cannot leave anything
behind for the next job. It is spoken to over a socket of packets, each a frame as on the pipes; a leaf's own pipes
travel over it as descriptors.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .conversation import ChildLost, Conversation, words_of_exit
from .launch import BlenderProcess
from .locate import Blender
from .wire import Tail, Wire

__all__ = ["Leaf", "Zygote"]

PACKET = 1 << 16
PATIENCE_S = 20.0


class Zygote:
    """A running zygote.

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
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._printed, printed_end = os.pipe()
        os.set_blocking(self._printed, False)
        self._tail = Tail()
        control = theirs.fileno()
        try:
            command = blender.command(folder, ["--control", str(control)])
            self._process = BlenderProcess(command, folder, {**spec, "forks": True}, control, (control,), printed_end)
        finally:
            theirs.close()
            os.close(printed_end)
        self._names = 0
        self._leaves: list[Leaf] = []
        due = time.monotonic() + start_s
        walled = self._receive(due, start_s)
        # Behind namespaces the process that was started only stands for Blender.
        self._process.inner = walled.get("pid")
        self.hello = self._receive(due, start_s)
        self.sandbox: dict[str, bool | str] = {
            "scrubbed_environment": True,
            "own_folder": True,
            **walled.get("sandbox", {}),
        }

    def _receive(self, due: float, patience_s: float) -> dict[str, Any]:
        self._socket.settimeout(max(0.001, due - time.monotonic()))
        try:
            packet = self._socket.recv(PACKET)
        except TimeoutError:
            raise self.lose("Timeout", f"Blender said nothing for {patience_s:g} s") from None
        except OSError:
            # A process that dies with a packet unread resets the connection.
            packet = b""
        if not packet:
            raise self._gone()
        told: dict[str, Any] = json.loads(packet[4:])
        return told

    def _gone(self) -> ChildLost:
        code = self._process.wait(5)
        return self.lose(*(words_of_exit(code) if code is not None else ("Crash", "the zygote closed its socket")))

    def ask(self, request: Mapping[str, Any], descriptors: tuple[int, ...] = ()) -> dict[str, Any]:
        """Send a packet and wait for its answer.

        Raises:
            ChildLost: The zygote is gone; it has been ended.
        """
        try:
            socket.send_fds(self._socket, [json.dumps(request).encode()], list(descriptors))
        except OSError:
            raise self._gone() from None
        return self._receive(time.monotonic() + PATIENCE_S, PATIENCE_S)

    def fork(self) -> Leaf:
        """Fork a leaf, ready for its first job.

        Raises:
            ChildLost: The zygote is gone; it has been ended.
        """
        request_end, self_requests = os.pipe()
        self_replies, reply_end = os.pipe()
        self_printed, printed_end = os.pipe()
        self._names += 1
        name = f"leaf-{self._names}"
        wire = Wire(self_requests, self_replies, self_printed)
        try:
            answer = self.ask({"do": "fork", "name": name}, (request_end, reply_end, printed_end))
        except ChildLost:
            wire.close()
            raise
        finally:
            for fd in (request_end, reply_end, printed_end):
                os.close(fd)
        leaf = Leaf(self, wire, int(answer["pid"]), name)
        self._leaves.append(leaf)
        return leaf

    def exit_of(self, pid: int) -> int | None:
        """How a leaf ended: its exit code or minus a signal's number; None if it goes on running."""
        code = self.ask({"do": "wait", "pid": pid})["code"]
        return None if code is None else int(code)

    def forget(self, leaf: Leaf) -> None:
        """Kill a leaf and remove its folder."""
        if leaf in self._leaves:
            self._leaves.remove(leaf)
            with contextlib.suppress(ChildLost):
                self.ask({"do": "end", "pid": leaf.pid, "name": leaf.name})

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.alive

    @property
    def died(self) -> int | None:
        """How the zygote itself ended, or None while it runs."""
        return None if self.alive else self._process.wait(0)

    @property
    def output(self) -> str:
        """Tail of what the zygote printed."""
        with contextlib.suppress(BlockingIOError, OSError):
            while piece := os.read(self._printed, PACKET):
                self._tail.add(piece)
        return self._tail.text

    def lose(self, cause: str, message: str) -> ChildLost:
        """End the process and give the exception that tells of it."""
        output = self.output
        self.end()
        return ChildLost(cause, message, output)

    def end(self) -> None:
        """Kill the process, its leaves with it, and remove its folder; safe to call again."""
        leaves, self._leaves = self._leaves, []
        self._process.end()
        for leaf in leaves:
            leaf.end()
        if self._socket.fileno() >= 0:
            self._socket.close()
            os.close(self._printed)
        shutil.rmtree(self._process.folder, ignore_errors=True)


class Leaf(Conversation):
    """A forked process that runs programs; made by ``Zygote.fork``.

    Args:
        zygote: Its parent.
        wire: The pipes.
        pid: Its id as the zygote sees it.
        name: The name of its folder.
    """

    def __init__(self, zygote: Zygote, wire: Wire, pid: int, name: str) -> None:
        super().__init__(wire)
        self._zygote, self.pid, self.name = zygote, pid, name
        self._locks: dict[str, bool | str] | None = None

    def locks(self, patience_s: float) -> dict[str, bool | str]:
        """The walls that the leaf put up around itself before it takes jobs.

        Raises:
            ChildLost: It did not come to it.
        """
        if self._locks is None:
            header, _ = self.receive(time.monotonic() + patience_s, patience_s, lambda _: [])
            self._locks = dict(header.get("locks", {}))
        return self._locks

    def last_words(self) -> tuple[str, str]:
        """See ``Conversation.last_words``."""
        died = self._zygote.died
        try:
            code = died if died is not None else self._zygote.exit_of(self.pid)
        except ChildLost as lost:
            return lost.cause, lost.message
        if code is None:
            return "Protocol", "the process closed its pipe and went on running"
        return words_of_exit(code)

    def end(self) -> None:
        """See ``Conversation.end``."""
        self._zygote.forget(self)
        self._wire.close()
