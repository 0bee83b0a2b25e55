"""How a plug-in is picked, and what is said when it cannot be."""

import pytest

from seig_search.errors import UsageError
from seig_search.plugins import BUILT_IN, listing, load, make, resolve
from seig_search.strategies import Beam, Greedy


class Own(Greedy):
    """A strategy of one's own."""


class Anything:
    """Takes any setting."""

    def __init__(self, **settings):
        self.settings = settings

    begin = ask = tell = None


class Demanding(Greedy):
    """Needs a setting."""

    def __init__(self, *, width):
        if width > 9:
            raise ValueError("width is at most 9")
        super().__init__()


def test_by_name_class_module_and_instance():
    assert isinstance(make("strategies", "beam", width=5), Beam)
    assert isinstance(make("strategies", Own, k=2), Own)
    assert isinstance(make("strategies", "seig_search.strategies.greedy:Greedy"), Greedy)
    instance = Own()
    assert make("strategies", instance) is instance


def test_origins():
    assert resolve("strategies", "beam").origin == "built-in"
    assert resolve("strategies", Own).origin == "class"
    assert resolve("strategies", Own()).origin == "instance"
    assert resolve("strategies", "seig_search.strategies:Beam").origin == "module"


@pytest.mark.parametrize(
    ("group", "what", "settings", "says"),
    [
        ("strategies", "beem", {}, "did you mean 'beam'"),
        ("strategies", "xyzzy", {}, "known: beam, best_of_n, greedy"),
        ("strategy", "beam", {}, "did you mean 'strategies'"),
        ("strategies", "beam", {"widht": 3}, r"beam has no setting 'widht'; did you mean 'width'\? \(accepted: width"),
        ("strategies", "beam", {"width": 0}, "width must be a whole number of at least 1, got 0"),
        ("strategies", Demanding, {}, "needs the setting width"),
        ("strategies", Demanding, {"width": 10}, r"refused its settings \(width=10\): width is at most 9"),
        ("strategies", Demanding, {"width": "3"}, "refused its settings"),
        ("strategies", Greedy(), {"k": 3}, "is an instance"),
        ("strategies", object(), {}, "has no begin, ask, tell"),
        ("strategies", "seig_search.errors:SeigError", {}, "has no begin, ask, tell"),
        ("strategies", "seig_search.strategies:Bean", {}, "has no 'Bean'; did you mean 'Beam'"),
        ("strategies", "seig_search.no_such:Thing", {}, "there is no module 'seig_search.no_such'"),
        ("strategies", "not a name:Thing", {}, "expected 'package.module:Class'"),
        ("strategies", "seig_search.strategies:", {}, "expected 'package.module:Class'"),
        ("strategies", "seig_search.plugins:GROUPS", {}, "is no class"),
        ("evaluators", Own, {}, "cannot serve among the evaluators: it has no metrics, evaluate"),
    ],
)
def test_what_cannot_be_picked_is_told(group, what, settings, says):
    with pytest.raises(UsageError, match=says):
        make(group, what, **settings)


def test_any_setting_is_passed_where_any_is_taken():
    assert make("strategies", Anything, a=1, b=2).settings == {"a": 1, "b": 2}


def test_the_same_settings_make_a_fresh_one_each_time():
    assert make("strategies", "beam") is not make("strategies", "beam")


def test_listing_has_every_built_in_and_says_what_it_is():
    infos = [info for info in listing() if info.origin == "built-in"]
    assert {(i.group, i.name) for i in infos} == {(g, n) for g, names in BUILT_IN.items() for n in names}
    assert [i.name for i in listing("strategies") if i.origin == "built-in"] == ["beam", "best_of_n", "greedy"]


@pytest.mark.parametrize(("group", "name"), [(g, n) for g, names in BUILT_IN.items() for n in names])
def test_every_built_in_is_there_and_described(group, name):
    (info,) = (i for i in listing(group) if i.name == name)
    assert info.error is None
    assert info.summary
    assert isinstance(load(info.where), type)


def test_listing_an_unknown_group_is_told():
    with pytest.raises(UsageError, match="did you mean 'tuners'"):
        listing("tuner")
