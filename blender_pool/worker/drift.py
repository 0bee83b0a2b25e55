"""Names that Blender changed over the years, old to new: the commonest mistake of generated programs."""

from __future__ import annotations

__all__ = ["RENAMED"]

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
    "Musgrave": "Noise Texture",
    # node and engine identifiers
    "ShaderNodeTexMusgrave": "ShaderNodeTexNoise",
    "ShaderNodeMixRGB": "ShaderNodeMix",
    "BLENDER_EEVEE": "BLENDER_EEVEE_NEXT",
    "BLENDER_EEVEE_NEXT": "BLENDER_EEVEE",
    "BLENDER_RENDER": "CYCLES",
    # data and settings
    "lamps": "lights",
    "lamp_add": "light_add",
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
    "select": "select_set(True)",
    "hide": "hide_viewport or hide_set(True)",
    "draw_type": "display_type",
    "dupli_type": "instance_type",
}
