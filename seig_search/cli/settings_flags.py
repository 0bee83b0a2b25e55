"""Flags that lay over a preset, shared by the commands that render."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from seig_search.config import PlugIn, Settings, load_settings, preset_names

__all__ = ["add_pool_flags", "add_search_flags", "pool_flags", "resolve"]


def add_pool_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the Blender pool."""
    group = parser.add_argument_group("rendering")
    group.add_argument("--workers", type=int, metavar="N", help="Blender processes (default: one per core)")
    group.add_argument("--threads", type=int, metavar="N", help="render threads per worker (default: cores / workers)")
    group.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="Ray cluster to join: 'auto', HOST:PORT or ray://... (default: local)",
    )
    group.add_argument(
        "--device",
        metavar="D",
        help="CPU (default), OPTIX, CUDA, HIP, METAL, ONEAPI, or auto: a GPU where there is one",
    )
    group.add_argument(
        "--blender", metavar="PATH", help="'bpy' (embedded) or the path of a blender binary (default: auto)"
    )
    group.add_argument(
        "--require-sandbox",
        action="store_true",
        help="refuse to run programs unless every wall of the sandbox holds (see 'seig doctor')",
    )


def pool_flags(arguments: argparse.Namespace) -> dict[str, Any]:
    """Give the pool's flags that were used, by settings path."""
    pairs = {
        "pool.workers": arguments.workers,
        "pool.threads": arguments.threads,
        "pool.ray": arguments.ray,
        "pool.blender": arguments.blender,
        "pool.device": arguments.device,
        "pool.sandbox": "require" if arguments.require_sandbox else None,
    }
    return {path: value for path, value in pairs.items() if value is not None}


def add_search_flags(parser: argparse.ArgumentParser) -> None:
    """Add the preset and what people turn most."""
    group = parser.add_argument_group("search")
    group.add_argument(
        "--preset",
        default="draft",
        metavar="P",
        help=f"{', '.join(preset_names())}, or a YAML file (default: draft)",
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="A.B=C",
        dest="sets",
        help="lay a setting over the preset; repeatable",
    )
    group.add_argument("--seed", type=int, metavar="N", help="seed of every random draw (default: 0)")
    group.add_argument("--max-renders", type=int, metavar="N", help="cap on renders")
    group.add_argument("--max-minutes", type=float, metavar="M", help="cap on wall time")
    group.add_argument("--max-usd", type=float, metavar="USD", help="cap on model costs")


def resolve(arguments: argparse.Namespace, plugins: dict[str, PlugIn]) -> Settings:
    """Resolve the settings: preset, then ``--set``, then flags, among them those that name ``plugins``."""
    pairs = {
        "seed": arguments.seed,
        "budget.renders": arguments.max_renders,
        "budget.minutes": arguments.max_minutes,
        "budget.usd": arguments.max_usd,
    }
    flags = {path: value for path, value in pairs.items() if value is not None}
    preset: str | Path = arguments.preset
    return load_settings(preset, arguments.sets, {**flags, **pool_flags(arguments)}, plugins)
