"""Settings: every preset is sound, and a wrong key is told with the nearest right one."""

import pytest
import yaml

from seig_search.config import PlugIn, Settings, load_settings, preset_names
from seig_search.errors import UsageError


@pytest.mark.parametrize("name", preset_names())
def test_presets_load_and_survive_the_run_folder(name):
    settings = load_settings(name)
    assert Settings.model_validate(yaml.safe_load(settings.to_yaml())) == settings


def test_the_issued_presets_exist():
    assert {"draft", "balanced", "best"} <= set(preset_names())


def test_flags_win_over_sets_and_sets_over_the_preset():
    settings = load_settings("draft", ["budget.renders=7", "seed=3"], {"seed": 5})
    assert (settings.budget.renders, settings.seed) == (7, 5)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("buget.renders=3", "unknown setting 'buget'.*'budget'"),
        ("budget.rendrs=3", "unknown setting 'budget.rendrs'.*'renders'"),
        ("stages.lighting.shar=1", "unknown setting 'stages.lighting.shar'.*'share'"),
        ("stages.lightning.share=1", "unknown stage 'lightning'.*'lighting'"),
        ("seed=-1", "'seed'.*greater than or equal to 0.*-1"),
        ("fidelity.search.engine=EVE", "CYCLES.*EEVEE.*WORKBENCH"),
        ("seed.a=1", "'seed'"),
        ("nonsense", "KEY.KEY=VALUE"),
        ("seed=[", "not YAML"),
    ],
)
def test_a_wrong_setting_is_explained(entry, message):
    with pytest.raises(UsageError, match=message):
        load_settings("draft", [entry])


def test_an_unknown_preset_names_the_near_ones():
    with pytest.raises(UsageError, match="'draft'"):
        load_settings("drat")


def test_a_settings_file_can_take_the_place_of_a_preset(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(load_settings("draft", ["seed=11"]).to_yaml())
    assert load_settings(path).seed == 11
    with pytest.raises(UsageError, match=r"nowhere\.yaml"):
        load_settings(tmp_path / "nowhere.yaml")


def test_a_fidelity_never_exceeds_the_target():
    level = load_settings("draft").fidelity.final
    fidelity = level.fidelity(120, 60, seed=4)
    assert (fidelity.width, fidelity.height, fidelity.seed) == (120, 60, 4)


def test_a_plugin_named_by_a_flag_takes_its_settings_from_sets_and_not_from_the_preset():
    named = {"strategy": PlugIn(name="greedy")}
    settings = load_settings("balanced", ["strategy.settings.k=12"], plugins=named)
    assert settings.strategy == PlugIn(name="greedy", settings={"k": 12})
    assert load_settings("balanced", ["strategy.name=beam"], plugins=named).strategy.name == "greedy"
