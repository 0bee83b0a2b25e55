"""Layers beside the picture, from a real Blender; one supervisor for the whole file."""

import base64

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import LAYERS, RenderJob, View

pytestmark = pytest.mark.blender
SMALL = Fidelity(64, 48, samples=4)

STAGE = """
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
# Every light is drawn as often as the others, so that the noise does not depend on their energies.
scene.cycles.use_light_tree = False
scene.cycles.sample_clamp_indirect = 0

def material(name, rgb, glow=0.0):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    node = made.node_tree.nodes["Principled BSDF"]
    node.inputs["Base Color"].default_value = (*rgb, 1)
    node.inputs["Emission Color"].default_value = (*rgb, 1)
    node.inputs["Emission Strength"].default_value = glow
    bpy.context.object.data.materials.append(made)

bpy.ops.mesh.primitive_plane_add(size=6)
bpy.context.object.name = "Floor"
material("Grey", (0.5, 0.5, 0.5))
bpy.ops.mesh.primitive_cube_add(size=1, location=(0.8, 0, 0.5))
bpy.context.object.name = "Box"
material("Red", (0.8, 0.1, 0.05))
bpy.ops.mesh.primitive_plane_add(size=0.5, location=(-0.8, 0, 0.6), rotation=(1.2, 0, 0))
bpy.context.object.name = "Glow"
material("Lamp", (0.1, 0.8, 0.2), 4)
KEY_ENERGY = 80.0
for name, kind, energy, place in (
    ("Key", "AREA", KEY_ENERGY, (2, -2, 3)), ("Fill", "POINT", 60.0, (-3, -2, 2)), ("Sun", "SUN", 1.0, (0, 0, 5)),
):
    light = bpy.data.objects.new(name, bpy.data.lights.new(name, kind))
    light.data.energy, light.location = energy, place
    scene.collection.objects.link(light)
scene.world = bpy.data.worlds.new("World")
scene.world.use_nodes = True
scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.1, 0.12, 0.2, 1)
camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
camera.location, camera.rotation_euler = (0, -7, 2.5), (1.28, 0, 0)
scene.collection.objects.link(camera)
scene.camera = camera
"""


@pytest.fixture(scope="module")
def supervisor():
    made = Supervisor(PoolOptions(deadline_s=60), threads=1)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def run(supervisor):
    def run(source, fidelity=SMALL, **rest):
        answer = supervisor.render(RenderJob(source, fidelity, **rest))
        assert answer.result is not None, (answer.cause, answer.message, answer.output)
        return answer.result

    return run


@pytest.fixture(scope="module")
def everything(run):
    result = run(STAGE, passes=(*LAYERS, "facts"))
    assert result.status == "ok", result.error
    return result


def test_layers_have_their_shapes_and_leave_the_picture_as_it_is(run, everything):
    shapes = {name: (values.shape, values.dtype.str) for name, values in everything.layers.items()}
    flat, deep = (48, 64), (48, 64, 3)
    assert shapes == {
        "alpha": (flat, "<f4"),
        "depth": (flat, "<f4"),
        "normal": (deep, "<f4"),
        "object_index": (flat, "<i4"),
        "material_index": (flat, "<i4"),
        "lights": ((5, *deep), "<f4"),
        "albedo": (deep, "<f4"),
        "denoising_normal": (deep, "<f4"),
        "linear": (deep, "<f4"),
        "surface": ((48, 64, 8), "<f4"),
    }
    assert np.array_equal(everything.pixels, run(STAGE).pixels)


def test_every_lights_own_part_adds_up_to_the_picture(everything):
    lights, linear = everything.layers["lights"], everything.layers["linear"]
    assert everything.names["lights"] == ("Fill", "Key", "Sun", "world", "emission")
    assert np.abs(lights.sum(0) - linear).max() < 1e-5 * linear.max()
    assert all(part.max() > 0.01 for part in lights)
    assert lights[4].argmax() // 3 % 64 < 32, "the glowing plane stands on the left"


def test_a_light_of_twice_the_energy_is_its_layer_once_more(run, everything):
    twice = run(STAGE, passes=("linear",), values={"KEY_ENERGY": 160.0}).layers["linear"]
    expected = everything.layers["linear"] + everything.layers["lights"][1]
    assert np.abs(twice - expected).max() < 1e-4 * twice.max()


