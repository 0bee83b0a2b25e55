"""The short form of benchmarks/endurance: nothing that must not grow does within sixty renders."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "benchmarks" / "endurance" / "run.py"


def load():
    spec = importlib.util.spec_from_file_location("endurance_run", RUN)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.blender
@pytest.mark.slow
def test_sixty_renders_leave_no_process_descriptor_or_file_behind(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, str(RUN), "--renders", "60", "--every", "15", "--side", "32", "--json", str(told)]
    # Whether memory is flat cannot be told from sixty renders: the exit code does not matter here.
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert told.exists(), done.stdout + done.stderr
    samples = json.loads(told.read_text())["samples"]
    assert [sample["renders"] for sample in samples] == [15, 30, 45, 60]
    for name in ("processes", "descriptors", "files"):
        values = [sample[name] for sample in samples]
        # The first part opens what is opened once. Each of two workers holds none to two kept leaves at a time, and
        # three pipes to each; what leaked at every render would be thirty by now.
        room = {"processes": 4, "descriptors": 12, "files": 1}[name]
        assert max(values[2:]) <= values[1] + room, (name, values)
    assert samples[-1]["processes"] >= 5


def test_growth_is_seen_and_steadiness_is_flat():
    module = load()

    def run(step):
        return [module.Sample(100 * i, i, 100.0, 200 + step * i, 600.0, 12, 90, 20) for i in range(1, 21)]

    assert module.slopes(run(0))["actors_mb"] == pytest.approx(0, abs=1e-9)
    assert module.slopes(run(4))["actors_mb"] == pytest.approx(40)
    assert module.slopes(run(4))["actors_mb"] > module.LIMITS["actors_mb"]
