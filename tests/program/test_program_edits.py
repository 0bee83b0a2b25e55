"""Edits applied to a program, and kept to their stage."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.edits import NewProgram, ParameterValues, Patch, StageRewrite
from seig_search.errors import InvalidEdit
from seig_search.program import Program
from seig_search.stages import EDIT_STAGES, Stage

TABLE = '''"""A mug on a table."""
import bpy
from math import radians

# The mug.
HEIGHT = 0.10  # @param 0.06..0.16 m


def ring(radius):
    return radius


def geometry():
    """Meshes."""
    ring(HEIGHT)
    # the end of geometry


RGB = (0.60, 0.05, 0.04)  # @param rgb


def materials():
    paint("Mug", RGB)
    # materials done


def paint(name, rgb): ...


X = 0.5  # @param -1..1 m


def composition():
    place("Mug", X, HEIGHT)


ENERGY = 120.0  # @param 1..2000 W log


def lighting():
    light("Key", ENERGY)


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
'''
PROGRAM = Program.parse(TABLE)


def parts(program: Program) -> dict[Stage, str]:
    return {stage: part.text for stage, part in program.stages.items()}


def others(program: Program, stage: Stage) -> dict[Stage, str]:
    return {s: text for s, text in parts(program).items() if s is not stage}


def test_a_part_reaches_from_its_comments_to_the_end_of_its_function() -> None:
    geometry = PROGRAM.stages[Stage.GEOMETRY]
    assert geometry.text.startswith("# The mug.\nHEIGHT")
    assert geometry.text.endswith("    # the end of geometry\n")
    assert geometry.function_text.startswith("def geometry():")
    assert list(PROGRAM.stages) == list(EDIT_STAGES)
    assert PROGRAM.stage_of(2) is None
    assert PROGRAM.stage_of(geometry.first_line) is Stage.GEOMETRY
    assert "def paint" in PROGRAM.stages[Stage.COMPOSITION].text


def test_programs_are_equal_by_text_and_travel_as_text() -> None:
    PROGRAM.lint()
    assert pickle.loads(pickle.dumps(PROGRAM)) == PROGRAM
    assert Program.parse("\ufeffx = 1").source == "x = 1"
    assert len(PROGRAM.digest) == 16
    assert PROGRAM.digest != Program.parse(TABLE + "\n").digest


def test_a_new_program_may_be_anything_that_parses() -> None:
    assert PROGRAM.apply(NewProgram("x = 1")).source == "x = 1"
    with pytest.raises(InvalidEdit, match="line 1"):
        PROGRAM.apply(NewProgram("x = = 1"))


def test_values_belong_to_the_stage_of_the_edit() -> None:
    assert "ENERGY = 200.0  #" in PROGRAM.apply(ParameterValues(Stage.LIGHTING, {"ENERGY": 200.0})).source
    with pytest.raises(InvalidEdit, match="belongs to lighting, not to geometry"):
        PROGRAM.apply(ParameterValues(Stage.GEOMETRY, {"ENERGY": 200.0}))
    with pytest.raises(InvalidEdit, match="did you mean 'ENERGY'"):
        PROGRAM.apply(ParameterValues(Stage.LIGHTING, {"ENERGI": 200.0}))
    with pytest.raises(InvalidEdit, match="no values"):
        PROGRAM.apply(ParameterValues(Stage.LIGHTING, {}))


def test_a_rewrite_replaces_the_part_and_adds_new_imports_to_the_preamble() -> None:
    code = """import bpy
import random
from math import radians, sin

SUN = 3.0  # @param 0.1..20 log

# Above the function.
def lighting():
    light("Sun", SUN * sin(1))

