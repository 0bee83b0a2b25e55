"""Is the score sane? Growing damage must cost more and more, and grey mush in place must lose to the right scene misplaced.

Eight programs are rendered, spoiled in nine ways of growing strength, and measured against their own pictures (made
with another seed and more samples). A sequence is in order if the score never rises by more than --tolerance, which is
what it differs by chance; "strict" asks that it never rises at all. Every stage's composite is asked, and overall.

Then the mush: for each program, a copy in place that is greyed, flattened and blurred, or all of one dull clay and
smaller, against the right scene moved sideways. The scene in programs/plain.py is the case that fools pixel metrics and
LPIPS alike.

    python benchmarks/score_sanity/run.py [--side 192] [--samples 24] [--no-networks] [--json OUT.json]
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from damage import IN_PICTURE, IN_SCENE, Bytes, clay, mush, pan, removable, saturation
from tqdm import tqdm

from seig_search import plugins
from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.cli.tables import table
from seig_search.evaluators.composite import Composite
from seig_search.fidelity import Fidelity
from seig_search.metrics import Metrics
from seig_search.render import RenderJob, RenderPool
from seig_search.scoring import Measurer
from seig_search.stages import STAGES
from seig_search.target import Target

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples" / "programs"
OTHERS = HERE.parent / "truth_correlation" / "scenes"
PROGRAMS = [
    *(EXAMPLES / f"{name}.py" for name in ("mug", "chess_pawn", "toy_blocks")),
    *(OTHERS / f"{name}.py" for name in ("courtyard", "snowman", "still_life")),
    *(HERE / "programs" / f"{name}.py" for name in ("night", "sign")),
]
PLAIN = HERE / "programs" / "plain.py"
CLASSIC = ("pixel", "structure", "colour", "edges", "detail", "silhouette")
NETWORKS = ("perceptual", "semantic")
VIEWS = ("overall", *(str(stage) for stage in STAGES))
SHIFTS = (0.04, 0.08)
LEAST_SATURATION = 0.08
LEAST_CHANGE = 0.5
"""Mean absolute difference in grey levels below which a damage did nothing, as turning lamps that are not there."""


class Scores:
    """Measures, and gives every view's composite and every metric, higher better."""

    def __init__(self, networks: bool) -> None:
        self.measurer = Measurer([plugins.make("evaluators", n) for n in (*CLASSIC, *(NETWORKS if networks else ()))])
        self.composite = Composite(known=sorted(set(self.measurer.specs) - set(self.measurer.missing)))
        self.draft = Composite(known=sorted(Measurer([plugins.make("evaluators", name) for name in CLASSIC]).specs))

    def of(self, pictures: Sequence[Bytes], target: Target) -> tuple[list[Metrics], list[dict[str, float]]]:
        """Give metrics, and scores by name."""
        measured = self.measurer.measure(pictures, target)
        answers = []
        for metrics in measured:
            found = {}
            for name, scorer in (("", self.composite), ("draft ", self.draft)):
                found[f"{name}overall"] = scorer.overall(metrics).value
                found |= {f"{name}{stage}": scorer.score(metrics, stage).value for stage in STAGES}
            for name, value in metrics.items():
                found[f"metric {name}"] = value if self.measurer.specs[name].better == "higher" else -value
            answers.append(found)
        return measured, answers


def in_order(values: Sequence[float], tolerance: float) -> bool:
    """Whether values never rise by more than the tolerance, against the least before."""
    least = np.minimum.accumulate(values)
    return all(b <= a + tolerance for a, b in zip(least, values[1:], strict=False))


def rendered(pool: RenderPool, sources: Sequence[str], fidelity: Fidelity) -> list[Bytes]:
    """Render programs; a program that fails stops the benchmark."""
    answers = []
    for asked in [pool.submit(RenderJob(source, fidelity)) for source in sources]:
        result = asked.result()
        if result.pixels is None:
            raise SystemExit(f"a program does not render: {result.error}")
        answers.append(result.pixels)
    return answers


