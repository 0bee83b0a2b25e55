"""Keeps one Blender at work: starts it, gives it jobs, checks what comes back, replaces it in time."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, replace
from typing import Any

from seig_search.render import ProgramError, RenderJob, RenderResult

from .child import Child
from .conversation import ChildLost, Conversation
from .devices import choose_device
from .layers import layer_sizes, read_layers, read_names
from .locate import Blender, find_blender
from .options import PoolOptions
from .pictures import decode_png
from .sandbox import complaint, missing_layers, walls
from .worker.dialect import leaves_nothing
from .worker.family import plan
from .zygote import Leaf, Zygote

__all__ = ["Answer", "Supervisor"]

MAX_BLEND = 256 << 20
FILE_MB = 2048
OPEN_FILES = 1024
MAX_WARNINGS, MAX_WARNING = 50, 500
ROOM = 1 << 20
FAMILIES = 2
PATIENCE = 2
MEMORY = 1000
RARE = 8
IN_KEPT_SCENE = {"Crash", "Protocol"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a supervisor says to a job.

    Args:
        result: The result, or None if the child was lost.
        cause: Why it was lost: ``Timeout``, ``Crash``, ``Protocol``, ``Killed``, ``Start``; empty if it was not.
        message: The same, for people.
        output: Tail of what Blender printed.
        child: The Blender process's id now, 0 if there is none.
        retried: Why the job was tried again in a process of its own before this answer; empty if it was not.
    """

    result: RenderResult | None
    cause: str = ""
    message: str = ""
    output: str = ""
    child: int = 0
    retried: str = ""


