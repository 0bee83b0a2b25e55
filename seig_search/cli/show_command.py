"""``seig show``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from seig_search.cli.tables import run_table, tuning_table

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run folder")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.runs.folder import RunFolder

    folder = RunFolder.open(arguments.folder)
    summary = folder.read_summary()
    told = tuning_table if folder.kind() == "tune" else run_table
    print(json.dumps(summary) if arguments.json else told(summary))
    return 0
