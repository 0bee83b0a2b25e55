"""Do workers render while a model thinks? A run with made-up latencies, and how near it comes to its critical path.

Models and renders only sleep: a call takes --model-s, a render --render-s on one of --workers. Everything else is the real driver:
strategy, verifier, tuner, journal. Its critical path is the time in which some call was under way, and of the rest what the
renders needed on all workers: a driver that never kept anybody waiting would take that long.

    python benchmarks/overlap/run.py [--model-s 5] [--render-s 0.3] [--workers 2] [--idle-tuning 60] [--json OUT.json]
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from seig_search.cli.tables import table
from seig_search.config import PlugIn, load_settings
from seig_search.models import Endpoint, Reply
from seig_search.program import Program
from seig_search.render import RenderJob, RenderResult
from seig_search.search.session import create, execute
from seig_search.target import Target

SOURCE = '''"""A disc."""
import bpy

RADIUS = 0.2  # @param 0.05..0.45


def geometry():
    pass


RGB = (0.6, 0.4, 0.2)  # @param rgb


def materials():
    pass


X = 0.4  # @param 0..1
Y = 0.4  # @param 0..1


def composition():
    pass


LIGHT = 0.6  # @param 0.1..1


def lighting():
    pass
'''
STEPS = {"RADIUS": 0.02, "X": 0.03, "Y": 0.02, "LIGHT": 0.05}
OWN = {"geometry": ("RADIUS",), "composition": ("X", "Y"), "lighting": ("LIGHT",), "joint": ("LIGHT", "X")}
Span = tuple[float, float]


def draw(program: Program, width: int, height: int) -> np.ndarray[Any, Any]:
    """Draw the disc, (H, W, 4) uint8."""
    value: dict[str, Any] = {p.key: p.value for p in program.parameters}
    y, x = np.mgrid[0:height, 0:width]
    inside = np.hypot(x / width - value["X"], y / height - value["Y"]) < value["RADIUS"]
    picture = np.full((height, width, 4), (128, 128, 128, 255), float)
    picture[inside, :3] = np.array(value["RGB"]) * value["LIGHT"] * 255
    return np.clip(picture, 0, 255).astype(np.uint8)


class SleepingPool:
    """Renders take their time on so many workers."""

    blender_version, sandbox = "none", ()

    def __init__(self, workers: int, seconds: float) -> None:
        self.spans: list[Span] = []
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(workers)

    def submit(self, job: RenderJob) -> Future[RenderResult]:
        """Draw after a while."""
        return self._threads.submit(self._render, job)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def _render(self, job: RenderJob) -> RenderResult:
        began = time.monotonic()
        program = Program.parse(job.source)
        program = program.with_values(job.values) if job.values else program
        pixels = draw(program, job.fidelity.width, job.fidelity.height)
        time.sleep(max(0.0, self._seconds - (time.monotonic() - began)))
        self.spans.append((began, time.monotonic()))
        facts = {"objects": []} if "facts" in job.passes else None
        return RenderResult("ok", pixels, facts, b"" if "blend" in job.passes else None, seconds=self._seconds)


class SleepingModels:
    """Answers take their time; edits move the stage's numbers a step."""

    def __init__(self, seconds: float) -> None:
        self.spans: list[Span] = []
        self._seconds, self._lock = seconds, threading.Lock()

    def call(self, endpoint: Endpoint, messages: Sequence[Any], *, key: str, **_: Any) -> Reply:
        """Sleep, then answer."""
        began = time.monotonic()
        time.sleep(self._seconds)
        with self._lock:
            self.spans.append((began, time.monotonic()))
        text = "\n".join(part.get("text", "") for part in messages[-1]["content"])
        return Reply(self._answer(text))

    def _answer(self, text: str) -> str:
        if "List every separate thing" in text:
            return '{"things": [{"name": "Disc"}]}'
        if "rough first render" in text:
            return '{"present": ["Disc"], "missing": []}'
        if "Write the whole first program" in text:
            return f"Why: a disc\n\n```python\n{SOURCE}```"
        if "Approve if no difference" in text:
            item = {"part": "Disc", "attribute": "place", "now": "1 px", "wanted": "2 px"}
            return json.dumps({"approved": False, "summary": "not yet", "todo": [item]})
        stage = re.search(r"Active stage: \*\*(\w+)\*\*", text)
        names = OWN.get(stage[1] if stage else "", ())
        now = {name: float(found[1]) for name in names if (found := re.search(rf"- {name} ([\d.]+)", text))}
        values = {name: round(value + STEPS[name], 4) for name, value in now.items()} or {"RGB": [0.9, 0.4, 0.2]}
        return f"Why: on\n\n```json\n{json.dumps(values)}\n```"


