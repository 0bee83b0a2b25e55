"""Functions of the kit are pasted into the programs that call them."""

import ast

import pytest

from seig_search.edits import NewProgram, ParameterValues, Patch, StageRewrite
from seig_search.errors import InvalidEdit
from seig_search.kit import HELPERS, VERSION
from seig_search.program import Program, folded_kit
from seig_search.stages import Stage

PROGRAM = '''"""A mug."""
import bpy

MUG_RADIUS = 0.04  # @param 0.02..0.08 m


def geometry():
    bpy.ops.mesh.primitive_cylinder_add(radius=MUG_RADIUS)


def materials():
    pass


if __name__ == "__main__":
    geometry()
    materials()
'''
LATHE = Patch(
    Stage.GEOMETRY,
    (
        (
            "    bpy.ops.mesh.primitive_cylinder_add(radius=MUG_RADIUS)",
            '    kit_lathe("Mug", [(0, 0), (MUG_RADIUS, 0), (MUG_RADIUS, 0.1), (0, 0.1)])',
        ),
    ),
)


def functions(program):
    return [node.name for node in program.tree.body if isinstance(node, ast.FunctionDef)]


def test_what_is_called_is_pasted_with_what_it_needs_behind_the_stages():
    made = Program.parse(PROGRAM).apply(LATHE)
    names = functions(made)
    assert names[:2] == ["geometry", "materials"]
    assert set(names[2:]) == {"kit_lathe", *HELPERS["kit_lathe"].needs, "kit_curve", "kit_rounded", "kit_mesh"}
    assert made.source.index("kit_mesh(") < made.source.index('if __name__ == "__main__":')
    assert f"# --- kit {VERSION}" in made.source
    assert [p for p in made.lint() if p.severity == "error"] == []


def test_later_edits_add_what_is_new_and_leave_what_is_there():
    first = Program.parse(PROGRAM).apply(LATHE)
    own = first.source.replace("profile = kit_rounded(profile, bevel)", "profile = kit_rounded(profile, 2 * bevel)")
    code = 'def materials():\n    kit_dress(bpy.data.objects["Mug"], kit_paint("Glaze", (0.4, 0.02, 0.01)))\n'
    second = Program.parse(own).apply(StageRewrite(Stage.MATERIALS, code))
    assert "2 * bevel" in second.source
    names = functions(second)
    assert len(names) == len(set(names)) and {"kit_dress", "kit_paint", "kit_lathe"} <= set(names)
    assert second.source.count("# --- kit") == second.source.count("# --- end of kit") == 1
    again = second.apply(ParameterValues(Stage.GEOMETRY, {"MUG_RADIUS": 0.05}))
    assert again.source == second.source.replace("MUG_RADIUS = 0.04", "MUG_RADIUS = 0.05")


def test_a_program_without_calls_stays_to_the_byte():
    program = Program.parse(PROGRAM)
    assert program.with_kit() is program
    own = PROGRAM.replace("def geometry", "def kit_lathe(*rest): pass\n\n\ndef geometry") + "\nkit_lathe()\n"
    assert Program.parse(own).with_kit().source == own


def test_a_whole_program_and_a_script_get_theirs():
    whole = Program.parse("x = 1\n").apply(NewProgram(PROGRAM.replace("pass", 'kit_paint("Red", (0.5, 0, 0))')))
    assert "def kit_paint" in whole.source
    script = Program.parse('"""Says."""\nimport bpy\n\nkit_box("Box", (1, 1, 1))\n').with_kit()
    assert functions(script)[0].startswith("kit_")
    assert script.source.index("def kit_box") < script.source.index('kit_box("Box"')


def test_windows_line_ends_are_kept():
    made = Program.parse(PROGRAM.replace("\n", "\r\n")).apply(LATHE)
    assert made.source.count("\n") == made.source.count("\r\n")


def test_pasted_functions_offer_no_numbers_and_are_folded_for_readers():
    made = Program.parse(PROGRAM).apply(LATHE)
    before = {parameter.key for parameter in made.tunable()}
    region = made.source[made.source.index("# --- kit") : made.source.index("# --- end of kit")]
    lines = made.source[: made.source.index(region)].count("\n") + 1
    assert all(p.line < lines or p.line > lines + region.count("\n") for p in made.tunable()) and "MUG_RADIUS" in before
    folded = folded_kit(made.source)
    assert "def kit_" not in folded and "pasted here: kit_lathe" in folded
    assert folded.endswith(made.source[made.source.index('if __name__ == "__main__":') :])
    assert folded_kit(PROGRAM) == PROGRAM
    # Some of the kit's own literals would be found, were they the program's.
    calls = "\n".join(f"    {name}()" for name in HELPERS)
    everything = Program.parse(f"import bpy\n\n\ndef geometry():\n{calls}\n").with_kit()
    own = everything.source.replace("# --- kit", "# ---").replace("# --- end of kit", "# ---")
    assert Program.parse(own).tunable() and not everything.tunable()


def test_an_edit_may_not_change_what_was_pasted():
    made = Program.parse(PROGRAM).apply(LATHE)
    with pytest.raises(InvalidEdit, match="leaves its stage"):
        made.apply(Patch(Stage.MATERIALS, (("weighted=bevel > 0", "weighted=False"),)))
