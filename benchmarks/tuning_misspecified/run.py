"""Tuning a program that cannot match its target: do guards keep it from ruining what was right?

Programs are tuned against pictures of other things, or of their own scene with something more in it: once as a run does it (the composite, presence, guards
at guard fidelity), and once naively, by PSNR alone with nothing to hold it. Prints PSNR, LPIPS and silhouette before and after at guard fidelity, and writes the pictures
side by side: target, before, guarded, naive.

    python benchmarks/tuning_misspecified/run.py [--renders 100] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.cli.tables import table
from seig_search.config import load_settings
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SCENES = ROOT / "benchmarks" / "truth_correlation" / "scenes"
WITHOUT = """

for _name in {names}:
    bpy.data.objects.remove(bpy.data.objects[_name])
"""
SHOWN = ("psnr", "lpips", "silhouette", "edges", "detail", "contrast")


def cases(pool: BlenderPool, folder: Path) -> list[tuple[str, Path, Path]]:
    """Name, program and target of each case."""
    found = [("a mug against a photograph", EXAMPLES / "programs" / "mug.py", EXAMPLES / "coffee.png")]
    for name, path, gone in (
        ("still life without its bottle", SCENES / "still_life.py", ["Bottle"]),
        ("blocks without the ball", EXAMPLES / "programs" / "toy_blocks.py", ["OrangeBall"]),
    ):
        source = path.read_text()
        result = pool.submit(RenderJob(source, Fidelity.for_aspect(4 / 3, 400, samples=128, seed=9))).result()
        if result.pixels is None:
            raise SystemExit(f"{path} does not render: {result.error}")
        stem = name.split()[0]
        Image.fromarray(result.pixels).save(folder / f"{stem}-target.png")
        (folder / f"{stem}.py").write_text(source + WITHOUT.format(names=gone))
        found.append((name, folder / f"{stem}.py", folder / f"{stem}-target.png"))
    return found


def settings(naive: bool) -> dict[str, Any]:
    """The draft preset with LPIPS; naive: PSNR alone, nothing guarded."""
    data: dict[str, Any] = yaml.safe_load(load_settings("draft").to_yaml())
    data["scoring"]["evaluators"] = [
        {"name": name} for name in ("pixel", "structure", "colour", "edges", "detail", "silhouette", "perceptual")
    ]
    if naive:
        stages = ("scaffold", "geometry", "materials", "composition", "lighting", "overall")
        guards = ("silhouette", "boundary", "ssim", "edges", "detail", "contrast", "colour", "lpips")
        data["tuner"] = {"name": "residual", "settings": {"reach": 1.0}}
        data["search"]["noise_sigmas"] = 0
        data["scoring"]["scorer"] = {
            "name": "composite",
            "settings": {
                "weights": {stage: {"psnr": 1.0} for stage in stages},
                "guards": dict.fromkeys(guards),
                "presence": None,
            },
        }
    return data


def tuned(program: Path, target: Path, out: Path, naive: bool, renders: int) -> dict[str, Any]:
    """Run ``seig tune``; gives its summary."""
    preset = out.with_suffix(".yaml")
    preset.write_text(yaml.safe_dump(settings(naive)))
    words = ["tune", str(program), str(target), "--out", str(out), "--preset", str(preset)]
    words += ["--max-renders", str(renders), "--threads", "1", "--json"]
    done = subprocess.run([sys.executable, "-m", "seig_search", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--renders", type=int, default=100)
    parser.add_argument("--out", type=Path, default=None, help="keep runs and pictures here")
    chosen = parser.parse_args()
    folder = chosen.out or Path(tempfile.mkdtemp(prefix="misspecified-"))
    folder.mkdir(parents=True, exist_ok=True)
    with BlenderPool(PoolOptions(workers=2, threads=1)) as pool:
        asked = cases(pool, folder)
    lines, fine = [], True
    for place, (name, program, target) in enumerate(asked):
        pictures = [np.asarray(Image.open(target).convert("RGB").resize((320, 240)))]
        for naive in (False, True):
            out = folder / f"{place}-{'naive' if naive else 'guarded'}"
            told = tuned(program, target, out, naive, chosen.renders)
            before, after = told["before"]["metrics"], told["after"]["metrics"]
            cells = [f"{before[m]:.3g} -> {after[m]:.3g}" if m in before else "-" for m in SHOWN]
            lines.append([name, "naive" if naive else "guarded", *cells])
            if not naive:
                worse = after["lpips"] > before["lpips"] + 0.005 or (
                    "silhouette" in before and after["silhouette"] < before["silhouette"] - 0.01
                )
                fine = fine and not worse
                start = json.loads((out / "journal.jsonl").read_text().splitlines()[0])
                assert start["kind"] in ("tune", "run")
            pictures.append(np.asarray(Image.open(out / "best" / "render.png").convert("RGB").resize((320, 240))))
        Image.fromarray(np.concatenate(pictures, axis=1)).save(folder / f"{place}.png")
    print(table(["case", "tuning", *SHOWN], lines))
    print(
        f"{'reached' if fine else 'missed '}  guarded: LPIPS and silhouette no worse than their tolerances in any case"
    )
    print(f"target, guarded, naive side by side: {folder}")


if __name__ == "__main__":
    main()
