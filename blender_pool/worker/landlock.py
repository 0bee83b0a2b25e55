"""A Landlock domain around the calling thread: files, TCP, signals and abstract sockets, as far as the kernel has them."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from stat import S_ISDIR

from kernel import PR_SET_NO_NEW_PRIVS, invoke, prctl

__all__ = ["confine"]

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
REMOVE, MAKE_DIR, MAKE_REG = 0b110000, 1 << 7, 1 << 8
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
# No links, FIFOs, sockets or devices: a program has no use for them, and who reads its output should meet none.
WRITE = READ | WRITE_FILE | REMOVE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE

FILES_SINCE = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
NET_SINCE, TCP = 4, 3
SCOPES_SINCE, SCOPES = 6, 3
CREATE_VERSION, RULE_PATH = 1, 1


def confine(
    read: Iterable[str],
    write: Iterable[str],
    listed: Iterable[str] = (),
    devices: Iterable[str] = (),
    execute: bool = False,
) -> dict[str, bool | str]:
    """Put the calling thread, and what comes from it, into a new domain.

    Args:
        read: Files and folders that may be read; what is not there is passed over.
        write: Folders that may be read and written in.
        listed: Folders of which only the names in them may be read.
        devices: Device files that may be read, written and spoken to by ``ioctl``.
        execute: Whether what may be read may be executed too.

    Returns:
        ``landlock_files``, ``landlock_network``, ``landlock_scopes``: True or what is the matter.
    """
    try:
        abi = invoke("landlock_create_ruleset", None, 0, CREATE_VERSION)
    except OSError as error:
        missing = f"the kernel has no Landlock ({os.strerror(error.errno or 0)})"
        return dict.fromkeys(("landlock_files", "landlock_network", "landlock_scopes"), missing)
    files = max(rights for since, rights in FILES_SINCE.items() if since <= abi)
    network, scopes = TCP if abi >= NET_SINCE else 0, SCOPES if abi >= SCOPES_SINCE else 0
    wanted = struct.pack("=QQQ", files, network, scopes)
    # An older kernel takes only the fields it knows.
    size = 8 if abi < NET_SINCE else 16 if abi < SCOPES_SINCE else 24
    ruleset = invoke("landlock_create_ruleset", ctypes.create_string_buffer(wanted, 24), size, 0)
    try:
        for paths, rights in (
            (read, READ | (EXECUTE if execute else 0)),
            (write, WRITE),
            (listed, READ_DIR),
            (devices, READ_FILE | WRITE_FILE | IOCTL_DEV),
        ):
            for path in paths:
                _allow(ruleset, path, rights & files)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        invoke("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    told = "Landlock {} of this kernel is older than {}"
    return {
        "landlock_files": True if abi >= 3 else told.format(abi, 3) + ": truncating is not covered",
        "landlock_network": bool(network) or told.format(abi, NET_SINCE),
        "landlock_scopes": bool(scopes) or told.format(abi, SCOPES_SINCE),
    }


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not S_ISDIR(os.fstat(place).st_mode):
            rights &= FOR_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, place), 12)
        invoke("landlock_add_rule", ruleset, RULE_PATH, rule, 0)
    finally:
        os.close(place)
