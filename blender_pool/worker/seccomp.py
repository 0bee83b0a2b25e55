"""A filter on system calls, written in the kernel's own small language: what is not allowed by name is refused."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

from kernel import PR_SET_NO_NEW_PRIVS, MachineUnknown, invoke, prctl
from syscalls import HARMLESS, JUDGED, NEWEST

__all__ = ["filter_system_calls", "program_for"]

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE = 0, 4
SET_FILTER, ALL_THREADS = 1, 1
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# The second table of x86-64, with numbers of its own for the same calls.
X32 = 0x40000000

CLONE_THREAD, CLONE_NEW_ANYTHING = 0x10000, 0x7E020000
# Ask for a terminal's settings and size, bytes waiting, blocking, closing at exec.
IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# Type into a terminal, or into the console.
TERMINAL_IOCTLS = (0x5412, 0x541C)
# Duplicate, flags, locks, the size of a pipe, seals; not: owners of signals, leases, larger pipes.
FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)
# Names of threads and of memory, and questions.
PRCTLS = (3, 15, 16, 21, 23, 30, 39, 41, 42, 52, 0x53564D41)

Code = list[tuple[int, int, int, int]]


def _argument(index: int, high: bool = False) -> tuple[int, int, int, int]:
    return (LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))


def _answer(error: int) -> tuple[int, int, int, int]:
    return (RETURN, 0, 0, REFUSE | error)


YES = (RETURN, 0, 0, ALLOW)


def _one_of(index: int, values: Iterable[int], error: int = errno.EPERM) -> Code:
    code: Code = [_argument(index)]
    for value in values:
        code += [(EQUAL, 0, 1, value), YES]
    return [*code, _answer(error)]


def _none_of(index: int, values: Iterable[int]) -> Code:
    code: Code = [_argument(index)]
    for value in values:
        code += [(EQUAL, 0, 1, value), _answer(errno.EPERM)]
    return [*code, YES]


def _judgements(pid: int, devices: bool) -> dict[str, Code]:
    oneself = _one_of(0, (0, pid))
    unsupported = [_answer(errno.EOPNOTSUPP)]
    judged: dict[str, Code] = {
        # A new process shares nothing; a thread has CLONE_THREAD and no namespaces of its own.
        "clone": [
            _argument(0),
            (ANY_BIT, 0, 1, CLONE_NEW_ANYTHING),
            _answer(errno.EPERM),
            (ANY_BIT, 0, 1, CLONE_THREAD),
            YES,
            _answer(errno.EPERM),
        ],
        # Its flags lie in memory where no filter sees them; the C library then takes clone.
        "clone3": [_answer(errno.ENOSYS)],
        "ioctl": _none_of(1, TERMINAL_IOCTLS) if devices else _one_of(1, IOCTLS, errno.ENOTTY),
        "fcntl": _one_of(1, FCNTLS),
        "prctl": _one_of(0, PRCTLS),
        # Limits may be read, one's own only, and not set.
        "prlimit64": [
            _argument(2),
            (EQUAL, 1, 0, 0),
            _answer(errno.EPERM),
            _argument(2, high=True),
            (EQUAL, 1, 0, 0),
            _answer(errno.EPERM),
            *oneself,
        ],
        # Raising and aborting; 0 would be the whole group.
        **dict.fromkeys(("kill", "tkill", "tgkill"), _one_of(0, (pid,))),
        **dict.fromkeys(
            ("sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler", "getpgid", "getsid"),
            oneself,
        ),
        "getpriority": _one_of(1, (0, pid)),
        "wait4": [YES],
        "waitid": [YES],
    }
    return {name: judged.get(name, unsupported) for name in JUDGED}


def program_for(machine: str, pid: int, devices: bool) -> bytes:
    """Write the filter.

    Args:
        machine: ``x86_64`` or ``aarch64``.
        pid: The process that may send signals to itself.
        devices: Whether device files may be spoken to.

    Returns:
        Instructions of 8 bytes each.

    Raises:
        MachineUnknown: Another machine.
    """
    if machine not in ARCHITECTURES:
        raise MachineUnknown(f"no table of system calls for {machine}")
    architecture, column = ARCHITECTURES[machine]
    killed = (RETURN, 0, 0, KILL)
    code: Code = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), killed, (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        code += [(AT_LEAST, 0, 1, X32), killed]
    for numbers in HARMLESS.values():
        if numbers[column] is not None:
            code += [(EQUAL, 0, 1, numbers[column]), YES]
    for name, judgement in _judgements(pid, devices).items():
        number = JUDGED[name][column]
        if number is not None:
            code += [(EQUAL, 0, len(judgement), number), *judgement]
    # Libraries ask for new calls to learn whether they exist; an old kernel's answer sends them to the old ones.
    code += [(AT_LEAST, 0, 1, NEWEST + 1), _answer(errno.ENOSYS), _answer(errno.EPERM)]
    return b"".join(struct.pack("=HBBI", *line) for line in code)


def filter_system_calls(devices: bool = False) -> None:
    """Put the filter on all threads of this process, for good.

    Args:
        devices: Whether device files may be spoken to by any ``ioctl``.

    Raises:
        OSError: The system refused; ``MachineUnknown`` on processors without a table.
    """
    code = program_for(platform.machine(), os.getpid(), devices)
    lines = ctypes.create_string_buffer(code, len(code))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(lines)))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    left_out = invoke("seccomp", SET_FILTER, ALL_THREADS, head)
    if left_out:
        raise OSError(errno.EBUSY, f"thread {left_out} could not be put under the filter")
