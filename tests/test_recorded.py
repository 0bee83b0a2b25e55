"""The recorded conversations in examples/ still repeat their runs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seig_search.cli.main import main

RECORDED = Path(__file__).parent.parent / "examples" / "recorded"


@pytest.mark.slow
def test_a_recorded_run_is_repeated_without_a_model(tmp_path, capsys):
    source = RECORDED / "clevr_1-paper"
    assert main(["run", "--replay", str(source), "--out", str(tmp_path / "run"), "--json"]) == 0
    found = np.asarray(Image.open(tmp_path / "run" / "best" / "render.png").convert("RGB"), float)
    wanted = np.asarray(Image.open(source / "render.png").convert("RGB"), float)
    # To the pixel on the machine it was made on; other processors round differently.
    assert np.abs(found - wanted).mean() < 0.5


@pytest.mark.parametrize("name", ["clevr_1-paper", "clevr_1-one_shot"])
def test_a_recording_is_small_and_names_no_server(name):
    files = {path.name for path in (RECORDED / name).iterdir()}
    assert files == {"calls.jsonl", "config.yaml", "render.png", "target.png"}
    assert "http" not in (RECORDED / name / "calls.jsonl").read_text().replace("https://docs", "")
    assert "api_base: null" in (RECORDED / name / "config.yaml").read_text()
