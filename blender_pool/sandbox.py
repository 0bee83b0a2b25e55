"""Walls around a Blender process, as layers; also the launcher that puts them up and then becomes Blender.

Run as ``python sandbox.py SPEC REPORT_FD -- COMMAND ...``: the layers are applied to this very process, what became of each
is reported as one frame on the descriptor, and the command takes its place. Layers outlive ``exec``, so they
hold for the module and for an installed ``blender`` alike. Standard library only; nothing of ours is imported.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

__all__ = ["LAYERS", "Layer", "child_environment"]

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
MIB = 1 << 20


class Layer(Protocol):
    """One wall: whether this system has it, and how to put it up around the calling process."""

    name: str

    def available(self) -> bool:
        """Whether the operating system offers it."""
        ...

    def apply(self, spec: Mapping[str, Any]) -> bool | str:
        """Put it up.

        Args:
            spec: ``parent`` (process id), ``memory_mb``, ``cpu_s``, ``file_mb``, ``files``.

        Returns:
            True when it holds, else a text that says what does not.
        """
        ...


def _prctl(option: int, value: int) -> bool | str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        return f"failed: {os.strerror(ctypes.get_errno())}"
    return True


class DeathWithParent:
    """The process is killed when its supervisor dies, however that dies (Linux)."""

    name = "death_with_parent"

    def available(self) -> bool:
        return sys.platform == "linux"

    def apply(self, spec: Mapping[str, Any]) -> bool | str:
        done = _prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != spec["parent"]:
            # The supervisor died before the signal was ordered: nobody waits for this process.
            os._exit(0)
        return done


class NoNewPrivileges:
    """No program started from here gains rights by a set-user-id bit (Linux)."""

    name = "no_new_privileges"

    def available(self) -> bool:
        return sys.platform == "linux"

    def apply(self, spec: Mapping[str, Any]) -> bool | str:
        return _prctl(PR_SET_NO_NEW_PRIVS, 1)


class ResourceLimits:
    """Bounds on address space, processor time, file size, open files; no core dumps.

    The number of processes is not bounded: the kernel counts all threads of the user, not those of this process.
    """

    name = "resource_limits"

    def available(self) -> bool:
        return sys.platform != "win32"

    def apply(self, spec: Mapping[str, Any]) -> bool | str:
        import resource

        wanted = [
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, spec["cpu_s"]),
            (resource.RLIMIT_FSIZE, spec["file_mb"] * MIB),
            (resource.RLIMIT_NOFILE, spec["files"]),
        ]
        if spec["memory_mb"]:
            wanted.append((resource.RLIMIT_AS, spec["memory_mb"] * MIB))
        failed = []
        for which, wish in wanted:
            hard = resource.getrlimit(which)[1]
            bound = wish if hard == resource.RLIM_INFINITY else min(wish, hard)
            try:
                resource.setrlimit(which, (bound, bound))
            except (OSError, ValueError) as error:
                failed.append(str(error))
        return "failed: " + "; ".join(failed) if failed else True


LAYERS: tuple[Layer, ...] = (DeathWithParent(), NoNewPrivileges(), ResourceLimits())
"""In the order in which they are put up; a new wall is one more entry."""


def child_environment(scratch: Path) -> dict[str, str]:
    """Make the few variables a Blender process gets: no keys, no proxies, no home of the user.

    Args:
        scratch: The process's own folder.

    Returns:
        The whole environment of the process.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch / "tmp"),
        "XDG_RUNTIME_DIR": str(scratch / "tmp"),
        "BLENDER_USER_RESOURCES": str(scratch / "blender"),
        # Sets of texts must come in the same order each time, or equal programs render differently.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _launch() -> None:
    spec: dict[str, Any] = json.loads(sys.argv[1])
    fd, command = int(sys.argv[2]), sys.argv[4:]
    report: dict[str, bool | str] = {}
    for layer in LAYERS:
        try:
            report[layer.name] = layer.apply(spec) if layer.available() else "not on this system"
        except Exception as error:
            report[layer.name] = f"failed: {error!r}"
    body = json.dumps({"sandbox": report, "blobs": []}).encode()
    os.write(fd, struct.pack(">I", len(body)) + body)
    try:
        os.execve(command[0], command, dict(os.environ))  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error}\n")
        os._exit(127)


if __name__ == "__main__":
    _launch()
