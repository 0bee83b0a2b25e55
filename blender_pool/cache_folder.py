"""Files by key in a folder of bounded size that any number of processes share."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["CacheFolder"]

SUFFIX, PART = ".render", ".part"
STALE_S = 3600.0
FREED = 0.1


class CacheFolder:
    """A folder of files; those used least recently go when it is full.

    A file's time of change is the time of its last use. Every process sweeps for itself, when it begins to write and after each
    tenth of the bound that it has written; between sweeps the folder may be over its bound by as much per process. Writers and
    readers need no lock: a file appears whole or not at all, and one that vanishes under a reader counts as absent.

    Args:
        folder: The folder; made when needed.
        room: Bytes that the files may take together.
    """

    def __init__(self, folder: Path, room: int) -> None:
        self._folder, self._room = folder, room
        self._unswept = room

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{SUFFIX}"

    def read(self, key: str) -> bytes | None:
        """Give a file's content, or None if there is none."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return content

    def write(self, key: str, content: bytes) -> None:
        """Write a file so that a reader sees all of it or none; a disk that cannot be written is left as it is."""
        if len(content) > self._room:
            return
        path = self._path(key)
        # A full disk costs the cache, never the run.
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=PART)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._unswept += len(content)
            if self._unswept >= self._room * FREED:
                self._unswept = 0
                self._sweep()

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        for shelf in os.scandir(self._folder):
            if shelf.is_dir(follow_symlinks=False):
                yield from os.scandir(shelf.path)

    def _sweep(self) -> None:
        """Remove what was used least recently, down to a tenth below the bound, and what dead writers left."""
        found: list[tuple[float, int, str]] = []
        for entry in self._entries():
            try:
                told = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if entry.name.endswith(SUFFIX):
                found.append((told.st_mtime, told.st_size, entry.path))
            elif entry.name.endswith(PART) and told.st_mtime < time.time() - STALE_S:
                Path(entry.path).unlink(missing_ok=True)
        total = sum(size for _, size, _ in found)
        if total <= self._room:
            return
        for _, size, path in sorted(found):
            Path(path).unlink(missing_ok=True)
            total -= size
            if total <= self._room * (1 - FREED):
                return
