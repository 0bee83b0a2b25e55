"""The short form of benchmarks/score_sanity: growing damage costs more, and mush in place loses to the right scene misplaced."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "score_sanity"


@pytest.mark.blender
@pytest.mark.slow
def test_damage_costs_and_mush_loses(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, str(FOLDER / "run.py"), "--side", "112", "--samples", "6", "--no-networks"]
    command += ["--programs", str(FOLDER / "programs" / "sign.py"), "--tolerance", "0.004", "--json", str(told)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert told.exists(), done.stdout + done.stderr
    verdicts = [line for line in done.stdout.splitlines() if line.startswith(("reached", "missed"))]
    assert all(line.startswith("reached") for line in verdicts), done.stdout[-3000:]
    assert len(verdicts) == 4
    rows = json.loads(told.read_text())["mush"]
    fooled = [row for row in rows if row["mush"]["metrics"]["ssim"] > row["right"]["metrics"]["ssim"]]
    assert fooled, "a case in which ssim prefers mush is part of the suite"
