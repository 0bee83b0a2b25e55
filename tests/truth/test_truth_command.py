"""``seig truth`` on files, without Blender."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from seig_search.cli import truth_command
from seig_search.errors import UsageError

TRUTH = Path(__file__).parent.parent.parent / "examples" / "clevr_3.json"


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    truth_command.add_arguments(parser)
    return truth_command.execute(parser.parse_args([str(word) for word in words]))


def test_a_truth_against_itself_prints_a_table_with_its_gauge(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TRUTH, TRUTH, "--align", "none") == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("gauge: none, scaled by 1")
    assert "object_f1" in printed.out
    assert "plain shapes that fill their boxes" in printed.err


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TRUTH, TRUTH, "--json", "--points", "0") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["metrics"]["object_recall"] == 1
    assert told["units"]["light_direction"] == "deg"
    assert "chamfer" not in told["metrics"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([TRUTH, "scene.obj"], "cannot read a scene from scene.obj"),
        ([TRUTH, TRUTH, "--align", "icp"], "--align takes one of none, camera, similarity"),
        ([TRUTH, TRUTH, "--views", "2"], "a program or .blend file on both sides"),
        ([TRUTH, "nowhere.json"], "no scene file nowhere.json"),
        (["nowhere.py", TRUTH], "no program nowhere.py"),
        (["nowhere.blend", TRUTH], "cannot read the .blend file nowhere.blend"),
        ([TRUTH, TRUTH, "--points", "-1"], "at least 0"),
    ],
)
def test_wrong_usage_says_what_to_do(words: list[str | Path], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        run(*words)
