"""An installed ``blender``, and the module, as ``probe`` sees them."""

import sys
from pathlib import Path

import pytest
from fake_blender import write_fake_blender

from seig_search.blender_pool import PoolOptions, probe


@pytest.fixture
def fake_blender(tmp_path):
    return write_fake_blender(tmp_path / "blender")


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
