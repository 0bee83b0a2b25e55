"""Programs that hang, die or misuse Blender: each ends in time, typed, with what it printed; the next job is right.

What tries to exhaust the machine or to reach the next job is in ``security/test_next_job.py``.
"""

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

pytestmark = [pytest.mark.blender, pytest.mark.slow]

TINY = Fidelity(16, 12, samples=1)
DEADLINE_S = 3
CANARY = "import bpy\nbpy.data.objects['Cube'].rotation_euler.z = 0.3\n"
WORDS = "print('the last words')\n"

OK, TIMEOUT, CRASH = ("ok", ""), ("lost", "Timeout"), ("lost", "Crash")


def broken(kind):
    return ("broken", kind)


HANGS = {
    "sleep": "import time\ntime.sleep(600)",
    "swallowing": "while True:\n try:\n  while True: pass\n except BaseException: pass",
    "expression": "import re\nre.match('(a+)+$', 'a' * 64 + 'b')",
    "power": "x = pow(3, 1 << 34)",
    "singular_values": "import numpy as np\nwhile True: np.linalg.svd(np.ones((400, 400)))",
    "waiting_for_itself": "import threading\nx = threading.Lock()\nx.acquire()\nx.acquire()",
    "reading_input": "import os\nr, w = os.pipe()\nos.read(r, 1)",
    "handler_in_render": "import bpy\ndef f(*a):\n while True: pass\nbpy.app.handlers.render_pre.append(f)",
    "driver_in_render": (
        "import bpy\ndef stuck():\n while True: pass\nbpy.app.driver_namespace['stuck'] = stuck\n"
        "bpy.data.objects['Cube'].driver_add('location', 0).driver.expression = 'stuck()'"
    ),
    "own_render": (
        "import bpy\ns = bpy.context.scene\ns.render.engine = 'CYCLES'\ns.cycles.samples = 1 << 20\n"
        "s.cycles.use_adaptive_sampling = False\n"
        # Without it the pool would hold the render to the job's own cost.
        "bpy.app.handlers.render_init.clear()\nbpy.ops.render.render()"
    ),
    "reset_within_load": (
        "import bpy\n@bpy.app.handlers.persistent\ndef f(*a):\n while True: pass\n"
        "bpy.app.handlers.load_post.append(f)\nbpy.ops.wm.read_factory_settings()"
    ),
}

DEATHS = {
    "segfault": ("import ctypes\nctypes.string_at(0)", CRASH),
    "abort": ("import os\nos.abort()", CRASH),
    "fatal_signal": ("import os, signal\nos.kill(os.getpid(), signal.SIGFPE)", CRASH),
    "exit_at_once": ("import os\nos._exit(0)", CRASH),
    "exit_by_handler": ("import bpy, os\nbpy.app.handlers.render_pre.append(lambda *a: os._exit(3))", CRASH),
    "exit": ("import sys\nsys.exit()", broken("Exit")),
    "exit_with_text": ("raise SystemExit('that was all')", broken("Exit")),
    "interrupted": ("raise KeyboardInterrupt", broken("KeyboardInterrupt")),
    "generator_exit": ("raise GeneratorExit", broken("GeneratorExit")),
    "recursion": ("def f(): f()\nf()", broken("RecursionError")),
    "recursion_of_data": ("x = []\nfor _ in range(100000): x = [x]\nrepr(x)", broken("RecursionError")),
    "hang_at_exit": (
        "import atexit, time\natexit.register(time.sleep, 600)\nraise ValueError('x')",
        broken("ValueError"),
    ),
}

ODD_TEXTS = {
    "nul": ("x = 1\0\n", broken("SyntaxError")),
    "half_a_character": ("x = '\ud800'\n", broken("UnicodeEncodeError")),
    "coding": ("# -*- coding: nonsense -*-\n" + CANARY, OK),
    "nesting": ("x = " + "(" * 5000 + ")" * 5000, broken("SyntaxError")),
    "deep_sum": ("x = " + "+".join(["1"] * 200000), broken("RecursionError")),
    "ten_megabytes": ("x = '" + "a" * (10 << 20) + "'\n", OK),
}

