"""Targets from files of every kind, and back."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms

from seig_search.errors import UsageError
from seig_search.target import Target


def gradient(height=24, width=40):
    """Smooth colours: (H, W, 3) uint8."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns * 6, rows * 10, 128 + 0 * rows], axis=-1).astype(np.uint8)


def deep_png(path, values):
    """Write (H, W, channels) uint16 as a 16-bit PNG, which Pillow itself does for grey only."""
    height, width, channels = values.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def said(target, word):
    return any(word in note for note in target.notes)


def test_plain_png_comes_as_it_is(tmp_path):
    Image.fromarray(gradient()).save(tmp_path / "cup.png")
    target = Target.load(tmp_path / "cup.png")
    assert (target.width, target.height, target.name, target.notes) == (40, 24, "cup", ())
    assert target.alpha is None
    assert target.aspect == pytest.approx(40 / 24)
    assert np.array_equal(target.rgb, gradient())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path, channels):
    values = np.full((20, 20, channels), 30000, np.uint16)
    deep_png(tmp_path / "deep.png", values)
    target = Target.load(tmp_path / "deep.png")
    assert np.abs(target.rgb.astype(int) - 117).max() <= 1
    assert said(target, "8 bits") or said(target, "to 8")


def test_adobe_cmyk_jpeg_is_not_inverted(tmp_path):
    red = Image.new("RGB", (32, 32), (220, 30, 30)).convert("CMYK")
    red.save(tmp_path / "red.jpg", quality=95)
    assert b"Adobe" in (tmp_path / "red.jpg").read_bytes()
    target = Target.load(tmp_path / "red.jpg")
    assert np.abs(target.rgb.astype(int) - (220, 30, 30)).max() < 12
    assert said(target, "CMYK")


def test_palette_with_transparency_has_alpha(tmp_path):
    picture = Image.new("P", (20, 20), 1)
    picture.putpalette([255, 0, 0, 0, 200, 0] + [0] * 750)
    picture.paste(0, (0, 0, 10, 20))
    picture.save(tmp_path / "p.png", transparency=0)
    target = Target.load(tmp_path / "p.png")
    assert target.alpha is not None
    assert target.alpha[5, 5] == 0
    assert target.alpha[5, 15] == 255
    assert tuple(target.rgb[5, 15]) == (0, 200, 0)
    assert said(target, "palette")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "F", "I", "I;16"])
def test_grey_of_every_depth_becomes_rgb(tmp_path, mode):
    level = {"F": 0.5, "I": 32768, "I;16": 32768, "LA": (128, 99)}.get(mode, 128 if mode == "L" else 1)
    Image.new(mode, (20, 20), level).save(tmp_path / "g.tif")
    target = Target.load(tmp_path / "g.tif")
    expected = 255 if mode == "1" else 128
    assert np.abs(target.rgb.astype(int) - expected).max() <= 1
    assert said(target, "RGB")
    assert (target.alpha is not None) == (mode == "LA")


def test_exif_orientation_is_applied(tmp_path):
    picture = Image.fromarray(gradient())
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif, quality=98)
    target = Target.load(tmp_path / "turned.jpg")
    assert (target.width, target.height) == (24, 40)
    assert np.abs(target.rgb.astype(int) - np.rot90(gradient(), -1)).mean() < 6
    assert said(target, "upright")


