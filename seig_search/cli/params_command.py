"""``seig params``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seig_search.cli.render_command import read_program
from seig_search.cli.settings_flags import add_pool_flags, add_search_flags, resolve
from seig_search.cli.tables import table
from seig_search.cli.tune_command import add_choice_flags, split_names
from seig_search.stages import Stage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from seig_search.config import Settings
    from seig_search.program import Parameter, Program
    from seig_search.search.sensitivity import Answer

__all__ = ["add_arguments", "execute"]

SIZE = (640, 480)
"""Whose shape renders have without a target."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("program", type=Path, metavar="PROGRAM", help="a Blender Python program, annotated or not")
    parser.add_argument(
        "--sensitivity",
        action="store_true",
        help="render: move each number by 5 %% of its range, and tell how much the picture answers and what in the scene changes",
    )
    parser.add_argument(
        "--target", type=Path, metavar="PICTURE", help="also tell how the score against this picture changes"
    )
    add_choice_flags(parser)
    add_search_flags(parser)
    add_pool_flags(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search.program import Program
    from seig_search.search.tuning_folder import Choice

    program = Program.parse(read_program(arguments.program))
    stage = Stage(arguments.stage) if arguments.stage else None
    choice = Choice(stage, split_names(arguments.only), split_names(arguments.freeze))
    parameters = choice.parameters(program)
    answers = _answers(arguments, program, parameters) if arguments.sensitivity or arguments.target else None
    rows = [_row(p, program.feeds.get(p.key, ()), answers) for p in parameters]
    if arguments.json:
        print(json.dumps({"program": str(arguments.program), "parameters": rows}))
        return 0
    header = ["name", "value", "kind", "range", "unit", "at", "stage", "sets"]
    if answers is not None:
        header += ["picture", "pixels", *(["score"] if arguments.target else []), "scene"]
    print(table(header, [_cells(row, answers is not None, arguments.target is not None) for row in rows], words=True))
    return 0


def _answers(arguments: argparse.Namespace, program: Program, parameters: tuple[Parameter, ...]) -> dict[str, Answer]:
    from seig_search.search.parts import open_pool
    from seig_search.search.sensitivity import sensitivity

    settings = resolve(arguments, {})
    size, score = SIZE, None
    if arguments.target:
        size, score = _scoring(arguments.target, settings, Stage(arguments.stage) if arguments.stage else None)
    fidelity = settings.fidelity.search.fidelity(size[0], size[1], settings.seed)
    pool = open_pool(settings.pool)
    try:
        return sensitivity(program, parameters, fidelity, pool, score)
    finally:
        pool.close()


def _scoring(
    path: Path, settings: Settings, stage: Stage | None
) -> tuple[tuple[int, int], Callable[[npt.NDArray[np.uint8]], float]]:
    """Give the target's size, and what scores a picture against it."""
    from seig_search.search.parts import make_parts
    from seig_search.target import Target

    target, parts = Target.load(path), make_parts(settings)

    def score(picture: npt.NDArray[np.uint8]) -> float:
        metrics = parts.measurer.measure([picture], target)[0]
        value: float = (parts.scorer.score(metrics, stage) if stage else parts.scorer.overall(metrics)).value
        return value

    return (target.width, target.height), score


def _row(p: Parameter, sets: tuple[str, ...], answers: dict[str, Answer] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": p.name,
        "key": p.key,
        "value": list(p.value) if isinstance(p.value, tuple) else p.value,
        "kind": p.kind,
        "low": p.low,
        "high": p.high,
        "log": p.log,
        "unit": p.unit,
        "choices": list(p.choices),
        "line": p.line,
        "stage": p.stage.value if p.stage else None,
        "declared": p.declared,
        "sets": list(sets),
    }
    if answers is not None:
        row["answer"] = answers[p.key].as_dict() if p.key in answers else None
    return row


def _cells(row: dict[str, Any], rendered: bool, scored: bool) -> list[str]:
    value = row["value"]
    shown = "(" + ", ".join(f"{v:g}" for v in value) + ")" if isinstance(value, list) else _short(value)
    span = (
        "|".join(row["choices"])
        if row["choices"]
        else f"{row['low']:.4g}..{row['high']:.4g}"
        if row["low"] is not None
        else "-"
    )
    span += " log" if row["log"] else ""
    kind = row["kind"] if row["declared"] else f"{row['kind']}, found"
    place = str(row["line"]) if row["declared"] else row["key"]
    cells = [
        row["name"],
        shown,
        kind,
        span,
        row["unit"] or "-",
        place,
        row["stage"] or "-",
        ", ".join(row["sets"]) or "-",
    ]
    if rendered:
        answer = row["answer"]
        if answer is None or (answer["failed"] and not answer["change"]):
            return [*cells, "cannot move" if answer is None else "fails", "-", *(["-"] if scored else []), "-"]
        change = f"{answer['change']:.4f}" if answer["change"] else "none"
        cells += [
            change,
            f"{answer['share']:.1%}",
            *([f"{answer['gain']:+.4f}"] if scored else []),
            _some(answer["moves"]),
        ]
    return cells


def _short(value: float | int | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _some(names: list[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "-"
