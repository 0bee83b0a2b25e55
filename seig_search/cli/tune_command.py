"""``seig tune``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seig_search.cli.render_command import read_program
from seig_search.cli.settings_flags import add_pool_flags, add_search_flags, resolve
from seig_search.cli.tables import tuning_table
from seig_search.stages import EDIT_STAGES, Stage

__all__ = ["add_arguments", "add_choice_flags", "execute", "report", "split_names"]

INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("program", type=Path, metavar="PROGRAM", help="a Blender Python program, annotated or not")
    parser.add_argument("target", type=Path, metavar="TARGET", help="the picture it should match")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the result; one of an equal tuning that was stopped or killed is gone on with",
    )
    parser.add_argument("--tuner", metavar="T", help="a tuner's name (default: as the preset says)")
    add_choice_flags(parser)
    add_search_flags(parser)
    add_pool_flags(parser)
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.config import PlugIn
    from seig_search.program import Program
    from seig_search.search.tune_program import execute_tuning
    from seig_search.search.tuning_folder import Choice, create_tuning
    from seig_search.target import Target

    program = Program.parse(read_program(arguments.program))
    target = Target.load(arguments.target)
    settings = resolve(arguments, {"tuner": PlugIn(name=arguments.tuner)} if arguments.tuner else {})
    stage = Stage(arguments.stage) if arguments.stage else None
    choice = Choice(stage, split_names(arguments.only), split_names(arguments.freeze))
    folder = create_tuning(program, target, settings, arguments.out, choice)
    return report(execute_tuning(folder, quiet=arguments.json), arguments.json)


def report(summary: dict[str, Any], as_json: bool) -> int:
    """Print a summary; give the exit code.

    Raises:
        SeigError: Every trial failed.
    """
    from seig_search.errors import SeigError

    if as_json or not summary["failure"]:
        print(json.dumps(summary) if as_json else tuning_table(summary))
    if summary["failure"]:
        raise SeigError(summary["failure"])
    return INTERRUPTED if summary["interrupted"] else 0


def split_names(words: Sequence[str]) -> tuple[str, ...]:
    """Give the names of flags that may be repeated, and hold several with commas between them."""
    return tuple(name.strip() for word in words for name in word.split(",") if name.strip())


def add_choice_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say which parameters may move."""
    parser.add_argument(
        "--stage",
        choices=[stage.value for stage in EDIT_STAGES],
        help="this stage's numbers under its weights (default: all numbers, overall weights)",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME,...",
        help="move these parameters only: names or LINE:COLUMN as 'seig params' lists them, with * and ?; repeatable",
    )
    parser.add_argument(
        "--freeze", action="append", default=[], metavar="NAME,...", help="leave these parameters as they are; likewise"
    )
