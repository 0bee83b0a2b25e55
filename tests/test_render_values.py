"""Views, jobs and fidelities as values: what can be said, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.errors import UsageError
from seig_search.fidelity import LADDER, Fidelity
from seig_search.render import LAYERS, RenderJob, View

SMALL = Fidelity(8, 8)
degrees = st.floats(-1e6, 1e6)
names = st.text(min_size=1).filter(lambda text: text == text.strip())
views = st.one_of(
    st.sampled_from([View(), View("top")]),
    st.builds(View, st.sampled_from(["orbit", "turntable"]), degrees, degrees),
    st.builds(View, st.just("object"), degrees, degrees, names),
)


@given(view=views)
def test_a_view_reads_back_from_its_text(view):
    assert View.parse(str(view)) == view


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("turntable:30,-5.5", View("turntable", 30, -5.5)),
        ("object:Mug", View("object", 30, 20, "Mug")),
        ("object:me@home", View("object", 30, 20, "me@home")),
        ("object:me@home@1,2", View("object", 1, 2, "me@home")),
    ],
)
def test_forms_of_views(text, view):
    assert View.parse(text) == view


@pytest.mark.parametrize("text", ["", "left", "orbit", "orbit:1", "turntable:1,inf", "object:", "top:1,2"])
def test_what_is_no_view_is_refused_with_the_forms(text):
    with pytest.raises(UsageError, match="turntable:AZIMUTH,ELEVATION"):
        View.parse(text)


def test_a_view_that_makes_no_sense_is_refused():
    with pytest.raises(UsageError, match="name"):
        View("object")
    with pytest.raises(UsageError, match="name"):
        View("top", name="Mug")
    with pytest.raises(UsageError, match="finite"):
        View("orbit", math.nan, 0)


def test_jobs_refuse_passes_that_do_not_exist_or_that_the_engine_lacks():
    with pytest.raises(UsageError, match="'depth'"):
        RenderJob("", SMALL, passes=("dept",))
    with pytest.raises(UsageError, match="WORKBENCH does not give depth, lights"):
        RenderJob("", Fidelity(8, 8, engine="WORKBENCH"), passes=("lights", "facts", "depth"))
    assert RenderJob("", Fidelity(8, 8, engine="EEVEE"), passes=("facts", "blend")).layers == ()


def test_a_jobs_key_holds_passes_view_and_every_field_of_the_fidelity():
    jobs = [
        RenderJob("", SMALL),
        RenderJob("", SMALL, passes=("depth",)),
        RenderJob("", Fidelity(8, 8, adaptive=0.1)),
        RenderJob("", Fidelity(8, 8, denoise=True)),
        RenderJob("", SMALL, view=View("turntable", 30, 1)),
        RenderJob("", SMALL, view=View("turntable", 30.0000001, 1)),
        RenderJob("", SMALL, view=View("object", 30, 1, "a")),
    ]
    assert len({job.key for job in jobs}) == len(jobs)
    assert RenderJob("", SMALL, passes=LAYERS).key == RenderJob("", SMALL, passes=LAYERS[::-1] + LAYERS).key


@pytest.mark.parametrize("name", LADDER)
def test_named_fidelities_keep_the_aspect(name):
    fidelity = Fidelity.named(name, 2.0, seed=3)
    assert (fidelity.width, fidelity.height, fidelity.seed) == (LADDER[name][0], LADDER[name][0] // 2, 3)


def test_a_wrong_rung_or_threshold_is_refused():
    with pytest.raises(UsageError, match="'normal'"):
        Fidelity.named("norml")
    with pytest.raises(UsageError, match="adaptive"):
        Fidelity(8, 8, adaptive=1.5)
