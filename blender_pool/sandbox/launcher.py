"""Puts walls up around a process that then becomes Blender.

Run as ``python -I -S launcher.py SPEC REPORT_FD -- COMMAND ...``. What became of each wall is reported as one frame on
the descriptor, with the process id of Blender, and the command takes the place of the process. With namespaces that
process is a child, process 1 of a world of its own: this one stays outside, ends as it ends, and takes it along when
killed. Standard library only; nothing of ours is imported but what stands beside.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "worker")]

# All before the walls go up: some of them hide the standard library.
from kernel import (  # noqa: E402
    CAP_SYS_ADMIN,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    drop_capabilities,
    prctl,
)
from landlock import confine  # noqa: E402
from limits import limit_resources  # noqa: E402
from lockdown import WALLS  # noqa: E402
from namespaces import NAMES, live_inside  # noqa: E402

Report = dict[str, "bool | str"]


def _outcome(report: Report, name: str, put_up: Any) -> None:
    try:
        told = put_up()
    except (OSError, ValueError) as error:
        told = f"failed: {error}"
    report[name] = True if told is None else told


def _die_with(parent: int) -> None:
    prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        # The supervisor died before the signal was ordered: nobody waits for this process.
        os._exit(0)


def _wall_linux(spec: dict[str, Any], report: Report) -> int:
    """Put up what Linux has.

    Returns:
        The id of the process that becomes Blender, as seen from outside.
    """
    _outcome(report, "death_with_parent", lambda: _die_with(spec["parent"]))
    walls: dict[str, Any] = {"on": spec["sandbox"]}
    if not spec["sandbox"]:
        limit_resources(spec, report)
        _outcome(report, "no_new_privileges", lambda: prctl(PR_SET_NO_NEW_PRIVS, 1))
        report |= dict.fromkeys((*NAMES, *LATER), "switched off")
        os.environ[WALLS] = json.dumps(walls)
        return os.getpid()
    pid: int = live_inside(spec, report)
    report["job_folder"] = report["bounded_folder"]
    inside = report[NAMES[0]] is True
    keeps = CAP_SYS_ADMIN if inside and spec["forks"] else None
    limit_resources(spec, report, owns_user=inside and report["unprivileged_user"] is True)
    _outcome(report, "no_capabilities", lambda: drop_capabilities(keeps))
    _outcome(report, "no_new_privileges", lambda: prctl(PR_SET_NO_NEW_PRIVS, 1))
    read = [*spec["read"], *spec["again"], *(NODES if not spec["devices"] else (*NODES, "/proc", "/sys"))]
    walls |= {
        "read": read,
        "listed": spec["listed"],
        "devices": [*NODES, *spec["devices"]],
        "forks": spec["forks"],
        "inside": inside,
        "scratch_mb": spec["scratch_mb"],
        "gpu": bool(spec["devices"]),
    }
    if not spec["forks"]:
        report |= confine([*read, "/proc"], [spec["folder"]], walls["listed"], walls["devices"], execute=True)
    os.environ[WALLS] = json.dumps(walls)
    return pid


NODES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
LATER = ("no_capabilities", "job_folder", "landlock_files", "landlock_network", "landlock_scopes", "system_calls")


def main() -> None:
    """Do what the arguments say; returns never."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    fd, command = int(sys.argv[2]), sys.argv[4:]
    report: Report = {}
    pid = os.getpid()
    if sys.platform == "linux":
        pid = _wall_linux(spec, report)
    else:
        if sys.platform != "win32":
            limit_resources(spec, report)
        report["platform"] = f"{sys.platform} has none of Linux's walls: files, network and processes are open"
    body = json.dumps({"sandbox": report, "pid": pid, "blobs": []}).encode()
    os.write(fd, struct.pack(">I", len(body)) + body)
    try:
        os.execve(command[0], command, dict(os.environ))  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error}\n")
        sys.stderr.flush()
        os._exit(127)


if __name__ == "__main__":
    main()
