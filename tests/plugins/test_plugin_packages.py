"""Plug-ins from packages of their own, as another process finds them."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seig_search.testing import EvaluatorSuite, StrategySuite

HERE = Path(__file__).parent


def dist_info(site: Path, project: dict) -> None:
    """Write what an installer writes about a project."""
    folder = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    folder.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (folder / "METADATA").write_text(metadata)
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {where}" for name, where in points.items()), ""]
    (folder / "entry_points.txt").write_text("\n".join(lines))


def install(package: Path, site: Path) -> None:
    """Put a package where Python finds it, without a build tool, which need not be installed."""
    data = tomllib.loads((package / "pyproject.toml").read_text())
    for name in data["tool"]["setuptools"].get("packages", ()):
        shutil.copytree(package / name, site / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in data["tool"]["setuptools"].get("py-modules", ()):
        site.mkdir(exist_ok=True)
        shutil.copy(package / f"{name}.py", site)
    dist_info(site, data["project"])


def elsewhere(site: Path, code: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Run code in a fresh interpreter that finds what is installed in ``site``."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


LIST = """
import json
from dataclasses import asdict
from seig_search.plugins import listing
print(json.dumps([asdict(info) for info in listing()]))
"""


def pick(what: str, group: str = "strategies", **settings) -> str:
    return f"""
from seig_search.errors import UsageError
from seig_search.plugins import make
try:
    print("made", make({group!r}, {what!r}, **{settings!r}).__class__.__name__)
except UsageError as error:
    print("told", error)
"""


def test_an_installed_package_is_listed_and_made(tmp_path):
    install(HERE / "sample_package", tmp_path)
    infos = {(i["group"], i["name"]): i for i in json.loads(elsewhere(tmp_path, LIST).stdout)}
    info = infos["strategies", "random_walk"]
    assert info["origin"] == "seig-sample-strategy 1.2.0"
    assert info["error"] is None
    assert info["summary"].startswith("Walk from candidate to candidate")
    assert ("evaluators", "brightness") in infos
    assert ("strategies", "greedy") in infos
    assert elsewhere(tmp_path, pick("random_walk", jump=0.5)).stdout.strip() == "made RandomWalk"
    assert elsewhere(tmp_path, pick("brightness", "evaluators")).stdout.strip() == "made Brightness"


def test_a_wrong_setting_of_an_installed_package_is_told(tmp_path):
    install(HERE / "sample_package", tmp_path)
    told = elsewhere(tmp_path, pick("random_walk", jumps=0.5)).stdout
    assert told.startswith("told") and "'jumps'" in told and "did you mean 'jump'" in told


def test_a_broken_package_warns_is_listed_and_fails_when_picked(tmp_path):
    install(HERE / "sample_package", tmp_path)
    install(HERE / "broken_package", tmp_path)
    listed = elsewhere(tmp_path, LIST)
    infos = {i["name"]: i for i in json.loads(listed.stdout)}
    assert "a_dependency_that_is_not_installed" in infos["broken_walk"]["error"]
    assert infos["random_walk"]["error"] is None
    assert "PluginWarning" in listed.stderr and "seig-broken-strategy 0.3" in listed.stderr
    told = elsewhere(tmp_path, pick("broken_walk")).stdout
    assert told.startswith("told") and "seig-broken-strategy 0.3" in told
    assert "a_dependency_that_is_not_installed" in told


@pytest.mark.parametrize(
    ("name", "owners"),
    [("random_walk", ("seig-sample-strategy 1.2.0", "another-walk 9.0")), ("greedy", ("built-in", "another-walk 9.0"))],
)
def test_two_of_one_name_are_an_error_that_names_both(tmp_path, name, owners):
    install(HERE / "sample_package", tmp_path)
    points = {"seig_search.strategies": {name: "seig_sample_strategy:RandomWalk"}}
    dist_info(tmp_path, {"name": "another-walk", "version": "9.0", "entry-points": points})
    told = elsewhere(tmp_path, pick(name)).stdout
    assert told.startswith("told")
    assert all(owner in told for owner in owners), told
    listed = [i for i in json.loads(elsewhere(tmp_path, LIST).stdout) if i["name"] == name]
    assert len(listed) == 2
    assert all(owner in info["error"] for owner in owners for info in listed)
    assert elsewhere(tmp_path, pick("beam")).stdout.strip() == "made Beam"


def test_a_class_in_a_file_of_the_working_directory(tmp_path):
    shutil.copy(HERE / "sample_package/seig_sample_strategy/__init__.py", tmp_path / "my_walk.py")
    code = "import sys; sys.path.remove('')\n" + pick("my_walk:RandomWalk")
    done = elsewhere(tmp_path / "nowhere", code, cwd=tmp_path)
    assert done.stdout.strip() == "made RandomWalk", done.stderr


def test_importing_the_table_is_light(tmp_path):
    code = "import sys, seig_search.plugins\nprint([m for m in ('numpy', 'PIL', 'torch', 'ray') if m in sys.modules])"
    assert elsewhere(tmp_path, code).stdout.strip() == "[]"


def sample():
    path = HERE / "sample_package/seig_sample_strategy/__init__.py"
    spec = importlib.util.spec_from_file_location("seig_sample_strategy", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestRandomWalk(StrategySuite):
    def make(self):
        return sample().RandomWalk(jump=0.3)


class TestBrightness(EvaluatorSuite):
    def make(self):
        return sample().Brightness()
