"""The kit in real Blender: sizes, closed surfaces, chance by seed, and the way back from a pixel."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.kit import HELPERS, source_of
from seig_search.render import RenderJob

pytestmark = [pytest.mark.blender, pytest.mark.slow]
PROGRAMS = Path(__file__).parent / "programs"
SMALL, TINY = Fidelity(160, 120, samples=8), Fidelity(16, 16, samples=1)

SIZES = {
    "Box": (0.3, 0.24, 0.2),
    "Cylinder": (0.28, 0.28, 0.3),
    "Cone": (0.3, 0.3, 0.34),
    "Capsule": (0.2, 0.2, 0.36),
    "Mug": (0.2, 0.2, 0.22),
    "Handle": (0.085, 0.022, 0.13 + 0.022),
    "Vase": (0.28, 0.28, 0.4),
    "Bottle": (0.24, 0.14, 0.36),
    "Tube": (0.28, 0.25, 0.3),
    "Ring": (0.32, 0.32, 0.06),
    "Sheet": (0.5, 0.34, 0.05),
    "Hill": (0.48, 0.48, 0.125),
}
"""Outer sizes (x, y, z) in metres of what programs/models.py makes."""


@pytest.fixture(scope="module")
def run():
    supervisor = Supervisor(PoolOptions(deadline_s=60), threads=1)

    def run(text: str, fidelity: Fidelity = TINY, **rest: Any) -> Any:
        source = source_of(set(re.findall(r"\bkit_\w+", text))) + "\n\n" + text
        answer = supervisor.render(RenderJob(source, fidelity, **rest))
        assert answer.result is not None, (answer.cause, answer.message, answer.output)
        assert answer.result.status == "ok", answer.result.error
        return answer.result

    yield run
    supervisor.stop()


@pytest.fixture(scope="module")
def models(run):
    return run((PROGRAMS / "models.py").read_text(), SMALL, passes=("facts",))


def corners(result: Any) -> dict[str, np.ndarray]:
    """(8, 3) corners of each object's box, in metres."""
    return {item["name"]: np.array(item["bbox_world"]) for item in result.facts["objects"]}


def test_models_have_their_sizes_and_stand_on_the_ground(models: Any) -> None:
    boxes = corners(models)
    for name, size in SIZES.items():
        extent = np.ptp(boxes[name], axis=0)
        assert extent == pytest.approx(size, rel=0.06, abs=0.012), name
        if name not in {"Handle", "Tube"}:
            assert boxes[name][:, 2].min() == pytest.approx(0, abs=0.003), name
    text = np.ptp(boxes["Text"], axis=0)
    assert text[1:] == pytest.approx((0.05, 0.2), rel=0.08)


def test_a_cloth_hangs_over_its_box_and_does_not_pass_through_the_ground(models: Any) -> None:
    box = corners(models)["Drape"]
    low, high = box.min(axis=0), box.max(axis=0)
    assert high[2] == pytest.approx(0.262, abs=0.004)
    assert 0 <= low[2] < 0.16
    assert ((high - low)[:2] > 0.3).all()
    assert ((high - low)[:2] < 0.56).all()


def test_scattered_copies_share_their_mesh_and_keep_their_distance(models: Any) -> None:
    placed = {item["name"]: item for item in models.facts["objects"]}
    assert not placed["Seed"]["visible"]
    seeds = np.array([item["location"] for name, item in placed.items() if name.startswith("Seeds.")])
    assert len(seeds) == 60
    apart = np.linalg.norm(seeds[:, None] - seeds[None], axis=2)
    assert apart[~np.eye(60, dtype=bool)].min() >= 0.02 - 1e-6
    away = np.hypot(seeds[:, 0] + 0.1, seeds[:, 1] + 0.42)
    assert away.max() < 0.242
    pebbles = np.array([item["location"] for name, item in placed.items() if name.startswith("Pebbles.")])
    assert (pebbles[:, :2] >= (0.3, -0.65)).all()
    assert (pebbles[:, :2] <= (1.1, -0.3)).all()
    assert models.facts["warnings"] == []


CLOSED = """
import bmesh

graph = bpy.context.evaluated_depsgraph_get()
for item in bpy.data.objects:
    if item.type != "MESH" or item.name == "Floor":
        continue
    work = bmesh.new()
    work.from_mesh(item.evaluated_get(graph).to_mesh())
    loose = [edge for edge in work.edges if not edge.is_manifold]
    assert not loose, f"{item.name}: {len(loose)} edges of {len(work.edges)} do not join two faces"
    assert work.calc_volume(signed=True) > 0, f"{item.name} is inside out"
    work.free()
"""


def test_every_solid_is_closed_and_faces_outwards(run: Any) -> None:
    run((PROGRAMS / "models.py").read_text() + CLOSED)


