"""What a model is shown: exact numbers on made pictures, boxes that do not overlap, sections within a budget."""

import numpy as np
import pytest

from seig_search.errors import UsageError
from seig_search.program import Program
from seig_search.sight import DEFAULT_SECTIONS, SECTIONS, Look, Section, chosen, sections
from seig_search.sight.measurements import colours, grid, lab, linear, object_table, overlap
from seig_search.sight.pictures import brightness, contour, crop_pair, labelled, ticked, worst_boxes
from seig_search.sight.sections import check_sections, picture_tokens
from seig_search.sight.words import parameter_lines
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.verification import ToDo

SIZE = (60, 80)


def look(shift=0, rgb=(200, 40, 40), alpha=False):
    target = np.full((*SIZE, 4 if alpha else 3), 255, np.uint8)
    if alpha:
        target[..., 3] = 0
    target[20:40, 30:50] = (200, 40, 40, 255)[: target.shape[2]]
    render = np.full((*SIZE, 4), 255, np.uint8)
    if alpha:
        render[..., 3] = 0
    render[20:40, 30 + shift : 50 + shift] = (*rgb, 255)
    index = np.zeros(SIZE, np.uint16)
    index[20:40, 30 + shift : 50 + shift] = 1
    return Look(Target.from_array(target, "square"), render, 640, index, ("", "Square"))


def test_light_and_lab_of_known_colours():
    assert linear(np.array([0, 188, 255])) == pytest.approx([0, 0.5028865, 1], abs=1e-6)
    red = lab(linear(np.array([255, 0, 0])))
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert lab(np.ones(3)) == pytest.approx([100, 0, 0], abs=0.01)


def test_regions_are_measured_under_the_renders_own_pixels():
    seen = look(shift=5)
    (region,) = seen.regions
    assert region.name == "Square" and region.box == (35, 20, 55, 40) and region.mask.sum() == 400
    assert colours(seen.seen, region) == pytest.approx(np.array([[200, 40, 40]] * 2), abs=0.5)
    lit, shadow = colours(seen.wanted, region)
    assert lit == pytest.approx([255, 255, 255], abs=0.5) or lit[0] > shadow[0]
    row = object_table(seen).splitlines()[1]
    assert row.startswith("Square | 35,20-55,40 | 8.3 % | 200 40 40 / 200 40 40 | ")


def test_the_table_says_nothing_without_objects():
    seen = look()
    assert object_table(Look(seen.target, seen.render, 640)) == ""


def test_the_grid_gives_the_factor_that_is_missing():
    target = np.full((30, 30, 3), 188, np.uint8)
    render = np.dstack([np.full((30, 30, 3), 137, np.uint8), np.full((30, 30), 255, np.uint8)])
    told = grid(Look(Target.from_array(target), render, 640))
    assert told.splitlines()[0].split("  ")[0] == "0.250/0.503 (x2.01)"


def test_outlines_are_compared_where_the_target_has_one():
    assert overlap(look()) == ""
    assert overlap(look(alpha=True)).startswith("outline: IoU 1.000; render 30,20-50,40")
    assert "IoU 0.600" in overlap(look(shift=5, alpha=True))


def test_the_worst_boxes_do_not_overlap_and_hold_the_difference():
    seen = look(shift=10)
    first, second = worst_boxes(seen, 2)
    assert first[0] <= 35 <= first[2] or first[0] <= 55 <= first[2]
    apart = min(first[2], second[2]) <= max(first[0], second[0]) or min(first[3], second[3]) <= max(first[1], second[1])
    assert apart


def test_boxes_by_shape_ignore_light():
    seen = look(rgb=(90, 18, 18))
    bright = np.full((*SIZE, 4), 255, np.uint8)
    bright[:, :, :3] = 200
    bright[20:40, 30:50, :3] = (200, 40, 40)
    bright[5:12, 5:12, :3] = 20
    seen = Look(seen.target, bright, 640)
    (box,) = worst_boxes(seen, 1, by_shape=True)
    assert box[0] <= 12 and box[1] <= 12, "the new thing, not the darker ground"


