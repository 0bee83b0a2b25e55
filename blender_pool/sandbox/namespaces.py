"""A world of its own for a process: files, processes, network, user. Linux only."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import stat
from pathlib import Path
from typing import Any

from kernel import MS_NOSUID, PR_SET_PDEATHSIG, PR_SET_SECUREBITS, clone, prctl
from tree import Tree

__all__ = ["NAMES", "live_inside"]

NAMES = (
    "file_tree",
    "process_namespace",
    "network_namespace",
    "ipc_namespace",
    "host_namespace",
    "bounded_folder",
    "unprivileged_user",
)

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
ALL = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
NODES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
INSIDE, NOBODY, MOST_FDS = 1000, 65534, 4096
INODES = 50_000
NO_FIX_UP = 0b100
READY, UNREADABLE = "ready", "a user without rights cannot read"


def live_inside(spec: dict[str, Any], report: dict[str, bool | str]) -> int:
    """Go on in new namespaces, as a user without rights.

    The calling process stays behind and ends as the new one ends. Where the system refuses namespaces this returns in
    the calling process, and the report says why.

    Args:
        spec: ``folder``, ``read``, ``cover``, ``again``, ``must_read``, ``devices``, ``scratch_mb``.
        report: Gets an entry for each of ``NAMES``.

    Returns:
        The id, as seen from outside, of the process that goes on.
    """
    if os.geteuid() != 0:
        return _try(spec, report, os.geteuid(), os.getegid())
    pid = _try(spec, report, NOBODY, NOBODY)
    if UNREADABLE not in str(report[NAMES[0]]):
        return pid
    # Installed for root's eyes only: better root without rights in a small tree than no tree.
    for name in NAMES:
        why = str(report.pop(name))
    report["unprivileged_user"] = f"root outside, though without rights: {why}"
    return _try(spec, report, 0, 0)


def _try(spec: dict[str, Any], report: dict[str, bool | str], user: int, group: int) -> int:
    order_end, order = os.pipe()
    told, tell = os.pipe()
    was = os.geteuid()
    try:
        pid = clone(ALL | int(signal.SIGCHLD))
    except OSError as error:
        for fd in (order_end, order, told, tell):
            os.close(fd)
        report |= dict.fromkeys(NAMES, f"the system refuses namespaces to this user: {error}")
        return os.getpid()
    if pid == 0:
        os.close(order)
        os.close(told)
        return _inside(spec, report, order_end, tell, stranger=user != was)
    os.close(order_end)
    os.close(tell)
    problem = ""
    try:
        _map_user(pid, user, group)
        os.write(order, f"{pid}\n".encode())
    except OSError as error:
        problem = f"no user of its own: {error}"
        os.kill(pid, signal.SIGKILL)
    with os.fdopen(told, "rb") as answer:
        said = answer.read().decode(errors="replace")
    if said == READY:
        _stay_behind(pid, order)
    os.close(order)
    os.waitpid(pid, 0)
    report |= dict.fromkeys(NAMES, f"no world of its own: {problem or said or 'it died early'}")
    return os.getpid()


def _map_user(pid: int, user: int, group: int) -> None:
    place = Path(f"/proc/{pid}")
    is_root = os.geteuid() == 0
    if not is_root:
        # An ordinary user may map its own group only after giving this up.
        (place / "setgroups").write_text("deny")
    # Root of the host is needed inside while the tree is made, to reach what only it can reach.
    also = "0 0 1\n" if is_root and user != 0 else ""
    for name, outside in (("uid_map", user), ("gid_map", group)):
        (place / name).write_text(f"{also}{INSIDE} {outside} 1\n")


def _stay_behind(pid: int, order: int) -> None:
    """Hold the pipe that tells the one inside that this process lives, and end as it ends."""
    os.closerange(0, order)
    os.closerange(order + 1, MOST_FDS)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _inside(spec: dict[str, Any], report: dict[str, bool | str], order: int, tell: int, stranger: bool) -> int:
    line = os.read(order, 32)
    if not line:
        os._exit(0)
    try:
        if stranger:
            _check_readable(spec)
        _settle(spec)
        _become_nobody(spec)
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    except OSError as error:
        os.write(tell, str(error).encode())
        os._exit(1)
    # The pipe ends with the one outside: it may have died before the signal was ordered.
    if select.select([order], [], [], 0)[0]:
        os._exit(0)
    os.write(tell, READY.encode())
    os.close(tell)
    report |= {name: True for name in NAMES if name not in report}
    return int(line)


def _settle(spec: dict[str, Any]) -> None:
    # The folders of the tree are to be entered by another user than the one that makes them.
    os.umask(0o022)
    tree = Tree(spec["folder"])
    tree.show_all(spec["read"], spec["cover"], spec["again"])
    for node in (*NODES, *spec["devices"]):
        tree.show(node, MS_NOSUID)
    if spec["devices"]:
        tree.show("/sys")
    socket.sethostname("blender")
    tree.enter(spec["folder"], spec["scratch_mb"], INODES, bool(spec["devices"]))


def _check_readable(spec: dict[str, Any]) -> None:
    """Not by trying: this process still has the right to read anything."""
    for path in spec["must_read"]:
        mode = os.stat(path).st_mode
        if mode & stat.S_IROTH == 0 or (stat.S_ISDIR(mode) and mode & stat.S_IXOTH == 0):
            raise OSError(f"{UNREADABLE} {path}")


def _become_nobody(spec: dict[str, Any]) -> None:
    """Become the mapped user, with the rights inside that are given up later."""
    folder = Path(spec["folder"])
    os.chown(folder, INSIDE, INSIDE)
    prctl(PR_SET_SECUREBITS, NO_FIX_UP)
    with contextlib.suppress(PermissionError):
        # An ordinary user cannot leave its groups; what they may read outside is out of sight.
        os.setgroups([])
    os.setresgid(INSIDE, INSIDE, INSIDE)
    os.setresuid(INSIDE, INSIDE, INSIDE)
    os.chdir(folder)
    (folder / "tmp").mkdir()
