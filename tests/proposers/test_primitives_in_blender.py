"""Programs of the primitives proposer in real Blender."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from seig_search.proposers.primitives.scene import Aim, Ground, Lamp, Scene, World
from seig_search.proposers.primitives.solids import Finish, Solid
from seig_search.proposers.primitives.writer import write_program

pytestmark = pytest.mark.blender
ROOT = Path(__file__).parent.parent.parent
BENCHMARK = ROOT / "benchmarks" / "clevr_truth"

EVERYTHING = Scene(
    title="One of each.",
    solids=(
        Solid("Ball", "ball", (0.5,)),
        Solid("Egg", "egg", (1.0, 0.6, 0.4), x=1.5, turn=30.0, finish=Finish((0.2, 0.4, 0.6), 0.1, 1.0)),
        Solid("Box", "box", (1.0, 0.5, 0.8, 0.05), x=-1.5, turn=20.0),
        Solid("Cylinder", "cylinder", (0.4, 0.9, 0.02), y=1.5, finish=Finish((0.9, 0.9, 0.9), 0.05, look="glass")),
        Solid("Cone", "cone", (0.5, 0.1, 1.0), y=-1.5),
        Solid("Ring", "ring", (0.5, 0.1), x=1.5, y=1.5, tilt=15.0),
        Solid("Cup", "cup", (0.5, 0.3, 0.7, 0.04), x=-1.5, y=1.5, z=0.1),
    ),
    ground=Ground(Finish((0.4, 0.2, 0.1), 0.5, look="wood"), 20.0),
    camera=Aim(35.0, 8.0, 45.0),
    lamps=(Lamp("Key", "area", 200.0, 50.0, 500.0, 1.0, 6.0), Lamp("Sun", "sun", 20.0, 40.0, 1.0, 3.0, 9.0)),
    world=World((0.5, 0.6, 0.7), (1.0, 1.0, 1.0), 0.4),
)


def run_in_blender(program: Path) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK / "inspect_program.py"), str(program), "320", "240"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    line = next((row for row in done.stdout.splitlines() if row.startswith("FACTS ")), None)
    assert line is not None, done.stderr
    told = json.loads(line.removeprefix("FACTS "))
    return {item["name"]: item for item in told["facts"]["objects"]}


def test_every_kind_look_and_lamp_runs_and_has_its_size(tmp_path: Path) -> None:
    # Each stage after the first is run twice: a search runs any of them again on its own.
    source = write_program(EVERYTHING) + "    materials()\n    composition()\n    lighting()\n"
    program = tmp_path / "program.py"
    program.write_text(source)
    objects = run_in_blender(program)
    assert set(objects) == {"Ground", *(solid.name for solid in EVERYTHING.solids)}
    sizes = {name: item["dimensions"] for name, item in objects.items()}
    assert sizes["Ball"] == pytest.approx([1, 1, 1], abs=0.01)
    assert sizes["Egg"] == pytest.approx([1, 0.6, 0.4], abs=0.01)
    assert sizes["Box"] == pytest.approx([1, 0.5, 0.8], abs=0.01)
    assert sizes["Cylinder"] == pytest.approx([0.8, 0.8, 0.9], abs=0.01)
    assert sizes["Cup"] == pytest.approx([1, 1, 0.7], abs=0.03)


@pytest.mark.parametrize("name", ["clevr_1", "clevr_3"])
def test_the_scaffold_finds_most_of_a_clevr_scene(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARK))
    bench = _module(BENCHMARK / "run.py")
    image = ROOT / "examples" / f"{name}.png"
    result = bench.measured(bench.scaffold(image, camera=True, folder=tmp_path), image)
    assert result["recall"] >= 0.8
    assert result["precision"] >= 0.8
    assert result["position_error_m"] < 0.4


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"clevr_truth_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