def prepared(pool: RenderPool, path: Path, side: int, samples: int) -> tuple[str, Fidelity, Target, Bytes, list[str]]:
    """Give a program, the fidelity of candidates, its target, its own render, and the names of what can be removed."""
    source = path.read_text()
    fidelity = Fidelity.for_aspect(4 / 3, side, samples=samples, denoise=True, seed=1)
    exact = Fidelity.for_aspect(4 / 3, side, samples=4 * samples, denoise=True, seed=2)
    (target,) = rendered(pool, [source], exact)
    (own,) = rendered(pool, [source], fidelity)
    facts = pool.submit(RenderJob(source, fidelity, passes=("object_index",))).result()
    names = removable(facts.layers["object_index"], facts.names["object_index"])
    return source, fidelity, Target.from_array(target, path.stem), own, names


def sequences(pool: RenderPool, path: Path, side: int, samples: int, scores: Scores, bar: Any) -> list[dict[str, Any]]:
    """Spoil one program in every way."""
    source, fidelity, target, own, names = prepared(pool, path, side, samples)
    rows = []
    for kind in (*IN_SCENE, *IN_PICTURE):
        bar.update()
        if kind in IN_SCENE:
            pictures = rendered(pool, [source + text for text in IN_SCENE[kind](names)], fidelity)
        elif saturation(own) < LEAST_SATURATION and kind != "blur":
            continue
        else:
            pictures = IN_PICTURE[kind](own)
        if len(pictures) < 2 or np.abs(pictures[-1].astype(float) - own).mean() < LEAST_CHANGE:
            bar.write(f"{path.stem}: {kind} changes nothing there")
            continue
        _, found = scores.of([own, *pictures], target)
        rows.append({"program": path.stem, "kind": kind, "scores": found})
    return rows


def mush_rows(pool: RenderPool, path: Path, side: int, samples: int, scores: Scores) -> list[dict[str, Any]]:
    """Compare the right scene, moved, with mush in place."""
    source, fidelity, target, own, names = prepared(pool, path, side, samples)
    cover = own[..., 3:] / 255.0
    mean = ((own[..., :3] / 255.0) ** 2.2 * cover).sum(axis=(0, 1)) / cover.sum()
    dull = [float(x) for x in 0.6 * mean.mean() + 0.4 * mean]
    moved = rendered(pool, [source + pan(share) for share in SHIFTS], fidelity)
    (of_clay,) = rendered(pool, [source + clay(dull, names, 0.92)], fidelity)
    rivals = {
        "mush": mush(own),
        "mild mush": mush(own, 1.2, 0.65),
        "clay": of_clay,
        "soft clay": mush(of_clay, 1.5, 0.9),
    }
    measured, found = scores.of([*moved, *rivals.values()], target)
    rows = []
    for n, share in enumerate(SHIFTS):
        for m, rival in enumerate(rivals):
            right, other = found[n], found[len(SHIFTS) + m]
            rows.append(
                {
                    "program": path.stem,
                    "shift": share,
                    "rival": rival,
                    "right": {"metrics": measured[n], "scores": right},
                    "mush": {"metrics": measured[len(SHIFTS) + m], "scores": other},
                }
            )
    return rows


def print_sequences(rows: Sequence[dict[str, Any]], tolerance: float, which: str) -> tuple[float, float]:
    """Print how many sequences are in order, by kind; gives the shares with and without tolerance."""
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    lines, right, strict, whole = [], 0, 0, 0
    for kind in kinds:
        mine = [row for row in rows if row["kind"] == kind]
        cells = []
        for view in VIEWS:
            series = [[found[which + view] for found in row["scores"]] for row in mine]
            good = sum(in_order(values, tolerance) for values in series)
            right, whole = right + good, whole + len(series)
            strict += sum(all(b < a for a, b in pairwise(values)) for values in series)
            cells.append(f"{good}/{len(series)}")
        lines.append([kind, *cells])
    print(table(["damage", *VIEWS], lines))
    return right / whole, strict / whole


