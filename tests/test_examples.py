"""The example programs are sound, and their pictures are what they render."""

from pathlib import Path

import numpy as np
import pytest

from seig_search.fidelity import Fidelity
from seig_search.program import Program
from seig_search.render import RenderJob
from seig_search.stages import EDIT_STAGES
from seig_search.target import Target

EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAMS = sorted((EXAMPLES / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_lint_and_declare_parameters_in_every_stage(path):
    program = Program.parse(path.read_text())
    assert program.lint() == []
    assert set(program.stages) == set(EDIT_STAGES)
    assert {parameter.stage for parameter in program.parameters} == set(EDIT_STAGES)


def test_there_are_programs_with_pictures_and_truth():
    assert len(PROGRAMS) >= 2
    for path in PROGRAMS:
        assert (EXAMPLES / f"{path.stem}.png").is_file() and (EXAMPLES / f"{path.stem}.json").is_file()


@pytest.mark.blender
def test_pictures_are_what_the_programs_render():
    from seig_search.blender_pool import BlenderPool, PoolOptions

    with BlenderPool(PoolOptions(workers=1, threads=2)) as pool:
        fidelity = Fidelity(96, 72, 24)
        futures = [pool.submit(RenderJob(path.read_text(), fidelity)) for path in PROGRAMS]
        for path, future in zip(PROGRAMS, futures, strict=True):
            pixels = future.result().pixels
            assert pixels is not None
            alpha = pixels[..., 3:] / 255
            picture = Target.load(EXAMPLES / f"{path.stem}.png").sized(96, 72).over()
            difference = np.abs(pixels[..., :3] * alpha + 255 * (1 - alpha) - picture)
            assert difference.mean() < 6, path.stem
