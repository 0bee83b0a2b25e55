"""Edits of the primitives proposer: they apply, keep to their stage, and go where the difference is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.edits import Edit, NewProgram, ParameterValues, Patch
from seig_search.program import Program
from seig_search.proposal import Context
from seig_search.proposers.primitives import PrimitivesProposer
from seig_search.proposers.primitives.reader import read_program
from seig_search.proposers.primitives.scene import Aim, Ground, Lamp, Scene, World
from seig_search.proposers.primitives.solids import KINDS, Finish, Solid
from seig_search.proposers.primitives.writer import write_program
from seig_search.stages import EDIT_STAGES, Stage
from seig_search.target import Target

RED, GREEN = (190, 40, 35), (40, 130, 40)


def picture(*discs: tuple[float, float, float, tuple[int, int, int]]) -> np.ndarray:
    """Discs on a grey ground."""
    pixels = np.broadcast_to(np.linspace(105, 145, 150)[:, None, None], (150, 200, 3)).copy()
    rows, columns = np.mgrid[:150, :200]
    for x, y, radius, rgb in discs:
        weight = np.clip(radius + 0.5 - np.hypot(columns - x, rows - y), 0, 1)[..., None]
        pixels = pixels * (1 - weight) + np.array(rgb) * weight
    return pixels.astype(np.uint8)


def program_of(pixels: np.ndarray) -> Program:
    context = Context(Stage.SCAFFOLD, Target.from_array(pixels), 1, np.random.default_rng(0))
    (edit,) = PrimitivesProposer().propose(context)
    assert isinstance(edit, NewProgram)
    return Program.parse(edit.source)


def edits(
    stage: Stage,
    target: np.ndarray,
    parent: Program,
    shown: np.ndarray | None = None,
    wanted: int = 4,
    attempt: int = 0,
) -> list[Edit]:
    render = None if shown is None else np.dstack([shown, np.full(shown.shape[:2], 255, np.uint8)])
    context = Context(
        stage,
        Target.from_array(target),
        wanted,
        np.random.default_rng(3),
        parent=parent,
        render=render,
        attempt=attempt,
    )
    return PrimitivesProposer().propose(context)


def values(program: Program) -> Mapping[str, object]:
    return {parameter.name: parameter.value for parameter in program.parameters}


BALLS = ((60.0, 90.0, 22.0, RED), (140.0, 70.0, 18.0, GREEN))


@pytest.mark.parametrize("stage", EDIT_STAGES)
@pytest.mark.parametrize("attempt", [0, 2, 30])
def test_edits_apply_and_change_only_their_stage(stage: Stage, attempt: int) -> None:
    target = picture(*BALLS)
    parent = program_of(picture((64.0, 92.0, 19.0, RED), BALLS[1]))
    found = edits(stage, target, parent, picture(BALLS[0]), attempt=attempt)
    assert len(found) == 4
    for edit in found:
        changed = parent.apply(edit)
        assert edit.stage is stage
        assert edit.why
        assert [problem for problem in changed.lint() if problem.level == "error"] == []
        others = (
            set(EDIT_STAGES) - {stage} - ({Stage.MATERIALS, Stage.COMPOSITION} if isinstance(edit, Patch) else set())
        )
        assert all(changed.stages[other].text == parent.stages[other].text for other in others)


def test_what_is_missing_is_added_with_its_surface_and_place() -> None:
    parent = program_of(picture(BALLS[0]))
    edit = edits(Stage.GEOMETRY, picture(*BALLS), parent)[0]
    assert isinstance(edit, Patch)
    added = set(values(parent.apply(edit))) - set(values(parent))
    assert {"GREEN_SPHERE_RADIUS", "GREEN_SPHERE_RGB", "GREEN_SPHERE_X"} <= added


def test_a_thing_that_the_target_lacks_may_go() -> None:
    parent = program_of(picture(*BALLS))
    found = [parent.apply(edit) for edit in edits(Stage.GEOMETRY, picture(BALLS[0]), parent, wanted=6)]
    assert any("GREEN_SPHERE_RADIUS" not in values(changed) for changed in found)


def test_a_misplaced_thing_is_moved_to_where_the_target_shows_it() -> None:
    right = program_of(picture(*BALLS))
    x = values(right)["RED_SPHERE_X"]
    assert isinstance(x, float)
    wrong = right.with_values({"RED_SPHERE_X": x + 0.4})
    edit = edits(Stage.COMPOSITION, picture(*BALLS), wrong)[0]
    assert values(wrong.apply(edit))["RED_SPHERE_X"] == pytest.approx(x, abs=0.05)


def test_a_wrong_size_is_mended() -> None:
    right = program_of(picture(*BALLS))
    radius = values(right)["RED_SPHERE_RADIUS"]
    assert isinstance(radius, float)
    wrong = right.with_values({"RED_SPHERE_RADIUS": 0.8 * radius})
    edit = edits(Stage.GEOMETRY, picture(*BALLS), wrong)[0]
    assert values(wrong.apply(edit))["RED_SPHERE_RADIUS"] == pytest.approx(radius, rel=0.08)


def test_colours_follow_the_ratio_of_target_to_render() -> None:
    parent = program_of(picture(*BALLS))
    lighter = tuple(round(1.3 * v) for v in RED)
    edit = edits(Stage.MATERIALS, picture(*BALLS), parent, picture((60.0, 90.0, 22.0, lighter), BALLS[1]))[0]  # type: ignore[arg-type]
    before, after = values(parent), values(parent.apply(edit))
    assert after["RED_SPHERE_RGB"][0] < 0.75 * before["RED_SPHERE_RGB"][0]  # type: ignore[index]
    assert after["GREEN_SPHERE_RGB"] == pytest.approx(before["GREEN_SPHERE_RGB"], rel=0.1)


def test_a_dark_render_gets_more_light() -> None:
    target = picture(*BALLS)
    parent = program_of(target)
    edit = edits(Stage.LIGHTING, target, parent, target // 2)[0]
    before, after = values(parent), values(parent.apply(edit))
    louder = [name for name in before if name.endswith("_ENERGY") or name == "AMBIENT_STRENGTH"]
    assert louder
    assert all(after[name] > 1.5 * before[name] for name in louder)  # type: ignore[operator]


def test_equal_seeds_give_equal_edits() -> None:
    parent = program_of(picture(BALLS[0]))
    for stage in EDIT_STAGES:
        target = picture(*BALLS)
        assert edits(stage, target, parent, attempt=9) == edits(stage, target, parent, attempt=9)


FOREIGN = """import bpy

