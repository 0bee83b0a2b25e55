"""Render settings written into a program."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seig_search.fidelity import Fidelity
from seig_search.program import Program

MAIN = 'if __name__ == "__main__":\n'
PROGRAMS = {
    "staged": f'"""Doc."""\nimport bpy\n\ndef geometry(): ...\n\n{MAIN}    geometry()\n',
    "one-line main": f"def geometry(): ...\n{MAIN.strip()} geometry()",
    "main and else": f"def geometry(): ...\n{MAIN}\tgeometry()\nelse:\n\tpass\n",
    "no main": "import bpy\nbpy.ops.mesh.primitive_cube_add()",
    "crlf": f"#!/usr/bin/env python\r\ndef geometry(): ...\r\n\r\n{MAIN.strip()}\r\n    geometry()\r\n",
    "empty": "",
    "words in a string": '"""\n# seig: fidelity width=1\n# seig: render settings\n# seig: end of render settings\n"""\n',
}
fidelities = st.builds(
    Fidelity,
    width=st.integers(1, 4096),
    height=st.integers(1, 4096),
    samples=st.integers(1, 4096),
    engine=st.sampled_from(["CYCLES", "EEVEE", "WORKBENCH"]),
    denoise=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
    adaptive=st.floats(0, 1),
)


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS.keys())
@given(first=fidelities, second=fidelities)
@settings(max_examples=15, deadline=None)
def test_a_fidelity_comes_back_and_is_replaced_not_repeated(source: str, first: Fidelity, second: Fidelity) -> None:
    program = Program.parse(source)
    assert program.fidelity is None
    once = program.with_fidelity(first)
    assert once.fidelity == first
    assert once.with_fidelity(first) == once
    assert once.with_fidelity(second) == program.with_fidelity(second)
    assert once.stages.keys() == program.stages.keys()
    assert [p.text for p in once.stages.values()] == [p.text for p in program.stages.values()]
    assert ast.get_docstring(once.tree) == ast.get_docstring(program.tree)


def run(source: str, name: str) -> dict[str, object]:
    """Run a program against a scene that takes any setting."""
    settings_seen: dict[str, object] = {}

    class Anything:
        def __init__(self, path: str) -> None:
            object.__setattr__(self, "path", path)

        def __getattr__(self, word: str) -> "Anything":
            return Anything(f"{self.path}.{word}")

        def __setattr__(self, word: str, value: object) -> None:
            settings_seen[f"{self.path}.{word}"] = value

    class Blender:
        class context:
            scene = Anything("scene")

        class app:
            version = (4, 5, 15)

    # The block imports bpy, which is not what is tried here.
    exec(compile(source.replace("import bpy", "bpy = Blender"), "p", "exec"), {"__name__": name, "Blender": Blender})
    return settings_seen


@pytest.mark.parametrize("kind", ["staged", "one-line main", "main and else", "crlf"])
def test_the_block_sets_the_scene_when_the_program_runs_and_only_then(kind: str) -> None:
    source = Program.parse(PROGRAMS[kind]).with_fidelity(Fidelity(640, 480, 32, denoise=True, seed=7)).source
    seen = run(source, "__main__")
    assert seen == {
        "scene.render.engine": "CYCLES",
        "scene.render.resolution_x": 640,
        "scene.render.resolution_y": 480,
        "scene.render.resolution_percentage": 100,
        "scene.cycles.samples": 32,
        "scene.cycles.seed": 7,
        "scene.cycles.use_denoising": True,
        "scene.cycles.denoising_quality": "HIGH",
        "scene.cycles.denoising_prefilter": "ACCURATE",
        "scene.cycles.use_adaptive_sampling": False,
        "scene.render.use_persistent_data": True,
    }
    assert run(source, "imported") == {}


def test_the_fast_denoiser_is_written_and_read() -> None:
    program = Program.parse(PROGRAMS["staged"]).with_fidelity(Fidelity(8, 8, denoise="fast"))
    assert program.fidelity == Fidelity(8, 8, denoise="fast")
    assert run(program.source, "__main__")["scene.cycles.denoising_quality"] == "FAST"


def test_eevee_is_called_by_the_name_of_the_running_version() -> None:
    source = Program.parse(PROGRAMS["staged"]).with_fidelity(Fidelity(8, 8, engine="EEVEE")).source
    assert run(source, "__main__")["scene.render.engine"] == "BLENDER_EEVEE_NEXT"


def test_an_unreadable_fidelity_line_is_none_and_a_warning() -> None:
    program = Program.parse("# seig: fidelity width=wide\nx = 1\n")
    assert program.fidelity is None
    assert [(p.line, p.severity) for p in program.lint()] == [(1, "warning")]
