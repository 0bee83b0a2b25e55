"""Scenes that Blender makes: looked at through the pool, and measured from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seig_search.blender_pool import BlenderPool, PoolOptions
from seig_search.cli import truth_command
from seig_search.errors import SeigError
from seig_search.evaluators.pixel import PixelEvaluator
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob
from seig_search.truth import Looking, TruthLight, blend_program, compared, held_out_errors, held_out_views, look
from seig_search.truth.errors_of_lights import irradiance

pytestmark = pytest.mark.blender

BALLS = """
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
SHIFT = 0.0  # @param -1..1 m
for name, x, red in (("One", 0.0, 0.8), ("Two", 2.5 + SHIFT, 0.1), ("Three", -2.0, 0.4)):
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.7, location=(x, abs(x), 0.7), segments=48, ring_count=24)
    ball = bpy.context.object
    ball.name = name
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (red, 0.2, 0.2, 1)
    if name == "Two":
        plain = tree.nodes.new("ShaderNodeRGB")
        plain.outputs[0].default_value = (0.1, 0.2, 0.6, 1)
        tree.links.new(plain.outputs[0], tree.nodes["Principled BSDF"].inputs["Base Color"])
    ball.data.materials.append(material)
bpy.ops.mesh.primitive_plane_add(size=40)
camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
camera.location, camera.rotation_euler, camera.data.angle = (0, -9, 3), (1.35, 0, 0), 0.7
bpy.context.collection.objects.link(camera)
bpy.context.scene.camera = camera
lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
lamp.data.energy, lamp.rotation_euler = 2.0, (0.5, 0, 0)
bpy.context.collection.objects.link(lamp)
bpy.context.scene.render.engine = "CYCLES"
bpy.context.scene.view_settings.view_transform = "Standard"
"""
LOOKING = Looking(6, 96)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scenes")
    place.chmod(0o755)
    return place


@pytest.fixture(scope="module")
def pool(folder: Path) -> Iterator[BlenderPool]:
    opened = BlenderPool(PoolOptions(workers=1, threads=1, readable=(folder,)))
    yield opened
    opened.close()


def test_a_program_s_surfaces_lie_on_its_balls(pool: BlenderPool) -> None:
    scene = look(pool, BALLS, "balls", LOOKING)
    assert {item.name for item in scene.solids} == {"One", "Two", "Three"}
    assert scene.camera.fov_deg == pytest.approx(np.degrees(0.7), abs=0.01)
    for item in scene.solids:
        assert item.surface is not None
        radii = np.linalg.norm(item.surface.points - item.centre, axis=1)
        assert np.percentile(radii, [2, 98]) == pytest.approx([0.7, 0.7], abs=0.06)
        # From all sides but the floor's.
        assert (item.surface.points.max(axis=0) - item.centre) == pytest.approx([0.7] * 3, abs=0.1)


def test_a_colour_behind_a_node_is_seen(pool: BlenderPool) -> None:
    colours = {item.name: item.rgb for item in look(pool, BALLS, "balls", LOOKING).solids}
    assert colours["One"] == pytest.approx([0.8, 0.2, 0.2], abs=1e-6)
    # The denoiser's albedo holds some of the surface's sheen.
    assert colours["Two"] == pytest.approx([0.1, 0.2, 0.6], abs=0.08)


def test_a_blend_file_is_the_scene_that_was_saved(pool: BlenderPool, folder: Path) -> None:
    job = RenderJob(BALLS, Fidelity(32, 24, 1), passes=("blend",))
    (folder / "balls.blend").write_bytes(pool.submit(job).result().blend or b"")
    one = look(pool, blend_program(folder / "balls.blend"), "file", LOOKING)
    values = compared(one, look(pool, BALLS, "program", LOOKING), "none").values
    assert values["object_f1"] == 1
    for name in ("camera_rotation", "camera_position", "object_position", "light_transport", "light_field"):
        assert values[name] == pytest.approx(0, abs=1e-4), name
    assert values["chamfer_relative"] < 1e-3


def test_a_moved_ball_moves_the_errors(pool: BlenderPool) -> None:
    exact = look(pool, BALLS, "balls", LOOKING)
    shifted = look(pool, BALLS, "balls", LOOKING, {"SHIFT": 0.3})
    values = compared(shifted, exact, "none").values
    # The second ball goes as far along y as along x.
    assert values["object_position"] == pytest.approx(0.3 * 2**0.5 / 3, abs=0.01)
    assert values["camera_position"] == 0
    assert 0.02 < values["chamfer"] < 0.15


def test_held_out_views_of_one_scene_agree_and_of_another_do_not(pool: BlenderPool) -> None:
    views = held_out_views(2, 3)
    assert views == held_out_views(2, 3)
    assert views != held_out_views(2, 4)
    size = Fidelity(64, 48, 4, denoise=True)
    same, specs = held_out_errors(pool, BALLS, BALLS, views, size, [PixelEvaluator()])
    red = BALLS.replace("(red, 0.2, 0.2, 1)", "(0.2, red, 0.2, 1)")
    other, _ = held_out_errors(pool, red, BALLS, views, size, [PixelEvaluator()])
    assert same["view_psnr"] == 100
    assert other["view_psnr"] < 40
    assert {metric.name for metric in specs} == set(same)


def test_a_program_that_fails_is_told_with_its_cause(pool: BlenderPool) -> None:
    with pytest.raises(SeigError, match=r"mine did not render .*KeyError"):
        look(pool, "import bpy\nbpy.data.objects['Nothing']\n", "mine", LOOKING)


@pytest.mark.parametrize("kind", ["SUN", "POINT", "SPOT", "AREA"])
def test_irradiance_is_what_cycles_renders(pool: BlenderPool, kind: str) -> None:
    program = f"""
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_plane_add(size=0.2)
material = bpy.data.materials.new("White")
material.use_nodes = True
tree = material.node_tree
tree.nodes.clear()
white, out = tree.nodes.new("ShaderNodeBsdfDiffuse"), tree.nodes.new("ShaderNodeOutputMaterial")
white.inputs[0].default_value = (1, 1, 1, 1)
tree.links.new(white.outputs[0], out.inputs[0])
bpy.context.object.data.materials.append(material)
light = bpy.data.lights.new("Light", {kind!r})
light.energy = 100.0
if light.type == "AREA":
    light.size = 0.1