SIZE = 1.0  # @param 0.5..2.0 m

def geometry():
    bpy.ops.mesh.primitive_cube_add(size=SIZE)

def materials():
    pass

def composition():
    pass

KIND = "soft"  # @param choice soft|hard

def lighting():
    print(KIND)
"""


def test_another_authors_program_gets_its_numbers_nudged_within_their_ranges() -> None:
    parent = Program.parse(FOREIGN)
    found = edits(Stage.GEOMETRY, picture(), parent)
    assert found
    for edit in found:
        assert isinstance(edit, ParameterValues)
        assert 0.5 <= float(values(parent.apply(edit))["SIZE"]) <= 2  # type: ignore[arg-type]
    assert edits(Stage.MATERIALS, picture(), parent) == []


def test_a_script_without_stages_gets_no_error() -> None:
    assert edits(Stage.MATERIALS, picture(), Program.parse("import bpy\n")) == []


number = st.floats(0.02, 5.0).map(lambda v: float(f"{v:.4g}"))
place = st.floats(-9.0, 9.0).map(lambda v: round(v, 2))
share = st.floats(0.0, 1.0).map(lambda v: round(v, 3))
rgb = st.tuples(share, share, share)
finish = st.builds(Finish, rgb, share, share)
solids = st.lists(
    st.sampled_from(sorted(KINDS)).flatmap(
        lambda kind: st.builds(
            Solid, st.just("?"), st.just(kind), st.tuples(*[number] * len(KINDS[kind])), place, place, place, place,
            finish=finish,
        )
    ),
    max_size=4,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(solids, st.none() | st.builds(Ground, finish, number), st.booleans(), number)
def test_a_scene_is_read_back_as_it_was_written(
    things: list[Solid], ground: Ground | None, transparent: bool, energy: float
) -> None:
    from dataclasses import replace

    scene = Scene(
        title="Things.",
        solids=tuple(replace(thing, name=f"Thing{index}") for index, thing in enumerate(things)),
        ground=ground,
        camera=Aim(27.0, 10.0, 45.0, 0.5, 1.0),
        lamps=(
            Lamp("Key", "area", 200.0, 50.0, energy, 1.0, 9.0, (1.0, 0.9, 0.8)),
            Lamp("Sun", "sun", 1.0, 40.0, 2.0, 3.0, 9.0),
        ),
        world=World((0.1, 0.2, 0.3), (1.0, 1.0, 1.0), 0.4),
        transparent=transparent,
    )
    program = Program.parse(write_program(scene))
    assert [problem for problem in program.lint() if problem.level == "error"] == []
    assert read_program(program) == scene
