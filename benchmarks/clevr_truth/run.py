"""Object recall, precision and place of programs for CLEVR scenes whose truth is known.

Without --program, each picture is reconstructed by ``seig run``; with it, that program is measured against the one
picture given.

    python benchmarks/clevr_truth/run.py --images examples/clevr_1.png examples/clevr_3.png --preset draft
    python benchmarks/clevr_truth/run.py --images examples/clevr_1.png --scaffold
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
from truth import load_truth, tally, things_of

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"


def measured(program: Path, image: Path) -> dict[str, Any]:
    """Measure one program against the truth beside its picture."""
    objects, _, (width, height) = load_truth(image.with_suffix(".json"))
    done = subprocess.run(
        [sys.executable, str(HERE / "inspect_program.py"), str(program), str(width), str(height)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    line = next((row for row in done.stdout.splitlines() if row.startswith("FACTS ")), None)
    if line is None:
        raise SystemExit(f"{program} does not run:\n{done.stderr[-2000:]}")
    told = json.loads(line.removeprefix("FACTS "))
    found = things_of(told["facts"], told["colours"], (width, height))
    result = tally(objects, found)
    return {
        "image": image.name,
        "objects": len(objects),
        "things": len(found),
        "found": len(result.pairs),
        "recall": round(result.recall, 3),
        "precision": round(result.precision, 3),
        "position_error_m": None if result.position_error is None else round(result.position_error, 3),
        "missed": sorted({true.name for true in objects} - {true for true, _ in result.pairs}),
    }


def scaffold(image: Path, camera: bool, folder: Path) -> Path:
    """Write the built-in proposer's first program."""
    from seig_search.camera import GivenCamera
    from seig_search.edits import NewProgram
    from seig_search.proposal import Context
    from seig_search.proposers.primitives import PrimitivesProposer
    from seig_search.stages import Stage
    from seig_search.target import Target

    given = GivenCamera.load(image.with_suffix(".json")) if camera else None
    context = Context(Stage.SCAFFOLD, Target.load(image), 1, np.random.default_rng(0), camera=given)
    edit = PrimitivesProposer().propose(context)[0]
    assert isinstance(edit, NewProgram)
    path = folder / f"{image.stem}.py"
    path.write_text(edit.source)
    return path


def reconstructed(image: Path, preset: str, camera: bool, folder: Path) -> Path:
    """Run the whole reconstruction."""
    out = folder / image.stem
    command = [sys.executable, "-m", "seig_search", "run", str(image), "--out", str(out), "--preset", preset, "--json"]
    if camera:
        command += ["--camera", str(image.with_suffix(".json"))]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return out / "best" / "program.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, nargs="+", default=sorted(EXAMPLES.glob("clevr_*.png")))
    parser.add_argument("--program", type=Path, help="measure this program against the one picture of --images")
    parser.add_argument("--scaffold", action="store_true", help="measure the built-in proposer's first program only")
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--camera", action="store_true", help="give the true camera")
    parser.add_argument("--out", type=Path, help="where programs and runs go; a temporary folder if left out")
    chosen = parser.parse_args()
    if chosen.program and len(chosen.images) != 1:
        parser.error("--program goes with exactly one picture in --images")
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for image in chosen.images:
            if chosen.program:
                program = chosen.program
            elif chosen.scaffold:
                program = scaffold(image, chosen.camera, folder)
            else:
                program = reconstructed(image, chosen.preset, chosen.camera, folder)
            rows.append(measured(program, image))
            print(json.dumps(rows[-1]))
    keys = ("recall", "precision")
    print(json.dumps({"mean": {key: round(float(np.mean([row[key] for row in rows])), 3) for key in keys}}))


if __name__ == "__main__":
    main()
