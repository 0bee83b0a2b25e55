"""``seig doctor``."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from seig_search.errors import SeigError

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--blender", default="auto", metavar="PATH", help="'bpy', or the path of a blender binary")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search import plugins
    from seig_search.checkpoints import CATALOGUE, Store
    from seig_search.runs.environment import environment

    problems: list[str] = []
    env = environment()
    problems += [f"the package {name} is not installed" for name in _missing(env)]
    probe = plugins.load("seig_search.blender_pool:probe")
    options = plugins.load("seig_search.blender_pool:PoolOptions")
    blender: dict[str, Any] = {}
    try:
        blender = dict(probe(options(workers=1, blender=arguments.blender)))
        problems += list(blender.pop("problems", []))
    except SeigError as error:
        problems.append(str(error))
    entries = plugins.listing()
    weights = {name: Store().has(name) for name in CATALOGUE}
    problems += [f"the plug-in {e.name} of {e.origin} is broken: {e.error}" for e in entries if e.error]
    if arguments.json:
        print(
            json.dumps(
                {
                    "ok": not problems,
                    "problems": problems,
                    "environment": env,
                    "blender": blender,
                    "plugins": [asdict(entry) for entry in entries],
                    "weights": weights,
                }
            )
        )
    else:
        print(f"seig-search {env['seig_search']}, Python {env['python']}, {env['platform']}, {env['cores']} cores")
        for name, value in blender.items():
            print(f"{name}: {json.dumps(value) if isinstance(value, dict | list) else value}")
        told = [f"{name} {'here' if here else 'missing'}" for name, here in weights.items()]
        print(f"weights of neural metrics (seig weights): {', '.join(told)}")
        third = [e for e in entries if e.origin != "built-in"]
        print(f"plug-ins: {len(entries) - len(third)} built in, {len(third)} from other packages")
        print("\n".join(f"PROBLEM: {problem}" for problem in problems) if problems else "all is well")
    return 1 if problems else 0


def _missing(env: dict[str, Any]) -> list[str]:
    # Blender may come as an installed binary instead of the bpy package; the probe tells.
    return [name for name, version in env["packages"].items() if version is None and name != "bpy"]
