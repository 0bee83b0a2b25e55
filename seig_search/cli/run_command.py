"""``seig run``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from seig_search.cli.settings_flags import add_pool_flags, add_search_flags, resolve
from seig_search.cli.tables import run_table

__all__ = ["add_arguments", "execute", "report"]

INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "image",
        type=Path,
        nargs="?",
        metavar="IMAGE",
        help="the target: any picture PIL can read, alpha honoured (not needed with --replay)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="run folder (default: runs/IMAGE-NAME, numbered)")
    add_search_flags(parser)
    parser.add_argument("--strategy", metavar="S", help="search strategy: a name or package.module:Class")
    parser.add_argument("--vlm", metavar="MODEL", help="propose edits with this vision-language model (litellm name)")
    parser.add_argument("--vlm-base", metavar="URL", help="base URL of an OpenAI-compatible server")
    parser.add_argument("--start", type=Path, metavar="PROGRAM", help="start from this program instead of a scaffold")
    parser.add_argument(
        "--camera", type=Path, metavar="JSON", help="the true camera: matrix_world, lens_mm, sensor_width_mm"
    )
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="DIR",
        help="repeat the run in DIR without a model: its target, its settings (--set lays over), its recorded replies",
    )
    add_pool_flags(parser)
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.camera import GivenCamera
    from seig_search.config import PlugIn
    from seig_search.errors import UsageError
    from seig_search.search.session import create, execute
    from seig_search.target import Target

    source, tape = arguments.replay, None
    if source is not None:
        tape = _recording(source)
        arguments.image = arguments.image or source / "target.png"
        arguments.preset = str(source / "config.yaml")
        arguments.start = arguments.start or _if_there(source / "start.py")
        arguments.camera = arguments.camera or _if_there(source / "camera.json")
    if arguments.image is None:
        raise UsageError("no target is named: give an IMAGE, or --replay DIR")
    target = Target.load(arguments.image)
    for note in target.notes:
        print(f"{arguments.image}: {note}", file=sys.stderr)
    named: dict[str, PlugIn] = {}
    if arguments.strategy is not None:
        named["strategy"] = PlugIn(name=arguments.strategy)
    if arguments.vlm is not None:
        vlm = {"model": arguments.vlm, **({"api_base": arguments.vlm_base} if arguments.vlm_base else {})}
        named["proposer"] = PlugIn(name="vlm", settings=vlm)
    settings = resolve(arguments, named)
    camera = GivenCamera.load(arguments.camera) if arguments.camera else None
    root = arguments.out or _fresh(Path("runs") / (source or arguments.image).stem)
    folder = create(target, settings, root, arguments.start, camera, arguments.preset, tape)
    return report(execute(folder, quiet=arguments.json), arguments.json)


def _recording(source: Path) -> Path:
    """Find the recorded calls of a run folder, or of a recording that was copied out of one."""
    from seig_search.errors import UsageError
    from seig_search.models import Tape

    tape = next((place for place in (source / "calls", source) if Tape.is_in(place)), None)
    missing = [name for name in ("config.yaml", "target.png") if not (source / name).is_file()]
    if tape is None or missing:
        what = "recorded calls" if tape is None else " and ".join(missing)
        raise UsageError(f"{source} has no {what}; --replay takes the --out folder of a run that asked a model")
    return tape


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None


def report(summary: dict[str, Any], as_json: bool) -> int:
    """Print a summary; give the exit code."""
    print(json.dumps(summary) if as_json else run_table(summary))
    return INTERRUPTED if summary["interrupted"] else 0


def _fresh(wish: Path) -> Path:
    number, root = 1, wish
    while root.exists():
        number += 1
        root = wish.with_name(f"{wish.name}-{number}")
    return root