def test_depth_normals_and_indices_say_what_is_where(everything):
    layers, names = everything.layers, everything.names
    assert names["object_index"] == ("", "Box", "Floor", "Glow")
    assert names["material_index"] == ("", "Grey", "Lamp", "Red")
    objects, materials = layers["object_index"], layers["material_index"]
    sky = objects == 0
    assert sky[0].all()
    assert np.isinf(layers["depth"][sky]).all()
    assert (layers["depth"][~sky] < 12).all()
    assert np.array_equal(objects == 1, materials == 3)
    floor = (objects == 2) & (np.abs(layers["normal"] - [0, 0, 1]).max(2) < 1e-3)
    assert floor.sum() > 0.8 * (objects == 2).sum()
    # The box's front is 6.5 m before the camera and is seen from slightly above.
    assert layers["depth"][objects == 1].min() == pytest.approx(6.5 * np.sin(1.28) + 1.5 * np.cos(1.28), abs=0.35)
    assert layers["albedo"][objects == 1].mean(0) == pytest.approx([0.8, 0.1, 0.05], abs=0.12)
    assert (layers["alpha"] == 1).all()


def test_surface_points_lie_on_the_objects_that_they_are_said_to_be_of(everything):
    points, names = everything.layers["surface"].reshape(-1, 8), everything.names["surface"]
    boxes = {told["name"]: np.array(told["bbox_world"]) for told in everything.facts["objects"]}
    assert set(names) == {"Box", "Floor", "Glow"}
    assert np.allclose(np.linalg.norm(points[:, 3:6], axis=1), 1, atol=1e-4)
    for index, name in enumerate(names):
        mine = points[points[:, 6] == index]
        assert len(mine) > 100
        assert (mine[:, :3] >= boxes[name].min(0) - 1e-3).all()
        assert (mine[:, :3] <= boxes[name].max(0) + 1e-3).all()
    floor = points[points[:, 6] == names.index("Floor")]
    assert np.abs(floor[:, 3:6] - [0, 0, 1]).max() < 1e-4


def test_surface_points_do_not_go_by_the_order_of_faces_and_corners(run):
    program = """
import bpy

corners = [(x, y, z) for x in (-1, 0.5, 2) for y in (-1, 1.5) for z in (0, 1)]
faces = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (8, 9, 11), (8, 11, 10), (1, 5, 7), (1, 7, 3)]
faces = [FACE for face in ORDER]
mesh = bpy.data.meshes.new("Sheets")
mesh.from_pydata(corners, [], faces)
bpy.context.scene.collection.objects.link(bpy.data.objects.new("Sheets", mesh))
camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
camera.location = (0, 0, 9)
bpy.context.scene.collection.objects.link(camera)
bpy.context.scene.camera = camera
"""
    orders = [("face", "faces"), ("face[1:] + face[:1]", "reversed(faces)")]
    found = [
        run(program.replace("FACE", face).replace("ORDER", order), passes=("surface",)).layers["surface"]
        for face, order in orders
    ]
    assert np.array_equal(*found)
    assert np.unique(found[0][..., :3]).size > 100


def test_facts_count_visible_pixels_when_the_index_is_there(everything):
    told = {item["name"]: item for item in everything.facts["objects"]}
    for index, name in enumerate(everything.names["object_index"]):
        if name:
            assert told[name]["pixels"] == (everything.layers["object_index"] == index).sum() > 0


def test_facts_tell_looks_lights_camera_and_world(everything):
    facts = everything.facts
    materials = {item["name"]: item for item in facts["materials"]}
    assert materials["Red"]["base_color"] == pytest.approx([0.8, 0.1, 0.05])
    assert materials["Lamp"]["emission_strength"] == pytest.approx(4)
    assert (materials["Red"]["roughness"], materials["Red"]["textured"]) == (0.5, [])
    lights = {item["name"]: item for item in facts["lights"]}
    assert lights["Key"]["energy"] == pytest.approx(80)
    assert lights["Sun"]["direction"] == pytest.approx([0, 0, -1])
    assert facts["world"]["color"] == pytest.approx([0.1, 0.12, 0.2])
    assert facts["camera"]["fov_x_deg"] > facts["camera"]["fov_y_deg"] > 0
    assert facts["render"]["view_transform"] == "AgX"
    assert facts["collections"][0]["count"] == 7
    assert set(facts["left_out"].values()) == {0}


def test_layers_are_read_before_the_denoiser(run, everything):
    smooth = run(STAGE, Fidelity(64, 48, samples=4, denoise=True), passes=("linear", "lights"))
    assert not np.array_equal(smooth.pixels, everything.pixels)
    assert np.array_equal(smooth.layers["linear"], everything.layers["linear"])
    assert np.array_equal(smooth.layers["lights"], everything.layers["lights"])


def test_the_fast_denoiser_is_another_than_the_best_and_takes_away_most_of_the_noise(run, everything):
    clean = run(STAGE, Fidelity(64, 48, samples=256, seed=3)).pixels[..., :3].astype(float)
    fast, best = (run(STAGE, Fidelity(64, 48, samples=4, denoise=kind)).pixels for kind in ("fast", True))
    assert not np.array_equal(fast, best)
    noise, rest = (np.abs(pixels[..., :3] - clean).mean() for pixels in (everything.pixels, fast))
    assert rest < 0.6 * noise


