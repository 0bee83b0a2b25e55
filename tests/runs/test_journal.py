"""The journal survives crashes, writes each paid effect once, and tells damage from a torn end."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.errors import SeigError
from seig_search.runs import Journal

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(values, max_size=10))
def test_reading_gives_back_what_was_written(tmp_path_factory, bodies):
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path)
    for number, body in enumerate(bodies):
        journal.write("thing", str(number), body=body)
    journal.close()
    again = Journal(path)
    assert [event["body"] for event in again.events("thing")] == bodies
    assert all(again.find("thing", str(n))["body"] == body for n, body in enumerate(bodies))


@given(st.integers(0, 400))
def test_a_crash_at_any_byte_loses_at_most_the_last_line(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path)
    for number in range(8):
        journal.write("thing", str(number), text="é" * number)
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: min(cut, len(whole))])
    lines = path.read_bytes().count(b"\n")

    torn = Journal(path)
    assert [event["key"] for event in torn.events()] == [str(n) for n in range(lines)]
    torn.write("after", note="goes on")
    torn.close()
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == list(range(lines + 1))


def test_an_effect_is_written_once(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    first = journal.write("rendered", "abc", seconds=1)
    second = journal.write("rendered", "abc", seconds=2)
    assert first == second and second["seconds"] == 1
    assert len(list(journal.events())) == 1


def test_a_damaged_line_in_the_middle_is_told_with_its_number(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text('{"kind":"a"}\n{"kind":\n{"kind":"b"}\n')
    with pytest.raises(SeigError, match="line 2 is damaged"):
        Journal(path)


def test_values_that_are_not_json_are_refused_before_anything_is_written(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(ValueError):
        journal.write("measured", "k", psnr=float("nan"))
    assert (tmp_path / "journal.jsonl").read_bytes() == b""
    assert journal.find("measured", "k") is None
