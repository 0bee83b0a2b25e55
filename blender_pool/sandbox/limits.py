"""Resource limits of the calling process and of what it starts."""

from __future__ import annotations

import sys
from typing import Any

if sys.platform != "win32":
    # Here and not where it is used: by then the standard library may be out of sight.
    import resource

__all__ = ["limit_resources"]

MIB = 1 << 20


def limit_resources(spec: dict[str, Any], report: dict[str, bool | str], owns_user: bool = False) -> None:
    """Bound address space, processor time, file size, open files, threads; no core dumps, no message queues.

    Args:
        spec: ``memory_mb`` (0: no bound), ``cpu_s``, ``file_mb``, ``files``, ``processes``.
        report: Gets ``resource_limits`` and ``process_limit``.
        owns_user: Whether the user is this sandbox's own. Otherwise the kernel would count all threads of the user on
            this machine, and those of root not at all.
    """
    wanted = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, spec["cpu_s"]),
        (resource.RLIMIT_FSIZE, spec["file_mb"] * MIB),
        (resource.RLIMIT_NOFILE, spec["files"]),
    ]
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        wanted.append((resource.RLIMIT_MSGQUEUE, 0))
    if spec["memory_mb"]:
        wanted.append((resource.RLIMIT_AS, spec["memory_mb"] * MIB))
    failed = _set(wanted)
    report["resource_limits"] = "failed: " + "; ".join(failed) if failed else True
    if not owns_user:
        report["process_limit"] = "the user is not the sandbox's own: threads are bounded by address space only"
        return
    failed = _set([(resource.RLIMIT_NPROC, spec["processes"])])
    report["process_limit"] = "failed: " + "; ".join(failed) if failed else True


def _set(wanted: list[tuple[int, int]]) -> list[str]:
    failed = []
    for which, wish in wanted:
        hard = resource.getrlimit(which)[1]
        bound = wish if hard == resource.RLIM_INFINITY else min(wish, hard)
        try:
            resource.setrlimit(which, (bound, bound))
        except (OSError, ValueError) as error:
            failed.append(str(error))
    return failed
