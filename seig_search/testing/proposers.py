"""What every proposer must hold to, as a test class."""

from __future__ import annotations

import numpy as np
import pytest

from seig_search.edits import Edit, NewProgram, edit_from_dict, edit_to_dict
from seig_search.errors import SeigError
from seig_search.models import LiveModels, Unmetered
from seig_search.program import Program
from seig_search.proposal import Context, Proposer
from seig_search.stages import EDIT_STAGES, Stage
from seig_search.target import Target
from seig_search.testing.evaluators import cut_out, picture

__all__ = ["ProposerSuite"]

PROGRAM = '''"""A red ball on a table."""
import bpy

BALL_RADIUS = 0.5  # @param 0.1..2 m


def geometry():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=20)
    bpy.context.object.name = "Table"
    bpy.ops.mesh.primitive_uv_sphere_add(radius=BALL_RADIUS)
    bpy.context.object.name = "Ball"


BALL_RGB = (0.8, 0.1, 0.05)  # @param rgb


def materials():
    material = bpy.data.materials.new("Red")
    material.diffuse_color = (*BALL_RGB, 1.0)
    bpy.data.objects["Ball"].data.materials.append(material)


BALL_X = 0.2  # @param -3..3 m


def composition():
    bpy.data.objects["Ball"].location = (BALL_X, 0.0, BALL_RADIUS)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.context.collection.objects.link(camera)
    camera.location = (0.0, -6.0, 2.0)
    camera.rotation_euler = (1.3, 0.0, 0.0)
    bpy.context.scene.camera = camera


KEY_ENERGY = 300.0  # @param 10..2000 W log


def lighting():
    key = bpy.data.objects.new("Key", bpy.data.lights.new("Key", "AREA"))
    key.data.energy = KEY_ENERGY
    key.location = (2.0, -2.0, 4.0)
    bpy.context.collection.objects.link(key)


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
'''


class ProposerSuite:
    """Checks a proposer without Blender. Subclass it under a name that pytest collects, and say how to make yours.

    A proposer that asks a model is best given a recorded or scripted one.

    Example:
        ```python
        class TestMine(ProposerSuite):
            def make(self):
                return Mine()
        ```
    """

    program = PROGRAM
    """The parent program that the edit stages are tried on."""

    def make(self) -> Proposer:
        """Make a fresh proposer; every call with the same settings."""
        raise TypeError(f"{type(self).__name__} must define make(self), which gives a fresh proposer")

    def context(self, stage: Stage, wanted: int = 2, seed: int = 0, attempt: int = 0) -> Context:
        """Give what a proposer is shown in a stage."""
        meter = Unmetered()
        self.calls = meter.calls
        scaffold = stage is Stage.SCAFFOLD
        return Context(
            stage=stage,
            target=Target.from_array(picture(0, 96, 72)),
            wanted=wanted,
            rng=np.random.default_rng(seed),
            parent=None if scaffold else Program.parse(self.program),
            render=None if scaffold else picture(1, 96, 72),
            metrics={} if scaffold else {"psnr": 15.0},
            score=None if scaffold else 0.4,
            attempt=attempt,
            models=LiveModels(meter),
        )

    def check(self, edits: list[Edit], context: Context) -> None:
        """Check the edits' number, stage and form."""
        assert isinstance(edits, list), f"expected a list of edits, got {type(edits).__name__}"
        assert len(edits) <= context.wanted, f"{context.wanted} edits were wanted, {len(edits)} came"
        for edit in edits:
            if context.stage is Stage.SCAFFOLD:
                assert isinstance(edit, NewProgram), f"the scaffold is a NewProgram, got {type(edit).__name__}"
                Program.parse(edit.source)
            else:
                assert not isinstance(edit, NewProgram), "only the scaffold stage may bring a NewProgram"
                assert edit.stage is context.stage, f"an edit of {edit.stage} came in the stage {context.stage}"
            assert edit_from_dict(edit_to_dict(edit)) == edit, f"the edit does not survive the journal: {edit}"

    @pytest.mark.parametrize("wanted", [1, 3])
    @pytest.mark.parametrize("stage", list(Stage))
    def test_edits_are_of_the_stage(self, stage: Stage, wanted: int) -> None:
        """At most as many as wanted, of the right stage, in a form that can be kept."""
        context = self.context(stage, wanted)
        self.check(self.make().propose(context), context)

    def test_there_is_a_first_program(self) -> None:
        """The scaffold stage brings at least one program, for opaque and for transparent targets."""
        for image in (picture(0, 96, 72), cut_out(0, 96, 72)):
            context = self.context(Stage.SCAFFOLD)
            context = Context(Stage.SCAFFOLD, Target.from_array(image), 1, context.rng, models=context.models)
            edits = self.make().propose(context)
            assert edits, "no first program came"
            self.check(edits, context)

    @pytest.mark.parametrize("stage", EDIT_STAGES)
    def test_edits_apply_to_the_parent(self, stage: Stage) -> None:
        """At least one of what came applies, if anything came."""
        context = self.context(stage, wanted=4)
        edits = self.make().propose(context)
        reasons = []
        for edit in edits:
            assert context.parent is not None
            try:
                context.parent.apply(edit)
            except SeigError as error:
                reasons.append(str(error))
        assert not edits or len(reasons) < len(edits), f"no edit applies: {reasons}"

    @pytest.mark.parametrize("stage", list(Stage))
    def test_equal_seeds_give_equal_edits(self, stage: Stage) -> None:
        """All randomness comes from the context's generator."""
        first = self.make().propose(self.context(stage, seed=3))
        np.random.seed(1)  # noqa: NPY002
        assert self.make().propose(self.context(stage, seed=3)) == first

    def test_inputs_are_not_modified(self) -> None:
        """Neither the render nor the target."""
        context = self.context(Stage.MATERIALS)
        assert context.render is not None
        render, pixels = context.render.copy(), context.target.rgb.copy()
        self.make().propose(context)
        assert np.array_equal(context.render, render), "it wrote into the render"
        assert np.array_equal(context.target.rgb, pixels), "it wrote into the target"
