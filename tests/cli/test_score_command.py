"""``seig score``: pairs and folders, protocols, and pictures that are trouble."""

import csv
import json
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seig_search.cli.main import main

CLASSIC = "psnr,ssim,multiscale,colour,deltae,edges,detail,contrast"


def draw(path, seed=0, width=48, height=36, mode="RGB"):
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 220, np.uint8)
    for _ in range(4):
        x, y = int(rng.integers(0, width - 12)), int(rng.integers(0, height - 12))
        pixels[y : y + 10, x : x + 10] = rng.integers(0, 255, 3)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def score(capsys, *words):
    code = main(["score", *map(str, words), "--metrics", CLASSIC, "--json"])
    output = capsys.readouterr()
    return code, json.loads(output.out) if code == 0 else output.err


def test_every_number_comes_with_its_protocol(capsys, tmp_path):
    render, target = draw(tmp_path / "a.png", 0), draw(tmp_path / "b.png", 1, 96, 72)
    _, body = score(capsys, render, target, "--protocol", "nerf-synthetic")
    assert body["protocol"]["name"] == "nerf-synthetic"
    assert body["protocol"]["background"] == "#ffffff"
    assert (body["width"], body["height"]) == (96, 72)
    _, body = score(capsys, render, target, "--set", "resolution=32", "--set", "colour=linear")
    assert (body["width"], body["protocol"]["colour"]) == (32, "linear")
    assert main(["score", str(render), str(target), "--metrics", "psnr"]) == 0
    assert "protocol default: background #ffffff" in capsys.readouterr().out


def test_folders_are_paired_by_name_and_summed_up(capsys, tmp_path):
    for folder in ("renders/deep", "targets/deep"):
        (tmp_path / folder).mkdir(parents=True)
    for index, name in enumerate(("one", "deep/two", "three")):
        draw(tmp_path / "renders" / f"{name}.png", index)
        draw(tmp_path / "targets" / f"{name}.jpg", index + 7)
    code, body = score(capsys, tmp_path / "renders", tmp_path / "targets", "--csv", tmp_path / "rows.csv")
    assert code == 0
    assert [pair["name"] for pair in body["pairs"]] == ["deep/two", "one", "three"]
    values = [pair["metrics"]["psnr"] for pair in body["pairs"]]
    assert body["summary"]["psnr"]["mean"] == pytest.approx(np.mean(values))
    assert body["summary"]["psnr"]["median"] == pytest.approx(np.median(values))
    assert body["summary"]["psnr"]["stdev"] == pytest.approx(np.std(values, ddof=1))
    rows = list(csv.DictReader((tmp_path / "rows.csv").open()))
    assert [float(row["psnr"]) for row in rows] == values
    assert main(["score", str(tmp_path / "renders"), str(tmp_path / "targets"), "--metrics", "psnr"]) == 0
    assert "median" in capsys.readouterr().out


def test_pictures_without_a_partner_are_told(capsys, tmp_path):
    for folder, names in (("renders", ("one", "two")), ("targets", ("one", "three"))):
        (tmp_path / folder).mkdir()
        for name in names:
            draw(tmp_path / folder / f"{name}.png")
    code, message = score(capsys, tmp_path / "renders", tmp_path / "targets")
    assert code == 2
    assert "three, two" in message
    code, body = score(capsys, tmp_path / "renders", tmp_path / "targets", "--allow-missing")
    assert (code, body["unmatched"]) == (0, ["three", "two"])
    code, message = score(capsys, tmp_path / "renders", tmp_path / "targets" / "one.png")
    assert code == 2
    assert "is a folder" in message
    (tmp_path / "empty").mkdir()
    code, message = score(capsys, tmp_path / "renders", tmp_path / "empty")
    assert code == 2
    assert "no picture" in message


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--protocol", "nerf"], "nerf-synthetic"),
        (["--set", "resolution"], "NAME=VALUE"),
        (["--set", "size=3"], "unknown setting"),
        (["--set", "resolution=3"], "longer side"),
    ],
)
def test_wrong_protocols_are_told(capsys, tmp_path, words, told):
    picture = draw(tmp_path / "a.png")
    code, message = score(capsys, picture, picture, *words)
    assert code == 2
    assert told in message
    assert "Traceback" not in message


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "LA"])
def test_every_kind_of_picture_is_measured_finitely(capsys, tmp_path, mode):
    ending = "tif" if mode in ("CMYK", "F") else "png"
    path = tmp_path / f"a.{ending}"
    if mode == "I;16":
        Image.fromarray(np.linspace(0, 65535, 48 * 36).astype(np.uint16).reshape(36, 48)).save(path)
    elif mode == "F":
        Image.fromarray(np.linspace(0, 1, 48 * 36).astype(np.float32).reshape(36, 48)).save(path)
    else:
        draw(path, mode=mode)
    code, body = score(capsys, path, draw(tmp_path / "b.png", 3))
    assert code == 0, body
    assert all(np.isfinite(value) for value in body["metrics"].values())