class Supervisor:
    """One Blender and the rules for it. Lives in a Ray actor, or in the process itself for ``probe``.

    Where a leaf can be forked for each job (Linux, one Cycles thread: threads do not outlive a fork), programs never
    run in the process that is kept. Elsewhere one process serves them all, cleared in between. A leaf goes on with programs
    of the same beginning as long as it can prove that what differs was taken back (see ``worker/lineage.py``).

    Args:
        options: The pool's settings.
        threads: Cycles threads, at least 1.

    Raises:
        SeigError: No Blender was found.
    """

    def __init__(self, options: PoolOptions, threads: int) -> None:
        self._options, self._threads = options, threads
        self._blender: Blender = find_blender(options.blender)
        self._device = options.device
        self._host: Child | Zygote | None = None
        self._spare: Leaf | None = None
        self._locks: dict[str, bool | str] = {}
        self._families: dict[str, Leaf] = {}
        self._unlike: Counter[str] = Counter()
        self._met: dict[str, None] = {}
        self._new: deque[str] = deque(maxlen=2 * RARE)
        self._returned: set[str] = set()

    def start(self) -> dict[str, Any]:
        """Start Blender if none runs.

        Returns:
            ``blender``, ``build``, ``python``, ``devices``, ``device``, ``sandbox``, ``path``, ``pid`` (the supervisor's),
            ``host``, ``child`` (the Blender process's id), ``forks`` (whether each job has a process of its own).

        Raises:
            ChildLost: It did not start.
            SeigError: It has no device of the kind that the options name.
        """
        host = self._host
        if host is None or not host.alive:
            self._drop()
            host = self._host = self._new_host()
            forked = self._forks
            self._device = choose_device(self._options.device, host.hello.get("devices") or ())
            if self._forks != forked:
                host.end()
                host = self._host = self._new_host()
            if isinstance(host, Zygote):
                self._spare = host.fork()
                self._locks = self._spare.locks(self._options.start_s)
        layers = {**host.sandbox, **self._locks}
        if self._options.sandbox == "require" and missing_layers(layers):
            self._drop()
            raise ChildLost("Sandbox", f"a sandbox is required, but {complaint(layers, 'require')}")
        hello = {name: host.hello.get(name) for name in ("blender", "build", "python", "devices")}
        return {
            **hello,
            "sandbox": layers,
            "forks": self._forks,
            "path": self._blender.path,
            "kind": self._blender.kind,
            "device": self._device,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "child": host.pid,
        }

    @property
    def _forks(self) -> bool:
        # Neither threads nor the driver of a GPU outlive a fork.
        return sys.platform == "linux" and self._threads == 1 and self._device == "CPU"

    def _new_host(self) -> Child | Zygote:
        options = self._options
        spec = {
            "memory_mb": options.memory_mb,
            # A backstop for the time when no supervisor watches; the deadline per job is the real bound.
            "cpu_s": int(options.deadline_s * self._threads * (options.recycle_after + 1)) + 600,
            "file_mb": FILE_MB,
            "files": OPEN_FILES,
            **walls(
                self._blender.kind,
                self._blender.path,
                self._blender.site,
                options.readable,
                on=options.sandbox != "off",
                gpu=options.device != "CPU",
            ),
        }
        make = Zygote if self._forks else Child
        return make(self._blender, options.scratch, spec, options.start_s)

    def render(self, job: RenderJob) -> Answer:
        """Do one job; failures of every kind are answers.

        Args:
            job: The job.
        """
        began = time.monotonic()
        kin = self._kin_of(job)
        try:
            # A process found dead between jobs is nobody's loss: a new one takes the job.
            self.start()
            held = self._families.pop(kin, None)
            talk = held if held is not None else self._talk()
        except ChildLost as lost:
            self._drop()
            return Answer(None, "Start", f"Blender did not start: {lost.message}", lost.output)
        try:
            request, limits, retried = self._request(job), self._limits(job), ""
            try:
                header, blobs = talk.ask({**request, "kin": bool(kin)}, self._options.deadline_s, limits, self._prepare)
            except ChildLost as lost:
                if held is None or lost.cause not in IN_KEPT_SCENE:
                    raise
                # What went on in the process before may be at fault: a process of its own tells whether the program is.
                self._end(talk)
                retried = f"{lost.cause}: {lost.message}"
                header, blobs = {"status": "unlike"}, []
            if header["status"] == "unlike":
                if header.get("sound") and isinstance(talk, Leaf):
                    self._keep(kin, talk)
                else:
                    self._unlike[kin] += 1
                    self._end(talk)
                talk = self._talk()
                header, blobs = talk.ask({**request, "kin": False}, self._options.deadline_s, limits)
                kin = ""
            result = self._result(job, header, blobs, talk)
        except ChildLost as lost:
            self._end(talk)
            return Answer(None, lost.cause, lost.message, lost.output)
        except (ValueError, TypeError, KeyError) as error:
            self._end(talk)
            return Answer(None, "Protocol", f"an answer that cannot be read: {error}")
        if kin and header.get("spent"):
            self._unlike[kin] += 1
            kin = ""
        if isinstance(talk, Leaf) and kin and not self._is_old(talk, int(header.get("resident_mb", 0))):
            self._keep(kin, talk)
        elif (
            isinstance(talk, Leaf)
            or header.get("worn")
            or not leaves_nothing(job.source)
            or self._is_old(talk, talk.resident_mb)
        ):
            self._end(talk)
        took = time.monotonic() - began
        child = 0 if self._host is None else self._host.pid
        return Answer(replace(result, seconds=took), child=child, retried=retried)

    def _kin_of(self, job: RenderJob) -> str:
        """The key of the programs that a process can go on with after this job; empty if it is to have its own."""
        if not self._forks or job.view.kind != "camera" or set(job.passes) - {"facts"}:
            return ""
        found = plan(job.source, job.values)
        if found is None or self._unlike[found.root] >= PATIENCE:
            return ""
        return found.root if self._is_worth_it(found.root) else ""

    def _is_worth_it(self, root: str) -> bool:
        """Whether to hold on to the process of a beginning.

        It costs a little, which a search over geometry, where each beginning comes once, would pay for nothing: a new
        beginning is held while at least one in ``RARE`` of those before it came again.
        """
        again = root in self._met
        if not again:
            self._new.append(root)
        elif root in self._new:
            self._returned.add(root)
        self._returned &= set(self._new)
        self._met.pop(root, None)
        self._met[root] = None
        while len(self._met) > MEMORY:
            del self._met[next(iter(self._met))]
        return again or len(self._new) < RARE or len(self._returned) * RARE >= len(self._new)

    def _keep(self, kin: str, leaf: Leaf) -> None:
        """Hold a process for the next program of its beginning; the least recently used goes."""
        self._families[kin] = leaf
        while len(self._families) > FAMILIES:
            self._end(self._families.pop(next(iter(self._families))))

    def _talk(self) -> Child | Leaf:
        """A process that has seen no program, or the one that serves all."""
        if isinstance(self._host, Child):
            return self._host
        leaf, self._spare = self._spare, None
        if leaf is None and self._host is not None:
            leaf = self._host.fork()
        if leaf is None:
            raise ChildLost("Start", "Blender did not start")
        leaf.locks(self._options.start_s)
        return leaf

    def _prepare(self) -> None:
        """Fork the leaf of the next job while this one is at work."""
        if self._spare is None and isinstance(self._host, Zygote):
            self._spare = self._host.fork()

    def _is_old(self, talk: Conversation, resident_mb: int) -> bool:
        return talk.renders >= self._options.recycle_after or resident_mb > self._options.recycle_mb

    def _end(self, talk: Child | Leaf) -> None:
        if isinstance(talk, Leaf):
            talk.end()
        else:
            self._drop()

    def _request(self, job: RenderJob) -> dict[str, Any]:
        return {
            "source": job.source,
            "values": dict(job.values),
            "fidelity": job.fidelity.as_dict(),
            "view": asdict(job.view),
            "passes": list(job.passes),
            "layers": list(job.layers),
            "threads": self._threads,
            "device": self._device,
        }

    @staticmethod
    def _limits(job: RenderJob) -> Any:
        picture = job.fidelity.width * job.fidelity.height * 5 + ROOM
        blend = [MAX_BLEND] if "blend" in job.passes else []
        return lambda header: [picture, *layer_sizes(job, header), *blend] if header["status"] == "ok" else []

    @staticmethod
    def _result(job: RenderJob, header: dict[str, Any], blobs: list[bytes], talk: Conversation) -> RenderResult:
        if header["status"] != "ok":
            told = header["error"]
            line = told["line"]
            error = ProgramError(
                str(told["kind"]),
                str(told["message"]),
                line if type(line) is int else None,
                str(told["source_line"]),
                str(told["hint"]),
                talk.output,
            )
            return RenderResult("broken", error=error)
        pixels = decode_png(blobs[0], job.fidelity.width, job.fidelity.height)
        facts = header["facts"] if "facts" in job.passes else None
        if facts is not None and not isinstance(facts, dict):
            raise ValueError("facts that are no table")
        told = [str(line)[:MAX_WARNING] for line in header.get("warnings", ())[:MAX_WARNINGS]]
        warnings = (*told, *talk.complaints)
        names = read_names(job, header)
        layers = read_layers(job, blobs[1 : 1 + len(job.layers)], names)
        blend = blobs[-1] if "blend" in job.passes else None
        return RenderResult("ok", pixels, facts, blend, warnings=warnings, layers=layers, names=names)

    def _drop(self) -> None:
        self._spare = None
        self._families.clear()
        if self._host is not None:
            self._host.end()
            self._host = None

    def stop(self) -> None:
        """End Blender."""
        self._drop()
