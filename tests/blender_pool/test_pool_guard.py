"""Pictures that a program brings along are refused; what it models, and textures of Blender's own, are not."""

import base64
import zlib

import numpy as np
import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

pytestmark = [pytest.mark.blender, pytest.mark.slow]

TINY = Fidelity(32, 24, samples=1)
SIDE = 24
COLOURS = np.random.default_rng(3).random((SIDE * SIDE, 3)).round(3)
NUMBERS = f"DATA = {COLOURS.tolist()}\n"
PACKED = base64.b85encode(zlib.compress((COLOURS * 255).astype(np.uint8).tobytes())).decode()
PACKED_TEXT = (
    f"import base64, zlib\nRAW = zlib.decompress(base64.b85decode({PACKED!r}))\n"
    "DATA = [(RAW[i] / 255, RAW[i + 1] / 255, RAW[i + 2] / 255) for i in range(0, len(RAW), 3)]\n"
)
COMPUTED = f"import math, random\nDATA = [(random.random(), 0.5 + 0.5 * math.sin(i), random.random()) for i in range({SIDE**2})]\n"
FACING = "import bpy\nPLACE = bpy.data.objects['Camera'].rotation_euler.to_matrix().to_4x4()\n"

TEXTURED = """
import bpy
material = bpy.data.materials['Material']
material.use_nodes = True
node = material.node_tree.nodes.new('ShaderNodeTexImage')
node.image = image
material.node_tree.links.new(node.outputs[0], material.node_tree.nodes['Principled BSDF'].inputs['Base Color'])
"""
FILLED = f"""
import bpy
image = bpy.data.images.new('Card', {SIDE}, {SIDE})
image.pixels = [value for colour in DATA for value in (*colour, 1.0)]
"""
CARD = f"""
bpy.data.objects.remove(bpy.data.objects['Cube'])
bpy.ops.mesh.primitive_grid_add(x_subdivisions={SIDE - 1}, y_subdivisions={SIDE - 1}, size=4)
card = bpy.context.object
card.matrix_world = PLACE
layer = card.data.color_attributes.new('Paint', 'FLOAT_COLOR', 'POINT')
for point, colour in zip(layer.data, DATA):
    point.color = (*colour, 1.0)
"""
SLOTS = f"""
bpy.ops.mesh.primitive_grid_add(x_subdivisions={SIDE}, y_subdivisions={SIDE}, size=4)
card = bpy.context.object
card.matrix_world = PLACE
for index, colour in enumerate(DATA):
    material = bpy.data.materials.new('Tile')
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    light = tree.nodes.new('ShaderNodeEmission')
    light.inputs['Color'].default_value = (*colour, 1)
    tree.links.new(light.outputs[0], tree.nodes.new('ShaderNodeOutputMaterial').inputs['Surface'])
    card.data.materials.append(material)
    card.data.polygons[index].material_index = index
"""
TILES = f"""
from mathutils import Matrix
mesh = bpy.data.objects['Cube'].data
for index, colour in enumerate(DATA):
    tile = bpy.data.objects.new('Tile', mesh)
    tile.matrix_world = PLACE @ Matrix.Translation((index % {SIDE} / 5, index // {SIDE} / 5, 0)) @ Matrix.Scale(0.1, 4)
    tile.color = (*colour, 1)
    bpy.context.collection.objects.link(tile)
"""
IN_WORLD = """
import bpy
tree = bpy.context.scene.world.node_tree
node = tree.nodes.new('ShaderNodeTexEnvironment')
node.image = image
tree.links.new(node.outputs[0], tree.nodes['Background'].inputs['Color'])
"""
SAVED = (
    "image.filepath_raw = '//card.png'\nimage.filepath_raw = __import__('os').path.abspath('card.png')\nimage.save()\n"
)
LOADED = "import os\nimage = bpy.data.images.load(os.path.abspath('card.png'))\n"
IN_GROUP = """
import bpy
group = bpy.data.node_groups.new('Inner', 'ShaderNodeTree')
group.nodes.new('ShaderNodeTexImage').image = image
material = bpy.data.materials['Material']
material.use_nodes = True
material.node_tree.nodes.new('ShaderNodeGroup').node_tree = group
"""
DISPLACED = """
texture = bpy.data.textures.new('Heights', 'IMAGE')
texture.image = image
bpy.data.objects['Cube'].modifiers.new('Displace', 'DISPLACE').texture = texture
"""

DISHONEST = {
    "list_of_pixels": NUMBERS + FILLED + TEXTURED,
    "text_of_pixels": PACKED_TEXT + FILLED + TEXTURED,
    "pixels_in_a_group": NUMBERS + FILLED + IN_GROUP,
    "pixels_as_heights": NUMBERS + FILLED + DISPLACED,
    "pixels_in_the_world": NUMBERS + FILLED + IN_WORLD,
    "packed_pixels": COMPUTED + FILLED + "image.pack()\n" + TEXTURED,
    "file_written_and_loaded": COMPUTED + FILLED + SAVED + LOADED + TEXTURED,
    "saved_pixels": COMPUTED + FILLED + SAVED + TEXTURED,
    "coloured_points": NUMBERS + FACING + CARD,
    "coloured_points_from_text": PACKED_TEXT + FACING + CARD,
    "materials_of_faces": NUMBERS + FACING + SLOTS,
    "wall_of_tiles": NUMBERS + FACING + TILES,
}

