"""Every family: declared, finite, best for equal pictures, and right on known values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.errors import SeigError
from seig_search.evaluators import (
    ColourEvaluator,
    DetailEvaluator,
    EdgesEvaluator,
    PixelEvaluator,
    SilhouetteEvaluator,
    StructureEvaluator,
)
from seig_search.evaluators.colour import lab
from seig_search.scoring import Measurer
from seig_search.target import Target

FAMILIES = [
    PixelEvaluator,
    StructureEvaluator,
    ColourEvaluator,
    EdgesEvaluator,
    DetailEvaluator,
    SilhouetteEvaluator,
]


def measurer():
    return Measurer([family() for family in FAMILIES])


def opaque(rgb):
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def plain(level, height=48, width=64):
    return np.full((height, width, 3), level, np.uint8)


def noisy(seed, height=48, width=64):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def disc(x=32.0, y=24.0, radius=12.0, height=48, width=64):
    """A textured disc with soft alpha: (H, W, 4) uint8."""
    rows, columns = np.mgrid[:height, :width].astype(float)
    alpha = np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1)
    stripes = 0.5 + 0.5 * np.sin((columns - x) * 0.9)
    rgb = np.stack([200 * stripes + 40, 90 + 60 * stripes, np.full_like(stripes, 60)], axis=-1)
    return np.dstack([rgb, 255 * alpha]).round().astype(np.uint8)


def best(spec):
    return spec.high if spec.better == "higher" else spec.low


@pytest.mark.parametrize("picture", [opaque(noisy(1)), disc(), disc(height=300, width=700, x=350, y=150, radius=100)])
def test_equal_pictures_are_best_in_every_metric(picture):
    judge = measurer()
    target = Target.from_array(picture)
    values = judge.measure([picture], target)[0]
    assert ("silhouette" in values) == (target.alpha is not None)
    for name, value in values.items():
        assert value == pytest.approx(best(judge.specs[name]), abs=2e-3), name


@pytest.mark.parametrize("ours", [plain(0), plain(255), plain(128), noisy(2)])
@pytest.mark.parametrize("theirs", [opaque(plain(0)), opaque(plain(255)), opaque(noisy(3)), disc()])
def test_values_are_finite_and_in_their_range(ours, theirs):
    judge = measurer()
    for alpha in (0, 255):
        render = np.dstack([ours, np.full(ours.shape[:2], alpha, np.uint8)])
        values = judge.measure([render], Target.from_array(theirs))[0]
        assert set(values) >= set(judge.specs) - {"silhouette", "boundary"}
        for name, value in values.items():
            assert judge.specs[name].low <= value <= judge.specs[name].high, name


@settings(max_examples=25, deadline=None)
@given(
    st.integers(3, 70), st.integers(3, 70), st.integers(16, 70), st.integers(16, 70), st.integers(0, 99), st.booleans()
)
def test_sizes_may_differ(height, width, target_height, target_width, seed, with_alpha):
    generator = np.random.default_rng(seed)
    render = generator.integers(0, 256, (height, width, 4), np.uint8)
    channels = 4 if with_alpha else 3
    target = Target.from_array(generator.integers(0, 256, (target_height, target_width, channels), np.uint8))
    judge = measurer()
    values = judge.measure([render, render], target)
    assert values[0] == values[1]
    for name, value in values[0].items():
        assert judge.specs[name].low <= value <= judge.specs[name].high, name


@pytest.mark.parametrize("family", FAMILIES)
def test_batches_answer_in_order_and_do_not_leak_between_targets(family):
    one, other = Target.from_array(disc()), Target.from_array(disc(x=20))
    renders = [disc(), disc(x=20), disc(y=30)]
    shared = family()
    batch = shared.evaluate(renders, one)
    assert shared.evaluate(renders[:1], other) == family().evaluate(renders[:1], other)
    assert batch == [family().evaluate([render], one)[0] for render in renders]


def test_psnr_is_the_textbook_one_and_capped():
    target = Target.from_array(plain(100))
    values = PixelEvaluator(cap_db=90).evaluate([opaque(plain(110)), opaque(plain(100))], target)
    assert values[0]["psnr"] == pytest.approx(20 * np.log10(255 / 10), abs=1e-4)
    assert values[0]["mae"] == pytest.approx(10 / 255, abs=1e-6)
    assert values[1]["psnr"] == 90


def test_multiscale_prefers_the_nearer_of_two_misplacements():
    target = Target.from_array(disc(height=128, width=128, x=64, y=64, radius=8))
    shifted = [disc(height=128, width=128, x=64 + d, y=64, radius=8) for d in (18, 24, 30)]
    values = PixelEvaluator().evaluate(shifted, target)
    assert values[0]["multiscale"] < values[1]["multiscale"] < values[2]["multiscale"]


def test_ssim_agrees_with_scikit_image():
    from skimage.metrics import structural_similarity

    ours, theirs = noisy(5), (0.5 * noisy(5) + 0.5 * noisy(6)).astype(np.uint8)
    expected = structural_similarity(
        ours, theirs, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    value = StructureEvaluator().evaluate([opaque(ours)], Target.from_array(theirs))[0]["ssim"]
    assert value == pytest.approx(expected, abs=1e-4)


def test_lab_agrees_with_scikit_image():
    from skimage.color import rgb2lab

    image = noisy(7)
    assert np.abs(lab(image) - rgb2lab(image)).max() < 0.05


def test_colour_ignores_place_but_not_hue():
    target = Target.from_array(disc())
    turned = disc()[..., [2, 1, 0, 3]]
    moved, recoloured = ColourEvaluator().evaluate([disc(x=20), turned], target)
    assert moved["colour"] < 0.1
    assert recoloured["colour"] > 0.5
    assert recoloured["deltae"] > 5


def test_edges_tell_orientation():
    columns = np.tile(np.arange(64), (64, 1))
    across = np.repeat((127 + 100 * np.sin(columns / 3.0))[..., None], 3, axis=2).astype(np.uint8)
    along = np.ascontiguousarray(across.transpose(1, 0, 2))
    moved = np.roll(across, 2, axis=1)
    target = Target.from_array(across)
    same, turned = EdgesEvaluator().evaluate([opaque(moved), opaque(along)], target)
    assert same["edges"] > 0.8
    assert turned["edges"] < 0.4
    assert turned["edge_energy"] > 0.95


def test_detail_counts_only_the_inside_of_a_silhouette():
    flat_disc = disc()
    flat_disc[..., :3] = 130
    target = Target.from_array(disc())
    smooth, moved = DetailEvaluator().evaluate([flat_disc, disc(x=26)], target)
    assert smooth["detail"] < 0.1
    assert moved["detail"] > 0.6
    assert smooth["contrast"] < 0.1
    assert moved["contrast"] > 0.6


def test_silhouette_is_intersection_over_union():
    box = np.zeros((40, 40, 4), np.uint8)
    box[10:30, 10:30] = 255
    half = np.zeros_like(box)
    half[10:30, 20:40] = 255
    values = SilhouetteEvaluator().evaluate([half, np.zeros_like(box)], Target.from_array(box))
    assert values[0]["silhouette"] == pytest.approx(1 / 3, abs=1e-5)
    assert values[1] == {"silhouette": pytest.approx(0, abs=1e-6), "boundary": 0.0}


def test_boundary_falls_with_distance():
    target = Target.from_array(disc())
    values = SilhouetteEvaluator().evaluate([disc(), disc(x=34), disc(x=38), disc(x=46)], target)
    series = [value["boundary"] for value in values]
    assert series[0] == 1.0
    assert series == sorted(series, reverse=True)
    assert series[3] < 0.6


def test_transparent_renders_are_laid_over_white():
    render = opaque(plain(0))
    render[..., 3] = 0
    assert PixelEvaluator().evaluate([render], Target.from_array(plain(255)))[0]["mse"] == 0


def test_a_render_of_another_shape_is_refused():
    with pytest.raises(SeigError, match=r"\(H, W, 4\) uint8"):
        PixelEvaluator().evaluate([plain(3)], Target.from_array(plain(3)))


def waves(height, width, shift=0.0):
    rows, columns = np.mgrid[:height, :width]
    parts = [np.sin((columns + shift) / (9 + 4 * k)) * np.cos(rows / (13 + 3 * k)) for k in range(3)]
    return (127 + 100 * np.stack(parts, -1)).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(256, 256, 0.8830317987512708), (181, 243, 0.8833179698612387), (200, 321, 0.8836144259741744)],
)
def test_ms_ssim_agrees_with_a_published_implementation(height, width, expected):
    """The numbers are from pytorch-msssim 1.0.0: ``ms_ssim(ours, theirs, data_range=255)`` in 64-bit floats."""
    theirs = waves(height, width)
    ours = (0.8 * waves(height, width, 2.0) + 0.2 * noisy(3, height, width)).round().astype(np.uint8)
    value = StructureEvaluator().evaluate([opaque(ours)], Target.from_array(theirs))[0]["ms_ssim"]
    assert value == pytest.approx(expected, abs=1e-5)


def test_the_earth_movers_distance_tells_how_far_a_hue_is_off():
    target = Target.from_array(plain(120))
    near, far = (plain(120 + step) for step in (45, 110))
    values = ColourEvaluator().evaluate([opaque(near), opaque(far)], target)
    for image, value in zip((near, far), values, strict=True):
        off = float(np.abs(lab(image)[0, 0] - lab(plain(120))[0, 0])[0])
        assert value["colour_emd"] == pytest.approx(off, abs=1.0)
        assert value["deltae_regional"] == pytest.approx(off, abs=0.1)
    assert values[1]["colour_emd"] > 2 * values[0]["colour_emd"]
    assert values[0]["colour"] > 0.8


def test_colour_emd_does_not_ask_where_and_regional_does():
    target = Target.from_array(disc())
    (moved,) = ColourEvaluator().evaluate([disc(x=20)], target)
    assert moved["colour_emd"] < 1
    assert moved["deltae_regional"] > 5


def test_orientation_does_not_ask_how_strong():
    theirs = waves(64, 64)
    faint = (127 + (theirs.astype(float) - 127) / 3).round().astype(np.uint8)
    (values,) = EdgesEvaluator().evaluate([opaque(faint)], Target.from_array(theirs))
    assert values["orientation"] > 0.97
    assert values["edges"] < 0.7