lamp = bpy.data.objects.new("Light", light)
lamp.location = (0, 0, 5)
camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
camera.location, camera.data.angle = (0, 0, 1), 0.1
for item in (lamp, camera):
    bpy.context.collection.objects.link(item)
bpy.context.scene.camera = camera
bpy.context.scene.render.engine = "CYCLES"
"""
    result = pool.submit(RenderJob(program, Fidelity(16, 16, 32), passes=("linear",))).result()
    assert result.status == "ok", result.error
    light = TruthLight("Light", kind, np.array([0, 0, 5.0]), np.array([0, 0, -1.0]), 100.0, np.ones(3), 45.0)  # type: ignore[arg-type]
    # A white diffuse surface gives back its irradiance over pi.
    seen = np.pi * float(result.layers["linear"].mean())
    assert irradiance(light, np.zeros(3))[1][0] == pytest.approx(seen, rel=0.01)


def test_the_command_measures_a_program_against_a_blend_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    (folder / "program.py").write_text(BALLS.replace("SHIFT = 0.0", "SHIFT = 0.4"))
    parser = argparse.ArgumentParser()
    truth_command.add_arguments(parser)
    words = [str(folder / "program.py"), str(folder / "balls.blend"), "--look", "0", "--align", "similarity", "--json"]
    assert truth_command.execute(parser.parse_args([*words, "--workers", "1"])) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["align"] == "similarity"
    assert told["metrics"]["object_f1"] == 1
    assert 0 < told["metrics"]["object_position"] < 0.4
    assert sorted(told["pairs"]) == [["One", "One"], ["Three", "Three"], ["Two", "Two"]]
    assert set(told["units"]) == set(told["metrics"])
