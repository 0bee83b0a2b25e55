"""Which weights would make the composite follow the truth better, on scenes they were not chosen on?

For each stage, weights are searched from the present ones by changing one at a time, as long as the mean tau within the
scenes at hand grows; changes cost a little, so that noise alone moves nothing. "held out" leaves one scene out of the
search and asks tau there, averaged over all scenes.

    python benchmarks/truth_correlation/run.py --json OUT.json
    python benchmarks/truth_correlation/reweigh.py OUT.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from seig_search.cli.tables import table
from seig_search.evaluators.normalising import NORMALISERS
from seig_search.evaluators.weights import WEIGHTS

STEPS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
Rows = Sequence[Mapping[str, Any]]


def prepared(rows: Rows, names: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Per scene: normalised metrics (N, M), which of them are there (M,), and negative errors (N,)."""
    answer = []
    for scene in sorted({row["scene"] for row in rows}):
        mine = [row for row in rows if row["scene"] == scene]
        there = np.array([all(name in row["metrics"] for row in mine) for name in names])
        values = [
            [NORMALISERS[n](row["metrics"][n]) if yes else 0.0 for n, yes in zip(names, there, strict=True)]
            for row in mine
        ]
        answer.append((np.array(values), there, -np.array([row["error"] for row in mine])))
    return answer


def followed(scenes: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], weights: np.ndarray) -> float:
    """Mean tau within the scenes; -1 if the weights leave some scene without a score."""
    taus = []
    for values, there, truth in scenes:
        if (weights * there).sum() <= 0:
            return -1.0
        taus.append(kendalltau(values @ (weights * there), truth).statistic)
    return float(np.mean(taus))


def searched(
    scenes: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], start: np.ndarray, price: float, frozen: np.ndarray
) -> np.ndarray:
    """Climb from the present weights, one weight at a time; each weight that differs from the start costs ``price``."""
    best = start.copy()

    def worth(weights: np.ndarray) -> float:
        return followed(scenes, weights) - price * float((weights != start).sum())

    now = worth(best)
    while True:
        tries = []
        for n in np.flatnonzero(~frozen):
            for step in STEPS:
                trial = best.copy()
                trial[n] = step
                tries.append((worth(trial), n, step))
        top, n, step = max(tries)
        if top <= now + 1e-9:
            return best
        best[n], now = step, top


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--price", type=float, default=0.006, help="tau that a changed weight must bring")
    chosen = parser.parse_args()
    rows = json.loads(chosen.results.read_text())["rows"]
    names = sorted({name for row in rows for name in row["metrics"] if name in NORMALISERS})
    lines = []
    for stage in dict.fromkeys(row["stage"] for row in rows):
        scenes = prepared([row for row in rows if row["stage"] == stage], names)
        start = np.array([WEIGHTS[stage].get(name, 0.0) for name in names])
        frozen = np.zeros(len(names), bool)
        now = followed(scenes, start)
        held = []
        for n in range(len(scenes)):
            others = [scene for m, scene in enumerate(scenes) if m != n]
            held.append(followed([scenes[n]], searched(others, start, chosen.price, frozen)))
        weights = searched(scenes, start, chosen.price, frozen)
        changed = [f"{name} {a:g} -> {b:g}" for name, a, b in zip(names, start, weights, strict=True) if a != b]
        lines.append(
            [
                stage,
                f"{now:.3f}",
                f"{followed(scenes, weights):.3f}",
                f"{np.mean(held):.3f}",
                "; ".join(changed) or "none",
            ]
        )
    print(table(["stage", "now", "refitted", "held out", "changes"], lines, words=True))


if __name__ == "__main__":
    main()
