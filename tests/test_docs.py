"""The guides: their code runs and conforms, their commands resolve, and no link leads nowhere."""

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from seig_search import plugins
from seig_search.config import PlugIn, Settings, load_settings
from seig_search.program import Program
from seig_search.search.parts import make_parts
from seig_search.stages import EDIT_STAGES, Stage
from seig_search.testing import EvaluatorSuite, ProposerSuite, StrategySuite

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ("writing-a-strategy.md", "writing-an-evaluator.md", "writing-a-proposer.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"`(\w+)\.py`:\s*$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(guide: str) -> str:
    return (ROOT / "docs" / guide).read_text(encoding="utf-8")


def blocks(guide: str, language: str) -> list[str]:
    return [match[2] for match in FENCE.finditer(text_of(guide)) if match[1] == language]


def imported(guide: str) -> dict[str, ModuleType]:
    """Import a guide's Python blocks under the file names written above them; errors point into the guide."""
    text, modules = text_of(guide), {}
    for match in FENCE.finditer(text):
        if match[1] != "python":
            continue
        before = text[: match.start()]
        name = FILE_NAME.search(before)
        assert name, f"{guide}: a python block has no file name above it, as in `my_module.py`:"
        module = ModuleType(name[1])
        sys.modules[module.__name__] = modules[module.__name__] = module
        lines_above = "\n" * (before.count("\n") + 1)
        exec(compile(lines_above + match[2], str(ROOT / "docs" / guide), "exec"), vars(module))
    return modules


MODULES = {guide: imported(guide) for guide in GUIDES}

# pytest collects these as if the guides' test files were here.
TestTournament = MODULES["writing-a-strategy.md"]["test_tournament"].TestTournament
TestDarks = MODULES["writing-an-evaluator.md"]["test_darks"].TestDarks
TestNudge = MODULES["writing-a-proposer.md"]["test_nudge"].TestNudge


@pytest.mark.parametrize(
    ("test_class", "suite"),
    [(TestTournament, StrategySuite), (TestDarks, EvaluatorSuite), (TestNudge, ProposerSuite)],
)
def test_the_guides_run_the_whole_suite(test_class, suite):
    assert issubclass(test_class, suite)
    replaced = {name for name in vars(test_class) if name.startswith("test_")}
    assert not replaced, f"a guide's test class replaces the suite's {replaced}"


def commands() -> list[tuple[str, list[str]]]:
    found = []
    for guide in GUIDES:
        for block in blocks(guide, "sh"):
            lines = block.replace("\\\n", " ").splitlines()
            found += [(guide, shlex.split(line)) for line in lines if line.startswith("seig run")]
    return found


def point_names() -> dict[str, str]:
    """Give where each entry point of the guides leads, by its name."""
    names = {}
    for guide in GUIDES:
        for block in blocks(guide, "toml"):
            for points in tomllib.loads(block)["project"]["entry-points"].values():
                names |= points
    return names


def resolved(command: list[str]) -> Settings:
    """Resolve a command's settings as ``seig run`` does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--strategy")
    parser.add_argument("--set", action="append", default=[], dest="sets")
    flags, _ = parser.parse_known_args(command)
    plugins = {"strategy": PlugIn(name=flags.strategy)} if flags.strategy else {}
    settings = load_settings("draft", flags.sets, plugins=plugins)
    # No entry point is installed here: its name stands for what it leads to.
    leads = point_names()
    named = {"strategy.name": settings.strategy.name, "proposer.name": settings.proposer.name}
    changed = {path: leads[name] for path, name in named.items() if name in leads}
    return load_settings("draft", flags.sets, {"strategy": settings.strategy.model_dump(), **changed})


@pytest.mark.parametrize("command", [command for _, command in commands()], ids=lambda command: " ".join(command[5:]))
def test_commands_name_settings_and_plugins_that_exist(command):
    make_parts(resolved(command))


def test_settings_in_the_commands_reach_the_plugins():
    parts = [make_parts(resolved(command)) for _, command in commands()]
    strategies = [part.make_strategy() for part in parts]
    assert 5 in [strategy.size for strategy in strategies if hasattr(strategy, "size")]
    assert 0.2 in [part.proposer.spread for part in parts if hasattr(part.proposer, "spread")]


def test_every_guide_shows_commands():
    assert {guide for guide, _ in commands()} == set(GUIDES)


@pytest.mark.parametrize("guide", GUIDES)
def test_entry_points_lead_to_plugins_of_their_group(guide):
    points = [tomllib.loads(block)["project"]["entry-points"] for block in blocks(guide, "toml")]
    assert points
    for groups in points:
        for group, names in groups.items():
            package, _, kind = group.partition(".")
            assert package == "seig_search"
            for where in names.values():
                plugins.make(kind, where)


def test_a_metric_of_ones_own_counts_when_it_is_weighed():
    (command,) = [command for guide, command in commands() if guide == "writing-an-evaluator.md"]
    sets = [command[place + 1] for place, word in enumerate(command) if word == "--set"]
    parts = make_parts(load_settings("draft", sets))
    metrics = {"ssim": 0.5, "deltae": 20.0}
    scores = [parts.scorer.score({**metrics, "darks": darks}, Stage.LIGHTING).value for darks in (0.2, 0.8)]
    assert scores[0] < scores[1]


def test_the_proposers_first_program_has_no_problems():
    ball = Program.parse(MODULES["writing-a-proposer.md"]["nudge"].BALL)
    assert ball.lint() == []
    assert {parameter.stage for parameter in ball.parameters} == set(EDIT_STAGES)


@pytest.mark.blender
def test_the_proposers_first_program_runs_alone_in_blender(tmp_path):
    program = tmp_path / "ball.py"
    names = "sorted(thing.type for thing in bpy.context.scene.objects)"
    program.write_text(
        MODULES["writing-a-proposer.md"]["nudge"].BALL + f"    print({names}, bool(bpy.context.scene.camera))\n"
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "['CAMERA', 'LIGHT', 'MESH', 'MESH'] True" in done.stdout


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page):
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    nowhere = []
    for link in LINK.findall(prose):
        path = link.partition("#")[0]
        if not path or re.match(r"[a-z]+:", path):
            continue
        place = (page.parent / path).resolve()
        if not place.exists() and ROOT / "docs/images" not in place.parents:
            nowhere.append(link)
    assert not nowhere, f"{page.name} links to files that do not exist: {nowhere}"
