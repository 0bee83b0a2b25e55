"""Somebody else's strategy: installed by pip, found by its entry point, picked by name, and the run is its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

PACKAGE = Path(__file__).parents[1] / "plugins" / "sample_package"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    place, copy = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("source") / "package"
    shutil.copytree(PACKAGE, copy)  # building leaves things behind in the source folder
    words = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(place), str(copy)]
    subprocess.run([sys.executable, "-m", "pip", "install", *words], check=True, capture_output=True, timeout=120)
    return place


def seig(site, *words):
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "seig_search", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)


def test_it_is_listed_with_its_package(site):
    listed = json.loads(seig(site, "plugins", "strategies", "--json").stdout)["plugins"]
    mine = next(entry for entry in listed if entry["name"] == "random_walk")
    assert mine["origin"].startswith("seig-sample-strategy ") and mine["error"] is None


@pytest.mark.blender
@pytest.mark.slow
def test_a_run_picks_it_by_name(site, tmp_path):
    picture = tmp_path / "ball.png"
    image = Image.new("RGB", (64, 48), (140, 140, 145))
    ImageDraw.Draw(image).ellipse((20, 12, 46, 38), fill=(190, 40, 30))
    image.save(picture)
    sets = ("fidelity.search={long_side: 32, samples: 1}", "fidelity.guard={long_side: 48, samples: 1}")
    flags = [word for entry in sets for word in ("--set", entry)]
    out = tmp_path / "run"
    done = seig(
        site,
        "run",
        picture,
        "--out",
        out,
        "--strategy",
        "random_walk",
        "--max-renders",
        45,
        "--workers",
        1,
        "--json",
        *flags,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["strategy"] == "random_walk"
    assert "random_walk" in (out / "config.yaml").read_text()
    unknown = seig(site, "run", picture, "--out", tmp_path / "b", "--strategy", "random_wlak")
    assert unknown.returncode == 2 and "'random_walk'" in unknown.stderr
