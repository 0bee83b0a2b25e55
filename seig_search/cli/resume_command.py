"""``seig resume``."""

from __future__ import annotations

import argparse
from pathlib import Path

from seig_search.cli import tune_command
from seig_search.cli.run_command import report

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run folder")
    parser.add_argument("--require-sandbox", action="store_true", help="go on only if every wall of the sandbox holds")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.runs.folder import RunFolder
    from seig_search.search.session import execute
    from seig_search.search.tune_program import execute_tuning

    folder = RunFolder.open(arguments.folder)
    if folder.kind() == "tune":
        summary = execute_tuning(folder, quiet=arguments.json, require_sandbox=arguments.require_sandbox)
        return tune_command.report(summary, arguments.json)
    summary = execute(folder, quiet=arguments.json, require_sandbox=arguments.require_sandbox)
    return report(summary, arguments.json)
