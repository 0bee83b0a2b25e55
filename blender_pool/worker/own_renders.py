"""Renders that a program makes by itself: nobody looks at them, so they are kept small and quick."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

import bpy
from bpy.app.handlers import persistent

__all__ = ["OwnRenders"]

SIDE = 64


def _within_reach(path: str) -> str:
    """The path, or one of that name in the folder of the job if nothing can be written there."""
    above = os.path.dirname(path)
    while above and not os.path.exists(above) and above != os.path.dirname(above):
        above = os.path.dirname(above)
    if not os.path.isabs(path) or os.access(above, os.W_OK):
        return path
    return os.path.join(os.getcwd(), os.path.basename(path) or "render")


def _modest(scene: Any, threads: int) -> list[tuple[Any, str, Any]]:
    render, cycles = scene.render, scene.cycles
    longest = max(render.resolution_x, render.resolution_y)
    return [
        # EEVEE needs half a minute for its first picture where there is no GPU.
        (render, "engine", "CYCLES" if "EEVEE" in render.engine else render.engine),
        (render, "resolution_percentage", max(1, min(render.resolution_percentage, 100 * SIDE // longest))),
        (render, "filepath", _within_reach(render.filepath)),
        (render, "threads_mode", "FIXED"),
        (render, "threads", threads),
        # What is kept by this render would round the next one differently.
        (render, "use_persistent_data", False),
        (cycles, "device", "CPU"),
        (cycles, "samples", 1),
        (cycles, "use_denoising", False),
        (cycles, "use_auto_tile", False),
    ]


class OwnRenders:
    """While it is open, each render of the program is made small; the scene's settings are back after each.

    Files are written in their full number and format, in the folder of the job if the program's own cannot be written. A program that clears the render handlers
    pays for its renders itself.

    Args:
        threads: Render threads, at least 1.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._before: list[tuple[Any, str, Any]] = []
        self._lists: list[tuple[list[Callable[..., None]], Callable[..., None]]] = []
        self.count = 0

    @property
    def warnings(self) -> list[str]:
        """What the author is to know."""
        if not self.count:
            return []
        return [f"the program rendered by itself ({self.count} times); only tiny pictures are made of such renders"]

    def _restore(self) -> None:
        while self._before:
            owner, name, value = self._before.pop()
            # The program may have removed the scene.
            with contextlib.suppress(ReferenceError):
                setattr(owner, name, value)

    def __enter__(self) -> OwnRenders:
        # Persistent, as many programs begin with a factory reset.
        @persistent
        def begin(scene: Any, *_: Any) -> None:
            self._restore()
            self.count += 1
            for owner, name, value in _modest(scene, self._threads):
                self._before.append((owner, name, getattr(owner, name)))
                setattr(owner, name, value)

        @persistent
        def end(*_: Any) -> None:
            self._restore()

        handlers = bpy.app.handlers
        self._lists = [(handlers.render_init, begin), (handlers.render_complete, end), (handlers.render_cancel, end)]
        for entries, handler in self._lists:
            entries.append(handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for entries, handler in self._lists:
            if handler in entries:
                entries.remove(handler)
        self._restore()
