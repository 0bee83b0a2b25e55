"""Protocols: what is done to two pictures before anything is measured."""

import numpy as np
import pytest

from seig_search.errors import UsageError
from seig_search.protocol import PROTOCOLS, Protocol, find_protocol
from seig_search.target import Target


def picture(width, height, value=100, alpha=255):
    pixels = np.full((height, width, 4), value, np.uint8)
    pixels[..., 3] = alpha
    pixels[: height // 2, :, 0] = 200
    return pixels


def target(width, height, alpha=255):
    return Target.from_array(picture(width, height, alpha=alpha))


def half_covered(width=40, height=40):
    pixels = picture(width, height)
    pixels[:, width // 2 :, 3] = 0
    return pixels


def test_the_default_changes_nothing():
    render, aim = picture(40, 30), target(80, 60)
    ours, theirs, notes = Protocol().apply(render, aim)
    assert np.array_equal(ours, render)
    assert (theirs.width, theirs.height) == (40, 30)
    assert notes == ("the target was scaled from 80x60 to 40x30 px",)


@pytest.mark.parametrize(
    ("resolution", "size"), [("render", (40, 30)), ("target", (80, 60)), ("64", (64, 48)), ("160", (160, 120))]
)
def test_both_come_to_the_resolution(resolution, size):
    ours, theirs, _ = Protocol(resolution=resolution).apply(picture(40, 30), target(80, 60))
    assert (ours.shape[1], ours.shape[0]) == (theirs.width, theirs.height) == size


def test_other_aspects_are_stretched_cropped_fitted_or_refused():
    render, aim = picture(40, 40), target(80, 40)
    stretched, _, notes = Protocol(resolution="target").apply(render, aim)
    assert stretched.shape[:2] == (40, 80)
    assert "stretched" in notes[0]
    cropped, _, notes = Protocol(resolution="target", alignment="crop").apply(render, aim)
    assert cropped.shape[:2] == (40, 80)
    assert "cropped" in notes[0]
    fitted, _, notes = Protocol(resolution="target", alignment="fit").apply(render, aim)
    assert fitted.shape[:2] == (40, 80)
    assert (fitted[:, 0, :3] == 255).all(), "the border is the background"
    assert (fitted[30, 40, :3] == 100).all(), "the picture is in the middle"
    _, framed, _ = Protocol(alignment="fit").apply(render, aim)
    assert (framed.width, framed.height) == (40, 40)
    assert (framed.rgb[0] == 255).all()
    with pytest.raises(UsageError, match="40x40 against 80x40"):
        Protocol(alignment="same").apply(render, aim)


def test_a_pixel_of_rounding_is_no_other_aspect():
    assert PROTOCOLS["nerf-synthetic"].apply(picture(801, 801), target(400, 399))[2]


def test_a_background_of_another_colour_makes_both_opaque():
    ours, theirs, _ = Protocol(background="#102030").apply(half_covered(), Target.from_array(half_covered()))
    assert (ours[:, 30, :3] == (16, 32, 48)).all()
    assert (ours[..., 3] == 255).all()
    assert theirs.alpha is None
    assert np.array_equal(ours[..., :3], theirs.rgb)


def test_white_keeps_alpha():
    ours, theirs, _ = Protocol().apply(half_covered(), Target.from_array(half_covered()))
    assert np.array_equal(ours[..., 3], theirs.alpha)


def test_only_what_the_target_covers_counts_inside():
    wrong_outside = half_covered()
    wrong_outside[:, 20:] = (0, 255, 0, 255)
    ours, theirs, _ = PROTOCOLS["inside"].apply(wrong_outside, Target.from_array(half_covered()))
    assert np.array_equal(ours[..., 3], theirs.alpha)
    covered = ours[..., 3] > 0
    assert np.array_equal(ours[covered][:, :3], theirs.rgb[covered])
    _, _, notes = PROTOCOLS["inside"].apply(picture(40, 40), target(40, 40))
    assert "no alpha" in notes[0]


def test_linear_undoes_the_curve_of_srgb():
    ours, theirs, _ = Protocol(colour="linear").apply(picture(40, 40, value=188), target(40, 40))
    assert ours[30, 0, 1] == 128
    assert theirs.rgb[30, 0, 1] == round(255 * ((100 / 255 + 0.055) / 1.055) ** 2.4)


def test_a_render_of_nothing_is_measured_all_the_same():
    ours, _, _ = Protocol().apply(np.zeros((40, 40, 4), np.uint8), target(40, 40))
    assert not ours[..., 3].any()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"background": "white"}, "#rrggbb"),
        ({"background": "#FFFFFF"}, "small letters"),
        ({"resolution": "huge"}, "longer side"),
        ({"resolution": "4"}, "16 to 16384"),
        ({"resolution": "-64"}, "longer side"),
        ({"alignment": "strech"}, "'stretch'"),
        ({"colour": "sRGB"}, "srgb"),
        ({"backgrund": "#000000"}, "'background'"),
    ],
)
def test_settings_that_are_none_are_told(settings, told):
    with pytest.raises(UsageError, match=told):
        Protocol().with_settings(settings)


def test_a_changed_protocol_says_so_and_round_trips():
    changed = find_protocol("nerf-synthetic").with_settings({"alignment": "crop"})
    assert changed.name == "nerf-synthetic, changed"
    assert Protocol(**changed.as_dict()) == changed
    assert find_protocol("default").with_settings({"alignment": "stretch"}).name == "default"
    with pytest.raises(UsageError, match="'nerf-synthetic'"):
        find_protocol("nerf-sinthetic")