def union(spans: Sequence[Span]) -> list[Span]:
    """Merge spans that touch."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def length(spans: Sequence[Span]) -> float:
    """Sum of the spans' lengths."""
    return sum(end - begin for begin, end in spans)


def within(span: Span, others: Sequence[Span]) -> float:
    """How much of a span lies in others that do not overlap."""
    return sum(max(0.0, min(span[1], end) - max(span[0], begin)) for begin, end in others)


def measure(arguments: argparse.Namespace, idle: int) -> dict[str, float]:
    """Run once; gives the times."""
    pool, models = SleepingPool(arguments.workers, arguments.render_s), SleepingModels(arguments.model_s)
    sets = [
        "fidelity.search={long_side: 48, samples: 1}",
        "fidelity.guard={long_side: 64, samples: 1}",
        "fidelity.preview={long_side: 64, samples: 1}",
        "fidelity.final={long_side: 64, samples: 1}",
        "scoring.evaluators=[pixel, structure, colour, edges, detail]",
        "search.compare=0",
        "search.reopen=0",
        f"search.idle_tuning={idle}",
        f"budget.renders={arguments.renders}",
    ]
    named = {"proposer": PlugIn(name="vlm", settings={"model": "openai/none", "api_base": "http://127.0.0.1:9/v1"})}
    truth = Program.parse(SOURCE).with_values({"RADIUS": 0.31, "X": 0.57, "Y": 0.49, "LIGHT": 0.93})
    with tempfile.TemporaryDirectory() as place:
        target = Target.from_array(draw(truth, 64, 48), "disc")
        folder = create(target, load_settings("balanced", sets, plugins=named), Path(place) / "run")
        began = time.monotonic()
        summary = execute(folder, quiet=True, pool=pool, models=models)
        wall = time.monotonic() - began
    pool.close()
    thinking = union(models.spans)
    beside = sum(within(span, thinking) for span in pool.spans)
    alone = length(pool.spans) - beside
    critical = length(thinking) + alone / arguments.workers
    return {
        "wall_s": wall,
        "model_calls": len(models.spans),
        "renders": len(pool.spans),
        "thinking_s": length(thinking),
        "critical_path_s": critical,
        "wall_over_critical": wall / critical,
        "busy_while_thinking": beside / arguments.workers / length(thinking),
        "busy": length(pool.spans) / arguments.workers / wall,
        "overall": summary["final"]["overall"],
    }


def main() -> None:
    """Print how wall time, critical path and busy workers compare, without and with tuning beside."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-s", type=float, default=5.0, help="seconds of a model's call")
    parser.add_argument("--render-s", type=float, default=0.3, help="seconds of a render")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--renders", type=int, default=900, help="budget")
    parser.add_argument("--idle-tuning", type=int, default=60, help="renders beside the thinking, each time")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = {idle: measure(arguments, idle) for idle in (0, arguments.idle_tuning)}
    names = ["wall_s", "critical_path_s", "wall_over_critical", "busy_while_thinking", "busy", "renders", "model_calls"]
    rows = [[f"beside: {idle}", *(f"{row[name]:.3g}" for name in names)] for idle, row in found.items()]
    print(table(["tuning", *names], rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
