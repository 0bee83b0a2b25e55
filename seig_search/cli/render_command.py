"""``seig render``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seig_search.cli.settings_flags import add_pool_flags
from seig_search.errors import SeigError, UsageError
from seig_search.fidelity import LADDER, Fidelity
from seig_search.layers import LAYERS

if TYPE_CHECKING:
    from seig_search.render import RenderResult

__all__ = ["add_arguments", "execute", "read_program"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("program", type=Path, metavar="PROGRAM", help="a Blender Python program")
    parser.add_argument("--out", type=Path, required=True, metavar="PNG", help="the picture to write")
    parser.add_argument(
        "--fidelity",
        choices=tuple(LADDER),
        metavar="F",
        help=f"{', '.join(LADDER)}: size, samples and denoiser at once, in the program's aspect; flags lay over it",
    )
    parser.add_argument("--width", type=int, metavar="W", help="pixels (default: as the program says, else 640)")
    parser.add_argument("--height", type=int, metavar="H", help="pixels (default: as the program says, else 480)")
    parser.add_argument(
        "--samples", type=int, metavar="N", help="samples per pixel (default: as the program says, else 64)"
    )
    parser.add_argument("--engine", metavar="E", help="CYCLES, EEVEE or WORKBENCH")
    parser.add_argument("--denoise", action=argparse.BooleanOptionalAction, help="run OpenImageDenoise")
    parser.add_argument(
        "--denoise-fast",
        dest="denoise",
        action="store_const",
        const="fast",
        help="its fast kind, that searches use: nearly as good, for a fraction of the time",
    )
    parser.add_argument(
        "--adaptive", type=float, metavar="T", help="stop sampling a pixel at this noise, 0..1 (default: 0, off)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="noise seed")
    parser.add_argument(
        "--view",
        default="camera",
        metavar="V",
        help="camera (default); orbit:AZIMUTH,ELEVATION (the program's camera turned about the scene); top; "
        "turntable:AZIMUTH,ELEVATION (frames the scene, needs no camera); object:NAME or object:NAME@AZIMUTH,ELEVATION "
        "(one object alone); degrees, azimuth counterclockwise from the front",
    )
    parser.add_argument(
        "--passes",
        default="",
        metavar="A,B",
        help=f"layers of numbers to write beside the picture, as OUT.npz: {', '.join(LAYERS)}, or all",
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
        # Not read_text, which would bring all line ends to one kind.
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise UsageError(f"there is no program {path}; expected a Python file for Blender") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the program {path}: {error}; expected a Python file in UTF-8") from error


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.cli.settings_flags import pool_flags
    from seig_search.config import PoolSettings
    from seig_search.program import Program
    from seig_search.render import RenderJob, View
    from seig_search.runs.atomic import write_png
    from seig_search.search.parts import open_pool

    program = Program.parse(read_program(arguments.program))
    names = ("width", "height", "samples", "engine", "denoise", "seed", "adaptive")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    fidelity = program.fidelity or Fidelity(640, 480, 64)
    if arguments.fidelity is not None:
        fidelity = Fidelity.named(arguments.fidelity, fidelity.width / fidelity.height, fidelity.seed)
    fidelity = replace(fidelity, **given)
    view = View.parse(arguments.view)
    named = [name.strip() for name in arguments.passes.split(",") if name.strip()]
    passes = tuple(LAYERS) if named == ["all"] else tuple(named)
    job = RenderJob(program.source, fidelity, view=view, passes=(*passes, "facts") if arguments.json else passes)
    if arguments.out.suffix.lower() != ".png":
        raise UsageError(f"--out takes a .png file, got {arguments.out}")
    flags = {path.removeprefix("pool."): value for path, value in pool_flags(arguments).items()}
    settings = PoolSettings.model_validate({"workers": 1, "deadline_s": arguments.deadline, **flags})
    pool = open_pool(settings)
    try:
        result = pool.submit(job).result()
    finally:
        pool.close()
    if result.pixels is None:
        raise SeigError(f"{arguments.program} did not render ({result.status}): {result.error}")
    write_png(arguments.out, result.pixels)
    numbers = _write_layers(arguments.out.with_suffix(".npz"), result)
    if arguments.json:
        body = {
            "program": str(arguments.program),
            "out": str(arguments.out),
            "passes": None if numbers is None else str(numbers),
            "view": str(view),
            "fidelity": fidelity.as_dict(),
            "seconds": round(result.seconds, 3),
            "facts": result.facts,
            "warnings": list(result.warnings),
        }
        print(json.dumps(body))
    else:
        print(arguments.out)
        for warning in result.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    return 0


def _write_layers(path: Path, result: RenderResult) -> Path | None:
    """Write layers and their tables of names (``LAYER_names``) as an .npz file; None if there are none."""
    if not result.layers:
        return None
    import io

    import numpy as np

    from seig_search.runs.atomic import write_bytes

    file = io.BytesIO()
    tables = {f"{layer}_names": np.array(names) for layer, names in result.names.items()}
    np.savez_compressed(file, **result.layers, **tables)
    write_bytes(path, file.getvalue())
    return path
