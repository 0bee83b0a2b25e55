"""Systems that lack walls, played by a filter that refuses the calls they are made of, as containers do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seig_search.blender_pool import worker
from seig_search.blender_pool.sandbox import complaint

pytestmark = [
    pytest.mark.blender,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Linux's walls"),
]

PLAY = """
import ctypes, errno, json, os, platform, struct, sys
sys.path.insert(0, sys.argv[1])
from kernel import NUMBERS, SAME, invoke, prctl
numbers = {**NUMBERS[platform.machine()], **SAME}
refuse = lambda error: (6, 0, 0, 0x50000 | error)
code = [(0x20, 0, 0, 0)]
missing = sys.argv[2].split(",")
if "landlock" in missing:
    code += [(0x15, 0, 1, numbers["landlock_create_ruleset"]), refuse(errno.ENOSYS)]
if "seccomp" in missing:
    code += [(0x15, 0, 1, numbers["seccomp"]), refuse(errno.EINVAL)]
if "namespaces" in missing:
    code += [(0x15, 0, 3, numbers["clone"]), (0x20, 0, 0, 16), (0x45, 0, 1, 0x10000000), refuse(errno.EPERM)]
code += [(6, 0, 0, 0x7fff0000)]
body = b"".join(struct.pack("=HBBI", *line) for line in code)
lines = ctypes.create_string_buffer(body, len(body))
head = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(lines)))
prctl(38, 1)
invoke("seccomp", 1, 1, head)
del sys.path[0]

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.conversation import ChildLost
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob
supervisor = Supervisor(PoolOptions(sandbox=sys.argv[3]), threads=int(sys.argv[4]))
try:
    layers = supervisor.start()["sandbox"]
    text = f"import os\\nassert not os.access({sys.argv[5]!r}, 0)\\nopen({sys.argv[5]!r})"
    fidelity = Fidelity(16, 12, samples=1)
    told = {
        "layers": layers,
        "good": supervisor.render(RenderJob("import bpy", fidelity)).result.status,
        "read": supervisor.render(RenderJob(f"open({sys.argv[5]!r})", fidelity)).result.status,
        "net": supervisor.render(RenderJob("import socket\\nsocket.socket()", fidelity)).result.status,
    }
except ChildLost as lost:
    told = {"refused": lost.message}
finally:
    supervisor.stop()
print(json.dumps(told))
"""


def play(tmp_path, missing, sandbox="auto", threads=1):
    secret = tmp_path / "secret"
    secret.write_text("x")
    folder = str(Path(worker.__file__).parent)
    words = [sys.executable, "-c", PLAY, folder, missing, sandbox, str(threads), str(secret)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("threads", [1, 2])
def test_without_namespaces_landlock_and_the_filter_hold(tmp_path, threads):
    told = play(tmp_path, "namespaces", threads=threads)
    assert (told["good"], told["read"], told["net"]) == ("ok", "broken", "broken")
    assert "refuses namespaces" in told["layers"]["file_tree"]
    assert told["layers"]["landlock_files"] is True
    assert told["layers"]["system_calls"] is True


def test_without_landlock_and_the_filter_the_namespaces_hold(tmp_path):
    told = play(tmp_path, "landlock,seccomp")
    assert (told["good"], told["read"]) == ("ok", "broken")
    assert told["layers"]["file_tree"] is True
    assert "no Landlock" in told["layers"]["landlock_files"]
    assert "failed" in told["layers"]["system_calls"]


@pytest.mark.parametrize(
    ("missing", "wall"), [("namespaces", "file_tree"), ("landlock", "landlock_files"), ("seccomp", "system_calls")]
)
def test_a_required_sandbox_refuses_and_names_what_is_missing(tmp_path, missing, wall):
    told = play(tmp_path, missing, "require")
    assert wall in told["refused"]
    assert "\n" not in told["refused"]


def test_the_complaint_names_each_cause_once():
    text = complaint({"a": "no kernel", "b": "no kernel", "c": True, "d": "no luck"}, "auto")
    assert "a, b (no kernel)" in text
    assert "d (no luck)" in text
    assert complaint({"a": True}, "require") == ""
    assert "switched off" in complaint({}, "off")
