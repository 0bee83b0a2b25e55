"""What the system prompt states of Blender is true in the installed one: a snippet for each."""

import re
from importlib.resources import files

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

TINY = Fidelity(16, 16, samples=1)
PROMPT = files("seig_search.proposers.vlm").joinpath("prompts/system.md").read_text()
HEAD = "import bpy\nfrom mathutils import Vector\nscene = bpy.context.scene\n"
CLEARED = HEAD + "for item in list(bpy.data.objects):\n    bpy.data.objects.remove(item)\n"
CAMERA = CLEARED + (
    'camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))\n'
    "scene.collection.objects.link(camera)\nscene.camera = camera\n"
)
PRINCIPLED = CAMERA + (
    'material = bpy.data.materials.new("Red")\nmaterial.use_nodes = True\n'
    'inputs = material.node_tree.nodes["Principled BSDF"].inputs\n'
)
IN_VIEW = "from bpy_extras.object_utils import world_to_camera_view as at\n"

FACTS = [
    (
        "starts with a cube, a lamp and a camera",
        HEAD + 'assert sorted(item.type for item in bpy.data.objects) == ["CAMERA", "LIGHT", "MESH"]\n',
    ),
    (
        (
            'Principled BSDF inputs: "Base Color" (RGBA), "Metallic", "Roughness", "IOR", "Alpha", "Specular IOR Level", '
            '"Transmission Weight", "Coat Weight", "Emission Color", "Emission Strength", "Subsurface Weight".'
        ),
        PRINCIPLED + 'assert len(inputs["Base Color"].default_value) == 4\n'
        'for name in ("Metallic", "Roughness", "IOR", "Alpha", "Specular IOR Level", "Transmission Weight", "Coat Weight", '
        '"Emission Color", "Emission Strength", "Subsurface Weight"):\n    assert name in inputs, name\n',
    ),
    (
        'There is no "Specular", "Emission", "Subsurface".',
        PRINCIPLED + 'assert not {"Specular", "Emission", "Subsurface"} & set(inputs.keys())\n',
    ),
    ('`material.use_nodes = True`, then `material.node_tree.nodes["Principled BSDF"]`.', PRINCIPLED),
    (
        "Primitives take `radius`, `size`, `depth`; no `diameter`.",
        CAMERA
        + "taken = {}\n"
        + 'for name in ("cube", "plane", "cylinder", "cone", "uv_sphere", "ico_sphere", "circle", "torus"):\n'
        '    taken[name] = set(getattr(bpy.ops.mesh, f"primitive_{name}_add").get_rna_type().properties.keys())\n'
        '    assert "diameter" not in taken[name], name\n'
        'assert "size" in taken["cube"] & taken["plane"]\n'
        'assert "radius" in taken["cylinder"] & taken["uv_sphere"] & taken["ico_sphere"] & taken["circle"]\n'
        'assert "depth" in taken["cylinder"] & taken["cone"]\n',
    ),
    (
        "No `use_auto_smooth`: `bpy.ops.object.shade_smooth()`.",
        CAMERA + "bpy.ops.mesh.primitive_uv_sphere_add(radius=1)\nmesh = bpy.context.object.data\n"
        'assert not hasattr(mesh, "use_auto_smooth")\nassert not mesh.polygons[0].use_smooth\n'
        "bpy.ops.object.shade_smooth()\nassert all(face.use_smooth for face in mesh.polygons)\n",
    ),
    (
        'Lights: `bpy.data.lights.new(name, "AREA"|"SUN"|"POINT"|"SPOT")`',
        CAMERA + 'for kind in ("AREA", "SUN", "POINT", "SPOT"):\n'
        "    assert bpy.data.lights.new(kind, kind).type == kind\n",
    ),
    (
        "with `angle` in radians",
        CAMERA + 'told = bpy.data.lights.new("Sun", "SUN").bl_rna.properties["angle"]\n'
        'assert told.unit == "ROTATION" and abs(told.hard_max - 3.14159265) < 1e-5\n',
    ),
    (
        (
            'The world: `scene.world = bpy.data.worlds.new("World")`, `use_nodes = True`, node "Background", inputs "Color" and '
            '"Strength".'
        ),
        CAMERA + 'scene.world = bpy.data.worlds.new("World")\nscene.world.use_nodes = True\n'
        'inputs = scene.world.node_tree.nodes["Background"].inputs\nassert {"Color", "Strength"} <= set(inputs.keys())\n',
    ),
    (
        "The camera looks along its own -Z, +Y up.",
        CAMERA
        + IN_VIEW
        + "ahead, above = at(scene, camera, Vector((0, 0, -2))), at(scene, camera, Vector((0, 0.1, -2)))\n"
        "assert abs(ahead.x - 0.5) + abs(ahead.y - 0.5) < 1e-5 and ahead.z > 1.9\nassert above.y > ahead.y + 0.01\n",
    ),
    (
        "`camera.data.sensor_fit` AUTO spans the longer side; `camera.data.angle` is in radians.",
        CAMERA + IN_VIEW + "from math import radians, tan\n"
        'assert camera.data.sensor_fit == "AUTO"\ncamera.data.angle = radians(40)\nreach = 2 * tan(radians(20))\n'
        "for width, height, edge in ((200, 100, (reach, 0, -2)), (100, 200, (0, reach, -2))):\n"
        "    scene.render.resolution_x, scene.render.resolution_y = width, height\n"
        "    assert abs(max(at(scene, camera, Vector(edge))[:2]) - 1) < 1e-4\n",
    ),
    (
        'Aim with `(aim - eye).to_track_quat("-Z", "Y").to_euler()`',
        CAMERA + IN_VIEW + "eye, aim = Vector((3, -5, 2)), Vector((0.2, 0.4, 0.5))\ncamera.location = eye\n"
        'camera.rotation_euler = (aim - eye).to_track_quat("-Z", "Y").to_euler()\nbpy.context.view_layer.update()\n'
        "seen, above = at(scene, camera, aim), at(scene, camera, aim + Vector((0, 0, 0.1)))\n"
        "assert abs(seen.x - 0.5) + abs(seen.y - 0.5) < 1e-4 and seen.z > 0\n"
        "assert above.y > seen.y and abs(above.x - 0.5) < 1e-4\n",
    ),
    (
        "`mesh.materials.clear()` zeroes every polygon's material index",
        CAMERA + "bpy.ops.mesh.primitive_cube_add(size=1)\nmesh = bpy.context.object.data\n"
        'mesh.materials.append(bpy.data.materials.new("A"))\nmesh.materials.append(bpy.data.materials.new("B"))\n'
        "mesh.polygons[2].material_index = 1\nmesh.materials[0] = mesh.materials[1]\n"
        'assert mesh.polygons[2].material_index == 1, "an assigned slot keeps it"\n'
        "mesh.materials.clear()\nassert mesh.polygons[2].material_index == 0\n",
    ),
    (
        "`matrix_world` and `bound_box` are stale until `bpy.context.view_layer.update()`.",
        CAMERA + "bpy.ops.mesh.primitive_cube_add(size=1)\nbox = bpy.context.object\nbpy.context.view_layer.update()\n"
        "box.location.x = 3\nbox.data.vertices[0].co.x = -9\nlow = min(corner[0] for corner in box.bound_box)\n"
        'assert box.matrix_world.translation.x == 0 and abs(low + 0.5) < 1e-6, "stale"\n'
        "box.data.update()\nbpy.context.view_layer.update()\nlow = min(corner[0] for corner in box.bound_box)\n"
        "assert box.matrix_world.translation.x == 3\nassert low == -9, low\n",
    ),
    (
        "sRGB 0.5 is linear 0.21",
        CAMERA + "from mathutils import Color\n"
        "assert abs(Color((0.5, 0.5, 0.5)).from_srgb_to_scene_linear().r - 0.21) < 0.005\n",
    ),
    (
        "Blender's default view transform is AgX",
        HEAD + 'assert scene.view_settings.view_transform == "AgX", scene.view_settings.view_transform\n',
    ),
    (
        "Objects sink half their height into a ground at z = 0 unless lifted.",
        CAMERA
        + 'for name, sizes in (("cube", {"size": 2}), ("cylinder", {"depth": 2}), ("uv_sphere", {"radius": 1})):\n'
        '    getattr(bpy.ops.mesh, f"primitive_{name}_add")(**sizes)\n'
        "    assert abs(min(vertex.co.z for vertex in bpy.context.object.data.vertices) + 1) < 1e-5, name\n",
    ),
    (
        "Z is up. In the picture, larger y in the world is farther away for a camera that looks along +Y.",
        CAMERA + IN_VIEW + "camera.rotation_euler = (1.5707963, 0, 0)\nbpy.context.view_layer.update()\n"
        "near, far, high = (at(scene, camera, Vector(p)) for p in ((0, 2, 0), (0, 5, 0), (0, 5, 1)))\n"
        "assert far.z > near.z > 0 and high.y > far.y\n",
    ),
]

