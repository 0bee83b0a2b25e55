"""The three ways to render a batch of programs that are compared; each gives pixels and takes the wall clock."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from seig_search.blender_pool import BlenderPool
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

__all__ = ["Fresh", "Plain", "pooled"]

HERE = Path(__file__).resolve().parent
Pixels = npt.NDArray[np.uint8]


def _pixels(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGBA"))


class Fresh:
    """A new Blender process for each program.

    Args:
        at_once: How many run at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once)

    def run(self, programs: list[str], fidelity: Fidelity) -> list[Pixels]:
        """Render programs."""
        with tempfile.TemporaryDirectory() as folder:
            places = [Path(folder) / f"{index}.png" for index in range(len(programs))]
            list(self._threads.map(lambda pair: self._one(*pair, fidelity), zip(programs, places, strict=True)))
            return [_pixels(place) for place in places]

    @staticmethod
    def _one(program: str, place: Path, fidelity: Fidelity) -> None:
        text = place.with_suffix(".py")
        text.write_text(program)
        numbers = (str(fidelity.width), str(fidelity.samples))
        command = [sys.executable, str(HERE / "fresh.py"), str(text), str(place), *numbers]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class _Bare:
    def __init__(self, folder: str) -> None:
        self._place = Path(tempfile.mkdtemp(dir=folder)) / "picture.png"
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "plain.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer("READY")

    def _answer(self, word: str) -> list[str]:
        for line in self.process.stdout or ():
            if line.startswith(word):
                return line.split()[1:]
        raise SystemExit("a bare Blender process ended")

    def render(
        self, program: str, fidelity: Fidelity, count: bool = False, again: bool = False
    ) -> tuple[Pixels, float, int, float]:
        asked: dict[str, Any] = {"source": program, "path": str(self._place), "side": fidelity.width}
        asked |= {"samples": fidelity.samples, "count": count, "again": again}
        if self.process.stdin is None:
            raise SystemExit("a bare Blender process has no input")
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        seconds, polygons, once_more = self._answer("DONE")
        return _pixels(self._place), float(seconds), int(polygons), float(once_more)


class Plain:
    """Warm Blender processes, each program from the factory settings on.

    Args:
        processes: How many.
    """

    def __init__(self, processes: int) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._threads = ThreadPoolExecutor(processes)
        self._bare = [_Bare(self._folder.name) for _ in range(processes)]
        self.render_seconds = 0.0

    def run(self, programs: list[str], fidelity: Fidelity) -> list[Pixels]:
        """Render programs, taken in turns; ``render_seconds`` grows by what Blender's render calls took."""
        width = len(self._bare)

        def part(index: int) -> list[tuple[Pixels, float, int, float]]:
            return [self._bare[index].render(program, fidelity) for program in programs[index::width]]

        parts = list(self._threads.map(part, range(width)))
        self.render_seconds += sum(seconds for done in parts for _, seconds, *_ in done)
        return [parts[index % width][index // width][0] for index in range(len(programs))]

    def floor(self, programs: list[str], fidelity: Fidelity) -> float:
        """Seconds that light paths alone take, per program, with every process at work: no pool could be quicker."""
        width = len(self._bare)

        def part(index: int) -> list[float]:
            return [self._bare[index].render(program, fidelity, again=True)[3] for program in programs[index::width]]

        found = [seconds for done in self._threads.map(part, range(width)) for seconds in done]
        return sum(found) / len(found)

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [bare.process.pid for bare in self._bare]

    def polygons(self, program: str) -> int:
        """Count the polygons of a program's scene, after modifiers."""
        return self._bare[0].render(program, Fidelity(16, 16, samples=1), count=True)[2]

    def __enter__(self) -> Plain:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for bare in self._bare:
            bare.process.kill()
            bare.process.wait()
        self._folder.cleanup()


def pooled(pool: BlenderPool, programs: list[str], fidelity: Fidelity) -> list[Pixels]:
    """Render programs in a pool."""
    results = [future.result() for future in [pool.submit(RenderJob(program, fidelity)) for program in programs]]
    failed = [str(result.error) for result in results if result.pixels is None]
    if failed:
        raise SystemExit(f"a render failed: {failed[0]}")
    return [result.pixels for result in results if result.pixels is not None]
