"""The scene that Blender and Mitsuba share, how errors are measured, and which LLVM is taken."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from seig_search.program import Program

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "tuning_mitsuba"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch):
    """Gives modules of the benchmark, which find each other by their bare names."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)

    def give(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield give
    for name in set(sys.modules) - before:
        if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("part", ["light", "camera"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_program_declares_the_unknowns_with_room_for_every_start(folder, part, seed):
    scene = folder("scene")
    start = scene.starts(part, seed)
    program = Program.parse(scene.blender_program(**start))
    declared = {parameter.name: parameter for parameter in program.tunable() if parameter.declared}
    assert set(start) == set(scene.true_values(part))
    for name, value in start.items():
        assert declared[name].value == pytest.approx(value)
        for parts in (value, scene.true_values(part)[name]):
            for one in parts if isinstance(parts, tuple) else (parts,):
                low, high = declared[name].low, declared[name].high
                assert (0 if low is None else low) <= one <= (1 if high is None else high)


@pytest.mark.parametrize("part", ["light", "camera"])
def test_the_truth_has_no_error_and_no_start_is_within_a_level(folder, part):
    scene = folder("scene")
    assert max(scene.errors(part, scene.true_values(part)).values()) == pytest.approx(0, abs=1e-4)
    for seed in range(3):
        assert not scene.within(part, scene.starts(part, seed), 0)


def test_light_is_told_by_energy_times_colour(folder):
    scene = folder("scene")
    true = scene.true_values("light")
    same = {**true, "KEY_ENERGY": true["KEY_ENERGY"] * 2, "KEY_LIGHT_RGB": tuple(c / 2 for c in true["KEY_LIGHT_RGB"])}
    assert scene.errors("light", same)["light"] == pytest.approx(0)
    brighter = {**true, "KEY_ENERGY": true["KEY_ENERGY"] * 1.3}
    assert scene.errors("light", brighter) == {"light": pytest.approx(0.1), "colour": 0}


def test_a_camera_that_is_moved_and_turned_is_off_by_that(folder):
    scene = folder("scene")
    true = scene.true_values("camera")
    moved = {**true, "CAMERA_X": true["CAMERA_X"] + 0.03, "CAMERA_Z": true["CAMERA_Z"] - 0.04}
    assert scene.errors("camera", moved) == {"cm": pytest.approx(5), "degrees": pytest.approx(0, abs=1e-4)}
    turned = {**true, "CAMERA_YAW": true["CAMERA_YAW"] + 2}
    assert scene.errors("camera", turned)["degrees"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("angles", "looks", "up"),
    [
        ((0, 0, 0), (0, 0, -1), (0, 1, 0)),
        ((90, 0, 0), (0, 1, 0), (0, 0, 1)),
        ((90, 0, 90), (-1, 0, 0), (0, 0, 1)),
        ((0, 90, 0), (-1, 0, 0), (0, 1, 0)),
        ((90, 90, 0), (0, 1, 0), (1, 0, 0)),
    ],
)
def test_angles_turn_about_x_then_y_then_z(folder, angles, looks, up):
    matrix = folder("scene").camera_matrix(
        dict(zip(("CAMERA_PITCH", "CAMERA_ROLL", "CAMERA_YAW"), angles, strict=True))
    )
    assert [-row[2] for row in matrix] == pytest.approx(looks)
    assert [row[1] for row in matrix] == pytest.approx(up)


def test_the_newest_llvm_is_taken_and_none_that_is_too_old(folder):
    newest = folder("environment").newest_llvm
    old = [Path("/usr/lib/libLLVM-14.so"), Path("/usr/lib/libLLVM-15.so.1"), Path("/usr/lib/libLLVMSupport.a")]
    assert newest(old) is None
    new = [Path("/usr/lib/libLLVM-16.so.1"), Path("/usr/lib/libLLVM.so.19.1"), Path("/usr/lib/libLLVM-18.so")]
    assert newest(old + new) == Path("/usr/lib/libLLVM.so.19.1")
