"""The last walls, put up by a process around itself when Blender is up and before it sees a program."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["WALLS", "lock_down"]

WALLS = "SEIG_WALLS"
"""Environment variable in which the launcher leaves what is to be walled, as JSON; no program sees it."""

CLONE_NEWNS = 0x20000
TMP = "/tmp"  # noqa: S108
INODES = 20_000


def lock_down(folder: str) -> dict[str, bool | str]:
    """Give up what programs do not need.

    Args:
        folder: The process's own folder; it becomes the current one where it is mounted anew.

    Returns:
        The walls: True where one holds, else what is the matter.

    Raises:
        RuntimeError: The process was not started by the launcher, so nothing is known about its walls.
    """
    told = os.environ.pop(WALLS, None)
    if told is None:
        raise RuntimeError("no walls were ordered: this process is to be started by the sandbox's launcher")
    walls: dict[str, Any] = json.loads(told)
    if not walls["on"]:
        return {}
    from kernel import PR_SET_DUMPABLE, drop_capabilities, prctl
    from landlock import confine
    from seccomp import filter_system_calls

    report: dict[str, bool | str] = {}
    writable = [folder]
    if walls["forks"]:
        # Before the capability goes, and before Landlock, which forbids every change of mounts.
        if walls["inside"]:
            report["job_folder"] = _outcome(lambda: _mount_own(folder, walls["scratch_mb"]))
            if report["job_folder"] is True:
                writable.append(TMP)
        report["no_capabilities"] = _outcome(drop_capabilities)
    prctl(PR_SET_DUMPABLE, 0)
    try:
        report |= confine(walls["read"], writable, walls["listed"], walls["devices"])
    except OSError as error:
        report |= dict.fromkeys(("landlock_files", "landlock_network", "landlock_scopes"), f"failed: {error}")
    report["system_calls"] = _outcome(lambda: filter_system_calls(walls["gpu"]))
    return report


def _outcome(put_up: Callable[[], None]) -> bool | str:
    try:
        put_up()
    except OSError as error:
        return f"failed: {error}"
    return True


def _mount_own(folder: str, size_mb: int) -> None:
    """Mount a new, bounded folder that only this process sees; the kernel clears it away with the process.

    Its ``tmp`` is the process's ``/tmp`` too, where many an honest script saves its picture.
    """
    from kernel import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, mount, unshare

    unshare(CLONE_NEWNS)
    bound = MS_NOSUID | MS_NODEV | MS_NOEXEC
    mount("tmpfs", folder, "tmpfs", bound, f"size={size_mb}m,nr_inodes={INODES},mode=700")
    (Path(folder) / "tmp").mkdir()
    _bind_tmp(Path(folder) / "tmp")
    if Path("/proc").is_dir():
        mount("tmpfs", "/proc", "tmpfs", bound | MS_RDONLY, "nr_inodes=1,mode=555")
    os.chdir(folder)


def _bind_tmp(own: Path) -> None:
    """Lay a folder over ``/tmp``; what is mounted below ``/tmp``, that very folder's mount included, stays at its path."""
    from kernel import MS_BIND, MS_REC, mount

    kept: list[str] = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        place = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), line.split()[4])
        if place.startswith(TMP + "/"):
            kept.append(place)
    tops = [place for place in set(kept) if not any(place.startswith(other + "/") for other in kept)]
    for place in tops:
        target = own / Path(place).relative_to(TMP)
        if Path(place).is_dir():
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        mount(place, str(target), "", MS_BIND | MS_REC)
    mount(str(own), TMP, "", MS_BIND | MS_REC)
