"""What a verifier may say: numbers, or it is asked again."""

import pytest

from seig_search.stages import Stage
from seig_search.verification import Review, Thing
from seig_search.verifiers.reading import Unreadable, read_coverage, read_inventory, read_review

THINGS = [Thing("Cup"), Thing("Saucer"), Thing("Small spoon")]


def review(text, earlier=(Stage.GEOMETRY,)):
    return read_review(text, "M3", earlier, 200, 100)


def test_an_approval():
    assert review('Looks right.\n```json\n{"approved": true, "todo": [], "summary": "all there"}\n```') == Review(
        True, summary="all there"
    )


def test_items_get_ids_and_boxes_in_shares():
    found = review(
        '{"approved": false, "todo": [{"part": "Cup", "attribute": "width", "now": "50 px", "wanted": "60 px", '
        '"box": [100, 75, 20, 25]}, {"part": "Cup", "attribute": "colour", "now": [200, 10, 10], "wanted": "180 20 20"}]}'
    )
    assert [item.id for item in found.todo] == ["M3.1", "M3.2"]
    assert found.todo[0].box == (0.1, 0.25, 0.5, 0.75) and found.todo[1].box is None
    assert found.todo[1].now == "200, 10, 10"
    assert Review.from_dict(found.as_dict()) == found


def test_adjectives_are_left_out():
    found = review(
        '{"approved": false, "todo": [{"part": "Cup", "attribute": "colour", "now": "too dark", "wanted": "brighter"},'
        '{"part": "Spoon", "attribute": "presence", "now": "absent", "wanted": "present"}]}'
    )
    assert [item.part for item in found.todo] == ["Spoon"]


def test_approved_with_something_left_is_not_approved():
    text = '{"approved": true, "todo": [{"part": "Cup", "attribute": "width", "now": "1 px", "wanted": "2 px"}]}'
    assert not review(text).approved


def test_only_an_earlier_stage_can_be_at_fault():
    text = '{"approved": false, "todo": [], "fault": "Geometry"}'
    assert review(text).fault is Stage.GEOMETRY
    with pytest.raises(Unreadable, match="does not approve"):
        review(text, earlier=())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("I like it.", "no JSON object"),
        ('{"todo": []}', '"approved" must be true or false'),
        ('{"approved": false, "todo": "all"}', '"todo" must be a list'),
        ('{"approved": false, "todo": []}', "must say what is left"),
        ('{"approved": false, "todo": [{"part": "Cup", "now": "dark", "wanted": "light"}]}', "of 1 items none gives"),
        ('{"approved": false, "todo": [', '"approved" must|no JSON object'),
    ],
)
def test_what_cannot_be_read_says_why(text, reason):
    with pytest.raises(Unreadable, match=reason):
        review(text)


def test_an_inventory():
    found = read_inventory(
        '{"things": [{"name": "Cup", "what": "red", "box": [0, 0, 100, 50]}, "Spoon", {"name": "Cup"}]}', 200, 100
    )
    assert found == (Thing("Cup", "red", (0.0, 0.0, 0.5, 0.5)), Thing("Spoon"))
    with pytest.raises(Unreadable, match="names nothing"):
        read_inventory('{"things": [{}]}', 200, 100)


def test_coverage_counts_what_is_not_mentioned_as_missing():
    found = read_coverage('{"present": ["cup", "Smal spoon", "Lamp"], "missing": []}', THINGS)
    assert found.present == ("Cup", "Small spoon") and found.missing == ("Saucer",)
    assert found.share == pytest.approx(2 / 3)
    with pytest.raises(Unreadable, match="none of the things asked about: Cup, Saucer, Small spoon"):
        read_coverage('{"present": ["Lamp"]}', THINGS)
