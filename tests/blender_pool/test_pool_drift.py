"""Programs written for other Blenders are told their line and the names that exist in this one."""

import pytest

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

pytestmark = pytest.mark.blender

SHADER = "bsdf = bpy.data.materials['Material'].node_tree.nodes['Principled BSDF']"
GROUP = "group = bpy.data.node_groups.new('G', 'ShaderNodeTree')"
CUBE = "cube = bpy.data.objects['Cube']"

CASES = [
    # (failing line, line before it, exception, what the hint must say)
    ("bpy.context.scene.render.engine = 'BLENDER_EEVEE'", "", "TypeError", ["'BLENDER_EEVEE_NEXT'", "'CYCLES'"]),
    ("bpy.context.scene.render.engine = 'BLENDER_RENDER'", "", "TypeError", ["'CYCLES'"]),
    ("bsdf.inputs['Specular'].default_value = 0.5", SHADER, "KeyError", ["'Specular IOR Level'"]),
    ("bsdf.inputs['Subsurface'].default_value = 0.5", SHADER, "KeyError", ["'Subsurface Weight'"]),
    ("bsdf.inputs['Emission'].default_value = (1, 1, 1, 1)", SHADER, "KeyError", ["'Emission Color'"]),
    ("bsdf.inputs['Transmission'].default_value = 1", SHADER, "KeyError", ["'Transmission Weight'"]),
    ("bsdf.inputs['Clearcoat'].default_value = 1", SHADER, "KeyError", ["'Coat Weight'"]),
    ("bsdf.inputs['Clearcoat Roughness'].default_value = 1", SHADER, "KeyError", ["'Coat Roughness'"]),
    ("bsdf.inputs['Sheen'].default_value = 1", SHADER, "KeyError", ["'Sheen Weight'"]),
    ("bsdf.inputs['Colour'].default_value = (1, 0, 0, 1)", SHADER, "KeyError", ["'Base Color'"]),
    ("bsdf.inputs['Base Color'].default_value = (1, 0, 0)", SHADER, "ValueError", ["4 numbers", "alpha"]),
    ("bsdf.inputs['Roughness'].default_value = '0.5'", SHADER, "TypeError", ["float"]),
    ("bsdf.inputs['Roughness'].default_value = (1, 1, 1)", SHADER, "TypeError", ["one number"]),
    ("bsdf.inputs[99].default_value = 1", SHADER, "IndexError", ["'Base Color'"]),
    ("bpy.ops.mesh.primitive_uv_sphere_add(diameter=2)", "", "TypeError", ["'radius'"]),
    ("bpy.ops.mesh.primitive_uv_sphere_add(size=2)", "", "TypeError", ["'radius'"]),
    ("bpy.ops.mesh.primitive_cube_add(2, (0, 0, 0))", "", "ValueError", ["by name", "'size'", "'location'"]),
    ("bpy.ops.mesh.primitive_cube_add(size='big')", "", "TypeError", ["float"]),
    ("bpy.ops.mesh.primitive_cube_add(location=(0, 0))", "", "ValueError", ["3 numbers"]),
    ("bpy.ops.mesh.primitive_box_add()", "", "AttributeError", ["primitive_cube_add"]),
    ("bpy.ops.object.lamp_add(type='SUN')", "", "AttributeError", ["bpy.ops.object.light_add"]),
    ("bpy.ops.export_scene.obj(filepath='x.obj')", "", "AttributeError", ["bpy.ops.wm.obj_export"]),
    ("bpy.ops.object.shade_auto()", "", "AttributeError", ["bpy.ops.object.shade_auto_smooth"]),
    ("bpy.context.scene.render.tile_x = 256", "", "AttributeError", ["Cycles chooses"]),
    ("bpy.data.lamps.new('L', 'POINT')", "", "AttributeError", ["lights"]),
    ("bpy.context.scene.update()", "", "AttributeError", ["bpy.context.view_layer.update()"]),
    ("bpy.context.scene.objects.link(cube)", CUBE, "AttributeError", ["bpy.context.collection.objects.link"]),
    ("bpy.context.scene.objects.active = cube", CUBE, "AttributeError", ["view_layer.objects.active"]),
    ("cube.data.use_auto_smooth = True", CUBE, "AttributeError", ["shade_smooth_by_angle"]),
    ("cube.data.calc_normals()", CUBE, "AttributeError", ["up to date"]),
    ("cube.select = True", CUBE, "AttributeError", ["select_set(True)"]),
    ("cube.hide = True", CUBE, "AttributeError", ["hide_set(True)", "hide_render"]),
    ("cube.draw_type = 'WIRE'", CUBE, "AttributeError", ["display_type"]),
    ("cube.rotation = (0, 0, 1)", CUBE, "AttributeError", ["'rotation_euler'"]),
    ("bpy.context.scene.eevee.use_bloom = True", "", "AttributeError", ["Glare"]),
    ("bpy.context.scene.eevee.use_ssr = True", "", "AttributeError", ["use_raytracing"]),
    ("bpy.context.scene.cycles.device = 'CUDA'", "", "TypeError", ["'GPU'", "compute_device_type"]),
    ("bpy.context.scene.view_settings.view_transform = 'Filmik'", "", "TypeError", ["'Filmic'", "'AgX'"]),
    ("bpy.context.user_preferences.view.show_splash = False", "", "AttributeError", ["preferences"]),
    ("bpy.context.scene.cursor_location = (0, 0, 0)", "", "AttributeError", ["cursor.location"]),
    (
        "tree.nodes.new('ShaderNodeTexMusgrave')",
        "tree = bpy.data.materials['Material'].node_tree",
        "RuntimeError",
        ["ShaderNodeTexNoise"],
    ),
    (
        "tree.nodes.new('ShaderNodePrincipledBsdf')",
        "tree = bpy.data.materials['Material'].node_tree",
        "RuntimeError",
        ["'ShaderNodeBsdfPrincipled'"],
    ),
    ("group.inputs.new('NodeSocketFloat', 'Size')", GROUP, "AttributeError", ["interface.new_socket", "INPUT"]),
    ("group.outputs.new('NodeSocketColor', 'C')", GROUP, "AttributeError", ["interface.new_socket", "OUTPUT"]),
    ("cube.matrix_world * cube.location", CUBE, "TypeError", ["@"]),
    ("bpy.data.objects['Cub'].scale = (1, 1, 1)", "", "KeyError", ["'Cube'"]),
    ("bpy.data.objects.get('Cub').scale = (1, 1, 1)", "", "AttributeError", ["None", "'Cube'"]),
    (
        "bpy.context.view_layer.objects.active.name = 'x'",
        "bpy.data.objects.remove(bpy.data.objects['Cube'])",
        "AttributeError",
        ["None", "active"],
    ),
    ("m.node_tree.nodes['X']", "m = bpy.data.materials.new('M')", "AttributeError", ["use_nodes = True"]),
    ("bpy.ops.mesh.subdivide()", "", "RuntimeError", ["mode_set(mode='EDIT')", "bmesh"]),
    ("bpy.ops.view3d.camera_to_view()", "", "RuntimeError", ["window", "camera"]),
    ("cube.modifiers.new('S', 'SUBSURFACE')", CUBE, "TypeError", ["'SUBSURF'"]),
    ("cube.data.vertices[0].co = (1, 2)", CUBE, "ValueError", ["3 numbers"]),
    ("cube.location.x = 'left'", CUBE, "TypeError", ["float"]),
    ("bpy.context.scene.render.resolution_x = 640.5", "", "TypeError", ["int("]),
    ("x = math.radians(3)", "", "NameError", ["import math"]),
    ("x = Vector((0, 0, 1))", "", "NameError", ["from mathutils import Vector"]),
    ("x = np.zeros(3)", "", "NameError", ["import numpy as np"]),
    ("x = cubes", "cube_s = 1", "NameError", ["'cube_s'"]),
    ("from bpy.types import Lamp", "", "ImportError", ["'Light'"]),
    ("bpy.data.lights.new('S', 'HEMI')", "", "TypeError", ["'SUN'", "'AREA'"]),
    ("bpy.data.objects.new('O', 'Mesh')", "", "TypeError", ["ID"]),
    ("cube.data.materials.append('Red')", CUBE, "TypeError", ["Material"]),
]


