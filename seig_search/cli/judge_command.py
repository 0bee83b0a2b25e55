"""``seig judge``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seig_search.cli.tables import table
from seig_search.errors import UsageError

if TYPE_CHECKING:
    from seig_search.judge import Comparison, Objections
    from seig_search.models import ModelCall
    from seig_search.target import Target

__all__ = ["add_arguments", "execute"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("target", type=Path, metavar="TARGET", help="the target")
    parser.add_argument(
        "renders", type=Path, nargs="+", metavar="RENDER", help="two to compare; more are ranked in a tournament"
    )
    parser.add_argument("--vlm", required=True, metavar="MODEL", help="the vision-language model that judges")
    parser.add_argument("--vlm-base", metavar="URL", help="base URL of an OpenAI-compatible server")
    parser.add_argument(
        "--veto",
        type=float,
        metavar="MARGIN",
        help="let the metrics overrule a choice whose overall score is lower by more than this, as in 0.2",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the tournament's draw and the model's sampling"
    )
    parser.add_argument(
        "--replies",
        type=Path,
        metavar="FILE",
        help="keep replies in this journal; those kept before are not asked again",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    import numpy as np

    from seig_search.judge import JournalReplies, Judge, MemoryReplies, rank, vetoed
    from seig_search.runs.journal import Journal
    from seig_search.target import Target

    paths: list[Path] = arguments.renders
    if len(paths) < 2:
        raise UsageError(f"a judge compares: give at least two renders after the target, got {len(paths)}")
    if not 0 <= arguments.seed < 2**31:
        raise UsageError(f"--seed must be 0..2147483647, got {arguments.seed}")
    target, loaded = Target.load(arguments.target), [Target.load(path) for path in paths]
    pictures = [
        np.dstack([one.rgb, np.full(one.rgb.shape[:2], 255, np.uint8) if one.alpha is None else one.alpha])
        for one in loaded
    ]
    metrics, objections = _measured(pictures, target, arguments.veto) if arguments.veto is not None else ([], None)
    found: list[Comparison] = []
    with ExitStack() as stack:
        replies: MemoryReplies | JournalReplies = MemoryReplies()
        if arguments.replies is not None:
            journal = Journal(arguments.replies)
            stack.callback(journal.close)
            replies = JournalReplies(journal)
        judge = Judge(arguments.vlm, arguments.vlm_base, seed=arguments.seed, replies=replies)

        def play(pairs: Sequence[tuple[int, int]]) -> list[Any]:
            compared = judge.compare(target, [(pictures[a], pictures[b]) for a, b in pairs])
            if objections is not None:
                compared = [
                    vetoed(one, metrics[a], metrics[b], objections) for one, (a, b) in zip(compared, pairs, strict=True)
                ]
            found.extend(compared)
            return [one.verdict for one in compared]

        # Of two, the user's A stays A.
        prior = (1.0, 0.0) if len(paths) == 2 else None
        ranking = rank(len(paths), play, np.random.default_rng(arguments.seed), prior=prior)
    games = [
        {"a": str(paths[game.a]), "b": str(paths[game.b]), **comparison.as_dict()}
        for game, comparison in zip(ranking.games, found, strict=True)
    ]
    summary = {
        "target": str(arguments.target),
        "order": [str(paths[index]) for index in ranking.order],
        "points": [ranking.points[index] for index in ranking.order],
        "comparisons": games,
        "reliability": _reliability(found),
        "spend": _spend(replies.calls),
    }
    print(json.dumps(summary) if arguments.json else _text(summary))
    return 0 if any(game["verdict"] for game in games) else 1


def _measured(pictures: Sequence[Any], target: Target, margin: float) -> tuple[list[dict[str, float]], Objections]:
    """Measure the pictures as the draft preset does; give their metrics, and what these object to."""
    from seig_search import plugins
    from seig_search.config import load_settings
    from seig_search.judge import by_score
    from seig_search.scoring import Measurer, require_all

    sizes = {picture.shape for picture in pictures}
    if len(sizes) > 1:
        raise UsageError(
            "--veto compares metrics, so the renders must have one size; render them alike, or leave it out"
        )
    scoring = load_settings("draft").scoring
    measurer = Measurer([plugins.make("evaluators", part.name, **part.settings) for part in scoring.evaluators])
    require_all(measurer)
    known = {"known": sorted(measurer.specs), **scoring.scorer.settings}
    objections = by_score(plugins.make("scorers", scoring.scorer.name, **known), margin)
    return measurer.measure(pictures, target), objections


def _reliability(found: Sequence[Comparison]) -> dict[str, Any]:
    from seig_search.judge import reliability

    return reliability(found).as_dict()


def _spend(calls: Sequence[ModelCall]) -> dict[str, Any]:
    known = all(call.usd is not None for call in calls if not call.error)
    return {
        "model_calls": len(calls),
        "failed_calls": sum(bool(call.error) for call in calls),
        "tokens_in": sum(call.tokens_in for call in calls),
        "tokens_out": sum(call.tokens_out for call in calls),
        "usd": sum(call.usd or 0.0 for call in calls) if known else None,
        "seconds": round(sum(call.seconds for call in calls), 3),
    }


def _text(summary: dict[str, Any]) -> str:
    lines = []
    for game in summary["comparisons"]:
        orders = " / ".join(str(answer or "unreadable") for answer in game["answers"])
        verdict = game["verdict"] or "no verdict"
        lines.append(f"{verdict}: a = {game['a']}, b = {game['b']} (A first / B first: {orders})")
        lines += [f"  {reason}" for reason in game["reasons"] if reason]
        lines += [f"  vetoed: {reason}" for reason in game["vetoes"]]
        lines += [f"  unreadable: {reason}" for reason in game["complaints"]]
    if len(summary["order"]) > 2:
        ranked = zip(summary["order"], summary["points"], strict=True)
        rows = [[str(place), path, f"{points:g}"] for place, (path, points) in enumerate(ranked, 1)]
        lines += ["", table(["place", "render", "points"], rows, words=True)]
    trust, spend = summary["reliability"], summary["spend"]
    usd = "unknown" if spend["usd"] is None else f"{spend['usd']:.4f}"
    lines.append("")
    if trust["readable"]:
        lines.append(
            f"both orders agreed in {trust['agreed']} of {trust['readable']}; position bias {trust['position_bias']:+.2f} "
            "(1: always the first, -1: always the second)"
        )
    lines.append(
        f"spent: {spend['model_calls']} model calls, {spend['tokens_in']} + {spend['tokens_out']} tokens, {usd} USD"
    )
    return "\n".join(lines)