def test_every_material_is_used_and_seen(run: Any) -> None:
    text = (PROGRAMS / "materials.py").read_text()
    result = run(text, SMALL, passes=("facts",))
    used = {item["name"] for item in result.facts["materials"]}
    assert len(used) == 19
    makers = {name for name, helper in HELPERS.items() if helper.kind == "material" and helper.signature[-1] == ")"}
    called = set(re.findall(r"\bkit_\w+", source_of(set(re.findall(r"\bkit_\w+", text)))))
    assert makers <= called
    assert result.facts["warnings"] == []
    assert len(np.unique(result.pixels.reshape(-1, 4), axis=0)) > 2000


CAMERAS = """
import math
import bpy
from bpy_extras.object_utils import world_to_camera_view

scene = bpy.context.scene
camera = scene.camera
tried = 0
for fit in ("AUTO", "HORIZONTAL", "VERTICAL"):
    for width, height, tall in ((200, 120, 1.0), (120, 200, 1.0), (160, 120, 2.0)):
        for shift, kind in (((0.0, 0.0), "PERSP"), ((0.12, -0.2), "PERSP"), ((0.1, 0.05), "ORTHO")):
            camera.data.type, camera.data.sensor_fit, camera.data.lens = kind, fit, 40.0
            camera.data.sensor_width, camera.data.sensor_height = 32.0, 20.0
            camera.data.shift_x, camera.data.shift_y = shift
            camera.location = (2.0, -3.0, 4.0)
            kit_look_at(camera, (0.2, 0.1, 0.0))
            scene.render.resolution_x, scene.render.resolution_y = width, height
            scene.render.pixel_aspect_y = tall
            for px, py, z in ((10, 15, 0.0), (width - 7, height - 20, 0.3), (width / 2, height / 2, -0.5)):
                point = kit_unproject(px, py, width, height, z)
                assert abs(point.z - z) < 1e-4
                seen = world_to_camera_view(scene, camera, point)
                off = math.hypot(seen.x * width - px, (1 - seen.y) * height - py)
                assert off < 0.5, (fit, width, height, tall, shift, kind, px, py, off)
                tried += 1
assert tried == 81
scene.render.pixel_aspect_y = 1.0
camera.data.type, camera.data.shift_y = "PERSP", 0.0
kit_look_at(camera, (0.0, 5.0, 4.0))
try:
    kit_unproject(100, 10, 200, 120)
except ValueError as error:
    assert "horizon" in str(error)
else:
    raise AssertionError("a pixel of the sky has no point on the ground")
"""


def test_a_pixels_point_is_seen_in_that_pixel(run: Any) -> None:
    run(CAMERAS)


SEEDS = """
import bpy

def shape(thing):
    return [tuple(vertex.co) for vertex in thing.data.vertices]

def places(copies):
    return [tuple(round(part, 5) for part in (*copy.location, *copy.rotation_euler, *copy.scale)) for copy in copies]

one, same, other = (kit_cloth("Cloth", (0.4, 0.3), 0.02, seed=seed) for seed in (1, 1, 2))
assert shape(one) == shape(same) != shape(other)
one, same, other = (kit_cloth("Cloth", (0.4, 0.3), 0.02, over=(0.2, 0.1, 0.3), seed=seed) for seed in (1, 1, 2))
assert shape(one) == shape(same) != shape(other)
ball = kit_capsule("Ball", 0.1, 0.2)
for on in (one, (0, 0, 2, 2)):
    first, again, others = (kit_scatter("Many", ball, on, 12, seed=seed) for seed in (1, 1, 2))
    assert len(first) == 12 and all(copy.data == ball.data and not copy.hide_render for copy in again)
    assert places(first) == places(again) != places(others)
assert len(kit_scatter("Few", ball, (0, 0, 1, 1), 50, min_distance=0.6)) < 50
"""


def test_equal_seeds_make_equal_shapes_and_others_do_not(run: Any) -> None:
    run(SEEDS)


STOCK = """
import bpy

assert kit_box("A", (1, 1, 1), bevel=9).data.vertices
assert abs(max(v.co.z for v in kit_text("B", "H", 0.5).data.vertices) - 0.5) < 0.002
assert len(kit_text("C", "H", 0.5, flat=True).data.polygons) > 8
ring = kit_lathe("D", [(0.5, 0), (0.6, 0), (0.6, 0.1), (0.5, 0.1), (0.5, 0)])
assert len(ring.data.polygons) == 4 * 64
shade = kit_lathe("E", [(0.2, 0), (0.1, 0.3)], capped=False)
assert len(shade.data.polygons) == 64
square = [(x, y, 0) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
roof = kit_loft("F", [square, [(0.5, 0.5, 1)] * 4], steps=1)
assert len(roof.data.vertices) == 5, len(roof.data.vertices)
try:
    kit_loft("G", [square, square[:3]])
except ValueError as error:
    assert "G: rings" in str(error)
else:
    raise AssertionError("rings of 4 and 3 points")
for name in ("X", "Y", "Z", "ROUND", ""):
    kit_metal(name, brushed=name)
for axis in "XYZ":
    kit_dress(ring, kit_wood(axis, (0.3, 0.2, 0.1), axis=axis))
assert [material.name for material in ring.data.materials] == ["Z.001"]
"""


def test_options_do_what_they_say(run: Any) -> None:
    run(STOCK)