SHOWN = [
    ("sun in W/m2", 'kind, energy = "SUN", 3.14159265'),
    ("area and point energy in W", 'kind, energy = "POINT", 4 * 3.14159265**2'),
    ("area and point energy in W", 'kind, energy = "AREA", 3.14159265**2'),
]
"""A light at 1 m over white: pi W/m2, 4 pi^2 W to all sides, and pi^2 W off a small area make it 1 in linear light."""

LIT = CAMERA + (
    "{light}\n"
    "scene.world = None\ncamera.location.z = 2\ncamera.data.angle = 0.02\n"
    "bpy.ops.mesh.primitive_plane_add(size=8)\n"
    'paint = bpy.data.materials.new("White")\npaint.use_nodes = True\ntree = paint.node_tree\n'
    'white = tree.nodes.new("ShaderNodeBsdfDiffuse")\nwhite.inputs["Color"].default_value = (1, 1, 1, 1)\n'
    'tree.links.new(white.outputs[0], tree.nodes["Material Output"].inputs["Surface"])\n'
    "bpy.context.object.data.materials.append(paint)\n"
    'lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", kind))\n'
    "lamp.data.energy, lamp.location.z = energy, 1\n"
    'if kind == "POINT":\n    lamp.data.shadow_soft_size = 0\n'
    'if kind == "AREA":\n    lamp.data.size = 0.02\n'
    "scene.collection.objects.link(lamp)\n"
)

