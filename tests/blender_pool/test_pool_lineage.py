"""Programs of one beginning, one after the other in one real Blender: each must come out as in a process of its own."""

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.conversation import ChildLost
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.blender_pool.worker.family import plan
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

pytestmark = pytest.mark.blender
SMALL = Fidelity(40, 30, samples=2)

BEGINNING = """
import bpy
from math import radians
from mathutils import Matrix, Vector

SHARED = {"count": 0}


def geometry():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    SHARED["count"] += 1
    for k in range(3):
        bpy.ops.mesh.primitive_cube_add(size=1, location=(1.5 * k - 1.5, 0, 0.5))
        bpy.context.object.name = f"Box{k}"
        bpy.context.object.modifiers.new("Round", "BEVEL").segments = 3
    bpy.ops.mesh.primitive_plane_add(size=30)
    bpy.context.object.name = "Floor"
    bpy.data.objects["Box0"].data.materials.append(bpy.data.materials.new("Early"))


"""
MATERIALS = """
RED = (0.8, 0.1, 0.1)  # @param rgb


def paint(name, rgb, roughness=0.5):
    thing = bpy.data.objects[name]
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*rgb, 1)
    shader.inputs["Roughness"].default_value = roughness
    if thing.data.materials:
        thing.data.materials[0] = material
    else:
        thing.data.materials.append(material)


def materials():
    paint("Box0", RED)
    paint("Box1", (0.1, 0.6, 0.2), roughness=0.2)
    paint("Floor", (0.5, 0.5, 0.5))


"""
COMPOSITION = """
TURN = 20.0  # @param -90..90 deg
FOV = 45.0  # @param 20..90 deg


def composition():
    scene = bpy.context.scene
    box = bpy.data.objects["Box2"]
    box.location.z += 0.25
    box.rotation_euler = (0, 0, radians(TURN))
    box.scale *= 1.2
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location = Vector((0, -7, 3))
    camera.rotation_euler = (radians(70), 0, 0)
    camera.data.angle = radians(FOV)
    scene.camera = camera


"""
LIGHTING = """
ENERGY = 500.0  # @param 10..2000 W
SKY = 0.3  # @param 0..2


def apply(function, value):
    function(value)


def lighting():
    for k, (x, y) in enumerate([(-3, -3), (4, -2)]):
        data = bpy.data.lights.new(f"Lamp{k}", "AREA")
        data.energy, data.size = ENERGY / (k + 1), 2
        lamp = bpy.data.objects.new(f"Lamp{k}", data)
        lamp.location = (x, y, 4)
        lamp.rotation_euler = (Vector((0, 0, 0)) - lamp.location).to_track_quat("-Z", "Y").to_euler()
        bpy.context.scene.collection.objects.link(lamp)
    world = bpy.data.worlds.new("Sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = SKY
    bpy.context.scene.view_settings.view_transform = "Standard"
    bpy.context.scene.view_settings.exposure = 0.1


"""
MAIN = """
if __name__ == "__main__":
    geometry()
    materials()
    composition()
    lighting()
"""


def program(materials=MATERIALS, composition=COMPOSITION, lighting=LIGHTING):
    return BEGINNING + materials + composition + lighting + MAIN


@pytest.fixture(scope="module")
def supervisors():
    kept, fresh = (Supervisor(PoolOptions(deadline_s=60, sandbox="off"), threads=1) for _ in range(2))
    fresh._kin_of = lambda job: ""
    yield kept, fresh
    kept.stop()
    fresh.stop()


@pytest.fixture
def alike(supervisors):
    """Runs jobs one after the other in a kept process, compares each with a fresh one, and gives the kept process's answers."""
    kept, fresh = supervisors

    def alike(*jobs):
        kept._unlike.clear()
        results = []
        for source, values in jobs:
            job = RenderJob(source, SMALL, values, passes=("facts",))
            first, second = kept.render(job), fresh.render(job)
            assert first.result is not None and second.result is not None, (first, second)
            one, other = first.result, second.result
            assert one.status == other.status, (one.error, other.error)
            assert one.error == other.error
            if one.pixels is not None:
                assert np.array_equal(one.pixels, other.pixels)
                assert one.facts == other.facts
            results.append(one)
        return results

    return alike


def unlike(supervisors):
    return sum(supervisors[0]._unlike.values())


