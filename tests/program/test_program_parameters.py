"""Parameters of a program: declared, found, written back."""

import ast
import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.errors import InvalidEdit, InvalidProgram
from seig_search.program import Parameter, Program
from seig_search.stages import Stage

MUG = '''"""A mug ☕."""
import bpy
from math import radians

HEIGHT = 0.10              # @param 0.06..0.16 m
SEGMENTS = 32  # @param 8..64
PLACE = (0.0, -1.5, 2)  # @param -5..5 m   # kept
FINISH = 'matte'  # @param choice matte|glossy|metal

def geometry():
    """Meshes."""

RGB = (0.60, 0.05, 0.04, 1.0)   # @param rgb

def materials(): ...

def composition(): ...

ENERGY: float = 120.0  # @param 1..2000 W log

def lighting(): ...

if __name__ == "__main__":
    geometry(); materials(); composition(); lighting()
'''


def by_name(program: Program) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in program.tunable()}


def test_declared_parameters_say_kind_range_unit_and_stage() -> None:
    p = by_name(Program.parse(MUG))
    assert p["HEIGHT"] == Parameter(
        "HEIGHT", "HEIGHT", 0.1, "float", 0.06, 0.16, False, "m", (), Stage.GEOMETRY, 5, True
    )
    assert (p["SEGMENTS"].kind, p["SEGMENTS"].value, type(p["SEGMENTS"].value)) == ("int", 32, int)
    assert (p["PLACE"].kind, p["PLACE"].value, p["PLACE"].low) == ("vector", (0.0, -1.5, 2.0), -5.0)
    assert (p["FINISH"].kind, p["FINISH"].choices) == ("choice", ("matte", "glossy", "metal"))
    assert (p["RGB"].kind, p["RGB"].value, p["RGB"].stage) == ("rgb", (0.6, 0.05, 0.04), Stage.MATERIALS)
    assert (p["ENERGY"].log, p["ENERGY"].unit, p["ENERGY"].stage) == (True, "W", Stage.LIGHTING)


def test_an_int_literal_in_a_float_range_is_a_float_and_a_float_literal_in_an_int_range_too() -> None:
    p = by_name(Program.parse("A = 5  # @param 1.0..9\nB = 5.0  # @param 1..9\n"))
    assert {k: (v.kind, v.value) for k, v in p.items()} == {"A": ("float", 5.0), "B": ("float", 5.0)}


def test_values_are_written_where_they_stand_and_nothing_else_moves() -> None:
    new = Program.parse(MUG).with_values(
        {"HEIGHT": 0.1234567, "PLACE": (0.5, -1.5, -2.25), "RGB": (0.1, 0.05, 1.0), "FINISH": "metal"}
    )
    expected = (
        MUG.replace("HEIGHT = 0.10 ", "HEIGHT = 0.123457 ")
        .replace("(0.0, -1.5, 2)", "(0.5, -1.5, -2.25)")
        .replace("(0.60, 0.05, 0.04, 1.0)", "(0.1, 0.05, 1.0, 1.0)")
        .replace("'matte'", "'metal'", 1)
    )
    assert new.source == expected


