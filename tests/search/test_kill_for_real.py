"""Real Blender, real Ray, real SIGKILL: nothing is paid twice, and the result is what it would have been."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from watching import events, wait_for_renders

pytestmark = [pytest.mark.blender, pytest.mark.slow, pytest.mark.timeout(420)]

SETS = (
    "budget.renders=56",
    "fidelity.search={long_side: 48, samples: 1}",
    "fidelity.guard={long_side: 64, samples: 1}",
    "fidelity.final={long_side: 80, samples: 2}",
)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "ball.png"
    image = Image.new("RGB", (80, 60), (140, 140, 145))
    ImageDraw.Draw(image).ellipse((28, 18, 58, 48), fill=(190, 40, 30))
    image.save(path)
    return path


def command(picture, out):
    words = ["-m", "seig_search", "run", str(picture), "--out", str(out), "--workers", "2", "--threads", "1", "--json"]
    return [sys.executable, *words, *(word for entry in SETS for word in ("--set", entry))]


def start(picture, out, tmp_path):
    log = (tmp_path / "stderr.txt").open("wb")
    return subprocess.Popen(command(picture, out), stdout=subprocess.DEVNULL, stderr=log)


def descendants(pid):
    parents = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            stat = (place / "stat").read_text()
        except OSError:
            continue
        parents[int(place.name)] = int(stat.rpartition(")")[2].split()[1])
    found, wave = set(), {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave} - found
        found |= wave
    return found


def blender_children(pid):
    def is_child(one):
        try:
            words = Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return any(b"blender_pool/worker" in word for word in words)

    return sorted(one for one in descendants(pid) if is_child(one))


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def outcome(out):
    summary = json.loads((Path(out) / "summary.json").read_text())
    told = {e["key"]: (e["status"], e["score"]) for e in events(out, "told")}
    pixels = np.asarray(Image.open(Path(out) / "best" / "render.png"))
    return (Path(out) / "best" / "program.py").read_text(), summary["final"], told, pixels.tobytes()


@pytest.fixture(scope="module")
def unbroken(picture, tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken") / "run"
    subprocess.run(command(picture, out), check=True, capture_output=True, timeout=300)
    return out


def test_a_driver_killed_half_way_is_resumed(picture, unbroken, tmp_path):
    out = tmp_path / "run"
    driver = start(picture, out, tmp_path)
    wait_for_renders(driver, out, 20)
    ours = descendants(driver.pid)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    paid = [event["key"] for event in events(out, "rendered")]
    assert len(paid) < len(events(unbroken, "rendered"))

    resumed = subprocess.run(
        [sys.executable, "-m", "seig_search", "resume", str(out), "--json"],
        check=False,
        capture_output=True,
        timeout=300,
    )
    assert resumed.returncode == 0, resumed.stderr.decode()[-2000:]
    keys = [event["key"] for event in events(out, "rendered")]
    assert keys[: len(paid)] == paid
    assert len(keys) == len(set(keys)) == len(events(unbroken, "rendered"))
    assert outcome(out) == outcome(unbroken)
    left = [pid for pid in ours if b"blender_pool" in _cmdline(pid)]
    assert left == [], "Blender children outlived the killed driver"


def _cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_killed_children_and_actors_change_nothing_but_the_journal(picture, unbroken, tmp_path):
    out = tmp_path / "run"
    driver = start(picture, out, tmp_path)
    # One that has nothing to do just then is nobody's loss: every process of a kind is killed, and again a little later.
    for count, victim in ((8, lambda child: child), (14, parent_of), (20, lambda child: child), (26, parent_of)):
        wait_for_renders(driver, out, count)
        children = blender_children(driver.pid)
        assert children, "no Blender child found below the driver"
        for child in children:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                os.kill(victim(child), signal.SIGKILL)
    assert driver.wait(timeout=300) == 0, (tmp_path / "stderr.txt").read_text()[-2000:]
    assert outcome(out) == outcome(unbroken)
    losses = [loss for event in events(out, "rendered") for loss in event["losses"]]
    assert losses and all(loss["cause"] for loss in losses)


def test_the_result_runs_by_itself_and_renders_the_runs_own_picture(unbroken, tmp_path):
    program = unbroken / "best" / "program.py"
    alone = subprocess.run(
        [sys.executable, "-I", str(program)],
        check=False,
        env={"PATH": "/usr/bin"},
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
    )
    assert alone.returncode == 0, alone.stderr.decode()
    again = tmp_path / "again.png"
    words = ["-m", "seig_search", "render", str(program), "--out", str(again), "--threads", "2"]
    subprocess.run([sys.executable, *words], check=True, capture_output=True, timeout=120)
    assert np.array_equal(np.asarray(Image.open(again)), np.asarray(Image.open(unbroken / "best" / "render.png")))
