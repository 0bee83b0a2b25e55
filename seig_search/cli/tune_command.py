"""``seig tune``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from seig_search.cli.render_command import read_program
from seig_search.cli.settings_flags import add_pool_flags, add_search_flags, resolve
from seig_search.cli.tables import table
from seig_search.stages import EDIT_STAGES, Stage

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("program", type=Path, metavar="PROGRAM", help="a Blender Python program, annotated or not")
    parser.add_argument("target", type=Path, metavar="TARGET", help="the picture it should match")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the result")
    parser.add_argument("--tuner", metavar="T", help="a tuner's name (default: as the preset says)")
    parser.add_argument(
        "--stage",
        choices=[stage.value for stage in EDIT_STAGES],
        help="tune this stage's numbers under its weights (default: all numbers, overall weights)",
    )
    add_search_flags(parser)
    add_pool_flags(parser)
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.config import PlugIn
    from seig_search.program import Program
    from seig_search.runs.folder import RunFolder
    from seig_search.search.parts import make_parts
    from seig_search.search.tune_program import tune_program
    from seig_search.target import Target

    program = Program.parse(read_program(arguments.program))
    target = Target.load(arguments.target)
    settings = resolve(arguments, {"tuner": PlugIn(name=arguments.tuner)} if arguments.tuner else {})
    make_parts(settings)
    stage = Stage(arguments.stage) if arguments.stage else None
    summary = tune_program(program, target, settings, RunFolder.create(arguments.out), stage, quiet=arguments.json)
    if arguments.json:
        print(json.dumps(summary))
        return 0
    before, after = summary["before"], summary["after"]
    rows = [[name, f"{value:.4f}", f"{after['metrics'][name]:.4f}"] for name, value in before["metrics"].items()]
    rows.append(["overall", f"{before['overall']:.4f}", f"{after['overall']:.4f}"])
    print(table(["metric", "before", "after"], rows))
    print(f"\n{summary['explanation']}\nbest: {summary['best']['program']}\ncomparison: {summary['comparison']}")
    return 0