GLOW = CAMERA + (
    "{transform}\ncamera.location.z = 2\ncamera.data.angle = 0.2\nbpy.ops.mesh.primitive_plane_add(size=8)\n"
    'paint = bpy.data.materials.new("Red")\npaint.use_nodes = True\n'
    'node = paint.node_tree.nodes["Principled BSDF"]\nnode.inputs["Base Color"].default_value = (0, 0, 0, 1)\n'
    'node.inputs["Specular IOR Level"].default_value = 0\n'
    'node.inputs["Emission Color"].default_value = (0.8, 0.05, 0.05, 1)\nnode.inputs["Emission Strength"].default_value = 1\n'
    "bpy.context.object.data.materials.append(paint)\n"
)


def plain(text):
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def run():
    made = Supervisor(PoolOptions(deadline_s=60), threads=1)

    def run(source, **rest):
        answer = made.render(RenderJob(source, TINY, **rest))
        assert answer.result is not None, (answer.cause, answer.message, answer.output)
        return answer.result

    yield run
    made.stop()


@pytest.mark.parametrize("said", [said for said, _ in FACTS + SHOWN])
def test_the_prompt_still_says_what_is_proved_here(said):
    assert plain(said) in plain(PROMPT)


def test_no_line_about_blender_is_without_a_proof():
    proved = [plain(said) for said, _ in FACTS + SHOWN]
    stated = PROMPT.split("## API of this version")[1].replace("## Silent traps", "")
    lines = [plain(line) for line in re.split(r"^- ", stated, flags=re.MULTILINE) if line.strip()]
    assert len(lines) == 12
    assert [line for line in lines if not any(said in line for said in proved)] == []


@pytest.mark.blender
@pytest.mark.parametrize(("said", "snippet"), FACTS, ids=[said[:40] for said, _ in FACTS])
def test_a_statement_is_true(run, said, snippet):
    result = run(snippet)
    assert result.status == "ok", f"{said}: {result.error}"


@pytest.mark.blender
def test_a_false_statement_would_be_found(run):
    result = run(PRINCIPLED + 'assert "Specular" in inputs\n')
    assert result.status == "broken" and result.error.kind == "AssertionError"


@pytest.mark.blender
@pytest.mark.parametrize("light", [light for _, light in SHOWN])
def test_lights_have_the_units_that_are_stated(run, light):
    result = run(LIT.format(light=light), passes=("linear",))
    assert result.status == "ok", result.error
    assert np.mean(result.layers["linear"][6:10, 6:10]) == pytest.approx(1, rel=0.03)


@pytest.mark.blender
def test_agx_dulls_colours_and_standard_shows_them_as_they_are(run):
    dull = run(GLOW.format(transform=""))
    true = run(GLOW.format(transform='scene.view_settings.view_transform = "Standard"'))
    red = [result.pixels[8, 8, :3].astype(int) for result in (dull, true)]
    assert abs(red[1] - (231, 63, 63)).max() <= 1, "0.8 and 0.05 in sRGB"
    assert np.ptp(red[0]) < np.ptp(red[1]) - 20
