"""The command line: quick to start, clear when something is wrong, and nothing lost by it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from seig_search.cli.main import COMMANDS, main


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


def fails(capsys, *words):
    """Run a command that must fail; give its exit code and message."""
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err and err.startswith(f"seig {words[0]}: ")
    return code, err


HEAVY = ("torch", "ray", "litellm", "bpy", "optuna", "skimage", "scipy", "numpy", "pydantic")


@pytest.mark.parametrize(
    "words", [["--help"], *([name, "--help"] for name in COMMANDS if name not in ("run", "tune", "params"))]
)
def test_help_imports_nothing_heavy(words):
    code = (
        "import sys\nfrom seig_search.cli.main import main\n"
        f"try: main({words!r})\nexcept SystemExit as stop: assert stop.code == 0\n"
        f"heavy = [n for n in {HEAVY[:-1]!r} if n in sys.modules]\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_help_for_run_imports_no_engine():
    code = (
        "import sys\nfrom seig_search.cli.main import main\n"
        "try: main(['run', '--help'])\nexcept SystemExit as stop: assert stop.code == 0\n"
        f"heavy = [n for n in {HEAVY[:7]!r} if n in sys.modules]\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_an_unknown_command_names_the_near_one(capsys):
    assert main(["rnu"]) == 2
    assert "'run'" in capsys.readouterr().err


def test_no_such_image(capsys, tmp_path):
    code, message = fails(capsys, "run", tmp_path / "nothing.png", "--out", tmp_path / "out")
    assert code == 2 and "nothing.png" in message
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_image(capsys, tmp_path):
    (tmp_path / "text.png").write_text("hello")
    code, message = fails(capsys, "run", tmp_path / "text.png", "--out", tmp_path / "out")
    assert code == 2 and "text.png" in message
    assert not (tmp_path / "out").exists()


def test_an_image_of_one_pixel(capsys, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    code, message = fails(capsys, "run", tmp_path / "dot.png", "--out", tmp_path / "out")
    assert code == 2 and "1x1" in message and "16" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "budget.rendrs=3"], "'renders'"),
        (["--preset", "draught"], "'draft'"),
        (["--strategy", "beem"], "'beam'"),
        (["--set", "strategy={name: beam, settings: {widht: 3}}"], "'width'"),
        (["--set", "scoring.evaluators=[pixle]"], "'pixel'"),
        (["--set", "proposer={name: primitive}"], "'primitives'"),
        (["--set", "tuner={name: optunna}"], "'optuna'"),
        (["--strategy", "no.such.module:Thing"], "no.such.module"),
        (["--camera", "nowhere.json"], "nowhere.json"),
        (["--start", "nowhere.py"], "nowhere.py"),
    ],
)
def test_a_wrong_setting_is_told_before_a_folder_is_made(capsys, tmp_path, picture, words, message):
    code, said = fails(capsys, "run", picture, "--out", tmp_path / "out", *words)
    assert code == 2 and message in said
    assert not (tmp_path / "out").exists()


def test_a_budget_too_small_for_anything(capsys, tmp_path, picture):
    code, message = fails(capsys, "run", picture, "--out", tmp_path / "out", "--max-renders", 2)
    assert code == 2 and "too small" in message and "at least" in message


def test_a_folder_that_is_not_a_run(capsys, tmp_path):
    for command in ("resume", "show"):
        code, message = fails(capsys, command, tmp_path)
        assert code == 2 and "not a run folder" in message


def test_no_blender(capsys, tmp_path, picture):
    code, message = fails(capsys, "run", picture, "--out", tmp_path / "out", "--blender", "/nowhere/blender")
    assert code == 1 and "/nowhere/blender" in message
    # Nothing is lost: the folder can be resumed once Blender is there.
    assert (tmp_path / "out" / "journal.jsonl").is_file()


def test_no_ray_cluster_at_the_address(capsys, tmp_path, picture):
    code, message = fails(capsys, "run", picture, "--out", tmp_path / "out", "--ray", "127.0.0.1:1")
    assert code == 1 and "127.0.0.1:1" in message


def test_score_prints_one_json_object(capsys, picture):
    assert main(["score", str(picture), str(picture), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["metrics"]["ssim"] == pytest.approx(1)
    assert body["metrics"]["mse"] == 0
    assert "silhouette" in body["missing"]


def test_score_takes_a_list_of_metrics(capsys, picture):
    assert main(["score", str(picture), str(picture), "--metrics", "psnr,ssim", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["metrics"]) == {"psnr", "ssim"}
    code, message = fails(capsys, "score", picture, picture, "--metrics", "psnrr")
    assert code == 2 and "'psnr'" in message


def test_plugins_lists_what_is_built_in(capsys):
    assert main(["plugins", "--json"]) == 0
    names = {(p["group"], p["name"]) for p in json.loads(capsys.readouterr().out)["plugins"]}
    assert {
        ("strategies", "greedy"),
        ("strategies", "beam"),
        ("proposers", "primitives"),
        ("tuners", "optuna"),
    } <= names


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["render", "nowhere.py", "--out", "x.png"], "nowhere.py"),
        (["render", "PROGRAM", "--out", "x.jpg"], ".png"),
        (["render", "PROGRAM", "--out", "x.png", "--view", "left"], "orbit:AZIMUTH,ELEVATION"),
        (["render", "PROGRAM", "--out", "x.png", "--samples", "0"], "samples"),
        (["render", "PROGRAM", "--out", "x.png", "--passes", "dept"], "'depth'"),
        (
            ["render", "PROGRAM", "--out", "x.png", "--passes", "lights", "--engine", "EEVEE"],
            "EEVEE does not give lights",
        ),
        (["render", "PROGRAM", "--out", "x.png", "--device", "cuda"], "CPU, CUDA, HIP"),
        (["render", "BROKEN", "--out", "x.png"], "line 1"),
        (["tune", "EMPTY", "PICTURE", "--out", "out"], "no number to tune"),
        (["tune", "PROGRAM", "PICTURE", "--out", "out", "--max-renders", "3"], "too small to tune"),
        (["tune", "PROGRAM", "PICTURE", "--out", "out", "--tuner", "otuna"], "'optuna'"),
        (["tune", "PROGRAM", "PICTURE", "--out", "out", "--only", "SIZ"], "'SIZE'"),
        (["tune", "PROGRAM", "PICTURE", "--out", "out", "--freeze", "SIZE"], "leave no parameter to move"),
        (["tune", "PROGRAM", "PICTURE", "--out", ".", "--seed", "1"], "is not empty"),
        (["params", "PROGRAM", "--freeze", "SIZE"], "leave no parameter to move"),
        (["params", "EMPTY"], "no number to tune"),
        (["params", "nowhere.py"], "nowhere.py"),
    ],
)
def test_wrong_words_for_render_and_tune(capsys, tmp_path, picture, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text("import bpy\nSIZE = 1.0  # @param 0.5..2\n")
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "empty.py").write_text("import bpy\n")
    stand_ins = {"PROGRAM": "program.py", "BROKEN": "broken.py", "EMPTY": "empty.py", "PICTURE": picture}
    code, said = fails(capsys, *[stand_ins.get(word, word) for word in words])
    assert (code == 2 and message in said) or (code == 1 and message in said and "BROKEN" in words)


@pytest.mark.blender
def test_render_writes_layers_beside_the_picture(capsys, tmp_path):
    (tmp_path / "program.py").write_text(
        "import bpy\n# seig: fidelity width=32 height=16 samples=2 engine=CYCLES denoise=0 seed=0\n"
    )
    out = tmp_path / "x.png"
    words = ["render", tmp_path / "program.py", "--out", out, "--view", "object:Cube", "--fidelity", "preview"]
    words += ["--width", 48, "--height", 24, "--passes", "depth,object_index", "--json"]
    assert main([str(word) for word in words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["view"], told["passes"]) == ("object:Cube@30,20", str(tmp_path / "x.npz"))
    assert (told["fidelity"]["width"], told["fidelity"]["samples"]) == (48, 4)
    with np.load(tmp_path / "x.npz") as layers:
        assert list(layers["object_index_names"]) == ["", "Cube"]
        assert np.array_equal(np.isfinite(layers["depth"]), layers["object_index"] == 1)


PARAMS = """import bpy
SIZE = 1.5  # @param 0.5..3 m
IDLE = 3.0  # @param 0..10
bpy.data.objects["Cube"].scale = (SIZE, SIZE, SIZE)
bpy.data.objects["Light"].data.energy = 500
"""


def test_params_lists_what_can_be_tuned(capsys, tmp_path):
    (tmp_path / "program.py").write_text(PARAMS)
    assert main(["params", str(tmp_path / "program.py"), "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["parameters"]}
    assert rows.keys() == {"SIZE", "IDLE", "Light.energy"}
    size, energy = rows["SIZE"], rows["Light.energy"]
    assert (size["low"], size["high"], size["unit"], size["line"], size["sets"]) == (0.5, 3.0, "m", 2, ["Cube.scale"])
    assert (energy["key"], energy["declared"], energy["log"], energy["stage"]) == ("5:40", False, True, None)
    assert "answer" not in size
    assert main(["params", str(tmp_path / "program.py"), "--freeze", "*.energy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["SIZE", "IDLE"]


@pytest.mark.blender
def test_params_tells_what_the_picture_answers_to(capsys, tmp_path, picture):
    (tmp_path / "program.py").write_text(PARAMS)
    words = ["params", tmp_path / "program.py", "--target", picture, "--workers", 1, "--threads", 1, "--json"]
    words += ["--set", "fidelity.search={long_side: 48, samples: 2}"]
    assert main([str(word) for word in words]) == 0
    rows = {row["name"]: row["answer"] for row in json.loads(capsys.readouterr().out)["parameters"]}
    assert rows["SIZE"]["change"] > 0 and rows["SIZE"]["moves"] == ["Cube"]
    assert rows["Light.energy"]["change"] > 0 and rows["Light.energy"]["moves"] == ["Light"]
    assert rows["IDLE"] == {"change": 0.0, "share": 0.0, "gain": 0.0, "moves": [], "failed": ""}


def test_the_kit_is_listed_printed_and_pasted(tmp_path, capsys):
    assert main(["kit", "--json"]) == 0
    names = {row["name"] for row in json.loads(capsys.readouterr().out)["functions"]}
    assert {"kit_lathe", "kit_wood", "kit_look_at"} <= names and "kit_mix" not in names
    assert main(["kit", "kit_cylinder"]) == 0
    assert "def kit_lathe(" in capsys.readouterr().out
    program = tmp_path / "scene.py"
    program.write_text('import bpy\n\nkit_box("Box", (1, 1, 1))\n')
    assert main(["kit", "--paste", str(program)]) == 0
    assert "def kit_box(" in program.read_text() and "pasted" in capsys.readouterr().out
    text = program.read_text()
    assert main(["kit", "--paste", str(program)]) == 0 and program.read_text() == text
    assert main(["kit", "kit_lath"]) == 2
    assert "kit_lathe" in capsys.readouterr().err
    assert main(["kit", "kit_box", "--paste", str(program)]) == 2
    assert "one of them at a time" in capsys.readouterr().err
    assert main(["kit", "--paste", str(tmp_path / "none.py")]) == 2
    assert "there is no program" in capsys.readouterr().err


def test_pasting_keeps_windows_line_ends(tmp_path):
    program = tmp_path / "scene.py"
    program.write_bytes(b'import bpy\r\n\r\nkit_box("Box", (1, 1, 1))\r\n')
    assert main(["kit", "--paste", str(program)]) == 0
    text = program.read_bytes()
    assert b"def kit_box(" in text and text.count(b"\n") == text.count(b"\r\n")
