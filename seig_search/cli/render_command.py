"""``seig render``."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from seig_search.cli.settings_flags import add_pool_flags
from seig_search.errors import SeigError, UsageError

__all__ = ["add_arguments", "execute", "read_program"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("program", type=Path, metavar="PROGRAM", help="a Blender Python program")
    parser.add_argument("--out", type=Path, required=True, metavar="PNG", help="the picture to write")
    parser.add_argument("--width", type=int, metavar="W", help="pixels (default: as the program says, else 640)")
    parser.add_argument("--height", type=int, metavar="H", help="pixels (default: as the program says, else 480)")
    parser.add_argument(
        "--samples", type=int, metavar="N", help="samples per pixel (default: as the program says, else 64)"
    )
    parser.add_argument("--engine", metavar="E", help="CYCLES, EEVEE or WORKBENCH")
    parser.add_argument("--denoise", action=argparse.BooleanOptionalAction, help="run OpenImageDenoise")
    parser.add_argument("--seed", type=int, metavar="N", help="noise seed")
    parser.add_argument(
        "--view",
        default="camera",
        metavar="V",
        help="camera (default), top, or orbit:AZIMUTH,ELEVATION in degrees",
    )
    parser.add_argument(
        "--deadline",
        type=float,
        default=600.0,
        metavar="S",
        help="give up after so many seconds (default: 600)",
    )
    add_pool_flags(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object: size, scene facts, warnings")


def read_program(path: Path) -> str:
    """Read a program's text.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return path.read_text()
    except FileNotFoundError as error:
        raise UsageError(f"there is no program {path}; expected a Python file for Blender") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the program {path}: {error}; expected a Python file in UTF-8") from error


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.cli.settings_flags import pool_flags
    from seig_search.config import PoolSettings
    from seig_search.fidelity import Fidelity
    from seig_search.program import Program
    from seig_search.render import RenderJob, View
    from seig_search.runs.atomic import write_png
    from seig_search.search.session import open_pool

    program = Program.parse(read_program(arguments.program))
    names = ("width", "height", "samples", "engine", "denoise", "seed")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    fidelity = replace(program.fidelity or Fidelity(640, 480, 64), **given)
    view = View.parse(arguments.view)
    if arguments.out.suffix.lower() != ".png":
        raise UsageError(f"--out takes a .png file, got {arguments.out}")
    flags = {path.removeprefix("pool."): value for path, value in pool_flags(arguments).items()}
    settings = PoolSettings.model_validate({"workers": 1, "deadline_s": arguments.deadline, **flags})
    pool = open_pool(settings)
    try:
        result = pool.submit(
            RenderJob(program.source, fidelity, view=view, passes=("facts",) if arguments.json else ())
        ).result()
    finally:
        pool.close()
    if result.pixels is None:
        raise SeigError(f"{arguments.program} did not render ({result.status}): {result.error}")
    write_png(arguments.out, result.pixels)
    if arguments.json:
        body = {
            "program": str(arguments.program),
            "out": str(arguments.out),
            "view": str(view),
            "fidelity": fidelity.as_dict(),
            "seconds": round(result.seconds, 3),
            "facts": result.facts,
            "warnings": list(result.warnings),
        }
        print(json.dumps(body))
    else:
        print(arguments.out)
    return 0