def light(name, energy): ...
"""
    new = PROGRAM.apply(StageRewrite(Stage.LIGHTING, code))
    assert others(new, Stage.LIGHTING) == others(PROGRAM, Stage.LIGHTING)
    assert "from math import radians\nimport random\nfrom math import sin\n\n# The mug." in new.source
    assert "ENERGY" not in new.source
    # The helper comes before the function, so that it stays part of the stage.
    assert new.stages[Stage.LIGHTING].text.startswith("SUN = 3.0")
    assert new.stages[Stage.LIGHTING].text.endswith(
        '# Above the function.\ndef lighting():\n    light("Sun", SUN * sin(1))\n'
    )
    assert new.source.endswith(TABLE[TABLE.index("\n\nif __name__") :])
    assert new.apply(StageRewrite(Stage.LIGHTING, code)) == new


@pytest.mark.parametrize(
    ("stage", "code", "says"),
    [
        (Stage.GEOMETRY, "HEIGHT = 0.1\n", r"define geometry\(\) once"),
        (Stage.GEOMETRY, "HEIGHT = 0.1\ndef geometry(:\n", "line 2"),
        (Stage.GEOMETRY, "HEIGHT = 0.1\ndef geometry(): ...\ndef lighting(): ...\n", "another stage's"),
        (Stage.GEOMETRY, "HEIGHT = 0.1\ndef geometry(): ...\ngeometry()\n", "top-level expr"),
        (Stage.GEOMETRY, "def geometry(): ...\n", "HEIGHT, which composition uses on line 34"),
        (Stage.GEOMETRY, "HEIGHT = RGB = 1\ndef geometry(): ...\n", "binds RGB anew"),
        (Stage.GEOMETRY, "from x import RGB\nHEIGHT = 1\ndef geometry(): ...\n", "binds RGB anew"),
        (Stage.GEOMETRY, "import numpy as bpy\nHEIGHT = 1\ndef geometry(): ...\n", "binds bpy anew"),
        (Stage.GEOMETRY, "HEIGHT = 1; import os\ndef geometry(): ...\n", "lines of their own"),
    ],
)  # fmt: skip
def test_rewrites_that_leave_their_stage_are_refused(stage: Stage, code: str, says: str) -> None:
    with pytest.raises(InvalidEdit, match=says):
        PROGRAM.apply(StageRewrite(stage, code))


def test_a_rewrite_may_repeat_what_stands_elsewhere_word_for_word() -> None:
    code = TABLE.replace('light("Key", ENERGY)', 'light("Rim", ENERGY)')
    new = PROGRAM.apply(StageRewrite(Stage.LIGHTING, code))
    assert new.source == code
    with pytest.raises(InvalidEdit, match="another stage's"):
        PROGRAM.apply(StageRewrite(Stage.LIGHTING, code.replace("ring(HEIGHT)", "ring(2)")))


def test_shared_statements_inside_a_part_survive_its_rewrite() -> None:
    program = Program.parse("A = 1\nimport os\nbpy.reset()\ndef geometry(): os\ndef lighting(): os\n")
    new = program.apply(StageRewrite(Stage.GEOMETRY, "def geometry(): 5"))
    assert new.source == "import os\nbpy.reset()\ndef geometry(): 5\ndef lighting(): os\n"


def test_a_local_name_is_not_a_use_of_the_module_name() -> None:
    program = Program.parse("A = 1\ndef geometry(): A\ndef lighting(A=2):\n    return [A for B in (1,)]\n")
    new = program.apply(StageRewrite(Stage.GEOMETRY, "def geometry(): 5"))
    assert new.source.startswith("def geometry(): 5\n")


def test_a_patch_replaces_text_that_occurs_once() -> None:
    new = PROGRAM.apply(Patch(Stage.LIGHTING, (('light("Key", ENERGY)', 'light("Key", ENERGY * 2)'),)))
    assert new.source == TABLE.replace('"Key", ENERGY', '"Key", ENERGY * 2')
    with pytest.raises(InvalidEdit, match=r"occurs 2 times \(lines 15, 34\)"):
        PROGRAM.apply(Patch(Stage.GEOMETRY, (("HEIGHT)", "HEIGHT * 2)"),)))
    with pytest.raises(InvalidEdit, match="the closest line is 41"):
        PROGRAM.apply(Patch(Stage.LIGHTING, (('    light("Kee", ENERGY)', ""),)))
    with pytest.raises(InvalidEdit, match="empty"):
        PROGRAM.apply(Patch(Stage.LIGHTING, (("\n", "x"),)))
    with pytest.raises(InvalidEdit, match="no search/replace block"):
        PROGRAM.apply(Patch(Stage.LIGHTING, ()))


def test_a_patch_is_blind_to_line_ends_and_blanks_at_line_ends() -> None:
    source = TABLE.replace("\n", "\r\n")
    block = ('def lighting():   \n    light("Key", ENERGY)\t\n', 'def lighting():\n    light("Rim", ENERGY)\n')
    new = Program.parse(source).apply(Patch(Stage.LIGHTING, (block,)))
    assert new.source == source.replace('"Key"', '"Rim"')


@pytest.mark.parametrize(
    ("stage", "block", "says"),
    [
        (Stage.LIGHTING, ("RGB = (0.60", "RGB = (0.70"), r"changes materials at line 19: 'RGB = \(0\.70"),
        (Stage.LIGHTING, ("import bpy\n", ""), "removes 'import bpy'"),
        (Stage.LIGHTING, ("    geometry()\n    materials()", "    materials()\n    geometry()"), "line 45"),
        (Stage.LIGHTING, ("def lighting", "def lights"), "which stage functions there are"),
        (Stage.LIGHTING, ('    light("Key", ENERGY)\n', '    light("Key", ENERGY)\n\n\nprint(1)\n'), "it adds, at line 44"),
        (Stage.LIGHTING, ('light("Key"', 'light("Key'), "does not parse: line 41"),
        (Stage.GEOMETRY, ("HEIGHT = 0.10", "TALL = 0.10"), "HEIGHT, which composition uses"),
        (Stage.GEOMETRY, ('place("Mug", X', 'place("Mug", 0'), "may add lines to composition"),
        (Stage.GEOMETRY, ("def materials", "RGB = 1\n\n\ndef materials"), "bind RGB of materials anew"),
        (Stage.GEOMETRY, ('    light("Key", ENERGY)', '    light("Key", ENERGY)\n    light("Rim", 1)'), "changes lighting"),
    ],
)  # fmt: skip
def test_patches_that_leave_their_stage_are_refused(stage: Stage, block: tuple[str, str], says: str) -> None:
    with pytest.raises(InvalidEdit, match=says):
        PROGRAM.apply(Patch(stage, (block,)))


def test_a_patch_may_extend_the_imports() -> None:
    new = PROGRAM.apply(Patch(Stage.LIGHTING, (("import radians\n", "import radians, sin\nimport os\n"),)))
    assert "from math import radians, sin\nimport os\n" in new.source


def test_a_patch_of_geometry_may_bring_the_new_part_its_material_and_place() -> None:
    new = PROGRAM.apply(
        Patch(
            Stage.GEOMETRY,
            (
                ("    ring(HEIGHT)\n", "    ring(HEIGHT)\n    ring(2)\n"),
                ('    paint("Mug", RGB)\n', '    paint("Mug", RGB)\n    paint("Lid", LID_RGB)\n'),
                ("def materials", "LID_RGB = (0.1, 0.1, 0.1)  # @param rgb\n\n\ndef materials"),
                ('    place("Mug"', '    place("Lid", 0, 1)\n    place("Mug"'),
            ),
        )
    )
    assert {p.name: p.stage for p in new.parameters}["LID_RGB"] is Stage.MATERIALS
    with pytest.raises(InvalidEdit, match="changes composition"):
        PROGRAM.apply(Patch(Stage.MATERIALS, (('    place("Mug"', '    place("Lid", 0, 1)\n    place("Mug"'),)))


def test_a_one_stage_script_may_be_patched_anywhere() -> None:
    program = Program.parse("import bpy\nlight.energy = 5.0\n")
    assert program.apply(Patch(Stage.LIGHTING, (("5.0", "6.0"),))).source == "import bpy\nlight.energy = 6.0\n"
    key = program.found()[0].key
    assert "= 7.0" in program.apply(ParameterValues(Stage.LIGHTING, {key: 7.0})).source
    with pytest.raises(InvalidEdit, match="no stage functions"):
        program.apply(StageRewrite(Stage.LIGHTING, "def lighting(): ..."))


lines = TABLE.splitlines(keepends=True)
pieces = st.sampled_from(
    [
        "    pass\n",
        "Y = 1\n",
        "import os\n",
        "HEIGHT = 2\n",
        "# a remark\n",
        "def extra(): ...\n",
        "\n",
        "print()\n",
        "",
        *lines,
    ]
)


@given(
    stage=st.sampled_from(EDIT_STAGES),
    at=st.integers(0, len(lines) - 1),
    size=st.integers(1, 4),
    new=st.lists(pieces, max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_no_accepted_patch_changes_another_stage(stage: Stage, at: int, size: int, new: list[str]) -> None:
    try:
        result = PROGRAM.apply(Patch(stage, (("".join(lines[at : at + size]), "".join(new)),)))
    except InvalidEdit:
        return
    before, after = others(PROGRAM, stage), others(result, stage)
    if stage is Stage.GEOMETRY:
        for other, text in before.items():
            rest = iter(after[other].splitlines())
            assert all(line in rest for line in text.splitlines() if line.strip())
        before, after = ({s: d[s] for s in d if s is Stage.LIGHTING} for d in (before, after))
    assert before == after
    assert "import bpy" in result.source


@given(stage=st.sampled_from(EDIT_STAGES), new=st.lists(pieces, max_size=6), last=pieces)
@settings(max_examples=300, deadline=None)
def test_no_accepted_rewrite_changes_another_stage(stage: Stage, new: list[str], last: str) -> None:
    code = PROGRAM.stages[stage].text.splitlines(keepends=True)
    try:
        result = PROGRAM.apply(StageRewrite(stage, "".join([*new, *code, last])))
    except InvalidEdit:
        return
    assert others(PROGRAM, stage) == others(result, stage)
    assert PROGRAM.stages[stage].function_text.splitlines()[0] in result.stages[stage].text
    assert result.source.startswith(TABLE[: TABLE.index("from math")])


@given(stage=st.sampled_from(EDIT_STAGES), newline=st.sampled_from(["\n", "\r\n"]))
def test_rewriting_a_part_with_itself_changes_nothing(stage: Stage, newline: str) -> None:
    program = Program.parse(TABLE.replace("\n", newline))
    new = program.apply(StageRewrite(stage, PROGRAM.stages[stage].text))
    assert new == program
