"""What a look at the running Blender cannot tell: where things that are gone went, and which name needs which import."""

from __future__ import annotations

__all__ = ["ATTRIBUTES", "IMPORTS", "OPERATORS", "POLLS", "RENAMED"]

RENAMED: dict[str, str] = {
    # Principled BSDF sockets, renamed in 4.0
    "Specular": "Specular IOR Level",
    "Subsurface": "Subsurface Weight",
    "Subsurface Color": "Base Color",
    "Emission": "Emission Color",
    "Transmission": "Transmission Weight",
    "Clearcoat": "Coat Weight",
    "Clearcoat Roughness": "Coat Roughness",
    "Clearcoat Normal": "Coat Normal",
    "Sheen": "Sheen Weight",
    "Fac": "Factor",
    # node, type and engine identifiers
    "ShaderNodeTexMusgrave": "ShaderNodeTexNoise (it took over Musgrave's kinds in 4.1: noise_type = 'MULTIFRACTAL', ...)",
    "ShaderNodeMixRGB": "ShaderNodeMix",
    "ShaderNodeSeparateRGB": "ShaderNodeSeparateColor",
    "ShaderNodeCombineRGB": "ShaderNodeCombineColor",
    "BLENDER_EEVEE": "BLENDER_EEVEE_NEXT",
    "BLENDER_EEVEE_NEXT": "BLENDER_EEVEE",
    "BLENDER_RENDER": "CYCLES",
    "Lamp": "Light",
    # data and settings
    "lamps": "lights",
    "user_preferences": "preferences",
    "uv_textures": "uv_layers",
    "tessfaces": "polygons",
    "faces": "polygons",
    "vertex_colors": "color_attributes",
    "diameter": "radius",
    "tile_x": "nothing (Cycles chooses its tiles)",
    "tile_y": "nothing (Cycles chooses its tiles)",
    "layers": "view_layers or collections",
    "use_auto_smooth": "bpy.ops.object.shade_smooth_by_angle() (auto smooth left the mesh in 4.1)",
    "auto_smooth_angle": "bpy.ops.object.shade_smooth_by_angle(angle=...)",
    "calc_normals": "nothing (normals are always up to date since 4.0)",
    "calc_normals_split": "nothing (normals are always up to date since 4.1)",
    "show_transparent_back": "use_transparency_overlap",
    "shadow_method": "use_transparent_shadow",
    "blend_method": "surface_render_method",
    "use_bloom": "the compositor's Glare node (bloom left EEVEE in 4.2)",
    "use_ssr": "use_raytracing",
    "use_gtao": "nothing (EEVEE always has it since 4.2)",
    "use_soft_shadows": "nothing (EEVEE always has them since 4.2)",
    "use_square_samples": "nothing (gone from Cycles)",
    "Filmic Log": "Filmic",
    "draw_type": "display_type",
    "dupli_type": "instance_type",
}

# By the type that was asked (its RNA identifier) and the attribute that it has no more.
ATTRIBUTES: dict[tuple[str, str], str] = {
    ("Scene", "update"): "bpy.context.view_layer.update()",
    ("Scene", "cursor_location"): "scene.cursor.location",
    ("SceneObjects", "link"): "bpy.context.collection.objects.link(obj)",
    ("SceneObjects", "unlink"): "bpy.context.collection.objects.unlink(obj), or bpy.data.objects.remove(obj)",
    ("SceneObjects", "active"): "bpy.context.view_layer.objects.active",
    ("Object", "select"): "obj.select_set(True), read by obj.select_get()",
    ("Object", "hide"): "obj.hide_set(True) and obj.hide_viewport for the viewport, obj.hide_render for the picture",
    ("Object", "layers"): "collections: collection.objects.link(obj)",
    ("Object", "dupli_group"): "obj.instance_collection",
    ("Object", "rotation"): "obj.rotation_euler = (x, y, z) in radians, or obj.rotation_quaternion",
    ("Object", "position"): "obj.location",
    (
        "NodeTree",
        "inputs",
    ): "tree.interface.new_socket(name='Size', in_out='INPUT', socket_type='NodeSocketFloat') (since 4.0)",
    (
        "NodeTree",
        "outputs",
    ): "tree.interface.new_socket(name='Out', in_out='OUTPUT', socket_type='NodeSocketFloat') (since 4.0)",
    ("Action", "fcurves"): "action.layers[0].strips[0].channelbags[0].fcurves (since 5.0)",
    ("Scene", "node_tree"): "scene.compositing_node_group, a node group of type CompositorNodeTree (since 5.0)",
}

# Operators that moved, without ``bpy.ops.``.
OPERATORS: dict[str, str] = {
    "export_scene.obj": "wm.obj_export",
    "import_scene.obj": "wm.obj_import",
    "export_mesh.stl": "wm.stl_export",
    "import_mesh.stl": "wm.stl_import",
    "export_mesh.ply": "wm.ply_export",
    "import_mesh.ply": "wm.ply_import",
    "object.lamp_add": "object.light_add",
    "object.gpencil_add": "object.grease_pencil_add",
    "object.shade_auto": "object.shade_auto_smooth",
}

# Ways round an operator that refuses its context, by its name or by its module.
POLLS: dict[str, str] = {
    "view3d.camera_to_view": "there is no window: set camera.matrix_world, or camera.location and camera.rotation_euler",
    "view3d": "there is no window: set the data instead (locations, matrix_world, scene.camera)",
    "screen": "there is no window: leave it out",
    "outliner": "there is no window: use bpy.data, for example bpy.data.orphans_purge()",
    "node": "there is no window: use node_tree.nodes.new(...), node_tree.links.new(...)",
    "mesh": (
        "needs an active mesh in edit mode: bpy.context.view_layer.objects.active = obj, then "
        "bpy.ops.object.mode_set(mode='EDIT'); or without modes: bm = bmesh.new(); bm.from_mesh(mesh); bmesh.ops...; bm.to_mesh(mesh)"
    ),
    "object": (
        "needs an active object in object mode: bpy.context.view_layer.objects.active = obj; obj.select_set(True); "
        "bpy.ops.object.mode_set(mode='OBJECT'); or use bpy.data and the object's own attributes"
    ),
    "uv": "needs an active mesh in edit mode; or write mesh.uv_layers.new().data",
    "transform": "needs a selection; or set obj.location, obj.rotation_euler, obj.scale",
}

# Names that programs use without an import.
IMPORTS: dict[str, str] = {
    **dict.fromkeys(("Vector", "Matrix", "Euler", "Quaternion", "Color", "noise"), "from mathutils import {}"),
    **dict.fromkeys(("radians", "degrees", "sin", "cos", "tan", "pi", "tau", "sqrt", "atan2"), "from math import {}"),
    **dict.fromkeys(("Path",), "from pathlib import {}"),
    **dict.fromkeys(("dataclass", "field"), "from dataclasses import {}"),
    "np": "import numpy as np",
}
