"""``seig plugins``."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from seig_search.cli.tables import table

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("group", nargs="?", metavar="GROUP", help="only this group, as in 'strategies'")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.plugins import listing

    found = listing(arguments.group)
    if arguments.json:
        print(json.dumps({"plugins": [asdict(entry) for entry in found]}))
        return 0
    rows = [[e.group, e.name, e.origin, f"BROKEN: {e.error}" if e.error else e.summary] for e in found]
    print(table(["group", "name", "from", "what"], rows, words=True))
    return 0
