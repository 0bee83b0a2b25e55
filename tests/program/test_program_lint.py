"""Slips in programs."""

import pytest

from seig_search.program import Program

CASES = [
    ("A = 1.5  # @param 2..1\n", 1, "error", "empty"),
    ("A = 3  # @param 0..1\n", 1, "error", "outside its range 0..1"),
    ("A = (0, 2)  # @param 0..1\n", 1, "error", "outside"),
    ("A = 0.5  # @param 0..1 m log\n", 1, "error", "log range"),
    ("A = 0.5  # @param 0 to 1\n", 1, "error", "expected '# @param LOW..HIGH"),
    ("A = 0.5  # @param\n", 1, "error", "malformed"),
    ("A = 0.5  # @param 0..1e999\n", 1, "error", "not finite"),
    ("A = radians(35)  # @param 0..1\n", 1, "error", "value must be a literal"),
    ("A = 2 * 3  # @param 0..9\n", 1, "error", "value must be a literal"),
    ("A = (1, 2)  # @param rgb\n", 1, "error", "value must be a literal of three"),
    ("A = True  # @param 0..9\n", 1, "error", "value must be a literal"),
    ("A = 'c'  # @param choice a|b\n", 1, "error", "not one of a|b"),
    ("A = 'a'  # @param choice a\n", 1, "error", "at least two"),
    ("A = 1  # @param 0..9\nA = 2  # @param 0..9\n", 2, "error", "declared twice, first on line 1"),
    ("A = B = 1  # @param 0..9\n", 1, "error", "one name"),
    ("A = 1  # @param 0..9 mm tall as a mug\n", 1, "warning", "'tall as a mug'"),
    ("x = {}\nx[0] = 1\ndef f():\n    A = 1  # @param 0..9\n", 4, "warning", "module-level"),
    ("x = 1\nreturn x\n", 2, "error", "outside function"),
    ("def geometry(): ...\n", 1, "warning", "never called"),
    ("def geometry(): ...\ndef geometry(): ...\ngeometry()\n", 2, "error", "defined twice"),
    ("def geometry(): ...\ndef material(): ...\ngeometry()\nmaterial()\n", 2, "warning", "did you mean materials()"),
    ("def geometry(): ...\nA = 1  # @param 0..9\ngeometry()\n", 2, "warning", "no stage"),
]


@pytest.mark.parametrize(("source", "line", "severity", "says"), CASES, ids=[case[3] for case in CASES])
def test_slips_are_told_with_their_line(source: str, line: int, severity: str, says: str) -> None:
    problems = Program.parse(source).lint()
    assert [(p.line, p.severity) for p in problems] == [(line, severity)]
    assert says in problems[0].message


@pytest.mark.parametrize(
    "source",
    [
        "",
        "A = (  # @param -1..1 m\n    0,\n    0.5,\n)\n",
        "A = -0.5  # @param -1 .. 1 deg  # a remark\n",
        "A = 1e-3  # @param 1e-4..1e-1 log\n",
        "A = [0.1, 0.2, 0.3]  # @param rgb\n",
        '"""Says # @param nothing."""\nA = "# @param 0..1"\n',
        "import bpy\nlight.energy = 5\n",
        "def geometry(): ...\ndef main():\n    geometry()\nmain()\n",
    ],
)
def test_sound_programs_have_no_problems(source: str) -> None:
    assert Program.parse(source).lint() == []
