"""Programs that try to exhaust the machine, to garble their output, or to reach the job after them."""

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.render import RenderJob

from .world import PREFIX, TINY

pytestmark = [pytest.mark.blender, pytest.mark.slow]

CANARY = """
import atexit, builtins, gc, json, os, random, signal, sys, threading
import bpy, numpy
assert json.dumps([1]) == '[1]' and len([1]) == 1 and int(numpy.sum([1, 2])) == 3
assert threading.active_count() == 1 and not hasattr(builtins, 'left')
assert os.listdir() == ['program.py'], os.listdir()
assert 'LEFT' not in os.environ and os.umask(0o022) == 0o022
assert not [m for m in sys.modules if m.startswith('left')] and sys.gettrace() is None and sys.getprofile() is None
assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
assert not [f for f in (*bpy.app.handlers.render_pre, *bpy.app.handlers.load_post) if f.__name__ in ('f', '<lambda>')]
assert 'left' not in bpy.app.driver_namespace
assert sorted(bpy.data.objects.keys()) == ['Camera', 'Cube', 'Light']
assert not hasattr(bpy.types.Scene, 'left') and not hasattr(bpy.types, 'LEFT_OT_op')
assert (random.random(), numpy.random.rand()) == (0.8444218515250481, 0.5488135039273248)
bpy.data.objects['Cube'].rotation_euler.z = 0.3
"""

LEFT_BEHIND = {
    "handler": "import bpy\nbpy.app.handlers.render_pre.append(lambda *a: 1 / 0)",
    "persistent_handler": "import bpy\n@bpy.app.handlers.persistent\ndef f(*a): 1 / 0\nbpy.app.handlers.load_post.append(f)",
    "timer": "import bpy\nbpy.app.timers.register(lambda: 0.0, persistent=True)",
    "module": "import sys, types\nsys.modules['left'] = types.ModuleType('left')",
    "patched_json": "import json\njson.dumps = lambda *a, **k: '{}'",
    "patched_builtins": "import builtins\nbuiltins.len = lambda x: 7\nbuiltins.left = 1",
    "patched_worker": (
        "import sys\nfor name in ('job', 'serving', 'framing', 'slate', 'values', 'view', 'fidelity', 'lockdown'):\n"
        " m = sys.modules.get(name)\n for key, v in list(vars(m).items()) if m else ():\n"
        "  if callable(v) and getattr(v, '__module__', '') == name: setattr(m, key, lambda *a, **k: None)"
    ),
    "patched_numpy": "import numpy\nnumpy.sum = lambda *a: 99",
    "patched_operator": "import bpy\nbpy.ops.render.render = None\nbpy.types.Scene.left = 1",
    "thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
    "writing_thread": (
        "import os, threading, time\ndef go():\n while True:\n  time.sleep(0.01)\n  for fd in range(3, 12):\n"
        "   try: os.write(fd, b'\\0\\0\\0\\2{}')\n   except OSError: pass\nthreading.Thread(target=go, daemon=True).start()"
    ),
    "files": "import os\nopen('left', 'w').close()\nopen('../left', 'w').close()\nos.makedirs('../tmp/left')",
    "environment": "import os\nos.environ['LEFT'] = '1'\nos.umask(0)\nos.chdir('..')",
    "signal_handler": "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.setitimer(signal.ITIMER_REAL, 60)",
    "alarm": "import ctypes\nctypes.CDLL(None).alarm(1)",
    "trace": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "import_hook": "import sys\nsys.meta_path.insert(0, None)",
    "audit_hook": "import sys\ndef hook(event, args):\n if event == 'open': raise ValueError('left')\nsys.addaudithook(hook)",
    "exit_hook": "import atexit, os\natexit.register(os._exit, 3)",
    "recursion": "import sys\nsys.setrecursionlimit(50)",
    "random_state": "import random, numpy\nrandom.seed(7)\nnumpy.random.seed(7)\nrandom.random = lambda: 0.0",
    "driver_namespace": "import bpy\nbpy.app.driver_namespace['left'] = 1",
    "registered_class": (
        "import bpy\nclass LEFT_OT_op(bpy.types.Operator):\n bl_idname = 'left.op'\n bl_label = 'x'\nbpy.utils.register_class(LEFT_OT_op)"
    ),
    "preferences": (
        "import bpy\nbpy.context.preferences.filepaths.use_scripts_auto_execute = True\nbpy.ops.wm.save_userpref()\n"
        "bpy.ops.wm.save_homefile()"
    ),
    "closed_descriptors": "import os\nfor fd in range(256):\n try: os.close(fd)\n except OSError: pass",
    "swapped_descriptors": "import os\nfor fd in range(3, 12):\n try: os.dup2(1, fd)\n except OSError: pass",
    "overwritten_memory": "import ctypes\nctypes.memset(id(True), 0, 16)",
    "collected_garbage": "import gc\ngc.callbacks.append(lambda *a: 1 / 0)\ngc.disable()",
    "raised_in_gc": "class A:\n def __del__(self): raise SystemExit\nx = A()\nx.x = x",
}

