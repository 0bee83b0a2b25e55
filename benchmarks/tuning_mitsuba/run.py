"""Our tuners beside gradients: how long until the numbers are equally right?

One small scene, written out for Blender and for Mitsuba 3. Each side gets its own renderer's picture of the truth, 8 bits, and the same starts. ``light``: colour and
energy of three lamps and six base colours are unknown (``colours`` against Adam on path replay backpropagation). ``camera``: its place and angles
(``camera`` against Adam on projective sampling, the world moved instead of the camera, since Mitsuba 3.9 gives no derivatives by a sensor; nor by its field of view, which
both sides know). Adam is tried with each setting in ``SETTINGS``, on the same starts, and the best by the outcome is what it is credited with.

Clocks start when Blender has rendered the start and Mitsuba's kernels are compiled; start-up is told beside. The sides take turns, so that a busy
machine slows both, and processor seconds are told too, which others' work bends less.

    python benchmarks/tuning_mitsuba/run.py [--venv FOLDER] [--starts 3] [--parts light camera] [--look FOLDER]
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from blender_side import TUNERS, Blender
from environment import Interpreter
from PIL import Image
from scene import LEVELS, PARTS, errors, starts, within

from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.cli.tables import table
from seig_search.fidelity import Denoise, Fidelity

HERE = Path(__file__).parent
OURS: dict[str, tuple[str, int, int, Denoise]] = {
    "light": ("colours", 14, 16, False),
    "camera": ("camera", 40, 4, "fast"),
}
"""Tuner, most renders, samples per pixel, denoiser."""
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "light": [
        {"rate": rate, "shrink": shrink, "iterations": n, "samples": 4, "pyramid": [1], "clip": 0, "depth": 5}
        for rate, shrink, n in ((0.1, 2, 100), (0.1, 2, 200), (0.2, 2, 150), (0.1, 1, 150))
    ],
    "camera": [
        {"rate": rate, "shrink": 2, "iterations": 200, "samples": 4, "pyramid": [1, 2, 4], "clip": clip, "depth": 3}
        | {"sppi": indirect}
        for rate, clip, indirect in ((0.1, 2, 0), (0.05, 2, 0), (0.1, 0, 0), (0.1, 2, 4))
    ],
}
"""What Adam is tried with: learning rate (a tenth at the end), the picture's reduction, samples per pixel for picture and gradients each, the sizes of blocks at
which pictures are compared, how many times its usual size a gradient may have, the longest paths, samples for shadows that move."""
DECAY = 0.1


Reached = tuple[float, float, int]
"""Wall seconds, processor seconds, renders or iterations."""


def reached(part: str, path: list[tuple[float, float, Any]], counts: list[int]) -> list[Reached | None]:
    """When and after how many renders a run's answer was first within each level.

    Args:
        part: Of the benchmark.
        path: Wall seconds, processor seconds, and the values that the run would have answered then.
        counts: Renders or iterations, for each of them.
    """
    found: list[Reached | None] = []
    for level in range(len(LEVELS[part])):
        at = next((index for index, (_, _, values) in enumerate(path) if within(part, values, level)), None)
        found.append(None if at is None else (path[at][0], path[at][1], counts[at]))
    return found


def seconds(found: Reached | None) -> str:
    """Say when, with how much of the processors, and after how many renders."""
    return "never" if found is None else f"{found[0]:.1f} / {found[1]:.1f} ({found[2]})"


class Bench:
    """Both sides, and what they found."""

    def __init__(self, mitsuba: Interpreter, pool: BlenderPool, asked: argparse.Namespace, folder: Path) -> None:
        self._mitsuba, self._pool, self._asked, self._folder = mitsuba, pool, asked, folder
        self._size = (asked.side, asked.side * 3 // 4)
        self.rows: list[dict[str, Any]] = []
        self._truth = folder / "truth.npy"

    def _ask(self, **job: Any) -> dict[str, Any]:
        began = time.perf_counter()
        job |= {"file": str(self._truth), "trial samples": 16}
        told = self._mitsuba.run(HERE / "mitsuba_side.py", json.dumps(job), self._asked.seconds + 300)
        return {"whole": time.perf_counter() - began, **json.loads(told)}

    def look(self) -> str:
        """Render the truth on both sides; say how alike they are, and by which factor ours is brighter."""
        width, height = self._size
        floor = self._ask(do="truth", width=width, height=height, samples=512)["floor"]
        theirs = np.load(self._truth)
        ours = Blender(self._pool, Fidelity(width, height, samples=16, seed=0), 512).picture[..., :3]
        if self._asked.look is not None:
            self._asked.look.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.hstack([ours, theirs])).save(self._asked.look / "both.png")
        pair = [_linear(picture) for picture in (ours, theirs)]
        inside = (np.maximum(ours, theirs) < 250).all(-1) & (np.minimum(ours, theirs) > 12).all(-1)
        factor = float(np.median(pair[0][inside] / pair[1][inside]))
        matched = _encoded(np.clip(pair[1] * factor, 0, 1))
        alike = -10 * math.log10(float(np.mean((matched - ours / 255) ** 2)))
        self.floor = floor
        return f"the truth in Cycles and in Mitsuba: {alike:.1f} dB apart after an exposure of {factor:.3f}"

    def theirs(self, part: str, seed: int, settings: dict[str, Any]) -> None:
        """Let Adam run once."""
        whole = {"seconds": self._asked.seconds, "decay": DECAY, **settings}
        told = self._ask(do="tune", part=part, start=starts(part, seed), settings=whole)
        path = told.pop("path")
        told |= {"floor": self.floor, "total": path[-1][0], "cpu": path[-1][1], "renders": len(path)}
        told["start-up"] = told["whole"] - told["total"]
        told["reached"] = reached(part, path, list(range(1, len(path) + 1)))
        self._note(part, seed, f"Adam {SETTINGS[part].index(settings)}", path, told)

    def ours(self, part: str, seed: int) -> None:
        """Let our tuner run once."""
        tuner, renders, samples, denoise = OURS[part]
        tuner, samples = self._asked.tuner or tuner, self._asked.samples or samples
        side = Blender(self._pool, Fidelity(*self._size, samples=samples, denoise=denoise, seed=0), 512)
        told = side.tune(part, seed, tuner, self._asked.renders or renders)
        path, counts = told.pop("path"), told.pop("counts")
        told |= {"floor": side.floor(), "total": path[-1][0], "cpu": path[-1][1], "renders": counts[-1]}
        told["reached"] = reached(part, path, counts)
        self._note(part, seed, tuner, path, told)

    def _note(self, part: str, seed: int, method: str, path: list[Any], told: dict[str, Any]) -> None:
        before, after = errors(part, starts(part, seed)), errors(part, path[-1][2])
        row = {"part": part, "start": seed, "method": method, "errors before": before, "errors after": after, **told}
        self.rows.append(row)
        print(json.dumps(row), flush=True)


def _linear(picture: Any) -> Any:
    picture = picture / 255
    return np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


def _encoded(linear: Any) -> Any:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def best_setting(rows: list[dict[str, Any]]) -> str:
    """Name the method that got to the finest level most often; of equals, the one that took least time.

    Args:
        rows: Of one part, of the methods to choose from.
    """

    def merit(method: str) -> tuple[float, ...]:
        told = [row["reached"] for row in rows if row["method"] == method]
        merits: list[float] = []
        for level in (-1, 0):
            times = [found[level][0] for found in told if found[level] is not None]
            merits += [-len(times), statistics.geometric_mean(times) if times else math.inf]
        return tuple(merits)

    return min(dict.fromkeys(row["method"] for row in rows), key=merit)


def verdicts(part: str, rows: list[dict[str, Any]]) -> list[str]:
    """Say for each level how much longer or shorter ours took than Adam's best setting, start by start."""
    theirs = best_setting([row for row in rows if row["method"].startswith("Adam")])
    lines = [f"{part}: Adam's best is {theirs}, {json.dumps(SETTINGS[part][int(theirs.split()[1])])}"]
    for level, most in enumerate(LEVELS[part]):
        pairs = []
        for seed in sorted({row["start"] for row in rows}):
            told = {row["method"]: row["reached"][level] for row in rows if row["start"] == seed}
            ours = next(found for method, found in told.items() if method in TUNERS)
            pairs.append((ours, told[theirs]))
        asked = ", ".join(f"{name} <= {value:g}" for name, value in most.items())
        lines.append(f"  {asked}: " + ", ".join(f"{seconds(ours)} against {seconds(adam)}" for ours, adam in pairs))
        for kind, what in enumerate(("seconds", "processor seconds")):
            both = [ours[kind] / adam[kind] for ours, adam in pairs if ours and adam]
            if both:
                ratios = " ".join(f"{ratio:.2f}" for ratio in both)
                lines.append(f"    ours / Adam, {what}: {ratios}; geometric mean {statistics.geometric_mean(both):.2f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--settings", nargs="+", type=int, help="which of Adam's settings; all by default")
    parser.add_argument("--tuner", choices=list(TUNERS), help="in place of each part's own")
    parser.add_argument("--renders", type=int, default=0, help="most renders of our tuner; 0: each part's own number")
    parser.add_argument("--samples", type=int, default=0, help="of our trials; 0: each part's own number")
    parser.add_argument("--seconds", type=float, default=60.0, help="most seconds of a run of Adam")
    parser.add_argument("--side", type=int, default=128, help="width in pixels, a multiple of 32")
    folder = Path(tempfile.gettempdir()) / "seig-mitsuba"
    parser.add_argument("--venv", type=Path, default=folder, help="folder for Mitsuba's environment, made if missing")
    parser.add_argument("--python", type=Path, help="an interpreter that has Mitsuba, in place of one of our making")
    parser.add_argument("--llvm", type=Path, help="the LLVM library; by default the newest there is")
    parser.add_argument("--look", type=Path, help="folder for a picture of both truths, ours on the left")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    for part in asked.parts:
        for index in asked.settings or []:
            if not 0 <= index < len(SETTINGS[part]):
                parser.error(f"--settings: {part} has 0..{len(SETTINGS[part]) - 1}, got {index}")
    mitsuba = Interpreter(asked.venv.resolve(), asked.python, asked.llvm)
    with tempfile.TemporaryDirectory() as scratch, BlenderPool(PoolOptions(workers=2, threads=1)) as pool:
        bench = Bench(mitsuba, pool, asked, Path(scratch))
        alike = bench.look()
        print(alike, flush=True)
        for part in asked.parts:
            chosen = SETTINGS[part]
            if asked.settings is not None:
                chosen = [chosen[index] for index in asked.settings]
            for seed in range(asked.starts):
                bench.ours(part, seed)
                for settings in chosen:
                    bench.theirs(part, seed, settings)
    lines = []
    for row in bench.rows:
        before = ", ".join(f"{value:.3g}" for value in row["errors before"].values())
        after = ", ".join(f"{value:.2g}" for value in row["errors after"].values())
        psnr = f"{row['start psnr']:.1f} -> {row['psnr']:.1f} of {row['floor']:.1f}"
        times = [seconds(found) for found in row["reached"]]
        spent = seconds((row["total"], row["cpu"], row["renders"]))
        lines.append([row["part"], str(row["start"]), row["method"], before, *times, spent, after, psnr])
    head = [
        "part",
        "start",
        "method",
        "errors before",
        "coarse: s / processor s (renders)",
        "fine",
        "whole run",
        "errors after",
        "psnr",
    ]
    print(table(head, lines, words=True))
    print(alike)
    for part in asked.parts:
        print("\n".join(verdicts(part, [row for row in bench.rows if row["part"] == part])))
    adams = [row for row in bench.rows if "compile" in row]
    if adams:
        first, later = adams[0]["start-up"], [row["start-up"] for row in adams[1:]]
        print(
            f"start-up of Mitsuba, import, scene, kernels: {first:.1f} s first, then {statistics.median(later or [first]):.1f} s"
        )
    if asked.json is not None:
        asked.json.write_text(json.dumps(bench.rows, indent=1))


if __name__ == "__main__":
    main()