def test_crops_show_both_at_one_scale():
    picture = crop_pair(look(shift=5), (30, 20, 50, 40), side=100)
    assert picture.shape == (100, 204, 3)
    assert tuple(picture[50, 50]) == (200, 40, 40) and tuple(picture[50, 110]) == (255, 255, 255)


def test_brightness_is_red_where_more_is_wanted():
    dark, bright = look(rgb=(20, 4, 4)), look(rgb=(255, 200, 200))
    assert brightness(dark, 1.0)[30, 40, 0] > 200 > brightness(bright, 1.0)[30, 40, 0]
    assert tuple(brightness(look(), 1.0)[30, 40]) == (128, 128, 128)


def test_contours_follow_the_target():
    drawn = contour(look(shift=15))
    green = np.all(drawn == (0, 255, 80), axis=2)
    ys, xs = np.nonzero(green)
    assert 28 <= xs.min() <= 32 and 48 <= xs.max() <= 52 and 18 <= ys.min() <= 22 and 38 <= ys.max() <= 42


def test_marks_leave_the_picture_readable():
    seen = look()
    assert ticked(seen.seen).shape == seen.seen.shape and labelled(seen).shape == seen.seen.shape
    assert np.abs(ticked(seen.seen).astype(int) - seen.seen).mean() < 40
    assert not np.array_equal(labelled(seen)[20:40, 30:50], seen.seen[20:40, 30:50])


def test_sections_fit_the_budget_in_their_order():
    found = list(
        sections(look(), SECTIONS, Stage.GEOMETRY, [ToDo("G1.1", "Square", "width", "1", "2", (0.3, 0.3, 0.7, 0.7))])
    )
    assert {section.name for section in found} == set(SECTIONS) - {"outline", "views"}
    assert "x 17..62" in found[0].caption or found[0].name == "crops"
    assert chosen(found, 0) == [] and chosen(found, 10**6) == found
    budget = sum(section.tokens for section in found[:2])
    assert sum(section.tokens for section in chosen(found, budget)) <= budget
    assert picture_tokens(np.zeros((56, 56, 3), np.uint8)) == 4
    assert Section("grid", "", "x" * 36).tokens == 11


def test_unknown_sections_name_the_nearest():
    assert check_sections(("grid", "crops")) == ("crops", "grid")
    assert set(DEFAULT_SECTIONS) < set(SECTIONS)
    with pytest.raises(UsageError, match="did you mean 'contour'"):
        check_sections(("contuor",))


def test_parameters_tell_what_is_settled_and_what_sits_on_a_bound():
    program = Program.parse(
        "A = 1.0  # @param 0..1 m\nB = 0.5  # @param 0..1\nC = (0.1, 0.2, 0.3)  # @param rgb\nD = 'x'  # @param choice x|y\n\n\n"
        "def geometry():\n    pass\n"
    )
    assert parameter_lines(program, Stage.GEOMETRY, {"B"}).splitlines() == [
        "- A 1 !, in 0..1 m",
        "- B 0.5 *, in 0..1",
        "- C [0.1, 0.2, 0.3], linear rgb 0..1",
        "- D x, one of x|y",
    ]


def test_edges_that_agree_are_faint_and_those_that_do_not_are_bright():
    def bright(seen):
        return np.all(contour(seen) == (0, 255, 80), axis=2)

    assert not bright(look()).any() and not np.array_equal(contour(look()), look().seen)
    moved = bright(look(shift=10))
    assert moved[25:35, 28:32].any(axis=1).all(), "where the target's left edge is and the render's is not"


