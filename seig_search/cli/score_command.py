"""``seig score``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from seig_search.cli.tables import table
from seig_search.errors import UsageError, nearest

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("render", type=Path, metavar="RENDER", help="the render, a picture")
    parser.add_argument("target", type=Path, metavar="TARGET", help="the target; it is brought to the render's size")
    parser.add_argument("--metrics", default="all", metavar="A,B", help="names by comma, or all (default)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    import numpy as np

    from seig_search import plugins
    from seig_search.scoring import Measurer
    from seig_search.target import Target

    # The target first: where both are wrong, it is the one that people mistype.
    target, render = Target.load(arguments.target), Target.load(arguments.render)
    names = sorted({entry.name for entry in plugins.listing("evaluators") if not entry.error})
    measurer = Measurer([plugins.make("evaluators", name) for name in names])
    wanted = list(measurer.specs) if arguments.metrics == "all" else arguments.metrics.split(",")
    for name in wanted:
        if name not in measurer.specs:
            raise UsageError(f"unknown metric {name!r}{nearest(name, measurer.specs)}")
    alpha = np.full(render.rgb.shape[:2], 255, np.uint8) if render.alpha is None else render.alpha
    values = measurer.measure([np.dstack([render.rgb, alpha])], target)[0]
    missing = [name for name in wanted if name not in values]
    if arguments.json:
        print(
            json.dumps(
                {
                    "render": str(arguments.render),
                    "target": str(arguments.target),
                    "width": render.width,
                    "height": render.height,
                    "metrics": {name: values[name] for name in wanted if name in values},
                    "missing": missing,
                    "notes": [*render.notes, *target.notes],
                }
            )
        )
        return 0
    rows = [
        [
            name,
            f"{values[name]:.5g}" if name in values else "does not apply",
            spec.unit,
            f"{spec.better} is better",
        ]
        for name, spec in measurer.specs.items()
        if name in wanted
    ]
    print(table(["metric", "value", "unit", ""], rows))
    return 0