@pytest.mark.parametrize("values", [(0, 0), (255, 255), (0, 255), (0, None), (255, None)])
def test_plain_pictures_are_measured_without_a_warning(capsys, tmp_path, values):
    paths = []
    for index, value in enumerate(values):
        path = tmp_path / f"{index}.png"
        if value is None:
            draw(path)
        else:
            Image.new("RGB", (48, 36), (value,) * 3).save(path)
        paths.append(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code, body = score(capsys, *paths)
    assert code == 0
    assert len(body["metrics"]) == len(CLASSIC.split(","))
    assert all(np.isfinite(value) for value in body["metrics"].values())


@pytest.mark.parametrize("size", [(16, 400), (400, 16), (16, 16)])
def test_odd_shapes_are_measured(capsys, tmp_path, size):
    wide, other = Image.effect_noise(size, 60), Image.effect_noise(size, 30)
    wide.save(tmp_path / "a.png")
    other.save(tmp_path / "b.png")
    code, body = score(capsys, tmp_path / "a.png", tmp_path / "b.png")
    assert code == 0, body
    assert all(np.isfinite(value) for value in body["metrics"].values())


def huge_header(path):
    """A PNG that says it has 400 megapixels, in a hundred bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("truncated", "damaged or cut short"),
        ("empty", "not a picture"),
        ("text", "not a picture"),
        ("huge", "at most 100,000,000"),
        ("tiny", "at least 16 px"),
        ("nan", "finite"),
        ("nowhere", "no such picture"),
    ],
)
def test_pictures_that_cannot_be_measured_are_told(capsys, tmp_path, kind, told):
    good, bad = draw(tmp_path / "good.png"), tmp_path / ("bad.tif" if kind == "nan" else "bad.png")
    if kind == "truncated":
        bad.write_bytes(good.read_bytes()[:120])
    elif kind == "empty":
        bad.write_bytes(b"")
    elif kind == "text":
        bad.write_text("a picture of a cup")
    elif kind == "huge":
        huge_header(bad)
    elif kind == "tiny":
        Image.new("RGB", (1, 40)).save(bad)
    elif kind == "nan":
        Image.fromarray(np.full((36, 48), np.nan, np.float32)).save(bad)
    for pair in ((good, bad), (bad, good)):
        code, message = score(capsys, *pair)
        assert code == 2
        assert told in message
        assert "Traceback" not in message


def test_a_presets_composite_is_given_as_a_metric(tmp_path, capsys):
    render, target = draw(tmp_path / "a.png", 0), draw(tmp_path / "b.png", 1)
    settings = (
        (Path(__file__).parents[2] / "configs" / "draft.yaml")
        .read_text()
        .replace(
            "{name: composite}",
            "{name: composite, settings: {terms: {mine: ssim / 2}, weights: {overall: {mine: 1}}, presence: null}}",
        )
    )
    (tmp_path / "mine.yaml").write_text(settings)
    assert main(["score", str(render), str(target), "--scoring", str(tmp_path / "mine.yaml"), "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert metrics["score"] == pytest.approx(metrics["ssim"] / 2)
    assert 0 < metrics["score_lighting"] < 1