def test_a_name_lies_in_its_own_object_even_around_another():
    index = np.full((120, 200), 1, np.uint16)
    index[30:90, 60:140] = 2
    grey = np.full((120, 200, 4), 128, np.uint8)
    drawn = labelled(Look(Target.from_array(grey[..., :3]), grey, 640, index, ("", "Floor", "Box")))
    white = np.argwhere(np.all(drawn > 200, axis=2))  # no tint is as bright
    inside = (white[:, 0] >= 30) & (white[:, 0] < 90) & (white[:, 1] >= 60) & (white[:, 1] < 140)
    outer = white[~inside]
    assert inside.any() and len(outer), "both names are written"
    clear = (outer[:, 0] < 28) | (outer[:, 0] >= 92) | (outer[:, 1] < 58) | (outer[:, 1] >= 142)
    assert clear.all(), "the floor's name does not touch the box"


def test_the_legend_shows_what_red_and_blue_mean():
    seen = look()
    drawn = brightness(seen)
    height = seen.seen.shape[0]
    assert drawn.shape[0] > height and tuple(drawn[height + 8, 6]) == (255, 40, 20)


def test_about_eight_ticks_stand_along_the_longer_side():
    plain = np.full((360, 480, 3), 100, np.uint8)
    changed = (ticked(plain) != plain).any(axis=2)
    across = np.flatnonzero(changed[340, :])
    assert set(range(50, 480, 50)) <= set(across) and 75 not in across


def test_lit_and_shadow_are_told_of_each_picture_apart():
    target, render = np.full((20, 20, 3), 255, np.uint8), np.full((20, 20, 4), 255, np.uint8)
    target[:10], target[10:] = (100, 100, 100), (50, 50, 50)
    render[:, :10, :3], render[:, 10:, :3] = (200, 0, 0), (90, 0, 0)
    seen = Look(Target.from_array(target), render, 640, np.ones((20, 20), np.uint8), ("", "Wall"))
    row = object_table(seen).splitlines()[1].split(" | ")
    assert row[:5] == ["Wall", "0,0-20,20", "100.0 %", "200 0 0 / 90 0 0", "100 100 100 / 50 50 50"]


def test_equal_colours_are_no_distance_apart():
    assert object_table(look()).splitlines()[1].endswith("| 200 40 40 / 200 40 40 | 0")


def test_the_largest_objects_come_first_and_specks_not_at_all():
    index = np.zeros(SIZE, np.uint16)
    index[:5, :5], index[10:30, 10:30], index[50, :11], index[40:50, 40:50] = 1, 2, 3, 7
    seen = look()
    names = ("", "Small", "Large", "Speck")
    found = Look(seen.target, seen.render, 640, index, names).regions
    assert [region.name for region in found] == ["Large", "Small"], (
        "11 pixels, and an index without a name, are left out"
    )
    assert len(object_table(Look(seen.target, seen.render, 640, index, names), most=1).splitlines()) == 2


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.2, 0.34, 0.5])
def test_boxes_never_overlap_and_the_worst_is_first(seed, share):
    random = np.random.default_rng(seed)
    target, render = random.integers(0, 256, (48, 64, 3), np.uint8), random.integers(0, 256, (48, 64, 4), np.uint8)
    render[..., 3] = 255
    seen = Look(Target.from_array(target), render, 640)
    boxes = worst_boxes(seen, 3, share)
    apart = np.abs(seen.seen.astype(float) - seen.wanted).sum(axis=2)
    worth = [apart[y0:y1, x0:x1].sum() for x0, y0, x1, y1 in boxes]
    assert worth == sorted(worth, reverse=True)
    for number, (x0, y0, x1, y1) in enumerate(boxes):
        assert 0 <= x0 < x1 <= 64 and 0 <= y0 < y1 <= 48
        for a0, b0, a1, b1 in boxes[:number]:
            assert x1 <= a0 or a1 <= x0 or y1 <= b0 or b1 <= y0


def test_a_section_that_is_too_large_is_passed_over_for_a_later_one():
    large, small = Section("objects", "", "x" * 3600), Section("grid", "", "x" * 36)
    assert chosen([small, large, small], 30) == [small, small]
    assert chosen([large], large.tokens) == [large] and chosen([large], large.tokens - 1) == []
