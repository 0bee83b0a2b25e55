"""Ranges written into annotations, and parameters chosen by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.errors import InvalidEdit, UsageError
from seig_search.program import Program
from seig_search.program.selection import selected

SOURCE = '''"""A cup ☕."""
HEIGHT = 0.10              # @param 0.06..0.16 m   # as measured
SIDES = 8\t# @param 3..12
PLACE = (  # @param -1..1.0 m
    0.5,
    -0.5,
)
POWER = 90  # @param 1.0..100 W log
RGB = (0.5, 0.5, 0.5)  # @param rgb
KIND = "a"  # @param choice a|b
'''


def test_only_the_bound_that_changes_is_written() -> None:
    new = Program.parse(SOURCE).with_ranges(
        {"HEIGHT": (0.06, 0.26), "SIDES": (3, 20.5), "PLACE": (-3, 1), "POWER": (1, 1000)}
    )
    expected = (
        SOURCE.replace("0.06..0.16 m ", "0.06..0.26 m ")
        .replace("3..12", "3..21")
        .replace("-1..1.0", "-3..1.0")
        .replace("1.0..100 W", "1.0..1000 W")
    )
    assert new.source == expected
    assert [(p.name, p.kind) for p in new.parameters] == [(p.name, p.kind) for p in Program.parse(SOURCE).parameters]
    assert new.lint() == []


def test_a_range_with_a_point_keeps_one() -> None:
    new = Program.parse(SOURCE).with_ranges({"POWER": (2, 100)})
    assert "# @param 2.0..100 W log" in new.source
    assert {p.name: p.kind for p in new.parameters}["POWER"] == "float"


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ({"HIGHT": (0, 1)}, "did you mean 'HEIGHT'"),
        ({"RGB": (0, 2)}, "RGB has no declared range"),
        ({"KIND": (0, 2)}, "KIND has no declared range"),
        ({"HEIGHT": (0.2, 0.1)}, "no range"),
        ({"HEIGHT": (0.1, float("inf"))}, "no range"),
        ({"POWER": (0, 100)}, "no log range"),
        ({"HEIGHT": (0.11, 0.2)}, "outside its range"),
    ],
)
def test_ranges_that_do_not_fit_are_refused(bounds: dict[str, tuple[float, float]], says: str) -> None:
    with pytest.raises(InvalidEdit, match=says):
        Program.parse(SOURCE).with_ranges(bounds)


@given(low=st.floats(-50, 0.0), high=st.floats(1.0, 60), newline=st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read_back(low: float, high: float, newline: str) -> None:
    source = "A = 0.5  # @param 0.0..1.0 m log_ish  # note".replace(" log_ish", "") + newline + "B = A" + newline
    new = Program.parse(source).with_ranges({"A": (low, high)})
    (parameter,) = new.parameters
    assert parameter.low == float(f"{low:.6g}")
    assert parameter.high == float(f"{high:.6g}")
    assert new.source.endswith(" m  # note" + newline + "B = A" + newline)


FOUND = "key.energy = 5.0\ncam.location = (1, 2, 3)\ncam.location[0] = 4\nrim.energy = 2.0\n"


def names(only: str = "", freeze: str = "") -> list[str]:
    parameters = Program.parse(FOUND).tunable()
    chosen = selected(parameters, only.split(",") if only else (), freeze.split(",") if freeze else ())
    return [p.name for p in chosen]


def test_patterns_choose_and_freeze_by_name_and_by_place() -> None:
    assert names() == ["key.energy", "cam.location", "cam.location[0]", "rim.energy"]
    assert names("*.energy") == ["key.energy", "rim.energy"]
    assert names("*.energy", "rim.*") == ["key.energy"]
    assert names(freeze="cam.location*") == ["key.energy", "rim.energy"]
    assert names("cam.location[0]") == ["cam.location[0]"]
    assert names("1:*,4:13") == ["key.energy", "rim.energy"]


@pytest.mark.parametrize(
    ("only", "freeze", "says"),
    [
        ("key.enrgy", "", r"--only key\.enrgy: .*did you mean 'key\.energy'"),
        ("", "KEY*", r"--freeze KEY\*: no parameter"),
        ("key.energy", "*", "leave no parameter to move"),
    ],
)
def test_patterns_that_fit_nothing_are_told(only: str, freeze: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        names(only, freeze)