EXHAUSTION = {
    "memory": "x = bytearray(64 << 30)",
    "memory_in_pieces": "x = []\nwhile True: x.append(bytearray(256 << 20))",
    "memory_by_mapping": "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 1 << 30))",
    "disk": "f = open('x', 'wb')\nwhile True: f.write(bytes(64 << 20))",
    "many_files": "n = 0\nwhile True:\n n += 1\n open(str(n), 'w').close()",
    "sparse_file": "f = open('x', 'wb')\nf.truncate(1 << 50)",
    "threads": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
    "descriptors": "import os\nx = []\nwhile True: x.append(os.dup(1))",
    "pipes": "import os\nx = []\nwhile True: x.append(os.pipe())",
    "forks": "import os\nwhile True: os.fork()",
    "recursion": "import sys\nsys.setrecursionlimit(1 << 30)\ndef f(): f()\nf()",
    "processor": "while True: pass",
    "ignoring_signals": (
        "import signal\nfor n in range(1, 65):\n try: signal.signal(n, signal.SIG_IGN)\n except (OSError, ValueError): pass\n"
        "while True: pass"
    ),
    "huge_integer": "x = 9 ** 9 ** 9",
    "subdivision": "import bpy\nfor _ in range(20):\n bpy.ops.object.modifier_add(type='SUBSURF')\n bpy.context.object.modifiers[-1].render_levels = 11\n",
}

OUTPUT = {
    "flood": "import os\nwhile True: os.write(1, b'x' * 65536)",
    "answer_twice": (
        "import json, os, struct\nb = json.dumps({'status': 'broken', 'id': 1, 'blobs': []}).encode()\n"
        "for fd in range(3, 64):\n try: os.write(fd, (struct.pack('>I', len(b)) + b) * 2)\n except OSError: pass"
    ),
    "declared_huge": "import os\nfor fd in range(3, 64):\n try: os.write(fd, b'\\xff' * 64)\n except OSError: pass",
    "half_a_frame": "import os, time\nfor fd in range(3, 64):\n try: os.write(fd, b'\\0\\0\\1\\0{')\n except OSError: pass\ntime.sleep(99)",
    "deep_nesting": (
        "import os, struct\nb = b'[' * 60000\nfor fd in range(3, 64):\n try: os.write(fd, struct.pack('>I', len(b)) + b)\n"
        " except OSError: pass"
    ),
    "picture_is_a_link": "import os, bpy\nos.symlink('/etc/passwd', '../render.png')",
    "picture_is_a_fifo": "import os\nos.mkfifo('../render.png')",
    "picture_is_a_folder": "import os\nos.mkdir('../render.png')",
    "picture_is_swapped": (
        "import bpy, os\ndef f(*a):\n for n in os.listdir('..'):\n  if n.endswith('.png'):\n   os.unlink('../' + n)\n   os.truncate(os.open('../' + n, os.O_CREAT | os.O_RDWR), 1 << 31)\n"
        "bpy.app.handlers.render_write.append(f)"
    ),
    "picture_is_a_bomb": (
        "import bpy, os, struct, zlib\ndef f(*a):\n for n in os.listdir('..'):\n  if n.endswith('.png'):\n"
        "   def c(k, d): return struct.pack('>I', len(d)) + k + d + struct.pack('>I', zlib.crc32(k + d))\n"
        "   h = struct.pack('>IIBBBBB', 60000, 60000, 8, 6, 0, 0, 0)\n"
        "   open('../' + n, 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + c(b'IHDR', h) + c(b'IDAT', zlib.compress(bytes(1 << 24))) + c(b'IEND', b''))\n"
        "bpy.app.handlers.render_write.append(f)"
    ),
    "text_bomb_in_picture": (
        "import bpy, os, struct, zlib\ndef f(*a):\n for n in os.listdir('..'):\n  if n.endswith('.png'):\n"
        "   def c(k, d): return struct.pack('>I', len(d)) + k + d + struct.pack('>I', zlib.crc32(k + d))\n"
        "   h = struct.pack('>IIBBBBB', 16, 12, 8, 6, 0, 0, 0)\n   t = b'a\\0\\0' + zlib.compress(bytes(1 << 28), 9)\n"
        "   open('../' + n, 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + c(b'IHDR', h) + c(b'zTXt', t) + c(b'IDAT', zlib.compress(bytes(780))) + c(b'IEND', b''))\n"
        "bpy.app.handlers.render_write.append(f)"
    ),
    "message_without_end": "raise ValueError('x' * (64 << 20))",
    "message_that_is_no_text": "raise ValueError('\\ud800\\x00')",
    "exception_that_lies": (
        "class E(Exception):\n def __str__(self): raise KeyboardInterrupt\n def __repr__(self): raise SystemExit\nraise E"
    ),
    "deep_folders": "import os\nwhile True:\n os.mkdir('d')\n os.chdir('d')",
}

BAD = [
    pytest.param(text, id=f"{group}-{name}")
    for group, texts in (("left", LEFT_BEHIND), ("exhaust", EXHAUSTION), ("output", OUTPUT))
    for name, text in texts.items()
]


@pytest.fixture(scope="module")
def supervised():
    supervisor = Supervisor(PoolOptions(deadline_s=3, memory_mb=6000), threads=1)
    expected = supervisor.render(RenderJob(CANARY, TINY))
    assert expected.result.status == "ok", expected
    yield supervisor, expected.result.pixels
    supervisor.stop()


@pytest.mark.parametrize("text", BAD)
def test_every_end_has_a_type_and_the_next_job_is_right(supervised, text):
    supervisor, expected = supervised
    answer = supervisor.render(RenderJob(PREFIX + text, TINY))
    if answer.result is None:
        assert answer.cause in ("Crash", "Protocol", "Timeout"), answer
    else:
        assert answer.result.status in ("ok", "broken")
        str(answer.result.error).encode()
    after = supervisor.render(RenderJob(CANARY, TINY))
    assert after.result is not None, after
    assert after.result.status == "ok", after.result.error
    assert np.array_equal(after.result.pixels, expected)
