import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seig_search.blender_pool import PoolOptions, sandbox
from seig_search.blender_pool.liveness import is_running, wait_until_gone
from seig_search.blender_pool.locate import Blender, find_blender
from seig_search.errors import SeigError, UsageError

SPEC = {"memory_mb": 3000, "cpu_s": 700, "file_mb": 5, "files": 99, "forks": False, "folder": "/nowhere"}
SPEC |= sandbox.walls("bpy", sys.executable, [], [], on=False, gpu=False)
LAUNCHER = [sys.executable, "-I", "-S", str(sandbox.LAUNCHER)]


@pytest.mark.parametrize(
    "options",
    [{"workers": -1}, {"deadline_s": 0}, {"retries": -1}, {"recycle_after": 0}, {"memory_mb": -5}],
)
def test_options_out_of_range_are_named(options):
    with pytest.raises(UsageError, match=next(iter(options))):
        PoolOptions(**options)


@pytest.mark.parametrize(
    ("options", "cores", "shared"),
    [
        ({}, 8, (8, 1)),
        ({"workers": 2}, 8, (2, 4)),
        ({"threads": 4}, 8, (2, 4)),
        ({"workers": 4}, 2, (4, 1)),
        ({"workers": 3, "threads": 5}, 2, (3, 5)),
        ({"threads": 16}, 2, (1, 16)),
    ],
)
def test_cores_are_shared_out(options, cores, shared):
    assert PoolOptions(**options).shared_out(cores) == shared


def test_a_missing_binary_says_what_was_tried_and_what_to_install():
    with pytest.raises(SeigError, match=r"'/nowhere/blender'.*pip install bpy"):
        find_blender("/nowhere/blender")


def test_auto_falls_back_to_a_binary_on_the_path(tmp_path, monkeypatch):
    binary = tmp_path / "blender"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert find_blender("auto") == Blender("binary", str(binary))
    with pytest.raises(SeigError, match="module bpy"):
        find_blender("bpy")


def test_a_binary_runs_the_worker_in_the_background_with_its_arguments_last():
    command = Blender("binary", "/opt/blender/blender").command(Path("/scratch"), ["--control", "5"])
    assert command[:3] == ["/opt/blender/blender", "--background", "--factory-startup"]
    assert command[command.index("--python") + 1].endswith("main.py")
    assert command[command.index("--") + 1 :] == ["--control", "5", "--scratch", "/scratch"]


def test_the_environment_holds_no_keys_and_no_home(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    environment = sandbox.child_environment(tmp_path)
    assert "secret" not in str(environment)
    assert not {"HTTPS_PROXY", "PYTHONPATH"} & set(environment)
    assert environment["HOME"] == str(tmp_path)


def launched(code, **options):
    """What a process behind the walls prints, and the launcher's report."""
    reader, writer = os.pipe()
    command = [*LAUNCHER, json.dumps({**SPEC, "parent": os.getpid()}), str(writer), "--", sys.executable, "-c", code]
    try:
        printed = subprocess.run(command, pass_fds=(writer,), capture_output=True, text=True, check=False, **options)
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        frame = pipe.read()
    return printed, json.loads(frame[4:])["sandbox"]


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are Linux's")
def test_every_layer_holds_in_the_process_it_becomes():
    code = """if True:
        import resource as r
        print([r.getrlimit(x) for x in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE)])
        print([line for line in open("/proc/self/status") if line.startswith("NoNewPrivs")])
    """
    printed, report = launched(code)
    limits, flags = printed.stdout.splitlines()
    assert limits == str([(n, n) for n in (3000 << 20, 700, 5 << 20, 99, 0)])
    assert "1" in flags
    held = {"death_with_parent", "no_new_privileges", "resource_limits"}
    assert {name for name, state in report.items() if state is True} == held
    assert {report[name] for name in ("file_tree", "landlock_files", "system_calls")} == {"switched off"}


def test_a_command_that_is_not_there_is_told():
    reader, writer = os.pipe()
    spec = json.dumps({**SPEC, "parent": os.getpid()})
    done = subprocess.run(
        [*LAUNCHER, spec, str(writer), "--", "/nowhere"], pass_fds=(writer,), capture_output=True, check=False
    )
    os.close(reader)
    os.close(writer)
    assert done.returncode == 127
    assert b"/nowhere" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the signal is Linux's")
def test_a_process_behind_the_walls_dies_with_its_supervisor():
    code = f"""if True:
        import json, os, subprocess, sys, time
        r, w = os.pipe()
        spec = json.dumps({{**{SPEC!r}, "parent": os.getpid()}})
        child = subprocess.Popen(
            [*{LAUNCHER!r}, spec, str(w), "--", sys.executable, "-c", "print(1, flush=True); import time; time.sleep(600)"],
            pass_fds=(w,), stdout=subprocess.PIPE,
        )
        child.stdout.readline()
        print(child.pid, flush=True)
        time.sleep(600)
    """
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(supervisor.stdout.readline())
    assert is_running(child)
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    supervisor.stdout.close()
    assert wait_until_gone([child], 20) == []


def test_a_supervisor_that_is_already_dead_gets_no_orphan():
    reader, writer = os.pipe()
    spec = json.dumps({**SPEC, "parent": 1 if os.getpid() != 1 else 2})
    done = subprocess.run(
        [*LAUNCHER, spec, str(writer), "--", sys.executable, "-c", "print('ran')"],
        pass_fds=(writer,),
        capture_output=True,
        check=False,
    )
    os.close(reader)
    os.close(writer)
    assert (done.returncode, done.stdout) == (0, b"")