def test_unchanged_values_leave_the_program_as_it_is() -> None:
    program = Program.parse(MUG)
    assert program.with_values({p.key: p.value for p in program.tunable()}) == program


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"HIGHT": 0.1}, "did you mean 'HEIGHT'"),
        ({"HEIGHT": 0.17}, r"0\.06\.\.0\.16"),
        ({"HEIGHT": math.nan}, "finite"),
        ({"HEIGHT": "0.1"}, "must be a number"),
        ({"HEIGHT": True}, "must be a number"),
        ({"HEIGHT": (0.1,)}, "must be a number"),
        ({"SEGMENTS": 9.5}, "whole"),
        ({"PLACE": (1.0, 2.0)}, "3 numbers"),
        ({"PLACE": 1.0}, "3 numbers"),
        ({"RGB": (0.1, 0.2, 1.2)}, r"0\.\.1"),
        ({"FINISH": "wood"}, r"matte\|glossy\|metal"),
        ({"99:0": 1.0}, "no parameter"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_the_reason(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidEdit, match=says):
        Program.parse(MUG).with_values(values)


def test_the_ends_of_a_range_can_be_written_though_rounding_would_leave_it() -> None:
    program = Program.parse("A = 0.5  # @param 0.1234564..0.7654327\n")
    for end in (0.1234564, 0.7654327):
        new = program.with_values({"A": end})
        assert new.parameters[0].value == end
        assert new.lint() == []


def rounded(value: float) -> float:
    return float(f"{value:.6g}")


@given(height=st.floats(0.06, 0.16), segments=st.integers(8, 64), place=st.tuples(*[st.floats(-5, 5)] * 3))
@settings(max_examples=60, deadline=None)
def test_a_value_comes_back_rounded_to_six_digits_and_writing_twice_is_writing_once(
    height: float, segments: int, place: tuple[float, ...]
) -> None:
    values = {"HEIGHT": height, "SEGMENTS": segments, "PLACE": place}
    new = Program.parse(MUG).with_values(values)
    back = {p.key: p.value for p in new.parameters}
    old = Program.parse(MUG).parameters[0].value
    assert back["HEIGHT"] in (rounded(height), old)
    assert back["SEGMENTS"] == segments
    assert back["PLACE"] == tuple(rounded(v) for v in place)
    assert new.with_values({key: back[key] for key in values}) == new
    assert new.lint() == []
    assert masked(new.source) == masked(MUG)


def masked(source: str) -> str:
    """The source with every number literal of a value made the same."""
    return re.sub(r"(?<![\w.])-?\d[\d.e+-]*(?=\s*[,)#]|\s*$)", "N", source, flags=re.M)


@given(
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    comment=st.text("äöü☕𝔘\t #'\"x", max_size=12),
    name=st.sampled_from(["A", "größe", "длина", "_x1"]),
    value=st.floats(0.1, 9.9),
    final=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_line_ends_tabs_and_other_alphabets_do_not_shift_what_is_written(
    newline: str, comment: str, name: str, value: float, final: bool
) -> None:
    lines = [f"# {comment}", f"Ä = 'ß☕'; {name} = 5.5\t# @param 0.1..9.9 mm", f"def lighting():\t# {comment}"]
    lines += ["\tkey.energy = 77.5", f"\tß = '{'☕' * len(comment)}'; key.location = (1, 2, 3)"]
    source = newline.join(lines) + (newline if final else "")
    program = Program.parse(source)
    found = {p.name: p for p in program.tunable()}
    new = program.with_values({name: value, found["key.energy"].key: 80.25, found["key.location"].key: (1, 2, 4)})
    number = repr(rounded(value)) if value != 5.5 else "5.5"
    assert new.source == source.replace("= 5.5", f"= {number}").replace("77.5", "80.25").replace("2, 3)", "2, 4)")


@given(st.text() | st.text("=()[]{}:,'\"\\#@param0123456789. \n\t\r\x0c\x00abdefinx_%\ufeff\ud800", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_program_or_an_invalid_program(text: str) -> None:
    try:
        program = Program.parse(text)
    except InvalidProgram as error:
        assert error.line is None or error.line >= 0
        return
    program.lint()
    assert program.with_values({p.key: p.value for p in program.tunable()}) == program


def test_deeply_nested_text_is_an_invalid_program_or_a_program() -> None:
    for text in ("(" * 5000 + ")" * 5000, "-" * 20000 + "1", "x = " + "+".join(["1"] * 20000)):
        try:
            Program.parse(text).found()
        except InvalidProgram:
            continue


def test_a_syntax_error_says_its_line() -> None:
    with pytest.raises(InvalidProgram, match="line 2") as caught:
        Program.parse("a = 1\nb = = 2\n")
    assert caught.value.line == 2


SCRIPT = """import bpy
from math import radians
from mathutils import Vector

FILL = 40
SAMPLES = 64

def add_light(name, energy, location=(0, 0, 4)):
    light = bpy.data.lights.new(name, "AREA")
    light.energy = energy
    ob = bpy.data.objects.new(name, light)
    ob.location = location

bpy.ops.mesh.primitive_uv_sphere_add(radius=0.5, segments=32, location=(0, 0, 1))
ball = bpy.context.object
ball.scale.z = 1.2
ball.hide_render = False
mat = bpy.data.materials.new("Red")
bsdf = mat.node_tree.nodes["Principled BSDF"]
bsdf.inputs["Base Color"].default_value = (0.8, 0.1, 0.1, 1)
bsdf.inputs["Metallic"].default_value = 0
cam = bpy.data.objects["Camera"]
cam.location = Vector((4, -4, 3))
cam.rotation_euler = (radians(63), 0, radians(-45))
cam.data.lens = 35
add_light("Key", 500, (2, 2, 3))
add_light("Fill", FILL)
bpy.context.scene.cycles.samples = SAMPLES
bpy.context.scene.render.resolution_x = 512
"""


def test_numbers_that_reach_known_properties_are_found_with_ranges_around_them() -> None:
    program = Program.parse(SCRIPT)
    assert program.stages == {}
    found = {p.name: p for p in program.found()}
    assert found.keys() == {
        "FILL", "add_light.location", "uv_sphere.radius", "uv_sphere.location", "ball.scale.z", "bsdf Base Color",
        "bsdf Metallic", "cam.location", "cam.rotation_euler[0]", "cam.rotation_euler[2]",
        "cam.lens", "Key.energy", "Key.location",
    }  # fmt: skip
    assert (found["Key.energy"].low, found["Key.energy"].high, found["Key.energy"].log) == (50.0, 5000.0, True)
    assert (found["cam.rotation_euler[0]"].value, found["cam.rotation_euler[0]"].unit) == (63.0, "deg")
    assert (found["bsdf Base Color"].kind, found["bsdf Base Color"].value) == ("rgb", (0.8, 0.1, 0.1))
    assert all(not p.declared and p.stage is None for p in found.values())
    assert program.tunable(Stage.LIGHTING) == program.tunable()


def test_a_found_key_is_the_place_of_its_literal_in_the_syntax_tree() -> None:
    program = Program.parse(SCRIPT)
    places = {f"{n.lineno}:{n.col_offset}" for n in ast.walk(ast.parse(SCRIPT)) if isinstance(n, ast.expr)}
    assert {p.key for p in program.found()} <= places


def test_found_values_are_written_back_and_alpha_stays() -> None:
    program = Program.parse(SCRIPT)
    keys = {p.name: p.key for p in program.found()}
    new = program.with_values(
        {keys["bsdf Base Color"]: (0.2, 0.3, 0.4), keys["cam.rotation_euler[2]"]: 30, keys["FILL"]: 41.5}
    )
    expected = (
        SCRIPT.replace("(0.8, 0.1, 0.1, 1)", "(0.2, 0.3, 0.4, 1)")
        .replace("radians(-45)", "radians(30)")
        .replace("FILL = 40", "FILL = 41.5")
    )
    assert new.source == expected


def test_declared_parameters_are_not_found_again() -> None:
    source = "KEY = 5.0  # @param 1..9 W\nkey.energy = KEY\nREST = 2.0\nREST = 3.0\nrim.energy = REST\n"
    assert [p.key for p in Program.parse(source).tunable()] == ["KEY"]


def test_zeros_that_leave_an_axis_alone_are_not_found() -> None:
    source = (
        "def put(x, turn=0, tilt=0.5):\n    ob.location = (x, 0, 2)\n    ob.rotation_euler = (0, tilt, turn)\nput(3)\n"
    )
    assert [p.value for p in Program.parse(source).found()] == [0.5, 2.0, 3.0]


def test_found_values_lie_in_their_ranges() -> None:
    for p in Program.parse(SCRIPT).found():
        values = p.value if isinstance(p.value, tuple) else (p.value,)
        assert p.low is not None
        assert p.high is not None
        assert all(p.low <= v <= p.high for v in values), p  # type: ignore[operator]
        assert not p.log or p.low > 0
