"""The entry point: reads the command line, runs the command, turns errors into messages and exit codes."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

import seig_search
from seig_search.errors import SeigError, nearest

__all__ = ["main"]

COMMANDS = {
    "run": "reconstruct an image as a Blender program",
    "resume": "continue a run that was stopped or killed",
    "show": "print what a run found and spent",
    "render": "render a program",
    "score": "measure a render against a target",
    "truth": "measure a scene in 3D against the true one",
    "prompt": "print what a model would be sent next in a run",
    "judge": "ask a vision-language model which render is nearer to a target",
    "tune": "tune a program's numbers against a target",
    "params": "list a program's tunable numbers, and how much the picture answers to each",
    "kit": "list the modelling and material functions, print or paste their source",
    "plugins": "list strategies, evaluators, proposers, tuners and scorers",
    "weights": "list, fetch and verify the weights of neural metrics",
    "doctor": "check the installation",
}
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Says which known choice is near when an unknown one comes."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> tuple[_Parser, argparse._SubParsersAction[_Parser]]:
    parser = _Parser(
        prog="seig",
        description="From one image to an editable Blender program, found by search.",
        epilog="'seig COMMAND --help' tells more. Progress goes to stderr, results to stdout.",
    )
    parser.add_argument("--version", action="version", version=f"seig-search {seig_search.__version__}")
    return parser, parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``seig``.

    Args:
        argv: Arguments without the program's name; those of the process by default.

    Returns:
        0 done, 1 failed, 2 wrong usage, 130 stopped by the user.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    parser, commands = _parser()
    named = next((word for word in words if not word.startswith("-")), None)
    if named is not None and named not in COMMANDS:
        print(f"seig: unknown command {named!r}{nearest(named, COMMANDS)}", file=sys.stderr)
        return 2
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[:1].upper() + summary[1:] + ".")
        if name == named:
            importlib.import_module(f"seig_search.cli.{name}_command").add_arguments(command)
    arguments = parser.parse_args(words)
    if arguments.command is None:
        parser.print_help()
        return 0
    try:
        result: int = importlib.import_module(f"seig_search.cli.{named}_command").execute(arguments)
    except SeigError as error:
        print(f"seig {named}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"\nseig {named}: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result


if __name__ == "__main__":
    sys.exit(main())
