"""Plain-text tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["run_table", "table", "tuning_table"]

SHOWN = ("psnr", "ssim", "colour", "edges", "multiscale", "silhouette")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], words: bool = False) -> str:
    """Lay out rows in columns; the first column to the left, the others too if they hold ``words``, else to the right."""
    cells = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [
        "  ".join(
            cell.ljust(w) if n == 0 or words else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def run_table(summary: Mapping[str, Any]) -> str:
    """Say what a run found: a row per stage, the spend, and where the files are."""
    final = summary["final"]
    shown = [name for name in SHOWN if name in final["metrics"]]
    rows = []
    for stage in summary["stages"]:
        tuned = [entry["accepted"] for entry in stage["tuning"]]
        rows.append(
            [
                stage["stage"],
                f"{stage['overall']:.4f}",
                *(f"{stage['metrics'][name]:.3f}" if name in stage["metrics"] else "-" for name in shown),
                str(stage["renders"]),
                str(stage["counts"].get("ok", 0)),
                str(sum(stage["counts"].get(name, 0) for name in ("rejected", "broken", "lost"))),
                f"{sum(tuned)}/{len(tuned)}" if tuned else "-",
            ]
        )
    size = summary["final_fidelity"]
    rows.append(
        [
            "final",
            f"{final['overall']:.4f}",
            *(f"{final['metrics'][name]:.3f}" for name in shown),
            "",
            "",
            "",
            "",
        ]
    )
    spend = summary["spend"]
    usd = "unknown" if spend["usd"] is None else f"{spend['usd']:.2f}"
    lines = [
        table(["stage", "overall", *shown, "renders", "ok", "failed", "tuned"], rows),
        "",
        f"stages at guard fidelity; final {size['width']}x{size['height']}, {size['samples']} samples",
        f"spent: {spend['renders']} renders, {spend['minutes']:.1f} min, {spend['model_calls']} model calls, {usd} USD"
        + (f", {spend['lost_workers']} workers lost" if spend["lost_workers"] else ""),
        f"stopped: {summary['stop']}",
        f"best: {summary['best']['program']}",
        *(f"      {summary['best'][name]}" for name in ("render", "scene") if name in summary["best"]),
        f"comparison: {summary['comparison']}",
    ]
    return "\n".join(lines)


def tuning_table(summary: Mapping[str, Any]) -> str:
    """Say what a tuning changed: the metrics before and after, what was done, and where the files are."""
    before, after = summary["before"], summary["after"]
    rows = [[name, f"{value:.4f}", f"{after['metrics'][name]:.4f}"] for name, value in before["metrics"].items()]
    rows.append(["overall", f"{before['overall']:.4f}", f"{after['overall']:.4f}"])
    lines = [table(["metric", "before", "after"], rows), "", summary["explanation"]]
    for one in summary["at_bounds"]:
        part = "" if one["index"] is None else f"[{one['index']}]"
        whose = "declared" if one["declared"] else "guessed"
        lines.append(f"on its {whose} {one['bound']} bound: {one['name']}{part} = {one['value']:g}")
    if summary["without_effect"]:
        lines.append(f"without effect on the picture: {', '.join(summary['without_effect'])}")
    spend = summary["spend"]
    lines.append(f"spent: {spend['renders']} renders, {spend['minutes']:.1f} min; stopped: {summary['stop']}")
    lines += [f"best: {summary['best']['program']}", f"comparison: {summary['comparison']}"]
    return "\n".join(lines)
