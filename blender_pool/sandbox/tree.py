"""A small tree of files that becomes the root: what a process needs, read-only, each at its own path."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable

from kernel import (
    AT_RECURSIVE,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    attribute_mount,
    mount,
    pivot,
)

__all__ = ["Tree"]

HOPS = 40


class Tree:
    """The new root in the making; the calling process is in a mount namespace of its own.

    Args:
        place: A folder of the host to mount the new root on; it is hidden by it.

    Raises:
        OSError: The system refused.
    """

    def __init__(self, place: str) -> None:
        mount("", "/", "", MS_REC | MS_PRIVATE)
        mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=755")
        self._root = place
        # Whether what lies below is already there (a bound folder) or not (an empty one laid over it).
        self._filled: dict[str, bool] = {}

    def _is_filled(self, path: str) -> bool:
        while path != "/":
            if path in self._filled:
                return self._filled[path]
            path = os.path.dirname(path)
        return False

    def _real(self, path: str) -> str:
        """Where a path leads on the host; the links on the way are made in the tree as well."""
        done, parts, hops = "/", deque(part for part in path.split("/") if part), 0
        while parts:
            part = parts.popleft()
            if part in (".", ".."):
                done = os.path.dirname(done) if part == ".." else done
                continue
            here = os.path.join(done, part)
            if not os.path.islink(here) or hops > HOPS:
                done = here
                continue
            hops += 1
            leads = os.readlink(here)
            inside = self._root + here
            if not self._is_filled(here) and not os.path.lexists(inside):
                os.makedirs(os.path.dirname(inside), exist_ok=True)
                os.symlink(leads, inside)
            parts.extendleft(reversed([part for part in leads.split("/") if part]))
            done = "/" if leads.startswith("/") else done
        return done

    def show(self, path: str, attributes: int = MS_RDONLY | MS_NOSUID | MS_NODEV) -> None:
        """Make a file or folder visible; what is not there is passed over.

        Args:
            path: Absolute path on the host.
            attributes: Mount attributes that it gets.
        """
        real = self._real(path)
        if not os.path.exists(real) or self._is_filled(real):
            return
        inside = self._root + real
        if os.path.isdir(real):
            os.makedirs(inside, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(inside), exist_ok=True)
            os.close(os.open(inside, os.O_CREAT | os.O_WRONLY, 0o444))
        mount(real, inside, "", MS_BIND | MS_REC)
        attribute_mount(inside, attributes, AT_RECURSIVE)
        self._filled[real] = True

    def cover(self, path: str) -> None:
        """Lay an empty folder over one that is shown; single things below it can be shown again."""
        if os.path.isdir(path) and self._is_filled(path):
            mount("tmpfs", self._root + path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=1m,mode=755")
            self._filled[path] = False

    def enter(self, folder: str, size_mb: int, inodes: int, whole_proc: bool) -> None:
        """Make the tree the root, read-only but for one folder.

        Args:
            folder: Folder to write in, empty and bounded.
            size_mb: Its size in MiB.
            inodes: Files that it may hold.
            whole_proc: Whether ``/proc`` tells of the machine too, and not only of the processes in this namespace.
        """
        os.makedirs(self._root + folder)
        covers = [path for path, filled in self._filled.items() if not filled]
        os.makedirs(self._root + "/proc", exist_ok=True)
        # A job lays its own folder over it.
        os.makedirs(self._root + "/tmp", exist_ok=True)  # noqa: S108
        data = "" if whole_proc else "subset=pid"
        mount("proc", self._root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, data)
        pivot(self._root)
        for path in (*covers, "/"):
            attribute_mount(path, MS_RDONLY)
        bounds = f"size={size_mb}m,nr_inodes={inodes},mode=700"
        mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, bounds)
        self._root = ""

    def show_all(self, paths: Iterable[str], covered: Iterable[str], again: Iterable[str]) -> None:
        """Show paths, cover folders among them, then show single things of those."""
        for path in paths:
            self.show(path)
        for path in covered:
            self.cover(os.path.realpath(path))
        for path in again:
            self.show(path)
