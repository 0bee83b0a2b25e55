"""What a program meets in a real Blender child: no Ray here, one supervisor for the whole file."""

import base64
import json

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob, View

pytestmark = pytest.mark.blender
TINY = Fidelity(32, 24, samples=1)

BALL = """
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
RADIUS = 0.5  # @param 0.1..1 m
RGB = (0.8, 0.2, 0.1)  # @param rgb
bpy.ops.mesh.primitive_uv_sphere_add(radius=RADIUS, location=(0, 0, 0.5))
bpy.context.object.name = "Ball"
m = bpy.data.materials.new("Red")
m.use_nodes = True
m.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*RGB, 1)
bpy.context.object.data.materials.append(m)
bpy.ops.mesh.primitive_plane_add(size=30)
bpy.ops.object.light_add(type="SUN", rotation=(0.5, 0.3, 0))
bpy.context.object.data.energy = 3
bpy.ops.object.camera_add(location=(0, -5, 0.5), rotation=(1.5707963, 0, 0))
bpy.context.scene.camera = bpy.context.object
"""


@pytest.fixture(scope="module")
def supervisor():
    made = Supervisor(PoolOptions(deadline_s=30), threads=1)
    yield made
    made.stop()


@pytest.fixture
def run(supervisor):
    def run(source, fidelity=TINY, **rest):
        answer = supervisor.render(RenderJob(source, fidelity, **rest))
        assert answer.result is not None, (answer.cause, answer.message, answer.output)
        return answer.result

    return run


def error_of(run, source, **rest):
    result = run(source, **rest)
    assert result.status == "broken"
    assert result.pixels is None
    return result.error


def test_a_render_has_the_size_asked_and_the_same_pixels_again(run):
    first, second = run(BALL), run(BALL)
    assert first.status == "ok"
    assert first.pixels.shape == (24, 32, 4)
    assert (first.pixels[..., 3] == 255).all()
    assert first.pixels.std() > 5
    assert np.array_equal(first.pixels, second.pixels)


def test_values_render_as_if_they_were_written_in_the_source(run):
    written = BALL.replace("RADIUS = 0.5", "RADIUS = 0.8").replace("(0.8, 0.2, 0.1)", "(0.1, 0.9, 0.1)")
    laid_over = run(BALL, values={"RADIUS": 0.8, "RGB": (0.1, 0.9, 0.1)})
    assert np.array_equal(laid_over.pixels, run(written).pixels)
    assert not np.array_equal(laid_over.pixels, run(BALL).pixels)


def test_an_unknown_parameter_is_told(run):
    error = error_of(run, BALL, values={"RADIOUS": 1.0})
    assert error.kind == "UnknownParameter"
    assert "RADIUS" in error.message


def test_a_program_sees_stock_blender_and_runs_as_main(run):
    source = """if True:
        import bpy, sys, random
        assert sorted(bpy.data.objects.keys()) == ["Camera", "Cube", "Light"], bpy.data.objects.keys()
        assert __name__ == "__main__" and sys.modules["__main__"].__dict__ is globals()
    """
    assert run(source).status == "ok"


@pytest.mark.parametrize(
    "leftover",
    [
        "import sys, types; sys.modules['leftover'] = types.ModuleType('leftover')",
        "import os; os.environ['LEFTOVER'] = '1'; os.chdir('/')",
        "import bpy; bpy.app.handlers.render_pre.append(lambda *a: 1 / 0)",
        (
            "import bpy\nfrom bpy.app.handlers import persistent\n@persistent\ndef f(*a): raise ValueError\n"
            "bpy.app.handlers.load_post.append(f)"
        ),
        "import bpy; bpy.app.driver_namespace['leftover'] = 1; bpy.data.meshes.new('leftover')",
        "import sys; sys.stdout = None; sys.path.insert(0, '/leftover'); sys.setrecursionlimit(100000)",
        "open('leftover.py', 'w').write('x = 1'); import sys; sys.path.insert(0, '.'); import leftover",
        "import random; random.seed(99); import numpy; numpy.random.seed(99)",
        (
            "import bpy\nclass LEFT_OT_over(bpy.types.Operator):\n bl_idname = 'left.over'; bl_label = 'x'\n"
            "bpy.utils.register_class(LEFT_OT_over)"
        ),
        "import bpy; bpy.ops.object.mode_set(mode='EDIT')",
        "import bpy; bpy.context.preferences.edit.undo_steps = 7",
    ],
)
def test_nothing_is_left_for_the_next_program(run, leftover):
    check = """if True:
        import bpy, os, random, sys, numpy
        assert "leftover" not in sys.modules and "LEFTOVER" not in os.environ
        assert os.listdir() == ["program.py"], os.listdir()
        assert not [f for f in bpy.app.handlers.load_post if f.__name__ == "f"]
        assert not bpy.app.handlers.render_pre and "leftover" not in bpy.app.driver_namespace
        assert "leftover" not in bpy.data.meshes and "/leftover" not in sys.path and sys.stdout
        assert not hasattr(bpy.types, "LEFT_OT_over")
        assert bpy.context.preferences.edit.undo_steps == 32
        assert bpy.context.mode == "OBJECT"
        assert (random.random(), numpy.random.rand()) == (0.8444218515250481, 0.5488135039273248)
    """
    run(leftover)
    after = run(check)
    assert after.status == "ok", after.error


