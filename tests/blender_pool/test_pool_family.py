"""Which programs share a beginning, and which stages may be taken back: no Blender here."""

import ast

import pytest

from seig_search.blender_pool.worker.dialect import is_plain, is_tame, leaves_nothing
from seig_search.blender_pool.worker.family import plan, split

PROGRAM = '''"""A thing."""
import bpy
from math import radians

SIZE = 1.0  # @param 0.5..2 m


def geometry():
    bpy.ops.mesh.primitive_cube_add(size=SIZE)


RED = 0.5  # @param 0..1


def paint(name, red):
    bpy.data.materials.new(name).diffuse_color = (red, 0, 0, 1)


def materials():
    paint("Red", RED)


ENERGY = 10.0  # @param 1..100 W


def lighting():
    bpy.data.lights.new("Key", "POINT").energy = ENERGY


if __name__ == "__main__":
    geometry()
    materials()
    lighting()
'''


def same_start(one, other):
    return sum(1 for a, b in zip(one.keys, other.keys, strict=True) if a == b)


def test_a_program_is_cut_where_its_stages_begin():
    assert [(part.name, part.plain) for part in split(PROGRAM).sections] == [
        ("geometry", False),
        ("materials", True),
        ("lighting", True),
    ]
    assert plan(PROGRAM, {}).settled == 1


@pytest.mark.parametrize(
    ("source", "values", "shared"),
    [
        (PROGRAM, {"ENERGY": 20.0}, 2),
        (PROGRAM, {"RED": 0.7}, 1),
        (PROGRAM, {"SIZE": 0.7}, 0),
        (PROGRAM.replace('"POINT"', '"SUN"'), {}, 2),
        (PROGRAM.replace("(red, 0, 0, 1)", "(red, 1, 0, 1)"), {}, 1),
        (PROGRAM.replace("RED = 0.5", "RED = 0.6"), {}, 1),
        (
            PROGRAM.replace("A thing.", "A\x0cthing \u2028 of \x1c parts.").replace("ENERGY = 10.0", "ENERGY = 11.0"),
            {},
            2,
        ),
        (PROGRAM.replace("\n", "\r\n").replace("ENERGY = 10.0", "ENERGY = 11.0"), {}, 2),
        (PROGRAM.replace('"""A thing."""', '"""A thing.\n\nOf two lines."""'), {}, 3),
        (PROGRAM, {f"{PROGRAM[: PROGRAM.index('RED =')].count(chr(10)) + 1}:6": 0.9}, 1),
    ],
)
def test_a_change_reaches_the_stages_that_can_see_it(source, values, shared):
    assert same_start(plan(PROGRAM, {}), plan(source, values)) == shared


def test_a_helper_of_an_early_stage_belongs_to_it_even_if_a_late_one_uses_it_too():
    source = PROGRAM.replace('"POINT").energy = ENERGY', '"POINT").energy = ENERGY; paint("Lamp", 1)')
    changed = source.replace("(red, 0, 0, 1)", "(red, 1, 0, 1)")
    assert same_start(plan(source, {}), plan(changed, {})) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import bpy\n",
        "not python (",
        PROGRAM.replace("import bpy", "import bpy, os"),
        PROGRAM.replace("import bpy", "from random import _os"),
        PROGRAM.replace("    lighting()\n", "    for stage in (lighting,):\n        stage()\n", 1).replace(
            "    materials()\n", "    [0]\n", 1
        )
        + "lighting()\n",
        PROGRAM.replace("RED = 0.5", "RED = bpy.data.objects[0].location.x"),
        PROGRAM.replace("bpy.ops.mesh", "bpy.app.handlers.load_post.append(print); bpy.ops.mesh"),
        PROGRAM.replace("bpy.ops.mesh", "globals(); bpy.ops.mesh"),
        PROGRAM.replace("bpy.ops.mesh", "open('x'); bpy.ops.mesh"),
        PROGRAM.replace("bpy.ops.mesh", "().__class__; bpy.ops.mesh"),
        PROGRAM.replace('bpy.data.lights.new("Key", "POINT")', "bpy.ops.object.light_add()"),
    ],
)
def test_what_cannot_be_judged_gets_a_process_of_its_own(source):
    assert plan(source, {}) is None


@pytest.mark.parametrize(
    "code",
    [
        "import bpy\nfor o in bpy.data.objects:\n    o.location.x += 1",
        "import bpy\nx = {k: 2 for k in 'ab'}\ntry:\n    x['c']\nexcept KeyError:\n    pass",
        "import math\ny = [math.sin(k) for k in range(3)]\na, *b = y",
        "def f(a, b=2):\n    return a if b else -a\nf(1)",
        "import bpy\nt = bpy.data.materials.new('x').node_tree\nt.links.new(t.nodes[0].outputs[0], t.nodes[1].inputs[0])",
    ],
)
def test_plain_statements_are_known(code):
    assert is_plain(ast.parse(code).body)


@pytest.mark.parametrize(
    "code",
    [
        "import bpy\nbpy.ops.object.light_add()",
        "import os",
        "import bpy as b",
        "from bpy import ops",
        "x = bpy",
        "import math\nmath.pi = 3",
        "f = getattr(1, 'x')",
        "(lambda: 0)()",
        "x.__class__",
        "x._private",
        "class A: pass",
        "with x: pass",
        "del x.y",
        "async def f(): pass",
        "def f():\n    global g\n    g = 1",
        "x.driver_add('y')",
        "x.save('file')",
        "for x.y in z: pass",
        "import bpy\nbpy.data = 1",
        "import bpy\nbpy.app.handlers",
        "x.libraries",
        "match x:\n    case 1: pass",
        "(y := 3)",
        "'{0.x}'.format(1)",
        "def f():\n    yield 1",
    ],
)
def test_statements_that_a_ledger_cannot_take_back_are_not_plain(code):
    assert not is_plain(ast.parse(code).body)


def test_tame_programs_reach_nothing_but_blenders_data():
    assert is_tame(ast.parse("import bpy, bmesh, random\nrandom.random()\nbpy.ops.mesh.primitive_cube_add()"))
    for code in (
        "import sys",
        "import numpy._core",
        "from bpy import utils",
        "eval('1')",
        "__import__('os')",
        "a.__dict__",
    ):
        assert not is_tame(ast.parse(code)), code


@pytest.mark.parametrize(
    "code",
    [
        "not python (",
        PROGRAM,
        "import bpy\nfrom random import random, seed\nseed(3)\nbpy.context.scene.frame_end = int(9 * random())",
        "import bpy, math\nbpy.data.objects['Cube'].location.x = math.pi",
    ],
)
def test_programs_that_leave_nothing_are_known(code):
    assert leaves_nothing(code)


@pytest.mark.parametrize(
    "code",
    [
        "import math\nmath.pi = 3",
        "import math as m\nm.pi = 3",
        "import math\nm = math\nm.pi = 3",
        "import math\nfor m in [math]:\n    m.pi = 3",
        "import random\nrandom.Random.random = None",
        "from random import Random\nRandom.random = None",
        "from random import Random\nR = Random",
        "import bpy\nbpy.data = 3",
        "import bpy\nbpy.ops.mesh = 3",
        "import bpy\nbpy.app.handlers.render_pre.append(print)",
        "import bpy\nbpy.types.Scene.thing = 3",
        "import numpy\nnumpy.seterr(all='raise')",
        "import sys\nsys.path.clear()",
        "import json",
        "print.__self__.len = None",
        "setattr(1, 'x', 2)",
    ],
)
def test_programs_that_may_leave_something_cost_their_process(code):
    assert not leaves_nothing(code)
