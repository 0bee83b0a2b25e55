"""Keeps one Blender child at work: starts it, gives it jobs, checks what comes back, replaces it in time."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass, replace
from typing import Any

from seig_search.render import ProgramError, RenderJob, RenderResult

from .child import Child, ChildLost
from .locate import Blender, find_blender
from .options import PoolOptions
from .pictures import decode_png

__all__ = ["Answer", "Supervisor"]

MAX_BLEND = 256 << 20
FILE_MB = 2048
OPEN_FILES = 1024
ROOM = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a supervisor says to a job.

    Args:
        result: The result, or None if the child was lost.
        cause: Why it was lost: ``Timeout``, ``Crash``, ``Protocol``, ``Killed``, ``Start``; empty if it was not.
        message: The same, for people.
        output: Tail of what Blender printed.
        child: The Blender process's id now, 0 if there is none.
    """

    result: RenderResult | None
    cause: str = ""
    message: str = ""
    output: str = ""
    child: int = 0


class Supervisor:
    """One child and the rules for it. Lives in a Ray actor, or in the process itself for ``probe``.

    Args:
        options: The pool's settings.
        threads: Cycles threads, at least 1.

    Raises:
        SeigError: No Blender was found.
    """

    def __init__(self, options: PoolOptions, threads: int) -> None:
        self._options, self._threads = options, threads
        self._blender: Blender = find_blender(options.blender)
        self._child: Child | None = None

    def start(self) -> dict[str, Any]:
        """Start the child if none runs.

        Returns:
            ``blender``, ``build``, ``python``, ``devices``, ``sandbox``, ``path``, ``pid`` (the supervisor's),
            ``host``, ``child`` (the Blender process's id).

        Raises:
            ChildLost: It did not start.
        """
        child = self._child
        if child is None or not child.alive:
            self._drop()
            options = self._options
            spec = {
                "memory_mb": options.memory_mb,
                # A backstop for the time when no supervisor watches; the deadline per job is the real bound.
                "cpu_s": int(options.deadline_s * self._threads * (options.recycle_after + 1)) + 600,
                "file_mb": FILE_MB,
                "files": OPEN_FILES,
            }
            child = self._child = Child(self._blender, options.scratch, spec, options.start_s)
        hello = {name: child.hello.get(name) for name in ("blender", "build", "python", "devices")}
        return {
            **hello,
            "sandbox": child.sandbox,
            "path": self._blender.path,
            "kind": self._blender.kind,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "child": child.pid,
        }

    def render(self, job: RenderJob) -> Answer:
        """Do one job; failures of every kind are answers.

        Args:
            job: The job.
        """
        began = time.monotonic()
        try:
            # A child found dead between jobs is nobody's loss: a new one takes the job.
            self.start()
        except ChildLost as lost:
            return Answer(None, "Start", f"Blender did not start: {lost.message}", lost.output)
        child = self._child
        if child is None:
            return Answer(None, "Start", "Blender did not start")
        try:
            header, blobs = child.ask(self._request(job), self._options.deadline_s, self._limits(job))
            result = self._result(job, header, blobs, child)
        except ChildLost as lost:
            self._drop()
            return Answer(None, lost.cause, lost.message, lost.output)
        except (ValueError, TypeError, KeyError) as error:
            self._drop()
            return Answer(None, "Protocol", f"an answer that cannot be read: {error}")
        if (
            header.get("worn")
            or child.renders >= self._options.recycle_after
            or child.resident_mb > self._options.recycle_mb
        ):
            self._drop()
        took = time.monotonic() - began
        return Answer(replace(result, seconds=took), child=0 if self._child is None else self._child.pid)

    def _request(self, job: RenderJob) -> dict[str, Any]:
        return {
            "source": job.source,
            "values": dict(job.values),
            "fidelity": job.fidelity.as_dict(),
            "view": {"kind": job.view.kind, "azimuth": job.view.azimuth, "elevation": job.view.elevation},
            "passes": list(job.passes),
            "threads": self._threads,
        }

    @staticmethod
    def _limits(job: RenderJob) -> Any:
        picture = job.fidelity.width * job.fidelity.height * 5 + ROOM
        sizes = [picture, MAX_BLEND] if "blend" in job.passes else [picture]
        return lambda header: sizes if header["status"] == "ok" else []

    @staticmethod
    def _result(job: RenderJob, header: dict[str, Any], blobs: list[bytes], child: Child) -> RenderResult:
        if header["status"] != "ok":
            told = header["error"]
            line = told["line"]
            error = ProgramError(
                str(told["kind"]),
                str(told["message"]),
                line if type(line) is int else None,
                str(told["source_line"]),
                str(told["hint"]),
                child.output,
            )
            return RenderResult("broken", error=error)
        pixels = decode_png(blobs[0], job.fidelity.width, job.fidelity.height)
        facts = header["facts"] if "facts" in job.passes else None
        if facts is not None and not isinstance(facts, dict):
            raise ValueError("facts that are no table")
        warnings = tuple(str(line) for line in header.get("warnings", ()))
        return RenderResult("ok", pixels, facts, blobs[1] if "blend" in job.passes else None, warnings=warnings)

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def stop(self) -> None:
        """End the child."""
        self._drop()
