"""A look at this machine's Blender without Ray, for people who ask why something does not work."""

from __future__ import annotations

from typing import Any

from seig_search.errors import SeigError
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

from .conversation import ChildLost
from .options import PoolOptions
from .supervisor import Supervisor

__all__ = ["probe"]


def probe(options: PoolOptions = PoolOptions()) -> dict[str, Any]:  # noqa: B008
    """Find Blender, start one process, and render a small picture of the factory scene.

    Args:
        options: Settings; Ray is not used.

    Returns:
        ``ok``; ``blender``, ``build``, ``python``, ``kind``, ``path``, ``devices``, ``sandbox`` as far as they are
        known; ``render_s``, the seconds of a 16x16 render; ``workers`` and ``threads`` that a pool would use;
        ``problems``, texts for people, empty when all is well.
    """
    workers, threads = options.shared_out()
    report: dict[str, Any] = {"ok": False, "workers": workers, "threads": threads, "problems": []}
    problems: list[str] = report["problems"]
    try:
        supervisor = Supervisor(options, threads)
    except SeigError as error:
        problems.append(str(error))
        return report
    try:
        told = supervisor.start()
        report |= {name: value for name, value in told.items() if name not in ("pid", "child", "host", "forks")}
        problems += [f"sandbox layer {name}: {state}" for name, state in told["sandbox"].items() if state is not True]
        answer = supervisor.render(RenderJob("import bpy\n", Fidelity(16, 16, samples=1)))
        if answer.result is None:
            problems.append(f"the first render was lost ({answer.cause}: {answer.message}) {answer.output[-500:]}")
        elif answer.result.error is not None:
            problems.append(f"the first render failed: {answer.result.error} {answer.result.error.output[-500:]}")
        else:
            report["ok"] = True
            report["render_s"] = round(answer.result.seconds, 3)
    except ChildLost as lost:
        problems.append(f"Blender at {options.blender!r} did not start: {lost.message}. {lost.output[-1000:]}")
    finally:
        supervisor.stop()
    return report