GRID = "import bpy\nimage = bpy.data.images.new('Grid', 64, 64)\nimage.generated_type = 'COLOR_GRID'\n"
BUNDLED = (
    "import bpy, glob\nfiles = glob.glob(bpy.utils.system_resource('DATAFILES') + '/studiolights/world/*')\n"
    "image = bpy.data.images.load(sorted(files)[0])\n"
)
NOISE = """
import bpy
tree = bpy.data.materials['Material'].node_tree
tree.links.new(tree.nodes.new('ShaderNodeTexNoise').outputs['Color'], tree.nodes['Principled BSDF'].inputs['Base Color'])
"""
FEW = """
import bpy
layer = bpy.data.objects['Cube'].data.color_attributes.new('Paint', 'BYTE_COLOR', 'CORNER')
for index, corner in enumerate(layer.data):
    corner.color = (index / 24, 0.2, 0.1, 1)
"""
LAMPS = """
import bpy
for index in range(40):
    bpy.ops.mesh.primitive_uv_sphere_add(location=(index % 8 - 4, index // 8 - 2, 1), radius=0.2)
    material = bpy.data.materials.new('Lamp')
    material.use_nodes = True
    bsdf = material.node_tree.nodes['Principled BSDF']
    bsdf.inputs['Emission Color'].default_value = (index / 40, 1 - index / 40, 0.5, 1)
    bsdf.inputs['Emission Strength'].default_value = 5
    bpy.context.object.data.materials.append(material)
"""
LOW_POLY = f"""
import bpy
mesh = bpy.data.meshes.new('Cloud')
mesh.from_pydata({COLOURS.tolist()}, [], [(i, i + 1, i + 2) for i in range(0, 570, 3)])
bpy.context.collection.objects.link(bpy.data.objects.new('Cloud', mesh))
"""

HONEST = {
    "test_picture": GRID + TEXTURED,
    "sky_of_blenders_own": BUNDLED + IN_WORLD,
    "noise": NOISE,
    "few_colours": FEW,
    "lamps": LAMPS,
    "mesh_of_numbers": LOW_POLY,
}

SUSPICIOUS = {
    "computed_texture": (COMPUTED + FILLED + TEXTURED, "computed"),
    "unused_picture": (NUMBERS + FILLED, "not seen"),
    "picture_behind_the_camera": (
        NUMBERS + FILLED + "bpy.data.objects['Camera'].data.background_images.new().image = image\n",
        "not seen",
    ),
    "computed_card": (COMPUTED + FACING + CARD, "flat picture"),
    "coloured_ball_of_data": (
        NUMBERS + FACING + CARD + "for v in card.data.vertices: v.co.z = 2 * v.co.x * v.co.y\n",
        "made from data",
    ),
}

FAMILY = """
import bpy
TURN = {turn}

def geometry():
    image = bpy.data.images.new('Card', 16, 16)
    image.pixels = [value for colour in {data} for value in (*colour, 1.0)]
    node = bpy.data.materials['Material'].node_tree.nodes.new('ShaderNodeTexImage')
    node.image = image

def lighting():
    bpy.data.objects["Light"].rotation_euler = (0, 0, TURN)

if __name__ == "__main__":
    geometry()
    lighting()
"""


@pytest.fixture(scope="module")
def run():
    supervisor = Supervisor(PoolOptions(deadline_s=30), threads=1)

    def run(source):
        answer = supervisor.render(RenderJob(source, TINY))
        assert answer.result is not None, answer
        return answer.result

    yield run
    supervisor.stop()


@pytest.mark.parametrize("name", DISHONEST)
def test_a_picture_that_is_brought_along_is_refused(run, name):
    result = run(DISHONEST[name])
    assert result.status == "broken", result.warnings
    assert result.error.kind == "Dishonest", result.error
    assert "procedural" in result.error.hint


@pytest.mark.parametrize("name", HONEST)
def test_honest_means_pass_without_a_word(run, name):
    result = run(HONEST[name])
    assert result.status == "ok", result.error
    assert not result.warnings


@pytest.mark.parametrize("name", SUSPICIOUS)
def test_what_may_be_honest_passes_with_a_warning(run, name):
    source, word = SUSPICIOUS[name]
    result = run(source)
    assert result.status == "ok", result.error
    assert any(word in line for line in result.warnings), result.warnings


def test_kept_processes_are_judged_as_well(run):
    data = COLOURS[:256].tolist()
    kinds = [run(FAMILY.format(turn=turn, data=data)).error.kind for turn in (0.1, 0.2, 0.3, 0.4)]
    assert kinds == ["Dishonest"] * 4