@pytest.mark.parametrize(
    ("source", "kind", "line", "hint"),
    [
        ("x = 1\nraise ValueError('no')\n", "ValueError", 2, ""),
        ("def f():\n    return 1 / 0\n\nf()\n", "ZeroDivisionError", 2, ""),
        ("x = (\n", "SyntaxError", 1, ""),
        ("import sys\nsys.exit(1)\n", "Exit", 2, "run to its end"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt", 1, ""),
        ("import torch\n", "ModuleNotFoundError", 1, "standard library"),
        ("import bpy\nbpy.context.scene.render.engine = 'BLENDER_EEVEE'\n", "TypeError", 2, "'BLENDER_EEVEE_NEXT'"),
        ("import bpy\nbpy.ops.mesh.primitive_uv_sphere_add(diameter=1)\n", "TypeError", 2, "'radius'"),
        ("import bpy\nbpy.data.lamps.new('a', 'SUN')\n", "AttributeError", 2, "lights"),
        ("import bpy\nbpy.context.scene.render.tile_x = 8\n", "AttributeError", 2, "Cycles chooses"),
        ("import bpy\nbpy.data.objects['Cub']\n", "KeyError", 2, "'Cube'"),
        ("import bpy\nbpy.data.objects['Cube'].locaton = (0, 0, 0)\n", "AttributeError", 2, "'location'"),
        ("import bpy\nbpy.data.meshes['Cube'].use_auto_smooth = True\n", "AttributeError", 2, "shade_smooth_by_angle"),
        (
            (
                "import bpy\nnodes = bpy.data.materials['Material'].node_tree.nodes\n"
                "nodes['Principled BSDF'].inputs['Specular'].default_value = 0\n"
            ),
            "KeyError",
            3,
            "'Specular IOR Level'",
        ),
        (
            (
                "import bpy\nnodes = bpy.data.materials['Material'].node_tree.nodes\n"
                "nodes['Principled BSDF'].inputs['Emission'].default_value = (1, 1, 1, 1)\n"
            ),
            "KeyError",
            3,
            "'Emission Color'",
        ),
    ],
)
def test_a_failing_program_is_told_its_line_and_what_exists(run, source, kind, line, hint):
    error = error_of(run, source)
    assert (error.kind, error.line) == (kind, line), error
    assert error.source_line == source.splitlines()[line - 1]
    assert hint in error.hint


def test_what_a_failing_program_printed_comes_with_the_error(run):
    assert "before the fall" in error_of(run, "print('before the fall')\nraise ValueError\n").output


def test_no_camera_is_told_except_from_the_top(run):
    source = "import bpy\nbpy.data.objects.remove(bpy.data.objects['Camera'])\n"
    assert error_of(run, source).kind == "NoCamera"
    assert run(source, view=View("top")).status == "ok"


def test_printing_without_end_and_forged_protocol_bytes_change_nothing(run):
    expected = run(BALL)
    flood = (
        "import os, sys\nfor _ in range(300):\n    os.write(1, b'x' * 10000)\nprint('y' * 1000000, file=sys.stderr)\n"
    )
    forged = "import os\nos.write(1, b'\\x00\\x00\\x00\\x02{}')\nos.write(2, b'\\xff' * 100)\n"
    for noise in (flood, forged):
        result = run(noise + BALL)
        assert np.array_equal(result.pixels, expected.pixels)


def test_fidelity_overrides_the_program(run):
    meddling = BALL + (
        "r = bpy.context.scene.render\nr.resolution_percentage = 10\nr.use_border = True\nr.border_max_x = 0.1\n"
        "r.image_settings.file_format = 'JPEG'\nr.engine = 'BLENDER_WORKBENCH'\nr.filepath = '/nowhere/x'\n"
        "bpy.context.scene.cycles.samples = 4000\nbpy.context.scene.cycles.use_denoising = True\n"
    )
    assert np.array_equal(run(meddling).pixels, run(BALL).pixels)


def test_the_seed_and_the_engine_matter(run):
    base = run(BALL).pixels
    assert not np.array_equal(base, run(BALL, Fidelity(32, 24, samples=1, seed=5)).pixels)


def test_transparent_film_keeps_its_alpha(run):
    pixels = run("import bpy\nbpy.context.scene.render.film_transparent = True\n", Fidelity(32, 24, samples=4)).pixels
    assert pixels[0, 0, 3] == 0
    assert pixels[12, 16, 3] == 255


def test_facts_say_what_is_there_and_where_in_the_picture(run):
    result = run(BALL, Fidelity(320, 240, samples=1), passes=("facts",))
    facts = json.loads(json.dumps(result.facts))
    ball = next(item for item in facts["objects"] if item["name"] == "Ball")
    assert (ball["type"], ball["materials"]) == ("MESH", ["Red"])
    assert ball["dimensions"] == pytest.approx([1, 1, 1], abs=0.01)
    # A sphere of radius 0.5 at 5 m before a 50 mm lens on a 36 mm sensor: tan of its half angle, in pixels.
    reach = 0.5 / (25 - 0.25) ** 0.5 * 50 / 36 * 320
    assert ball["bbox_image"] == pytest.approx([160 - reach, 120 - reach, 160 + reach, 120 + reach], abs=0.6)
    assert facts["camera"]["lens_mm"] == pytest.approx(50)
    assert facts["camera"]["fov_x_deg"] == pytest.approx(39.6, abs=0.1)
    assert [light["type"] for light in facts["lights"]] == ["SUN"]
    assert facts["polygons"] == sum(item["polygons"] for item in facts["objects"]) > 100


def test_the_blend_pass_is_a_file_that_blender_opens_again(run):
    blend = run(BALL, passes=("blend",)).blend
    check = (
        f"import base64, bpy\nopen('scene.blend', 'wb').write(base64.b64decode({base64.b64encode(blend)!r}))\n"
        "bpy.ops.wm.open_mainfile(filepath=bpy.path.abspath('scene.blend'))\nassert 'Ball' in bpy.data.objects\n"
    )
    assert run(check).status == "ok"


def test_views_turn_the_camera_about_the_scene_and_not_about_the_floor(run):
    def camera(view):
        facts = run(BALL, view=view, passes=("facts",)).facts
        place = next(item for item in facts["objects"] if item["name"] == "Ball")["bbox_image"]
        return np.array(facts["camera"]["matrix_world"])[:3, 3], place

    start, straight = camera(View())
    same, _ = camera(View("orbit", 0, 0))
    aside, box = camera(View("orbit", 90, 0))
    above, _ = camera(View("orbit", 0, 60))
    top, top_box = camera(View("top"))
    assert same == pytest.approx(start, abs=1e-4)
    assert aside == pytest.approx([5, 0, 0.5], abs=1e-3)
    assert box == pytest.approx(straight, abs=0.3)
    assert above == pytest.approx([0, -5 * np.cos(np.pi / 3), 0.5 + 5 * np.sin(np.pi / 3)], abs=1e-3)
    assert top[:2] == pytest.approx([0, 0], abs=1e-3)
    assert top_box[1] == pytest.approx(24 / 2.2 * 0.1, abs=0.6)


@pytest.mark.parametrize(
    "leftover",
    [
        "import random; random.seed = lambda *seeds: None; random.random()",
        "import numpy; numpy.random.seed = lambda *seeds: None; numpy.random.rand()",
        "import bpy\nbpy.ops.wm.read_factory_settings.__class__.__call__ = lambda *some, **more: {'FINISHED'}",
        "import builtins; builtins.abs = None",
    ],
)
def test_a_process_that_serves_all_programs_is_let_go_after_one_that_may_have_changed_it(leftover):
    check = "import random, numpy\nassert abs(-1) and (random.random(), numpy.random.rand()) == (0.8444218515250481, 0.5488135039273248)"
    supervisor = Supervisor(PoolOptions(deadline_s=30), threads=2)
    try:
        first = supervisor.start()["child"]
        supervisor.render(RenderJob(leftover, TINY))
        after = supervisor.render(RenderJob(check, TINY)).result
        assert after.status == "ok", after.error
        tidy = supervisor.render(RenderJob("import bpy\n", TINY)), supervisor.render(RenderJob("import bpy\n\n", TINY))
        assert tidy[0].child == tidy[1].child != first
    finally:
        supervisor.stop()
