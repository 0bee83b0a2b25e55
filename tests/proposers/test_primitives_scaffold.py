"""Scaffolds of the primitives proposer: any picture gives a program, a plain one gives the things in it."""

from __future__ import annotations

import numpy as np
import pytest

from seig_search.camera import GivenCamera
from seig_search.edits import NewProgram
from seig_search.errors import UsageError
from seig_search.program import Program
from seig_search.proposal import Context
from seig_search.proposers.primitives import PrimitivesProposer
from seig_search.stages import EDIT_STAGES, Stage
from seig_search.target import Target

COLOURS = {"Red": (190, 40, 35), "Green": (40, 130, 40), "Blue": (45, 70, 205)}


def ground(width: int = 240, height: int = 180) -> np.ndarray:
    """A grey ground, darker at the far end."""
    shade = np.linspace(105, 145, height)[:, None, None]
    noise = np.random.default_rng(1).normal(0, 1.5, (height, width, 1))
    return np.clip(np.broadcast_to(shade, (height, width, 3)) + noise, 0, 255).astype(np.uint8)


def with_disc(pixels: np.ndarray, x: float, y: float, radius: float, rgb: tuple[int, int, int]) -> np.ndarray:
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    far = np.hypot(columns - x, rows - y)
    shade = np.clip(1.1 - 0.4 * ((columns - x) + (rows - y)) / (2 * radius), 0.6, 1.2)[..., None]
    weight = np.clip(radius + 0.5 - far, 0, 1)[..., None]
    return np.clip(pixels * (1 - weight) + np.array(rgb) * shade * weight, 0, 255).astype(np.uint8)


def three_discs() -> np.ndarray:
    pixels = ground()
    for (x, y, r), rgb in zip([(60, 100, 22), (120, 70, 16), (180, 120, 28)], COLOURS.values(), strict=True):
        pixels = with_disc(pixels, x, y, r, rgb)
    return pixels


def scaffolds(target: Target, wanted: int = 1, attempt: int = 0, camera: GivenCamera | None = None) -> list[str]:
    context = Context(Stage.SCAFFOLD, target, wanted, np.random.default_rng(5), attempt=attempt, camera=camera)
    edits = PrimitivesProposer().propose(context)
    assert all(isinstance(edit, NewProgram) and edit.why for edit in edits)
    return [edit.source for edit in edits if isinstance(edit, NewProgram)]


def noisy(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


HARD = {
    "black": np.zeros((60, 80, 3), np.uint8),
    "white": np.full((60, 80, 3), 255, np.uint8),
    "noise": noisy(90, 120, 3),
    "noise with alpha": noisy(64, 64, 4),
    "grey noise": np.repeat(noisy(50, 70, 1), 3, axis=2),
    "tiny": noisy(16, 16, 3),
    "strip": noisy(50, 1000, 3),
    "tower": np.repeat(np.arange(1000, dtype=np.uint32)[:, None, None] % 256, 150, axis=1)
    .repeat(3, 2)
    .astype(np.uint8),
    "two halves": np.concatenate([np.full((40, 90, 3), 230), np.full((50, 90, 3), 60)]).astype(np.uint8),
    "one opaque pixel": np.pad(np.full((1, 1, 4), 255, np.uint8), ((20, 30), (10, 40), (0, 0))),
    "faint alpha": np.dstack([noisy(40, 40, 3), np.full((40, 40), 30, np.uint8)]),
}


@pytest.mark.parametrize("name", HARD)
def test_any_picture_gives_a_program_with_all_stages(name: str) -> None:
    for source in scaffolds(Target.from_array(HARD[name]), wanted=3):
        program = Program.parse(source)
        assert list(program.stages) == list(EDIT_STAGES)
        assert [problem for problem in program.lint() if problem.level == "error"] == []
        assert "import seig_search" not in source


def test_coloured_balls_on_a_ground_are_found_and_named() -> None:
    (source,) = scaffolds(Target.from_array(three_discs()))
    names = {parameter.name for parameter in Program.parse(source).parameters}
    assert {f"{colour.upper()}_SPHERE_RADIUS" for colour in COLOURS} <= names
    assert sum(name.endswith("_RADIUS") for name in names) == 3


def test_parameters_stand_above_the_function_of_their_stage() -> None:
    (source,) = scaffolds(Target.from_array(three_discs()))
    stages = {parameter.name: parameter.stage for parameter in Program.parse(source).parameters}
    assert stages["RED_SPHERE_RADIUS"] is Stage.GEOMETRY
    assert stages["RED_SPHERE_RGB"] is Stage.MATERIALS
    assert stages["RED_SPHERE_X"] is Stage.COMPOSITION
    assert stages["CAMERA_FOV"] is Stage.COMPOSITION
    assert stages["AMBIENT_STRENGTH"] is Stage.LIGHTING


def test_declared_values_lie_in_their_ranges() -> None:
    (source,) = scaffolds(Target.from_array(three_discs()))
    for parameter in Program.parse(source).parameters:
        if parameter.kind == "float":
            assert parameter.low <= parameter.value <= parameter.high, parameter.name


def test_equal_seeds_give_equal_scaffolds_and_more_wanted_gives_others() -> None:
    target = Target.from_array(three_discs())
    first, again = scaffolds(target, wanted=9), scaffolds(target, wanted=9)
    assert first == again
    assert len(set(first)) >= 5
    assert set(scaffolds(target, wanted=2, attempt=1)).isdisjoint(first[:1])


def test_a_given_camera_is_written_exactly_and_is_no_parameter() -> None:
    matrix = ((1.0, 0.0, 0.0, 0.25), (0.0, 0.6, -0.8, -8.0), (0.0, 0.8, 0.6, 6.0), (0.0, 0.0, 0.0, 1.0))
    (source,) = scaffolds(Target.from_array(three_discs()), camera=GivenCamera(matrix, 33.5, 32.0))
    assert "(0.0, 0.6, -0.8, -8.0)" in source
    assert "lens = 33.5" in source
    assert not any(parameter.name.startswith("CAMERA") for parameter in Program.parse(source).parameters)


def test_a_cut_out_has_no_ground_and_a_transparent_background() -> None:
    colour = with_disc(np.zeros((120, 120, 3), np.uint8), 60, 60, 40, (200, 60, 40))
    alpha = with_disc(np.zeros((120, 120, 3), np.uint8), 60, 60, 40, (255, 255, 255))[..., :1]
    (source,) = scaffolds(Target.from_array(np.dstack([colour, np.where(alpha > 100, 255, 0).astype(np.uint8)])))
    assert "film_transparent = True" in source
    assert "GROUND_SIZE" not in source


def test_a_horizon_gives_the_camera_its_elevation() -> None:
    pixels = ground(240, 160)
    pixels[:60] = (120, 170, 230)
    (source,) = scaffolds(Target.from_array(with_disc(pixels, 120, 110, 25, (190, 40, 35))))
    elevation = next(p.value for p in Program.parse(source).parameters if p.name == "CAMERA_ELEVATION")
    assert isinstance(elevation, float)
    assert 2 < elevation < 8


def test_settings_out_of_range_are_told() -> None:
    with pytest.raises(UsageError, match="fov"):
        PrimitivesProposer(fov=170)
    with pytest.raises(UsageError, match="sensitivity"):
        PrimitivesProposer(sensitivity=0)
