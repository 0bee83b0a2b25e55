"""Tuning a program that cannot match its target: do guards keep it from ruining what was right?

Programs are tuned against pictures of other things, or of their own scene where something is missing from the program or has another shape there: once as
a run does it (the composite, presence, guards at guard fidelity), and once naively, by PSNR alone with nothing to hold it. Prints PSNR, LPIPS, silhouette (where
the target has alpha) and other metrics before and after at guard fidelity, whether tuning as a run does it made PSNR better and neither LPIPS nor silhouette worse, not even
by a little, and what it says it accepted; writes the pictures side by side: target, guarded, naive.

    python benchmarks/tuning_misspecified/run.py [--renders 100] [--cases photograph still blocks missing shape] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
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

bpy.data.objects.remove(bpy.data.objects["{name}"])
"""
ANOTHER_SHAPE = """

bpy.ops.mesh.primitive_cone_add(radius1=0.0125, radius2=0.006, depth=0.03, location=(*{name}_XY, 0.015))
bpy.context.object.data.materials.append(bpy.data.objects["{thing}"].data.materials[0])
bpy.data.objects.remove(bpy.data.objects["{thing}"])
"""
CASES = {
    "photograph": ("a mug against a photograph", EXAMPLES / "programs" / "mug.py", ""),
    "still": ("still life, its bottle missing", SCENES / "still_life.py", WITHOUT.format(name="Bottle")),
    "blocks": ("blocks, the ball missing", EXAMPLES / "programs" / "toy_blocks.py", WITHOUT.format(name="OrangeBall")),
    "missing": (
        "pawns, the dark one missing",
        EXAMPLES / "programs" / "chess_pawn.py",
        WITHOUT.format(name="DarkPawn"),
    ),
    "shape": (
        "pawns, the dark one a cone",
        EXAMPLES / "programs" / "chess_pawn.py",
        ANOTHER_SHAPE.format(name="DARK", thing="DarkPawn"),
    ),
}
"""By a short name: what it is, the program, and what is done to it; targets are the program's own picture before that, but for the photograph."""
SHOWN = ("psnr", "lpips", "silhouette", "edges", "detail", "contrast")


def cases(pool: BlenderPool, chosen: Sequence[str], folder: Path) -> list[tuple[str, str, Path, Path]]:
    """Short name, name, program and target of each case."""
    found = []
    for short in chosen:
        name, path, change = CASES[short]
        program, target = folder / f"{short}.py", folder / f"{short}-target.png"
        source = path.read_text()
        program.write_text(source + change)
        if not change:
            found.append((short, name, program, EXAMPLES / "coffee.png"))
            continue
        result = pool.submit(RenderJob(source, Fidelity.for_aspect(4 / 3, 400, samples=128, seed=9))).result()
        if result.pixels is None:
            raise SystemExit(f"{path} does not render: {result.error}")
        Image.fromarray(result.pixels).save(target)
        found.append((short, name, program, target))
    return found


def shown(path: Path) -> npt.NDArray[np.uint8]:
    """Give a picture over white, small."""
    image = Image.open(path).convert("RGBA")
    ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(ground, image).convert("RGB").resize((320, 240)))


def held(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, bool]:
    """Say what tuning kept: nothing measured may be worse by even a little."""
    kept = {
        "PSNR better": after["psnr"] > before["psnr"],
        "LPIPS no worse": after["lpips"] <= before["lpips"],
    }
    if "silhouette" in before:
        kept["silhouette no worse"] = after["silhouette"] >= before["silhouette"]
    return kept


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
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--out", type=Path, default=None, help="keep runs and pictures here")
    chosen = parser.parse_args()
    folder = chosen.out or Path(tempfile.mkdtemp(prefix="misspecified-"))
    folder.mkdir(parents=True, exist_ok=True)
    with BlenderPool(PoolOptions(workers=2, threads=1, deadline_s=900)) as pool:
        asked = cases(pool, chosen.cases, folder)
    lines, checks, told_by_case = [], [], []
    for short, name, program, target in asked:
        pictures = [shown(target)]
        for naive in (False, True):
            out = folder / f"{short}-{'naive' if naive else 'guarded'}"
            told = tuned(program, target, out, naive, chosen.renders)
            before, after = told["before"]["metrics"], told["after"]["metrics"]
            cells = [f"{before[m]:.4g} -> {after[m]:.4g}" if m in before else "-" for m in SHOWN]
            lines.append([name, "naive" if naive else "guarded", *cells])
            if not naive:
                checks += [(kept, f"{name}: {what}") for what, kept in held(before, after).items()]
                told_by_case.append(f"{name}: {told['explanation']}")
            pictures.append(shown(out / "best" / "render.png"))
        Image.fromarray(np.concatenate(pictures, axis=1)).save(folder / f"{short}.png")
    print(table(["case", "tuning", *SHOWN], lines))
    for kept, what in checks:
        print(f"{'reached' if kept else 'missed '}  guarded, {what}")
    print("\n".join(told_by_case))
    print(f"target, guarded, naive side by side: {folder}")


if __name__ == "__main__":
    main()