def test_every_stage_is_taken_back_and_made_again_as_in_a_fresh_process(alike, supervisors):
    jobs = [
        (program(), {}),
        (program(), {"ENERGY": 900.0}),
        (program(), {"ENERGY": 100.0, "SKY": 1.0}),
        (program(), {"TURN": -40.0}),
        (program(), {"FOV": 60.0, "ENERGY": 300.0}),
        (program(), {"RED": (0.1, 0.2, 0.9)}),
        (program(), {}),
        (program(lighting=LIGHTING.replace('"AREA"', '"POINT"').replace("data.size", "data.shadow_soft_size")), {}),
        (program(materials=MATERIALS.replace('paint("Box1"', 'paint("Box2"')), {}),
        (program(composition=COMPOSITION.replace("(0, -7, 3)", "(2, -7, 3)")), {"TURN": 70.0}),
        (program(), {}),
    ]
    results = alike(*jobs)
    assert unlike(supervisors) == 0
    assert len(supervisors[0]._families) == 1
    assert len({result.pixels.tobytes() for result in results}) == len(jobs) - 2


def test_a_program_that_fails_is_told_as_by_a_fresh_process_and_the_next_is_right(alike, supervisors):
    wrong = program(lighting=LIGHTING.replace('["Background"]', '["Backround"]'))
    results = alike((program(), {}), (program(), {}), (wrong, {}), (program(), {"SKY": 0.7}))
    assert [result.status for result in results] == ["ok", "ok", "broken", "ok"]
    assert "Background" in results[2].error.hint
    assert unlike(supervisors) == 0


@pytest.mark.parametrize(
    "line",
    [
        'bpy.data.objects["Box1"].data.materials.clear()',
        'bpy.data.objects.remove(bpy.data.objects["Box1"])',
        'bpy.context.scene.world.node_tree.nodes.clear(); SHARED["count"] = 7',
        'bpy.data.objects["Box0"].modifiers.clear()',
        'bpy.data.objects["Box0"].parent = bpy.data.objects["Box1"]',
        'bpy.data.objects["Box0"].matrix_world = bpy.data.objects["Box1"].matrix_basis',
        'bpy.data.objects["Box0"]["note"] = 3',
        'bpy.data.objects["Box0"].name = "Other"',
        'bpy.data.objects["Box0"].modifiers.new("More", "SUBSURF").levels = 2',
        'bpy.data.objects["Box0"].constraints.new("TRACK_TO").target = bpy.data.objects["Box1"]',
        'bpy.context.scene.render.image_settings.file_format = "JPEG"',
        "bpy.context.scene.cycles.max_bounces = 0",
        "bpy.context.scene.render.film_transparent = True",
        'bpy.data.materials["Early"].use_nodes = True',
        'bpy.data.objects["Box0"].data.materials.append(bpy.data.materials["Early"])',
        'bpy.data.objects["Box0"].data.vertices[0].co.z += 1',
        'bpy.data.objects["Box0"].copy()',
        'bpy.context.scene.collection.children.link(bpy.data.collections.new("More"))',
        'SHARED["list"] = [k for k in range(SHARED["count"])]; SHARED["list"].append(1)',
        "bpy.context.scene.frame_current = 5",
        'max([bpy.data.objects["Box0"]], key=bpy.data.objects.remove)',
        'apply(bpy.data.objects.remove, bpy.data.objects["Box0"])',
        "apply(bpy.context.preferences.addons.new, None)",
        "bpy.context.scene.view_settings.use_curve_mapping = True",
        "bpy.context.scene.use_nodes = True",
        'bpy.data.objects["Box0"].location = bpy.data.objects["Box2"].matrix_world.translation',
        'bpy.data.objects["Box0"].location = bpy.data.objects["Box2"].matrix_local.translation',
        'bpy.data.objects["Box0"].location.z = bpy.data.objects["Box2"].dimensions.z',
        'bpy.data.objects["Box0"].location.z = bpy.data.objects["Box2"].bound_box[6][2]',
        'bpy.data.objects["Box0"].matrix_world @= Matrix.Scale(0.5, 4)',
        'one, two = bpy.data.objects["Box0"], bpy.data.objects["Box2"]; one.parent = two; one.matrix_world = Matrix()',
        'one, two = bpy.data.objects["Box0"], bpy.data.objects["Box2"]; one.parent = two; one.matrix_local = Matrix()',
        'bpy.data.objects["Box2"].dimensions = (1, 1, 1)',
        "bpy.context.scene.frame_end = len(bpy.context.scene.render.engine)",
        'bpy.context.scene.render.engine = "CYCLES"',
        'bpy.context.scene.render.engine = "BLENDER_WORKBENCH"',
    ],
)
def test_whatever_a_stage_does_the_next_program_is_as_if_it_had_not(alike, supervisors, line):
    body = "\n".join(f"    {part.strip()}" for part in line.split(";"))
    odd = program(lighting=LIGHTING.replace("def lighting():", "def lighting():\n" + body))
    late = ("].dimensions.z", "bound_box", ".matrix_world.", ".matrix_local.", "matrix_world @=", "len(bpy")
    # What depends on whether the scene was evaluated before has a process of its own from the start.
    assert (plan(odd, {}) is None) == any(part in line for part in late)
    alike(
        (program(), {}),
        (odd, {}),
        (odd, {"SKY": 0.9}),
        (program(), {"SKY": 0.6}),
        (program(), {"RED": (0.2, 0.2, 0.2)}),
    )


