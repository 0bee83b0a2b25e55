"""``seig truth``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seig_search.cli.settings_flags import add_pool_flags
from seig_search.cli.tables import table
from seig_search.errors import UsageError

if TYPE_CHECKING:
    from seig_search.metrics import Evaluator, Metric
    from seig_search.render import RenderPool
    from seig_search.truth import Looking, SceneTruth

__all__ = ["add_arguments", "execute"]

SCENE = "a program (.py), a scene (.blend), scene facts or a truth file (.json)"
SUFFIXES = (".py", ".blend", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("scene", type=Path, metavar="SCENE", help=f"what to measure: {SCENE}")
    parser.add_argument("truth", type=Path, metavar="TRUTH", help="the true scene, of the same kinds")
    parser.add_argument(
        "--align",
        default="camera",
        metavar="A",
        help="gauge of the errors: none; camera (default): the cameras coincide, scaled to fit; similarity: matched "
        "objects are laid over each other",
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=0.5,
        metavar="T",
        help="matched objects are at most so many diagonals of the true one apart (default: 0.5)",
    )
    parser.add_argument(
        "--points", type=int, default=4000, metavar="N", help="points for the Chamfer distance (default: 4000)"
    )
    parser.add_argument(
        "--look", type=int, default=10, metavar="K", help="views that sample surfaces; 0 takes boxes (default: 10)"
    )
    parser.add_argument(
        "--views", type=int, default=0, metavar="K", help="held-out views to render and compare (default: 0)"
    )
    parser.add_argument("--side", type=int, default=256, metavar="PX", help="longer side of held-out views")
    parser.add_argument("--samples", type=int, default=16, metavar="N", help="samples of held-out views")
    parser.add_argument(
        "--aspect", type=float, default=4 / 3, metavar="A", help="width / height of held-out views (default: 4/3)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of every random draw (default: 0)")
    parser.add_argument("--deadline", type=float, default=600.0, metavar="S", help="seconds per render (default: 600)")
    add_pool_flags(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.fidelity import Fidelity
    from seig_search.truth import (
        ALIGNMENTS,
        TRUTH_METRICS,
        Looking,
        compared,
        held_out_errors,
        held_out_views,
        scene_of_file,
    )

    if arguments.align not in ALIGNMENTS:
        raise UsageError(f"--align takes one of {', '.join(ALIGNMENTS)}, got {arguments.align!r}")
    places = (arguments.scene, arguments.truth)
    for place in places:
        if place.suffix.lower() not in SUFFIXES:
            raise UsageError(f"cannot read a scene from {place}; expected {SCENE}")
    sources = [_source(place) for place in places]
    if arguments.views and None in sources:
        raise UsageError("held-out views are rendered: --views takes a program or .blend file on both sides")
    looking = Looking(arguments.look, aspect=arguments.aspect, seed=arguments.seed)
    views = held_out_views(arguments.views, arguments.seed) if arguments.views else ()
    fidelity = Fidelity.for_aspect(arguments.aspect, arguments.side, samples=arguments.samples, denoise=True)
    pool = _open_pool(arguments, places) if any(source is not None for source in sources) else None
    try:
        scenes = [
            scene_of_file(place) if source is None or pool is None else _looked_at(pool, source, place, looking)
            for place, source in zip(places, sources, strict=True)
        ]
        report = compared(
            scenes[0], scenes[1], arguments.align,
            tolerance=arguments.tolerance, points=arguments.points, seed=arguments.seed,
        )  # fmt: skip
        values, specs = dict(report.values), dict(TRUTH_METRICS)
        notes = list(report.notes)
        if views and pool is not None and sources[0] is not None and sources[1] is not None:
            evaluators, missing = _judges()
            seen, told = held_out_errors(pool, sources[0], sources[1], views, fidelity, evaluators)
            values |= seen
            specs |= {metric.name: metric for metric in told}
            notes += [f"view_{name} was not measured: {why}" for name, why in missing.items()]
    finally:
        if pool is not None:
            pool.close()
    _print(arguments, report.align, report.similarity.scale, values, specs, report.pairs, notes)
    return 0


def _source(place: Path) -> str | None:
    """The program that makes a scene; None for one that is read as it is."""
    from seig_search.cli.render_command import read_program
    from seig_search.truth import blend_program

    if place.suffix.lower() == ".blend":
        return blend_program(place)
    return read_program(place) if place.suffix.lower() == ".py" else None


def _open_pool(arguments: argparse.Namespace, places: tuple[Path, ...]) -> RenderPool:
    from seig_search.cli.settings_flags import pool_flags
    from seig_search.config import PoolSettings
    from seig_search.search.parts import open_pool

    flags = {path.removeprefix("pool."): value for path, value in pool_flags(arguments).items()}
    readable = [str(place.resolve()) for place in places if place.suffix.lower() == ".blend"]
    return open_pool(PoolSettings.model_validate({"deadline_s": arguments.deadline, "readable": readable, **flags}))


def _looked_at(pool: RenderPool, source: str, place: Path, looking: Looking) -> SceneTruth:
    from seig_search.truth import look

    return look(pool, source, place.name, looking)


def _judges() -> tuple[list[Evaluator], dict[str, str]]:
    """Who measure held-out views: pixels and structure, and LPIPS where its weights are there."""
    from seig_search import plugins

    there = {entry.name for entry in plugins.listing("evaluators") if not entry.error}
    names = [name for name in ("pixel", "structure", "perceptual") if name in there]
    evaluators = [plugins.make("evaluators", name) for name in names]
    missing: dict[str, str] = {}
    for evaluator in evaluators:
        missing |= getattr(evaluator, "missing", {})
    if "perceptual" not in there:
        missing["lpips"] = "no evaluator named 'perceptual' is installed"
    return evaluators, missing


def _print(
    arguments: argparse.Namespace,
    align: str,
    scale: float,
    values: Mapping[str, float],
    specs: Mapping[str, Metric],
    pairs: Sequence[tuple[str, str]],
    notes: Sequence[str],
) -> None:
    if arguments.json:
        body = {
            "scene": str(arguments.scene),
            "truth": str(arguments.truth),
            "align": align,
            "scale": scale,
            "metrics": dict(values),
            "units": {name: specs[name].unit for name in values},
            "pairs": [list(pair) for pair in pairs],
            "notes": list(notes),
        }
        print(json.dumps(body))
        return
    rows = [
        [name, f"{value:.5g}", specs[name].unit, f"{specs[name].better} is better"] for name, value in values.items()
    ]
    print(f"gauge: {align}, scaled by {scale:.5g}")
    print(table(["metric", "value", "unit", ""], rows))
    print("matched: " + (", ".join(f"{one} = {two}" for one, two in pairs) or "nothing"))
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
