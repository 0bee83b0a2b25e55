"""Attempts on the walls: each is first shown to work without them, then to be stopped by them."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.sandbox import missing_layers
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.render import RenderJob

from .attempts_files import CODE, READ, WRITE
from .attempts_outwards import KERNEL, NETWORK, PROCESSES, RUN
from .world import TINY, hide_blend, make_world, program

pytestmark = [pytest.mark.blender, pytest.mark.slow]

GROUPS = {
    "read": READ,
    "write": WRITE,
    "code": CODE,
    "run": RUN,
    "network": NETWORK,
    "processes": PROCESSES,
    "kernel": KERNEL,
}
ATTEMPTS = [pytest.param(group, name, id=f"{group}-{name}") for group, texts in GROUPS.items() for name in texts]
CANARY = "import bpy\nbpy.data.objects['Cube'].rotation_euler.z = 0.3\n"


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "SECRET-key")
        world, secret = make_world(stack, tmp_path_factory.mktemp("world"))
        supervisors = {}
        for sandbox in ("off", "auto"):
            supervisor = Supervisor(PoolOptions(deadline_s=10, sandbox=sandbox), threads=1)
            stack.callback(supervisor.stop)
            layers = supervisor.start()["sandbox"]
            if sandbox == "auto" and missing_layers(layers):
                pytest.skip(f"this system lacks walls: {missing_layers(layers)}")
            supervisors[sandbox] = supervisor
        hide_blend(supervisors["off"], world, secret)
        expected = supervisors["auto"].render(RenderJob(CANARY, TINY)).result.pixels
        yield supervisors, world, expected


def outside(world):
    """What an attempt may have changed outside, as far as the tests look."""
    places = [Path(world["out"]), Path(world["mark"]).parent, Path(world["shm"]), Path(world["tmp"])]
    found = []
    for place in places:
        for path in sorted({place, *place.rglob("*")} if place.is_dir() else {place}):
            if path.exists() or path.is_symlink():
                status = path.lstat()
                found.append((str(path), status.st_mode, status.st_uid, status.st_size if path.is_file() else 0))
                found.append(
                    (status.st_nlink if path.is_file() else 0, int(status.st_mtime) if path.name == "old" else 0)
                )
    found += [Path(world["dir"], "hard").exists(), sorted(_attributes(Path(world["out"], "old")))]
    return found


def _attributes(path):
    import os

    return os.listxattr(path) if path.exists() else []


def restore(world):
    for place in (Path(world["out"]), Path(world["mark"]).parent):
        shutil.rmtree(place)
        place.mkdir()
    (Path(world["out"]) / "old").write_text("old")
    for place in (world["shm"], world["tmp"], world["dir"] + "/hard"):
        Path(place).unlink(missing_ok=True)


def attack(stage, sandbox, group, name):
    """Whether it succeeded, and the answer."""
    supervisors, world, _ = stage
    restore(world)
    before = outside(world)
    answer = supervisors[sandbox].render(RenderJob(program(GROUPS[group][name], world), TINY))
    proved = answer.result is not None and answer.result.error is not None and answer.result.error.kind == "Proof"
    return proved or outside(world) != before, answer


@pytest.mark.parametrize(("group", "name"), ATTEMPTS)
def test_it_works_without_walls(stage, group, name):
    succeeded, answer = attack(stage, "off", group, name)
    assert succeeded, (answer.cause, answer.result and answer.result.error, answer.output)


@pytest.mark.parametrize(("group", "name"), ATTEMPTS)
def test_it_is_stopped_and_the_next_job_is_right(stage, group, name):
    succeeded, answer = attack(stage, "auto", group, name)
    assert not succeeded, answer
    assert answer.result is not None or answer.cause in ("Crash", "Protocol", "Timeout")
    if answer.result is not None and answer.result.error is not None:
        assert answer.result.error.kind not in ("SyntaxError", "NameError", "IndentationError")
    supervisors, _, expected = stage
    after = supervisors["auto"].render(RenderJob(CANARY, TINY))
    assert np.array_equal(after.result.pixels, expected)