SUNS = """

def lighting():
    for k, (kind, energy) in enumerate([("SUN", 2), ("AREA", POWER), ("POINT", 90), ("SPOT", 300)][:COUNT]):
        data = bpy.data.lights.new(f"Lamp{k}", kind)
        data.energy = energy
        lamp = bpy.data.objects.new(f"Lamp{k}", data)
        lamp.location = (k - 2, -3 + PLACE, 4)
        lamp.rotation_euler = (0.5, 0.2 * k, 0)
        bpy.context.scene.collection.objects.link(lamp)
    world = bpy.data.worlds.new("Sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.2
EXTRA

"""


def test_lamps_keep_the_order_in_which_rays_are_sent_to_them(alike, supervisors):
    def lit(count, power, place, extra=""):
        text = SUNS.replace("COUNT", str(count)).replace("POWER", str(power)).replace("PLACE", str(place))
        return program(lighting=text.replace("EXTRA", f"    {extra}" if extra else "")), {}

    lists = "bpy.context.scene.frame_end = 100 + len(bpy.data.objects)"
    odd = 'bpy.data.objects["Lamp1"].constraints.new("COPY_LOCATION")'
    alike(
        lit(4, 300, 0),
        lit(4, 500, 1),
        lit(4, 50, 2),
        lit(3, 300, 0),
        lit(4, 300, 0, lists),
        lit(2, 300, 0, lists),
        lit(4, 200, 0.5),
        lit(4, 200, 0.5, odd),
        lit(4, 210, 0.5),
        lit(4, 220, 0.7),
        lit(1, 220, 0.7),
        lit(4, 20, 0.7, 'bpy.data.objects["Box0"].hide_render = True'),
        lit(4, 30, 0.7),
        lit(4, 30, 0.7, 'bpy.data.objects.remove(bpy.data.objects["Lamp2"])'),
        lit(4, 30, 0.8),
    )
    assert unlike(supervisors) == 0


def test_what_an_evaluation_works_out_is_no_difference(alike, supervisors):
    more = """    bpy.ops.object.text_add(location=(0, -1, 1))
    bpy.ops.object.metaball_add(radius=0.5, location=(0, 0, 2))
    bpy.ops.curve.primitive_bezier_circle_add(radius=1)
    bpy.context.object.data.bevel_depth = 0.1
    bpy.ops.object.armature_add(location=(2, 2, 0))
"""
    source = (BEGINNING.rstrip() + "\n" + more + "\n\n") + MATERIALS + COMPOSITION + LIGHTING + MAIN
    alike((source, {}), (source, {"SKY": 0.8}), (source, {"TURN": 60.0}), (source, {"RED": (0.1, 0.1, 0.9)}))
    assert unlike(supervisors) == 0


def test_what_a_ledger_refuses_is_tried_twice_and_then_left_alone(alike, supervisors):
    clears = LIGHTING.replace("def lighting():", 'def lighting():\n    bpy.data.objects["Box1"].data.materials.clear()')
    other = BEGINNING.replace("range(3)", "range(2, 5)").replace("Box{k}", "Box{k - 2}")
    source = other + MATERIALS + COMPOSITION + clears + MAIN
    alike(*((source, {"SKY": k / 10}) for k in range(6)))
    assert unlike(supervisors) == 2


def test_a_crash_in_a_kept_scene_is_not_held_against_the_program(alike, supervisors, monkeypatch):
    kept, _ = supervisors
    alike((program(), {}), (program(), {"SKY": 0.15}))
    (leaf,) = [leaf for key, leaf in kept._families.items() if key == plan(program(), {}).root]
    monkeypatch.setattr(leaf, "ask", lambda *args, **named: (_ for _ in ()).throw(ChildLost("Crash", "by a test")))
    told = kept.render(RenderJob(program(), SMALL, {"SKY": 0.2}))
    assert (told.result.status, told.cause, told.retried) == ("ok", "", "Crash: by a test")
    assert unlike(supervisors) == 1
    alike((program(), {"SKY": 0.25}), (program(), {"SKY": 0.35}))
    assert unlike(supervisors) == 0
