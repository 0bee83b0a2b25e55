"""Ten scripts in ten people's styles, none annotated: their numbers are found, tuned, and nothing else of them is touched."""

from __future__ import annotations

import difflib
import io
import json
import tokenize
from pathlib import Path

import pytest

from seig_search.config import PlugIn, PoolSettings, load_settings
from seig_search.fidelity import Fidelity
from seig_search.program import Program
from seig_search.render import RenderJob
from seig_search.search.parts import open_pool
from seig_search.search.tune_program import execute_tuning
from seig_search.search.tuning_folder import Choice, create_tuning
from seig_search.target import Target

SCRIPTS = Path(__file__).parent / "scripts"
FOUND = {
    # What drives the light, the camera and a colour in each, by readable name, and what the target's are.
    "ops_tutorial": {"object.energy": 400.0, "object.lens": 36.0, "mat Base Color": (0.2, 0.3, 0.6)},
    "data_api": {"sun_data.energy": 1.3, "cam_data.angle": 46.0, "bsdf input 0": (0.1, 0.3, 0.3)},
    "functions_and_loops": {"Key.energy": 150.0, "add_camera.tilt": 75.0, "Blue.Base Color[0]": 0.6},
    "class_based": {"Studio.KEY_POWER": 220.0, "look_at.point": (0.0, 0.0, 0.2), "Studio.product_color": (0.5, 0.3, 0.1)},
    "config_dicts": {"CONFIG.light.energy": 800.0, "CONFIG.camera.fov_deg": 48.0, "CONFIG.cube.color": (0.2, 0.3, 0.6)},
    "lists_of_tuples": {"Key.watts": 300.0, "camera.lens": 42.0, "big.rgb[1]": 0.6},
    "nodes_by_hand": {"lamp.energy": 300.0, "camera.lens": 38.0, "diff Color": (0.5, 0.1, 0.1)},
    "track_to_rig": {"spot.energy": 700.0, "poi.location": (0.2, 0.0, 1.1), "paint Base Color": (0.1, 0.4, 0.5)},
    "dataclass_presets": {"warm.power": 1000.0, "VIEW.eye": (0.5, -7.0, 2.8), "SHELL[0]": 0.7},
    "compact_golf": {"L.energy": 1.0, "K.lens": 44.0, "ground.Base Color": (0.2, 0.4, 0.2)},
}  # fmt: skip
SIDE = 48


def program_of(name: str) -> Program:
    return Program.parse((SCRIPTS / f"{name}.py").read_text())


def key_of(program: Program, name: str) -> str:
    (key,) = (p.key for p in program.found() if p.name == name)
    return key


@pytest.mark.parametrize("name", FOUND)
def test_light_camera_and_colour_are_found_under_readable_names(name: str) -> None:
    found = {p.name: p for p in program_of(name).found()}
    assert FOUND[name].keys() <= found.keys()
    for p in found.values():
        assert p.low is not None and p.high is not None and p.low < p.high


def test_every_script_is_here() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.py")} == FOUND.keys()


@pytest.fixture(scope="module")
def pool():
    made = open_pool(PoolSettings(workers=2, threads=1))
    yield made
    made.close()


def words(source: str) -> list[str]:
    """All of a text but its numbers and their signs."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [t.string for t in tokens if t.type != tokenize.NUMBER and t.string not in "+-"]


def differing_lines(before: str, after: str) -> set[int]:
    one, other = before.splitlines(), after.splitlines()
    assert len(one) == len(other)
    return {n for n, (a, b) in enumerate(zip(one, other, strict=True), 1) if a != b}


@pytest.mark.blender
@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND)
def test_tuning_gets_nearer_and_touches_numbers_alone(name: str, pool, tmp_path) -> None:
    program = program_of(name)
    truth = {key_of(program, one): value for one, value in FOUND[name].items()}
    target = pool.submit(RenderJob(program.with_values(truth).source, Fidelity(SIDE, SIDE, 8))).result()
    assert target.pixels is not None, target.error
    settings = load_settings(
        "draft",
        [
            "fidelity.search={long_side: 48, samples: 4}",
            "fidelity.guard={long_side: 48, samples: 8}",
            "scoring.evaluators=[pixel, structure, colour]",
            "budget.renders=24",
        ],
        {},
        {"tuner": PlugIn(name="residual")},
    )
    names = tuple(FOUND[name])
    choice = Choice(only=names)
    folder = create_tuning(program, Target.from_array(target.pixels), settings, tmp_path / "out", choice)
    summary = execute_tuning(folder, quiet=True, pool=pool)

    assert summary["accepted"], summary["explanation"]
    assert summary["after"]["overall"] > summary["before"]["overall"]
    assert summary["values"].keys() <= truth.keys()
    tuned = (folder.best / "program.py").read_text()
    assert words(tuned) == words(program.source)
    lines = {int(key.partition(":")[0]) for key in summary["values"]}
    assert differing_lines(program.source, tuned) == lines
    assert tuned == program.with_values({k: _tuple(v) for k, v in summary["values"].items()}).source
    assert json.loads(folder.summary.read_text()) == summary
    assert list(difflib.unified_diff(program.source.splitlines(), tuned.splitlines()))


def _tuple(value):
    return tuple(value) if isinstance(value, list) else value


DELICATE = """import bpy

SIZE = 0.8   # @param 0.5..2 m
IDLE = 3.0   # @param 0..10
KEY = 140.0  # @param 50..150 W

if SIZE > 1.02:
    raise ValueError("too large for the table")
bpy.data.objects["Cube"].scale = (SIZE, SIZE, SIZE)
bpy.data.objects["Light"].data.energy = KEY
bpy.data.objects["Camera"].data.lens = 40  # not declared
"""


@pytest.mark.blender
@pytest.mark.slow
def test_values_that_break_blender_are_passed_over_idle_ones_stay_and_a_range_that_binds_is_widened(pool, tmp_path):
    program = Program.parse(DELICATE)
    wide = Program.parse(DELICATE.replace("50..150", "50..5000"))
    truth = wide.with_values({"SIZE": 1.0, "KEY": 900.0})
    target = pool.submit(RenderJob(truth.source, Fidelity(SIDE, SIDE, 8))).result()
    settings = load_settings(
        "draft",
        [
            "fidelity.search={long_side: 48, samples: 4}",
            "fidelity.guard={long_side: 48, samples: 8}",
            "scoring.evaluators=[pixel, structure, colour]",
            "budget.renders=60",
        ],
        {},
        {"tuner": PlugIn(name="residual")},
    )
    choice = Choice(freeze=("Camera.*",))
    folder = create_tuning(program, Target.from_array(target.pixels), settings, tmp_path / "out", choice)
    summary = execute_tuning(folder, quiet=True, pool=pool)
    assert summary["accepted"], summary["explanation"]
    assert "failed)" in summary["explanation"]
    assert summary["without_effect"] == ["IDLE"]
    tuned = {p.name: p for p in Program.parse((folder.best / "program.py").read_text()).tunable()}
    assert 0.8 < tuned["SIZE"].value <= 1.02
    assert tuned["IDLE"].value == 3.0 and tuned["Camera.lens"].value == 40
    assert [one["name"] for one in summary["widened"]] == ["KEY"]
    assert tuned["KEY"].low == 50 and 150 < tuned["KEY"].value <= tuned["KEY"].high
    assert summary["spend"]["renders"] <= 60
