"""System calls that Python has no name for, through the C library. Linux only, x86-64 and 64-bit ARM."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

__all__ = [
    "AT_RECURSIVE",
    "CAP_SYS_ADMIN",
    "MachineUnknown",
    "attribute_mount",
    "clone",
    "drop_capabilities",
    "holds_capability",
    "invoke",
    "mount",
    "pivot",
    "prctl",
    "unmount",
    "unshare",
]

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SECUREBITS = 1, 4, 24, 28
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 47
AMBIENT_RAISE = 2

CAP_SETPCAP, CAP_SYS_ADMIN = 8, 21
CAPABILITY_V3 = 0x20080522
# No rights by being user 0, no fix-ups at a change of user, no way to keep or raise any; each with its lock.
SECURE_BITS = 0b11101111

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 1 << 12, 1 << 14, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

NUMBERS = {
    "x86_64": {"clone": 56, "pivot_root": 155, "seccomp": 317},
    "aarch64": {"clone": 220, "pivot_root": 41, "seccomp": 277},
}
SAME = {
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}


class MachineUnknown(OSError):
    """The processor is none whose system calls are known here."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def invoke(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call.

    Args:
        name: One of those listed in this module.
        *arguments: Numbers, or bytes that the kernel reads.

    Raises:
        OSError: It failed; ``MachineUnknown`` where its number is not known.
    """
    known = {**SAME, **NUMBERS.get(platform.machine(), {})}
    if name not in known:
        raise MachineUnknown(f"{name} has no number for a {platform.machine()} here")
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_libc().syscall(ctypes.c_long(known[name]), *values), name)


def prctl(option: int, value: int, third: int = 0) -> None:
    """Set a property of the process; raises OSError."""
    words = [ctypes.c_ulong(word) for word in (value, third, 0, 0)]
    _checked(_libc().prctl(option, *words), f"prctl {option}")


def unshare(flags: int) -> None:
    """Move the process to new namespaces; raises OSError."""
    _checked(_libc().unshare(flags), "unshare")


def clone(flags: int) -> int:
    """Fork into new namespaces; gives 0 in the new process. Only for a process without threads.

    Raises:
        OSError: The system refused.
    """
    # No stack of its own: the kernel copies the memory, as it does for fork.
    return invoke("clone", flags, 0, 0, 0, 0)


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount something; raises OSError."""
    words = [text.encode() or None for text in (source, target, kind)]
    done = _libc().mount(*words, ctypes.c_ulong(flags), data.encode() or None)
    _checked(done, f"mount {source} at {target}")


def unmount(target: str) -> None:
    """Take a mount away at once, with all below it; raises OSError."""
    _checked(_libc().umount2(target.encode(), MNT_DETACH), f"unmount {target}")


def attribute_mount(path: str, add: int, flags: int = 0) -> None:
    """Add mount attributes (numbered as the old flags are up to no-exec) to a mount; raises OSError.

    Args:
        path: Where it is mounted.
        add: Attributes to add; none is ever taken away.
        flags: ``AT_RECURSIVE`` reaches the mounts below as well.
    """
    wanted = ctypes.create_string_buffer(struct.pack("=QQQQ", add, 0, 0, 0), 32)
    invoke("mount_setattr", AT_FDCWD, path.encode(), flags, wanted, 32)


def pivot(new_root: str) -> None:
    """Make a mount the root and let go of the old one; raises OSError."""
    os.chdir(new_root)
    invoke("pivot_root", b".", b".")
    unmount(".")
    os.chdir("/")


def holds_capability(number: int) -> bool:
    """Whether the process holds a capability now."""
    head = ctypes.create_string_buffer(struct.pack("=Ii", CAPABILITY_V3, 0), 8)
    sets = ctypes.create_string_buffer(24)
    _checked(_libc().capget(head, sets), "capget")
    words = struct.unpack("=6I", sets.raw)
    return bool((words[0] | words[3] << 32) >> number & 1)


def _set_capabilities(effective: int, inheritable: int) -> None:
    sets = [bits >> shift & 0xFFFFFFFF for shift in (0, 32) for bits in (effective, effective, inheritable)]
    head = ctypes.create_string_buffer(struct.pack("=Ii", CAPABILITY_V3, 0), 8)
    _checked(_libc().capset(head, ctypes.create_string_buffer(struct.pack("=6I", *sets), 24)), "capset")


def drop_capabilities(keep: int | None = None) -> None:
    """Give up all capabilities for good, also for what is started from here.

    Args:
        keep: One that stays, over ``exec`` too.

    Raises:
        OSError: The system refused.
    """
    for number in range(64):
        if number != keep:
            try:
                prctl(PR_CAPBSET_DROP, number)
            except OSError:
                # Past the last one that this kernel knows, or without the right to bound a set that is empty.
                continue
    bits = 0 if keep is None else 1 << keep
    if keep is not None:
        # The locks take one more, and only what is inheritable can be raised to outlive exec.
        _set_capabilities(bits | 1 << CAP_SETPCAP, bits)
        prctl(PR_CAP_AMBIENT, AMBIENT_RAISE, keep)
    _lock_bits()
    _set_capabilities(bits, bits)


def _lock_bits() -> None:
    try:
        prctl(PR_SET_SECUREBITS, SECURE_BITS)
    except OSError:
        # Takes a capability that an ordinary user lacks, and so has nothing to lock.
        if holds_capability(CAP_SETPCAP):
            raise
