"""An installed ``blender``, played by a script that takes the same arguments and runs the module."""

import importlib.util
import sys
from pathlib import Path

import pytest

from seig_search.blender_pool import PoolOptions, probe

FAKE = """#!/bin/sh
# blender --background --factory-startup ... --python FILE -- ARGUMENTS
test "$1" = --background || exit 9
while [ "$1" != --python ]; do shift; done
shift; file="$1"; shift
exec {python} -s -S -P -c '
import runpy, sys
sys.path += {site!r}
sys.argv = ["blender", "--background", "--python", *sys.argv[1:]]
runpy.run_path(sys.argv[3], run_name="__main__")
' "$file" "$@"
"""


@pytest.fixture
def fake_blender(tmp_path):
    site = str(Path(importlib.util.find_spec("bpy").origin).parent.parent)
    path = tmp_path / "blender"
    path.write_text(FAKE.format(python=sys.executable, site=[site]).replace("['", '["').replace("']", '"]'))
    path.chmod(0o755)
    return path


@pytest.mark.blender
def test_an_installed_blender_is_driven_by_its_command_line(fake_blender):
    report = probe(
        PoolOptions(blender=str(fake_blender), workers=1, readable=(Path(sys.prefix), Path(sys.base_prefix)))
    )
    assert report["problems"] == []
    assert report["ok"]
    assert (report["kind"], report["path"]) == ("binary", str(fake_blender))


@pytest.mark.blender
def test_the_module_is_found_and_renders():
    report = probe(PoolOptions(workers=1))
    assert report["ok"], report["problems"]
    assert report["kind"] == "bpy"
    assert report["render_s"] > 0


def test_no_blender_is_a_problem_in_words():
    report = probe(PoolOptions(blender="/nowhere/blender"))
    assert not report["ok"]
    assert "/nowhere/blender" in report["problems"][0]


def test_a_binary_that_fails_shows_what_it_printed(tmp_path):
    path = tmp_path / "blender"
    path.write_text("#!/bin/sh\necho no such GPU >&2\nexit 3\n")
    path.chmod(0o755)
    report = probe(PoolOptions(blender=str(path)))
    assert "no such GPU" in report["problems"][0]
    assert "exit code 3" in report["problems"][0]
