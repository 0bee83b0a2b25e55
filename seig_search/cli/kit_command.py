"""``seig kit``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from seig_search.cli.tables import table

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="print the source of these, with what they need")
    parser.add_argument("--paste", type=Path, metavar="FILE", help="write what this program calls into it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.errors import UsageError
    from seig_search.kit import HELPERS, PARTS, VERSION, source_of

    if bool(arguments.names) + (arguments.paste is not None) + arguments.json > 1:
        raise UsageError("give names, or --paste FILE, or --json, one of them at a time")
    if arguments.paste is not None:
        return _paste(arguments.paste)
    if arguments.names:
        print(source_of(arguments.names), end="")
        return 0
    listed = [helper for helper in HELPERS.values() if helper.name not in PARTS]
    if arguments.json:
        rows = [{"name": h.name, "kind": h.kind, "signature": h.signature, "summary": h.summary} for h in listed]
        print(json.dumps({"version": VERSION, "functions": rows}))
        return 0
    print(table(["kind", "function", "what"], [[h.kind, h.name, h.summary] for h in listed], words=True))
    print("source: seig kit NAME; into a program: seig kit --paste FILE")
    return 0


def _paste(path: Path) -> int:
    from seig_search.cli.render_command import read_program
    from seig_search.errors import UsageError
    from seig_search.program import Program
    from seig_search.runs.atomic import write_text

    program = Program.parse(read_program(path))
    made = program.with_kit()
    if made is program:
        print(f"{path} calls nothing of the kit that it does not hold")
        return 0
    try:
        write_text(path, made.source)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; it is as it was") from error
    print(f"{path}: {made.source.count('def kit_') - program.source.count('def kit_')} functions pasted")
    return 0
