"""Real Blender, and SIGKILL of a driver that tunes: nothing is paid twice, and the result is what it would have been."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from watching import events, wait_for_renders

pytestmark = [pytest.mark.blender, pytest.mark.slow, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent.parent / "tuning" / "scripts" / "nodes_by_hand.py"
SETS = (
    "budget.renders=26",
    "fidelity.search={long_side: 48, samples: 1}",
    "fidelity.guard={long_side: 64, samples: 1}",
    "scoring.evaluators=[pixel, structure, colour]",
)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "box.png"
    image = Image.new("RGB", (64, 48), (30, 30, 36))
    ImageDraw.Draw(image).rectangle((22, 14, 44, 36), fill=(150, 30, 30))
    image.save(path)
    return path


def command(picture, out):
    words = ["tune", str(SCRIPT), str(picture), "--out", str(out), "--workers", "2", "--threads", "1", "--json"]
    return [sys.executable, "-m", "seig_search", *words, *(word for entry in SETS for word in ("--set", entry))]


def rendered(out):
    return [event["key"] for event in events(out, "rendered")]


def outcome(out):
    summary = json.loads((Path(out) / "summary.json").read_text())
    told = {key: value for key, value in summary.items() if key not in ("spend", "best", "comparison")}
    return told, (Path(out) / "best" / "program.py").read_text(), (Path(out) / "best" / "render.png").read_bytes()


@pytest.mark.parametrize("way", ["the same command", "resume"])
def test_a_driver_killed_half_way_is_gone_on_with(picture, unbroken, tmp_path, way):
    out = tmp_path / "tuned"
    with (tmp_path / "stderr.txt").open("wb") as log:
        driver = subprocess.Popen(command(picture, out), stdout=subprocess.DEVNULL, stderr=log)
    wait_for_renders(driver, out, 10)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    paid = rendered(out)
    assert not (out / "summary.json").exists()

    again = [sys.executable, "-m", "seig_search", "resume", str(out), "--json"]
    words = again if way == "resume" else command(picture, out)
    done = subprocess.run(words, check=False, capture_output=True, timeout=200)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    keys = rendered(out)
    assert keys[: len(paid)] == paid
    assert len(keys) == len(set(keys)) == len(rendered(unbroken))
    assert outcome(out) == outcome(unbroken)
    assert json.loads(done.stdout)["spend"]["renders"] == len(keys)


@pytest.fixture(scope="module")
def unbroken(picture, tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken") / "tuned"
    subprocess.run(command(picture, out), check=True, capture_output=True, timeout=200)
    return out
