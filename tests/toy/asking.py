"""What the tests of the VLM proposer share: a program, what a model is shown of it, and how one is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
from model_server import Desk

from seig_search.models import LiveModels, ModelCall, Unmetered
from seig_search.program import Program
from seig_search.proposal import Context
from seig_search.proposers.vlm import VlmProposer
from seig_search.stages import Stage
from seig_search.target import Target

__all__ = ["PROGRAM", "context", "fenced", "proposer", "target"]

PROGRAM = '''"""A ball."""
import bpy

BALL_RADIUS = 0.5  # @param 0.1..1.0 m
RINGS = 16  # @param 8..32


def geometry():
    bpy.ops.mesh.primitive_uv_sphere_add(radius=BALL_RADIUS, ring_count=RINGS)
    bpy.context.object.name = "Ball"


BALL_RGB = (0.6, 0.05, 0.04)  # @param rgb


def materials():
    material = bpy.data.materials.new("Ball")
    material.diffuse_color = (*BALL_RGB, 1.0)
    bpy.data.objects["Ball"].data.materials.append(material)


def composition():
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (0, 0, 5)
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera


def lighting():
    light = bpy.data.objects.new("Key", bpy.data.lights.new("Key", "SUN"))
    bpy.context.collection.objects.link(light)


if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
'''


def target() -> Target:
    pixels = np.full((30, 40, 3), 255, np.uint8)
    pixels[10:20, 10:30] = (200, 30, 30)
    return Target.from_array(pixels, "ball")


def context(stage: Stage = Stage.GEOMETRY, calls: list[ModelCall] | None = None, **more: Any) -> Context:
    if stage is not Stage.SCAFFOLD:
        render = np.zeros((15, 20, 4), np.uint8)
        index = np.zeros((15, 20), np.uint16)
        index[5:10, 5:10] = 1
        more = {
            "parent": Program.parse(PROGRAM),
            "render": render,
            "passes": {"object_index": index},
            "names": ("", "Ball"),
            "metrics": {"psnr": 12.0},
            "score": 0.4,
            **more,
        }
    meter = Unmetered()
    meter.calls = [] if calls is None else calls
    models = LiveModels(meter)
    return Context(stage, target(), more.pop("wanted", 1), np.random.default_rng(4), models=models, **more)


def proposer(desk: Desk, **more: Any) -> VlmProposer:
    return VlmProposer("openai/desk", desk.url, **{"timeout_s": 20, "backoff_s": 0, **more})


def fenced(text: str, language: str = "python") -> str:
    return f"Why: it was too large\n\n```{language}\n{text}\n```\n"