def test_index_layers_do_not_mix_at_edges(run):
    result = run(STAGE, Fidelity(64, 48, samples=32), passes=("object_index", "depth", "alpha"))
    assert set(np.unique(result.layers["object_index"])) == {0, 1, 2, 3}
    assert result.names["object_index"] == ("", "Box", "Floor", "Glow")
    near = result.layers["depth"][result.layers["object_index"] == 1]
    assert near.max() - near.min() < 1.5


def test_a_transparent_film_has_alpha(run):
    result = run(STAGE + "scene.render.film_transparent = True\n", passes=("alpha", "linear"))
    alpha = result.layers["alpha"]
    assert (alpha[0] == 0).all()
    assert alpha.max() == 1
    assert (result.layers["linear"][0] == 0).all()


def test_the_scene_that_is_saved_knows_nothing_of_the_layers(run):
    source = STAGE + "bpy.context.view_layer.lightgroups.add(name='mine')\nlight.lightgroup = 'mine'\n"
    saved = base64.b64encode(run(source, passes=("blend", *LAYERS), view=View("object", 20, 10, "Box")).blend)
    check = f"""if True:
        import base64, bpy, os
        open("scene.blend", "wb").write(base64.b64decode({saved!r}))
        bpy.ops.wm.open_mainfile(filepath=os.path.abspath("scene.blend"))
        layer = bpy.context.view_layer
        assert layer.name == "ViewLayer" and not layer.use_pass_object_index, layer.name
        assert [group.name for group in layer.lightgroups] == ["mine"]
        assert {{item.lightgroup for item in bpy.data.objects}} == {{"mine", ""}}
        assert all(item.pass_index == 0 for item in (*bpy.data.objects, *bpy.data.materials))
    """
    result = run(check, Fidelity(8, 8, samples=1))
    assert result.status == "ok", result.error


def test_too_many_lights_for_layers_are_told(run):
    source = STAGE + (
        "for index in range(70):\n"
        "    scene.collection.objects.link(bpy.data.objects.new('L', bpy.data.lights.new('L', 'POINT')))\n"
    )
    result = run(source, passes=("lights",))
    assert (result.status, result.error.kind) == ("broken", "TooMuch")
    assert "73 lights" in result.error.message
    assert run(source).status == "ok"


def test_a_turntable_needs_no_camera_and_frames_the_scene(run):
    source = STAGE + "bpy.data.objects.remove(camera)\nbpy.data.objects.remove(bpy.data.objects['Floor'])\n"
    for azimuth in (0, 90):
        result = run(source, view=View("turntable", azimuth, 30), passes=("object_index", "facts"))
        assert result.status == "ok", result.error
        index = result.layers["object_index"]
        assert result.names["object_index"] == ("", "Box", "Glow")
        assert (index[[0, -1]] == 0).all()
        assert (index[:, [0, -1]] == 0).all()
    place = np.array(result.facts["camera"]["matrix_world"])[:3, 3]
    assert place[0] > 3 * abs(place[1]), "azimuth 90 looks from +x"


def test_one_object_alone_keeps_the_lights(run):
    result = run(STAGE, view=View.parse("object:Box"), passes=("object_index", "facts"))
    assert result.names["object_index"] == ("", "Box")
    share = (result.layers["object_index"] == 1).mean()
    assert 0.1 < share < 0.9
    seen = result.pixels[result.layers["object_index"] == 1]
    assert seen[:, 0].mean() > 2 * seen[:, 1].mean(), "it is lit, and red"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [("Bok", "NoSuchObject", "'Box'"), ("Key", "NothingToShow", "LIGHT"), ("box", "NoSuchObject", "'Box'")],
)
def test_an_object_that_cannot_be_shown_is_told(run, name, kind, words):
    result = run(STAGE, view=View("object", name=name))
    assert (result.status, result.error.kind) == ("broken", kind)
    assert words in result.error.message


def test_blenders_complaints_become_warnings(run):
    source = STAGE + "print('an honest line')\nprint('Warning: texture is odd')\nprint('Warning: texture is odd')\n"
    assert run(source).warnings == ("Warning: texture is odd",)
    assert run(STAGE).warnings == ()


def test_facts_of_very_many_objects_stay_small(run):
    source = STAGE + (
        "mesh = bpy.data.objects['Box'].data\n"
        "for index in range(2500):\n"
        "    scene.collection.objects.link(bpy.data.objects.new('Copy', mesh))\n"
    )
    facts = run(source, Fidelity(8, 8, samples=1), passes=("facts",)).facts
    assert len(facts["objects"]) == 2000
    assert facts["left_out"] == {"objects": 503, "materials": 0, "lights": 0, "collections": 0}


def test_adaptive_sampling_and_its_threshold_matter(run):
    plain = run(STAGE, Fidelity(32, 24, samples=64)).pixels
    assert not np.array_equal(plain, run(STAGE, Fidelity(32, 24, samples=64, adaptive=0.3)).pixels)
