"""Does the staged run with tuning beat its own ends, at an equal render budget?

Runs every example three times with the same number of renders: all of them on scaffold samples; staged without
tuning; staged with tuning. Prints a table of the final pictures' metrics.

    python benchmarks/staged_vs_ends/run.py [--renders 240] [--images A.png B.png] [--seeds 0] [--out DIR]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from tqdm import tqdm

from seig_search.cli.tables import table
from seig_search.config import load_settings
from seig_search.search.parts import open_pool
from seig_search.search.session import create, execute
from seig_search.stages import EDIT_STAGES, STAGES
from seig_search.target import Target

EXAMPLES = Path(__file__).parents[2] / "examples"
ARMS = {
    "scaffold alone": [
        *(f"stages.{stage}.share=0" for stage in EDIT_STAGES),
        "stages.scaffold.tuning=0",
        "search.plateau=100000",
    ],
    "staged, untuned": [f"stages.{stage}.tuning=0" for stage in STAGES],
    "staged + tuned": [],
}
SHOWN = ("psnr", "ssim", "colour", "edges", "multiscale")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", nargs="+", type=Path, default=sorted(EXAMPLES.glob("*.png")))
    parser.add_argument("--renders", type=int, default=240)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--out", type=Path, help="keep the run folders here")
    args = parser.parse_args()
    out = args.out or Path(tempfile.mkdtemp(prefix="staged-vs-ends-"))
    rows, wins = [], dict.fromkeys(ARMS, 0)
    jobs = [(image, seed, arm) for image in args.images for seed in args.seeds for arm in ARMS]
    pool = open_pool(load_settings(args.preset).pool)
    try:
        scores: dict[tuple[Path, int], dict[str, float]] = {}
        for image, seed, arm in tqdm(jobs, unit="run"):
            sets = [*ARMS[arm], f"budget.renders={args.renders}", f"seed={seed}"]
            settings = load_settings(args.preset, sets)
            root = out / f"{image.stem}-{seed}-{arm.replace(' ', '_').replace(',', '').replace('+', 'and')}"
            summary = execute(create(Target.load(image), settings, root), quiet=True, pool=pool)
            final = summary["final"]
            scores.setdefault((image, seed), {})[arm] = final["overall"]
            cells = [f"{final['metrics'][name]:.3f}" for name in SHOWN]
            spent = summary["spend"]["renders"]
            rows.append([image.stem, str(seed), arm, f"{final['overall']:.4f}", *cells, f"{spent}/{args.renders}"])
    finally:
        pool.close()
    for arms in scores.values():
        wins[max(arms, key=lambda arm: arms[arm])] += 1
    print(table(["image", "seed", "arm", "overall", *SHOWN, "renders"], rows))
    means = {arm: sum(s[arm] for s in scores.values()) / len(scores) for arm in ARMS}
    ordered = sum(s["staged + tuned"] > s["staged, untuned"] > s["scaffold alone"] for s in scores.values())
    print("\nmean overall: " + ", ".join(f"{arm} {mean:.4f}" for arm, mean in means.items()))
    print(f"in full order (tuned > untuned > scaffold): {ordered} of {len(scores)}; best arm: {wins}")
    (out / "table.json").write_text(json.dumps(rows, indent=1))
    print(f"run folders: {out}")


if __name__ == "__main__":
    main()