@pytest.fixture(scope="module")
def supervisor():
    made = Supervisor(PoolOptions(deadline_s=30), threads=1)
    yield made
    made.stop()


@pytest.mark.parametrize(("failing", "before", "kind", "told"), CASES, ids=[case[0] for case in CASES])
def test_drift_is_told_with_its_line_and_what_exists(supervisor, failing, before, kind, told):
    source = f"import bpy\n{before}\n{failing}\n"
    answer = supervisor.render(RenderJob(source, Fidelity(16, 16, samples=1)))
    assert answer.result is not None, (answer.cause, answer.message)
    error = answer.result.error
    assert error is not None, answer.result
    assert (error.kind, error.line, error.source_line) == (kind, 3, failing), error
    assert not [word for word in told if word not in error.hint], error


@pytest.mark.parametrize(
    "line",
    [
        "bpy.data.lights['Light'].shadow_soft_size = 0.5",
        "bpy.context.scene.view_settings.view_transform = 'Filmic'",
        "bpy.data.materials['Material'].node_tree.nodes.new('ShaderNodeMixRGB')",
        "bpy.context.scene.cycles.device = 'GPU'",
    ],
)
def test_old_names_that_still_work_are_left_alone(supervisor, line):
    answer = supervisor.render(RenderJob(f"import bpy\n{line}\n", Fidelity(16, 16, samples=1)))
    assert answer.result is not None
    assert answer.result.status == "ok", answer.result.error
