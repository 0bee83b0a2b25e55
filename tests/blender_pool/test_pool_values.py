import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.blender_pool.worker.values import UnknownParameter, parse_with_values
from seig_search.program.program import Program

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-1000, 1000)


def run(source, values):
    space = {}
    exec(compile(parse_with_values(source, values), "program.py", "exec"), space)
    return space


@given(value=NUMBERS)
def test_a_declared_number_is_replaced_by_name(value):
    assert run("SIZE = 2.5  # @param 1..3\nBACK = SIZE\n", {"SIZE": value})["BACK"] == value


@given(colour=st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_a_found_colour_keeps_its_alpha(colour):
    source = "def paint():\n    return (0.1, 0.2, 0.3, 0.75)\nGOT = paint()\n"
    assert run(source, {"2:11": list(colour)})["GOT"] == (*colour, 0.75)


def test_a_negative_number_is_one_literal():
    assert run("X = f = -1.5\n", {"1:8": 2.0})["X"] == 2.0


def test_columns_count_bytes_not_characters():
    source = 'NAME = "é"; SIZE = 2.0\n'
    column = source.encode().index(b"2.0")
    assert run(source, {f"1:{column}": 5.0})["SIZE"] == 5.0


def test_only_the_literal_meant_is_replaced():
    got = run("A = (1.0, 1.0)\nB = 1.0\n", {"1:10": 3.0})
    assert got["A"] == (1.0, 3.0)
    assert got["B"] == 1.0


def test_a_whole_float_over_an_integer_stays_an_integer():
    got = run("SEGMENTS = 32\nSIZE = 1\n", {"SEGMENTS": 48.0, "SIZE": 1.5})
    assert (got["SEGMENTS"], type(got["SEGMENTS"]), got["SIZE"]) == (48, int, 1.5)


def test_lists_stay_lists_and_choices_are_texts():
    got = run('PLACE = [0, 0, 0]\nKIND: str = "SUN"\n', {"PLACE": [1.0, 2.0, 3.0], "KIND": "AREA"})
    assert got["PLACE"] == [1.0, 2.0, 3.0]
    assert got["KIND"] == "AREA"


def test_lines_do_not_move():
    tree = parse_with_values("A = (1,\n  2)\nB = 3\n", {"A": [4.5, 5.5]})
    assert [node.lineno for node in tree.body] == [1, 3]
    assert ast.unparse(tree) == "A = (4.5, 5.5)\nB = 3"


@pytest.mark.parametrize("key", ["MISSING", "1:99", "9:0", "COMPUTED"])
def test_a_key_that_names_no_literal_is_told_with_those_that_do(key):
    with pytest.raises(UnknownParameter, match="SIZE"):
        parse_with_values("SIZE = 1.0\nCOMPUTED = SIZE * 2\n", {key: 1.0})


def test_a_bare_tuple_and_its_first_number_are_told_apart_by_the_value():
    assert run("A = 1.0, 2.0\n", {"1:4": 5.0})["A"] == (5.0, 2.0)
    assert run("A = 1.0, 2.0\n", {"1:4": [5.0, 6.0]})["A"] == (5.0, 6.0)


def test_of_two_assignments_the_annotated_one_is_the_parameter():
    assert run("A = 1.0\nA = 2.0  # @param 0..9\n", {"A": 5.0})["A"] == 5.0


PROGRAM = """
import bpy
SEGMENTS = 32  # @param 8..64
SIZE = 1.5  # @param 0.5..2 m
SPOT = (1, -2.5, 0)  # @param -5..5 m
RGBA = (0.1, 0.2, 0.3, 1.0)  # @param rgb
KIND = "SUN"  # @param choice SUN|AREA

def lighting():
    light = bpy.data.lights.new("Key", KIND)
    light.energy = 120.0
    light.color = (1.0, 0.9, 0.8)
"""


@given(data=st.data())
def test_a_value_laid_over_is_the_value_written_by_the_program_model(data):
    program = Program.parse(PROGRAM)
    values = {}
    for parameter in program.tunable():
        number = st.integers(int(parameter.low or 0) + 1, int(parameter.high or 2) - 1 or 1).map(float)
        if parameter.kind == "choice":
            values[parameter.key] = data.draw(st.sampled_from(parameter.choices))
        elif parameter.kind == "rgb":
            values[parameter.key] = data.draw(st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0])] * 3))
        elif isinstance(parameter.value, tuple):
            values[parameter.key] = data.draw(st.tuples(*[number] * len(parameter.value)))
        else:
            value = data.draw(number)
            values[parameter.key] = int(value) if parameter.kind == "int" else value
    assert len(values) >= 7
    written = ast.parse(program.with_values(values).source)
    laid_over = parse_with_values(PROGRAM, {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()})
    assert ast.unparse(laid_over) == ast.unparse(written)
