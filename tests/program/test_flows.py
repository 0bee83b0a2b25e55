"""Numbers are followed to the properties they set through whatever people write in between."""

from __future__ import annotations

import pytest

from seig_search.program import Program


def found(source: str) -> dict[str, object]:
    return {p.name: p.value for p in Program.parse(source).found()}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("C = {'key': {'e': 5.0}}\nl.energy = C['key']['e']\n", {"C.key.e": 5.0}),
        ("C = dict(e=5.0)\nl.energy = C.get('e', 1)\n", {"C.e": 5.0}),
        ("for n, e in [('Key', 5.0), ('Rim', 2.0)]:\n    l.energy = e\n", {"Key.e": 5.0, "Rim.e": 2.0}),
        ("L = [5.0, 2.0]\nfor i, e in enumerate(L):\n    l.energy = e\n", {"L[0]": 5.0, "L[1]": 2.0}),
        ("N, E = ['a'], [5.0]\nfor n, e in zip(N, E):\n    l.energy = e\n", {"E[0]": 5.0}),
        ("D = {'Key': 5.0}\nfor n, e in D.items():\n    l.energy = e\n", {"Key": 5.0}),
        ("a, b = 1.0, 5.0\nl.energy = b\n", {"b": 5.0}),
        ("class C:\n    E = 5.0\nl.energy = C.E\n", {"C.E": 5.0}),
        (
            "class S:\n    def __init__(self, e=5.0):\n        self.e = e\n    def go(self):\n        l.energy = self.e\n",
            {"S.e": 5.0},
        ),
        ("def put(self, e):\n    l.energy = e\nput(None, **{'e': 5.0})\n", {"put.e": 5.0}),
        ("def put(n, e):\n    l.energy = e\nfor row in [('Key', 5.0)]:\n    put(*row)\n", {"Key.e": 5.0}),
        ("o.location = 1, 0, 3\n", {"o.location[0]": 1.0, "o.location[1]": 0.0, "o.location[2]": 3.0}),
        ("o.location.z += 0.5\n", {"o.location.z": 0.5}),
        ("o.location.x, o.location.y = 1.0, 2.0\n", {"o.location.x": 1.0, "o.location.y": 2.0}),
        ("A = 30.0\no.rotation_euler.z = A * math.pi / 180\n", {"A": 30.0}),
        ("R = (0.1, 0.2, 0.3)\ni = m.inputs['Base Color']\ni.default_value = R + (1.0,)\n", {"R": (0.1, 0.2, 0.3)}),
        ("n.inputs[0].default_value[1] = 0.4\n", {"n input 0[1]": 0.4}),
        ("S = 2.0\nbpy.ops.mesh.primitive_cube_add(size=S * 0.5)\n", {"S": 2.0}),
        ("(Vector((1.0, 2.0, 3.0)) - cam.location).to_track_quat('-Z', 'Y')\n", {"look at": (1.0, 2.0, 3.0)}),
        ("bpy.ops.transform.translate(value=(0, 0, 1.0))\n", {"translate.value": (0.0, 0.0, 1.0)}),
        ("D = 9.0\nM = (0, 0, 0)\nl.location = Vector(M) + D * way\n", {"D": 9.0}),
        # What is not one thing is left alone: bound twice, changed on the way, or computed.
        ("e = 5.0\ne += 1\nl.energy = e\n", {}),
        ("for e in range(3):\n    l.energy = e\n", {}),
        ("l.energy = make(5.0)\n", {}),
        ("def put(e):\n    e = e + 1.0\n    l.energy = e\nput(5.0)\n", {}),
    ],
)
def test_a_number_is_found_behind(source: str, expected: dict[str, object]) -> None:
    assert found(source) == expected


def test_both_sides_of_a_condition_are_found() -> None:
    source = "E = 5.0 if fancy else 2.0\nl.energy = E\n"
    assert [p.value for p in Program.parse(source).found()] == [5.0, 2.0]


def test_names_of_two_loops_are_those_of_the_loop_around_them() -> None:
    source = "for n, v in [('a', 5.0)]:\n    l.energy = v\nfor n, v in [('b', 35.0)]:\n    c.lens = v\nprint(v)\nx.energy = v\n"
    assert found(source) == {"a.v": 5.0, "b.v": 35.0}


def test_one_literal_that_feeds_several_properties_is_one_parameter() -> None:
    source = "SIZE = 2.0\na.energy = SIZE\nb.energy = SIZE\nc.location = (0, 0, SIZE / 2)\n"
    program = Program.parse(source)
    (parameter,) = program.found()
    assert program.feeds[parameter.key] == ("a.energy", "b.energy", "c.location")
    assert program.with_values({parameter.key: 3.0}).source == source.replace("2.0", "3.0", 1)
    declared = Program.parse("SIZE = 2.0  # @param 1..4 m\na.energy = SIZE\nb.scale = (SIZE, SIZE, SIZE)\n")
    assert [p.key for p in declared.tunable()] == ["SIZE"]
    assert declared.feeds == {"SIZE": ("a.energy", "b.scale")}


def test_a_program_made_to_be_hard_to_follow_is_left_in_time() -> None:
    layers = "".join(f"def f{n}(x):\n    f{n + 1}(x); f{n + 1}(x); f{n + 1}(x); f{n + 1}(x)\n" for n in range(40))
    Program.parse(layers + "def f40(x):\n    l.energy = x\nf0(5.0)\n").found()
    loop = "def f(x):\n    g(x)\ndef g(x):\n    f(x)\n    l.energy = x\nf(5.0)\n"
    assert list(found(loop).values()) == [5.0]


def test_a_factor_of_a_place_keeps_its_sign() -> None:
    (parameter,) = Program.parse("D = 0.3\nl.location = D * way\n").found()
    assert (parameter.low, parameter.high, parameter.log) == (0.075, 1.2, True)