MISUSES = {
    "nothing_left": (
        """
import bpy
for x in list(bpy.data.objects): bpy.data.objects.remove(x)
for kind in ('meshes', 'cameras', 'lights', 'materials', 'worlds', 'collections'):
    for x in list(getattr(bpy.data, kind)): getattr(bpy.data, kind).remove(x)
""",
        broken("NoCamera"),
    ),
    "absurd_settings": (
        "import bpy\ns = bpy.context.scene\ns.render.resolution_x = s.render.resolution_y = 65536\n"
        "s.render.resolution_percentage = 1000\ns.cycles.samples = 1 << 24\ns.cycles.use_auto_tile = True\n"
        "s.frame_end = 1 << 19\ns.render.use_motion_blur = False\n" + CANARY,
        OK,
    ),
    "no_such_device": (
        "import bpy\np = bpy.context.preferences.addons['cycles'].preferences\n"
        "try: p.compute_device_type = 'CUDA'\nexcept TypeError: pass\nbpy.context.scene.cycles.device = 'GPU'\n"
        + CANARY,
        OK,
    ),
    "forged_text": (
        'import sys\nfor s in (sys.stdout, sys.stderr):\n s.write(\'{"status": "ok", "id": 1, "blobs": []}\\n\')\n'
        " s.buffer.write(bytes([0, 0, 0, 2]) + b'{}')\n s.flush()\n" + CANARY,
        OK,
    ),
    "quit": ("import bpy\nbpy.ops.wm.quit_blender()\n" + CANARY, OK),
    "openexr": (
        """
import bpy, os
s = bpy.context.scene
s.render.resolution_x, s.render.resolution_y, s.cycles.samples, s.render.engine = 300, 200, 1, 'CYCLES'
s.render.image_settings.file_format = 'OPEN_EXR_MULTILAYER'
s.render.filepath = os.path.abspath('own.exr')
bpy.ops.render.render(write_still=True)
assert bpy.data.images.load(s.render.filepath).source
os.remove('own.exr')
"""
        + CANARY,
        OK,
    ),
    "no_output": ("import sys\nsys.stdout.close()\nsys.stderr.close()\n" + CANARY, OK),
}

SERVED = {
    "hang-swallowing",
    "hang-driver_in_render",
    "death-segfault",
    "death-exit",
    "death-recursion",
    "text-nul",
    "misuse-nothing_left",
    "misuse-absurd_settings",
    "misuse-forged_text",
    "misuse-no_output",
    "misuse-quit",
}

FAMILY = """
import bpy
TURN = {turn}

def geometry():
    bpy.ops.mesh.primitive_monkey_add(size=1.5, location=(1, 0, 2))

def lighting():
    for step in range({wait}):
        pass
    bpy.data.objects["Cube"].rotation_euler = (0, 0, TURN)

if __name__ == "__main__":
    geometry()
    lighting()
"""


def cases():
    for name, text in HANGS.items():
        yield pytest.param(WORDS + text, TIMEOUT, id=f"hang-{name}")
    for name, (text, ending) in DEATHS.items():
        yield pytest.param(WORDS + text, ending, id=f"death-{name}")
    for name, (text, ending) in ODD_TEXTS.items():
        yield pytest.param(text, ending, id=f"text-{name}")
    for name, (text, ending) in MISUSES.items():
        yield pytest.param(text, ending, id=f"misuse-{name}")


class Watched:
    """A supervisor, and the picture that every sound worker of it makes of the canary."""

    def __init__(self, threads):
        self.supervisor = Supervisor(PoolOptions(deadline_s=DEADLINE_S, memory_mb=6000), threads=threads)
        self.expected = self.render(CANARY).result.pixels

    def render(self, source):
        return self.supervisor.render(RenderJob(source, TINY))

    def check_next(self):
        after = self.render(CANARY)
        assert after.result is not None, after
        assert after.result.status == "ok", after.result.error
        assert np.array_equal(after.result.pixels, self.expected)


@pytest.fixture(scope="module")
def forking():
    watched = Watched(1)
    yield watched
    watched.supervisor.stop()


@pytest.fixture(scope="module")
def serving():
    watched = Watched(2)
    yield watched
    watched.supervisor.stop()


def ending_of(answer):
    if answer.result is None:
        return "lost", answer.cause
    return answer.result.status, answer.result.error.kind if answer.result.error else ""


def end_and_go_on(watched, source, ending):
    answer = watched.render(source)
    assert ending_of(answer) == ending, answer
    if source.startswith(WORDS):
        output = answer.output if answer.result is None else answer.result.error.output
        assert "the last words" in output
    if ending == OK and source.endswith(CANARY):
        assert np.array_equal(answer.result.pixels, watched.expected)
    watched.check_next()


@pytest.mark.parametrize(("source", "ending"), list(cases()))
def test_it_ends_as_it_should_and_the_next_job_is_right(forking, source, ending):
    end_and_go_on(forking, source, ending)


@pytest.mark.parametrize(("source", "ending"), [case for case in cases() if case.id in SERVED])
def test_one_process_for_all_survives_as_well(serving, source, ending):
    end_and_go_on(serving, source, ending)


def test_meshes_without_end_end(forking):
    answer = forking.render(
        "import bpy\nbpy.ops.object.mode_set(mode='EDIT')\nfor _ in range(40): bpy.ops.mesh.subdivide(number_cuts=8)"
    )
    assert ending_of(answer) in (TIMEOUT, CRASH, broken("MemoryError")), answer
    forking.check_next()


def test_a_program_that_hangs_in_a_kept_process_is_told_of_and_its_family_goes_on(forking):
    known = [forking.render(FAMILY.format(turn=turn, wait=0)).result.pixels for turn in (0.1, 0.2, 0.3)]
    assert len({picture.tobytes() for picture in known}) == 3
    answer = forking.render(FAMILY.format(turn=0.4, wait=10**12))
    assert ending_of(answer) == TIMEOUT, answer
    again = [forking.render(FAMILY.format(turn=turn, wait=0)).result.pixels for turn in (0.1, 0.2, 0.3)]
    assert np.array_equal(known, again)
    forking.check_next()