def test_a_foreign_colour_profile_is_converted_and_srgb_is_not(tmp_path):
    picture = Image.fromarray(gradient())
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(tmp_path / "srgb.png", icc_profile=srgb)
    assert Target.load(tmp_path / "srgb.png").notes == ()
    lab_pixels = ImageCms.profileToProfile(
        picture, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab_pixels is not None
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    lab_pixels.save(tmp_path / "lab.tif", icc_profile=profile)
    target = Target.load(tmp_path / "lab.tif")
    assert np.abs(target.rgb.astype(int) - gradient()).mean() < 8
    assert target.notes


def swapped_profile():
    """An RGB profile that calls red what sRGB calls blue, made by exchanging two tags of sRGB's."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be")).replace(b"sRGB built", b"Swap built")
    return data.replace(b"rXYZ", b"----", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"----", b"bXYZ", 1)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_foreign_rgb_profile_changes_the_colours(tmp_path, mode):
    picture = Image.new("RGB", (20, 20), (250, 40, 0)).convert(mode)
    if mode == "RGBA":
        picture.putpixel((0, 0), (250, 40, 0, 55))
    picture.save(tmp_path / "swapped.png", icc_profile=swapped_profile())
    target = Target.load(tmp_path / "swapped.png")
    red, _, blue = target.rgb[5, 5].astype(int)
    assert blue > 200 > red
    assert said(target, "Swap")
    assert (target.alpha is not None) == (mode == "RGBA")
    assert target.alpha is None or target.alpha[0, 0] == 55


def test_a_broken_colour_profile_is_ignored_and_said(tmp_path):
    Image.fromarray(gradient()).save(tmp_path / "odd.png", icc_profile=b"no profile at all")
    target = Target.load(tmp_path / "odd.png")
    assert np.array_equal(target.rgb, gradient())
    assert said(target, "profile")


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    target = Target.load(tmp_path / "a.gif")
    assert tuple(target.rgb[3, 3]) == (255, 0, 0)
    assert said(target, "first of 3 frames")


def test_opaque_alpha_is_dropped(tmp_path):
    Image.fromarray(gradient()).convert("RGBA").save(tmp_path / "o.png")
    assert Target.load(tmp_path / "o.png").alpha is None


def truncated_png(path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue()[:5000])


def huge_png(path):
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    body = b"IHDR" + header
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + struct.pack(">I", 0)
        + b"IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


def large_png(path):
    Image.new("1", (12000, 9000)).save(path)


def nan_tiff(path):
    values = np.full((20, 20), 0.5, np.float32)
    values[3, 4] = np.nan
    Image.fromarray(values).save(path, "TIFF")


BAD_FILES = {
    "text": (lambda path: path.write_text("hello"), "not a picture"),
    "empty": (lambda path: path.write_bytes(b""), "not a picture"),
    "directory": (lambda path: path.mkdir(), "is a directory"),
    "absent": (lambda path: None, "no such picture"),
    "truncated": (truncated_png, "damaged or cut short"),
    "dot": (lambda path: Image.new("RGB", (1, 1)).save(path), "at least 16 px"),
    "strip": (lambda path: Image.new("RGB", (400, 15)).save(path), "400x15"),
    "huge": (huge_png, "100,000,000"),
    "large": (large_png, "100,000,000"),
    "nan": (nan_tiff, "not finite"),
    "negative": (lambda path: Image.new("F", (20, 20), -3.0).save(path, "TIFF"), "outside 0..1"),
    "clear": (lambda path: Image.new("RGBA", (20, 20), (9, 9, 9, 0)).save(path), "fully transparent"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_told_with_what_to_do(tmp_path, kind):
    write, message = BAD_FILES[kind]
    path = tmp_path / "bad.png"
    write(path)
    with pytest.raises(UsageError, match=message):
        Target.load(path)


def test_max_side_scales_down_and_says_so(tmp_path):
    Image.fromarray(gradient(60, 120)).save(tmp_path / "wide.png")
    target = Target.load(tmp_path / "wide.png", max_side=40)
    assert (target.width, target.height) == (40, 20)
    assert said(target, "scaled from 120x60 to 40x20")
    assert Target.load(tmp_path / "wide.png", max_side=400).notes == ()
    with pytest.raises(UsageError, match="at least 16"):
        Target.load(tmp_path / "wide.png", max_side=20)


@pytest.mark.parametrize(
    "pixels", [np.zeros((20, 20), np.uint8), np.zeros((20, 20, 3)), np.zeros((20, 20, 2), np.uint8)]
)
def test_other_arrays_are_refused(pixels):
    with pytest.raises(UsageError, match=r"\(H, W, 3\)"):
        Target.from_array(pixels)


@settings(max_examples=20, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(16, 24), st.integers(16, 24), st.sampled_from([3, 4]))))
def test_saving_and_loading_keeps_pixels_and_digest(tmp_path_factory, pixels):
    if pixels.shape[2] == 4:
        pixels[0, 0, 3] = 7
    target = Target.from_array(pixels, "x")
    path = tmp_path_factory.mktemp("saved") / "x.png"
    target.save(path)
    again = Target.load(path)
    assert again.digest == target.digest
    assert np.array_equal(again.rgb, target.rgb)


def test_digests_tell_pixels_sizes_and_alpha_apart():
    plain = np.zeros((16, 32, 3), np.uint8)
    dotted = plain.copy()
    dotted[0, 0, 0] = 1
    seen = np.dstack([plain, np.full((16, 32), 9, np.uint8)])
    turned = np.zeros((32, 16, 3), np.uint8)
    digests = {Target.from_array(pixels).digest for pixels in (plain, dotted, seen, turned)}
    assert len(digests) == 4
    assert Target.from_array(plain, "a").digest == Target.from_array(plain, "b").digest


def test_sized_is_kept_and_exact():
    target = Target.from_array(gradient())
    assert target.sized(40, 24) is target
    assert target.sized(20, 12) is target.sized(20, 12)
    assert target.sized(7, 3).rgb.shape == (3, 7, 3)
    plain = Target.from_array(np.full((30, 30, 3), 77, np.uint8))
    assert (plain.sized(11, 13).rgb == 77).all()
    with pytest.raises(UsageError, match="at least 1"):
        target.sized(0, 5)


def test_hidden_colours_do_not_bleed_when_resized():
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[..., 1] = 255
    pixels[:, 32:] = (200, 0, 0, 255)
    small = Target.from_array(pixels).sized(21, 21)
    assert small.alpha is not None
    shown = small.alpha > 8
    assert small.rgb[shown][:, 1].max() == 0
    assert abs(int(small.rgb[shown][:, 0].min()) - 200) <= 1


def test_over_composites_and_linear_undoes_the_srgb_curve():
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[..., 3] = 128
    pixels[0, 0, 3] = 255
    target = Target.from_array(pixels)
    assert abs(int(target.over()[5, 5, 0]) - 127) <= 1
    assert tuple(target.over((0, 0, 0))[5, 5]) == (0, 0, 0)
    assert target.linear[5, 5, 0] == pytest.approx(0.212, abs=0.005)
    assert target.linear.max() <= 1.0


def test_pixels_are_not_shared_with_the_giver():
    pixels = gradient()
    target = Target.from_array(pixels)
    pixels[:] = 0
    assert target.rgb.any()
    with pytest.raises(ValueError, match="read-only"):
        target.rgb[0, 0, 0] = 1


def test_the_focal_length_is_read_from_exif_and_kept(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 28
    Image.new("RGB", (60, 40), "red").save(tmp_path / "photo.jpg", exif=exif)
    target = Target.load(tmp_path / "photo.jpg")
    assert target.focal_mm == 28
    assert target.fov_deg == pytest.approx(65.5, abs=0.1)  # 36 mm of film behind 28 mm
    target.save(tmp_path / "kept.png")
    assert Target.load(tmp_path / "kept.png", max_side=30).focal_mm == 28
    assert target.sized(30, 20).focal_mm == 28
    Image.new("RGB", (60, 40), "red").save(tmp_path / "plain.jpg")
    assert Target.load(tmp_path / "plain.jpg").fov_deg is None


@pytest.mark.parametrize("told", [0, 1, 60000])
def test_a_senseless_focal_length_is_none(tmp_path, told):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = told
    Image.new("RGB", (60, 40), "red").save(tmp_path / "photo.jpg", exif=exif)
    assert Target.load(tmp_path / "photo.jpg").focal_mm is None
