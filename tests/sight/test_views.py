"""A strip of other views: places, proportions, captions, and where it is shown."""

import numpy as np
import pytest

from seig_search.render import View
from seig_search.sight import DEFAULT_SECTIONS, SECTIONS, Look, sections
from seig_search.sight.views import CAPTION_HEIGHT, GAP, VIEWS, Seen, view_strip
from seig_search.stages import Stage
from seig_search.target import Target

RGB = ((250, 0, 0), (0, 250, 0), (0, 0, 250))


def plain(rgb, height=40, width=40, alpha=255):
    return np.broadcast_to(np.array([*rgb, alpha], np.uint8), (height, width, 4)).copy()


def three():
    return [Seen(view, plain(rgb)) for view, rgb in zip(VIEWS, RGB, strict=True)]


def test_views_stand_side_by_side_under_their_captions():
    strip = view_strip(three(), 308)
    assert strip.shape == (CAPTION_HEIGHT + 100, 308, 3)
    for number, rgb in enumerate(RGB):
        left = number * (100 + GAP)
        assert (strip[CAPTION_HEIGHT:, left : left + 100] == rgb).all()
        assert (strip[:CAPTION_HEIGHT, left : left + 100] < 100).any(), "its caption"
    assert (strip[:, 100 : 100 + GAP] == 255).all()


def test_captions_differ_by_view():
    same = [Seen(view, plain((9, 9, 9))) for view in VIEWS]
    strip = view_strip(same, 608)[:CAPTION_HEIGHT]
    heads = [strip[:, number * (200 + GAP) :][:, :200] for number in range(3)]
    assert not any(np.array_equal(heads[a], heads[b]) for a, b in ((0, 1), (0, 2), (1, 2)))


def test_views_keep_their_proportions_and_fill_the_width():
    strip = view_strip([Seen(VIEWS[0], plain(RGB[0], 30, 60)), Seen(VIEWS[1], plain(RGB[1], 30, 30))], 304)
    assert strip.shape == (CAPTION_HEIGHT + 100, 304, 3)
    assert (strip[CAPTION_HEIGHT:, :200] == RGB[0]).all() and (strip[CAPTION_HEIGHT:, 200 + GAP :] == RGB[1]).all()


def test_what_is_transparent_is_shown_white():
    strip = view_strip([Seen(View("camera"), plain((0, 0, 0), alpha=0))], 50)
    assert (strip[CAPTION_HEIGHT:] == 255).all()


@pytest.mark.parametrize(("count", "width"), [(0, 640), (3, 20)])
def test_a_strip_without_views_or_room_is_refused(count, width):
    with pytest.raises(ValueError, match=f"got {count} views in {width} pixels"):
        view_strip(three()[:count], width)


def test_the_section_is_for_shape_and_place_and_needs_views():
    target, render = Target.from_array(np.zeros((60, 80, 3), np.uint8)), plain((0, 0, 0), 60, 80)
    look = Look(target, render, 640, views=three())
    shown = {stage: [one.name for one in sections(look, ("views",), stage)] for stage in Stage}
    assert {stage for stage, names in shown.items() if names == ["views"]} == {Stage.GEOMETRY, Stage.COMPOSITION}
    assert list(sections(Look(target, render, 640), ("views",), Stage.GEOMETRY)) == []
    assert "views" in SECTIONS and "views" not in DEFAULT_SECTIONS
