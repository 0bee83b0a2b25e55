def kit_stone(name, rgb, dark=None, size=0.05, veins=0.0, speckle=0.5, roughness=0.7, bump=0.5):
    """Stone of a linear colour with patches of `size` metres: grainy by `speckle`, marble by `veins` (both 0..1).

    `dark` is the colour of grains and veins (35 % of rgb if none); for polished stone roughness 0.1, bump 0.
    """
    dark = dark or tuple(0.35 * part for part in rgb)
    material = kit_paint(name, rgb, roughness)
    place = kit_place(material, size)
    cloud = kit_node(material, "TexNoise", {"Vector": place, "Scale": 1.0, "Detail": 6.0, "Roughness": 0.65})
    colour = kit_mix(material, cloud, tuple(0.7 * a + 0.3 * b for a, b in zip(rgb, dark)), rgb, 0.35, 0.65)
    height = cloud
    if speckle > 0:
        cells = kit_node(material, "TexVoronoi", {"Vector": place, "Scale": 14.0}, 1)
        grain = kit_node(material, "SeparateXYZ", {0: cells})
        colour = kit_mix(material, grain, dark, colour, 0.0, 0.45 * speckle)
        fine = kit_node(material, "TexNoise", {"Vector": place, "Scale": 20.0, "Detail": 2.0})
        height = kit_math(material, "ADD", cloud, kit_math(material, "MULTIPLY", fine, 0.4))
    if veins > 0:
        soft = {"Vector": place, "Scale": 0.45, "Detail": 4.0, "Roughness": 0.55, "Distortion": 1.2}
        ridge = kit_node(material, "TexNoise", soft)
        line = kit_math(material, "ABSOLUTE", kit_math(material, "SUBTRACT", ridge, 0.5))
        vein = kit_mix(material, line, dark, colour, 0.0, 0.05)
        colour = kit_node(material, "Mix", {0: veins, 6: colour, 7: vein}, 2, data_type="RGBA")
    return kit_finish(material, colour, None, height if bump > 0 else None, 0.25 * bump * size)


def kit_noise(name, rgb, second=None, size=0.05, roughness=0.5, bump=0.2, metallic=0.0, coat=0.0):
    """Paint that goes in patches of `size` metres from one linear colour to a `second` one (75 % of rgb if none).

    `bump` 0..1 is the unevenness: plaster, clay, orange peel, earth, rust.
    """
    second = second or tuple(0.75 * part for part in rgb)
    material = kit_paint(name, rgb, roughness, metallic, coat)
    place = kit_place(material, size)
    cloud = kit_node(material, "TexNoise", {"Vector": place, "Scale": 1.0, "Detail": 6.0, "Roughness": 0.6})
    rough = kit_math(material, "ADD", kit_math(material, "MULTIPLY", cloud, 0.2), roughness - 0.1)
    height = cloud if bump > 0 else None
    return kit_finish(material, kit_mix(material, cloud, rgb, second, 0.35, 0.65), rough, height, 0.3 * bump * size)


def kit_checker(name, rgb, second, size=0.1, roughness=0.5, uv=False):
    """Squares of two linear colours, `size` metres wide; `uv` lays them along a UV map in metres (kit_cloth)."""
    material = kit_paint(name, rgb, roughness)
    # A face that lies on the border between two layers of cubes would flicker.
    place = kit_node(
        material, "VectorMath", {0: kit_place(material, size, uv=uv), 1: (0.001, 0.001, 0.001)}, operation="ADD"
    )
    squares = {"Vector": place, "Color1": rgb, "Color2": second, "Scale": 1.0}
    return kit_finish(material, kit_node(material, "TexChecker", squares))
