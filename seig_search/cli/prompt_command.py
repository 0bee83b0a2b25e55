"""``seig prompt``."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the --out folder of a run whose proposer asks a model")
    parser.add_argument("--stage", default="scaffold", metavar="S", help="the stage (default: scaffold)")
    parser.add_argument(
        "--candidate", metavar="ID", help="whose edit is asked for (default: what the stage before handed on)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write prompt.md and the pictures there")
    parser.add_argument("--json", action="store_true", help="print the messages as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.errors import UsageError, nearest
    from seig_search.models.litellm_call import tokens_of
    from seig_search.runs.folder import RunFolder
    from seig_search.search.prompt_of_run import prompt_of_run
    from seig_search.stages import STAGES, Stage

    names = [stage.value for stage in STAGES]
    if arguments.stage not in names:
        raise UsageError(f"unknown stage {arguments.stage!r}{nearest(arguments.stage, names)}")
    messages = prompt_of_run(RunFolder.open(arguments.run), Stage(arguments.stage), arguments.candidate)
    tokens = tokens_of(messages)
    text, pictures = _text(messages)
    if arguments.out is not None:
        _write(arguments.out, text, pictures)
    if arguments.json:
        print(json.dumps({"messages": messages, "tokens_estimate": tokens, "pictures": len(pictures)}))
        return 0
    print(text)
    where = f" in {arguments.out}" if arguments.out else " (--out DIR writes them)"
    print(f"about {tokens} tokens, {len(pictures)} pictures{where}", file=sys.stderr)
    return 0


def _text(messages: list[dict[str, Any]]) -> tuple[str, list[bytes]]:
    """Lay a chat out as text; pictures are named in their places."""
    lines: list[str] = []
    pictures: list[bytes] = []
    for message in messages:
        lines.append(f"<<< {message['role']} >>>")
        content = message["content"]
        for part in content if isinstance(content, list) else [{"type": "text", "text": content}]:
            if part["type"] == "text":
                lines.append(part["text"])
                continue
            lines.append(f"[picture_{len(pictures)}.png]")
            pictures.append(base64.b64decode(part["image_url"]["url"].partition(",")[2]))
    return "\n".join(lines), pictures


def _write(folder: Path, text: str, pictures: list[bytes]) -> None:
    from seig_search.runs.atomic import write_bytes, write_text

    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "prompt.md", text + "\n")
    for number, picture in enumerate(pictures):
        write_bytes(folder / f"picture_{number}.png", picture)