def print_metrics(rows: Sequence[dict[str, Any]], mushes: Sequence[dict[str, Any]], tolerance: float) -> None:
    """Print where single metrics fail: sequences out of order, and mush preferred."""
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    names = list(dict.fromkeys(name for row in rows for name in row["scores"][0] if name.startswith("metric ")))
    lines = []
    for name in names:
        cells, failed, asked = [], 0, 0
        for kind in kinds:
            series = [
                [f[name] for f in row["scores"]] for row in rows if row["kind"] == kind and name in row["scores"][0]
            ]
            # A metric that hardly moves says nothing: it must fall by a fiftieth of what it ever falls.
            reach = max(
                (
                    values[0] - min(values)
                    for row in rows
                    if name in row["scores"][0]
                    for values in [[f[name] for f in row["scores"]]]
                ),
                default=0,
            )
            bad = sum(
                not in_order(values, tolerance * reach) or values[0] - values[-1] < 0.02 * reach for values in series
            )
            failed, asked = failed + bad, asked + len(series)
            cells.append(f"{bad}/{len(series)}" if bad else "-")
        wrong = [row for row in mushes if name in row["right"]["scores"]]
        fooled = sum(row["mush"]["scores"][name] >= row["right"]["scores"][name] for row in wrong)
        lines.append([name.removeprefix("metric "), *cells, f"{100 * failed / asked:.0f} %", f"{fooled}/{len(wrong)}"])
    print(table(["metric alone fails", *kinds, "all", "mush wins"], lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--side", type=int, default=192, help="longer side, pixels")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--tolerance", type=float, default=0.002)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-networks", action="store_true", help="leave out LPIPS and the encoder")
    parser.add_argument("--programs", nargs="+", type=Path, default=PROGRAMS)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    scores = Scores(not chosen.no_networks)
    if scores.measurer.missing and not chosen.no_networks:
        print("\n".join(f"not measured: {name}: {why}" for name, why in scores.measurer.missing.items()))
    rows: list[dict[str, Any]] = []
    mushes: list[dict[str, Any]] = []
    pool = BlenderPool(PoolOptions(workers=chosen.workers, threads=1))
    try:
        with tqdm(total=len(chosen.programs) * (len(IN_SCENE) + len(IN_PICTURE))) as bar:
            for path in chosen.programs:
                rows += sequences(pool, path, chosen.side, chosen.samples, scores, bar)
        for path in (*chosen.programs, PLAIN):
            mushes += mush_rows(pool, path, chosen.side, chosen.samples, scores)
    finally:
        pool.close()
    report(rows, mushes, chosen.tolerance)
    if chosen.json:
        chosen.json.write_text(json.dumps({"rows": rows, "mush": mushes}, indent=1))


def report(rows: Sequence[dict[str, Any]], mushes: Sequence[dict[str, Any]], tolerance: float) -> None:
    """Print everything."""
    told = defaultdict(list)
    for which, label in (("", "with networks"), ("draft ", "classic metrics alone")):
        print(f"\nsequences in order: the composite, {label}")
        share, strict = print_sequences(rows, tolerance, which)
        reached = "reached" if share >= 0.95 else "missed "
        told[reached].append(f"{label}: {100 * share:.1f} % in order (strictly {100 * strict:.1f} %), 95 % asked")
        lost = [
            (row["program"], row["rival"], row["shift"], view)
            for row in mushes
            for view in VIEWS
            if row["mush"]["scores"][which + view] >= row["right"]["scores"][which + view]
        ]
        reached = "missed " if lost else "reached"
        told[reached].append(
            f"{label}: mush wins {len(lost)} of {len(mushes) * len(VIEWS)} comparisons, 0 asked {lost[:6]}"
        )
    print("\nmush in place against the right scene misplaced: what single numbers say")
    lines = []
    for row in mushes:
        right, other = row["right"]["metrics"], row["mush"]["metrics"]
        shown = [
            f"{right[n]:.3g} / {other[n]:.3g}" if n in right else "-" for n in ("psnr", "ssim", "lpips", "encoder")
        ]
        fooled = [
            n
            for n in ("psnr", "ssim", "lpips", "encoder")
            if n in right and row["mush"]["scores"][f"metric {n}"] >= row["right"]["scores"][f"metric {n}"]
        ]
        scores = [
            f"{row['right']['scores'][n]:.3f} / {row['mush']['scores'][n]:.3f}" for n in ("overall", "draft overall")
        ]
        lines.append([row["program"], row["rival"], f"{row['shift']:g}", *shown, *scores, " ".join(fooled) or "none"])
    print(table(["program", "mush", "shift", "psnr", "ssim", "lpips", "encoder", "overall", "draft", "fooled"], lines))
    print()
    print_metrics(rows, mushes, tolerance)
    for verdict, sentences in told.items():
        for sentence in sentences:
            print(f"{verdict}  {sentence}")


if __name__ == "__main__":
    main()
