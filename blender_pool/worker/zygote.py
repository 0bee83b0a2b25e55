"""The side of the zygote that runs in Blender: fork a leaf, tell how one ended, end one. It runs no program itself."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import shutil
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Any

__all__ = ["be_zygote"]

PACKET = 1 << 20
REAP_S = 0.05
WAIT_S = 5.0
PR_SET_PDEATHSIG = 1


def _packet(told: dict[str, Any]) -> bytes:
    body = json.dumps({**told, "blobs": []}).encode()
    return struct.pack(">I", len(body)) + body


class _Zygote:
    def __init__(self, control: socket.socket, scratch: Path) -> None:
        self.control, self.scratch = control, scratch
        self.ended: dict[int, Path] = {}
        self.codes: dict[int, int] = {}

    def reap(self) -> None:
        """Collect leaves that are gone, and their folders."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            folder = self.ended.pop(pid, None)
            if folder is None:
                self.codes[pid] = os.waitstatus_to_exitcode(status)
            else:
                shutil.rmtree(folder, ignore_errors=True)

    def wait(self, pid: int) -> int | None:
        """Wait a little for the end of a leaf that is not ended yet."""
        due = time.monotonic() + WAIT_S
        while pid not in self.codes and time.monotonic() < due:
            self.reap()
            if pid not in self.codes:
                time.sleep(0.005)
        return self.codes.get(pid)

    def end(self, pid: int, folder: Path) -> None:
        """Kill a leaf; it is collected later."""
        self.reap()
        if pid in self.codes:
            del self.codes[pid]
            shutil.rmtree(folder, ignore_errors=True)
            return
        self.ended[pid] = folder
        os.kill(pid, signal.SIGKILL)

    def fork(self, name: str, descriptors: list[int]) -> int:
        """Fork a leaf.

        Returns:
            Its process id; the leaf itself never returns.
        """
        folder = self.scratch / name
        (folder / "tmp").mkdir(parents=True)
        parent = os.getpid()
        pid = os.fork()
        if pid:
            for fd in descriptors:
                os.close(fd)
            return pid
        # The zygote's death is the leaf's, however it comes.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)
        self.control.close()
        from serving import exit_code_of

        os._exit(exit_code_of(lambda: _be_leaf(folder, *descriptors)))


def _be_leaf(folder: Path, requests: int, replies: int, printed: int) -> None:
    import bpy
    from lockdown import lock_down
    from serving import serve
    from slate import Slate

    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.close(printed)
    passing = str(folder / "tmp")
    os.environ |= {
        "HOME": str(folder),
        "TMPDIR": passing,
        "XDG_RUNTIME_DIR": passing,
        "BLENDER_USER_RESOURCES": str(folder / "blender"),
    }
    os.chdir(folder)
    bpy.context.preferences.filepaths.temporary_directory = passing
    locks = lock_down(str(folder))
    serve(requests, replies, Slate(folder, fresh=True), {"locks": locks})


def be_zygote(control: int, scratch: Path, hello: dict[str, Any]) -> None:
    """Serve the supervisor until it hangs up.

    Args:
        control: Descriptor of the socket of packets.
        scratch: The process's own folder; leaves get folders below it.
        hello: What to say first.
    """
    import job  # noqa: F401  (what a leaf needs is in memory before the first fork)
    from colours import prepare_colours
    from slate import Slate
    from threadless import stop_openexr_threads

    prepare_colours(scratch)
    Slate.load_factory_scene()
    stop_openexr_threads()
    link = socket.socket(fileno=control)
    zygote = _Zygote(link, scratch)
    link.send(_packet(hello))
    gc.collect()
    # Collections in a leaf would touch, and so copy, the pages of everything made so far.
    gc.freeze()
    while True:
        pending = bool(zygote.ended)
        ready, _, _ = select.select([link], [], [], REAP_S if pending else None)
        zygote.reap()
        if not ready:
            continue
        body, descriptors, _, _ = socket.recv_fds(link, PACKET, 3)
        if not body:
            return
        request = json.loads(body)
        if request["do"] == "fork":
            answer: dict[str, Any] = {"pid": zygote.fork(request["name"], descriptors)}
        elif request["do"] == "wait":
            answer = {"code": zygote.wait(int(request["pid"]))}
        else:
            zygote.end(int(request["pid"]), scratch / request["name"])
            answer = {}
        link.send(_packet(answer))
