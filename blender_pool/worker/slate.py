"""A clean slate between programs: stock Blender and stock Python again, without starting a new process."""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import bpy
import numpy as np

__all__ = ["Slate"]


def _seed() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


class Slate:
    """Remembers the process as it started, and brings it back.

    Args:
        scratch: The child's own folder; programs run in a subfolder of it.
        fresh: Whether the process is a new fork of one that holds the factory scene: the first program needs no clearing.
    """

    def __init__(self, scratch: Path, fresh: bool = False) -> None:
        self.scratch = scratch
        self._fresh = fresh
        self.lineage: Any = None
        self.folder = scratch / "job"
        self._main = sys.modules["__main__"]
        self._modules = set(sys.modules)
        self._path = list(sys.path)
        self._argv = list(sys.argv)
        self._environment = dict(os.environ)
        self._recursion = sys.getrecursionlimit()
        self._handlers = {
            name: list(entries)
            for name in dir(bpy.app.handlers)
            if isinstance(entries := getattr(bpy.app.handlers, name), list)
        }
        self._drivers = dict(bpy.app.driver_namespace)

    def clear(self) -> None:
        """Make everything a program can ordinarily leave behind as it was; then load Blender's factory scene."""
        if self._fresh:
            self._fresh = False
            self._new_folder()
            # A fork draws fresh entropy.
            _seed()
            return
        self._clear_python()
        for name, entries in self._handlers.items():
            getattr(bpy.app.handlers, name)[:] = entries
        bpy.app.driver_namespace.clear()
        bpy.app.driver_namespace.update(self._drivers)
        self.load_factory_scene()

    @staticmethod
    def load_factory_scene() -> None:
        """Stock Blender as it starts, and the random generators at their seeds."""
        bpy.ops.wm.read_factory_settings()
        _seed()

    def _clear_python(self) -> None:
        sys.modules["__main__"] = self._main
        for name in set(sys.modules) - self._modules:
            file = getattr(sys.modules[name], "__file__", None)
            if file is None or str(self.scratch) in str(file):
                del sys.modules[name]
            else:
                self._modules.add(name)
        sys.path[:], sys.argv[:] = self._path, self._argv
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        sys.excepthook = sys.__excepthook__
        sys.settrace(None)
        sys.setrecursionlimit(self._recursion)
        if dict(os.environ) != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)
        self._new_folder()

    def _new_folder(self) -> None:
        os.chdir(self.scratch)
        if self.folder.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(exist_ok=True)
        os.chdir(self.folder)

    def forget_classes(self, namespace: dict[str, Any]) -> None:
        """Unregister the operators, panels and properties that a program registered."""
        for value in list(namespace.values()):
            if isinstance(value, type) and getattr(value, "is_registered", False) is True:
                try:
                    bpy.utils.unregister_class(value)
                except (RuntimeError, ValueError):
                    continue

    def worn(self) -> str:
        """Say why this process should not take another program, or nothing."""
        if threading.active_count() > 1:
            return "a program left a thread running"
        for fd in (1, 2):
            try:
                os.fstat(fd)
            except OSError:
                return "a program closed the standard output"
        return ""
