def kit_fabric(name, rgb, size=0.003, contrast=0.5, bump=1.0, sheen=0.3, uv=False):
    """Woven cloth of a linear colour with threads `size` metres wide; no gloss, a soft sheen at the edges.

    `uv` lays the weave along a UV map in metres, as kit_cloth makes it; `contrast` and `bump` 0..1.
    """
    material = kit_paint(name, rgb, 0.95)
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Specular IOR Level"].default_value = 0.15
    shader.inputs["Sheen Weight"].default_value = sheen
    shader.inputs["Sheen Roughness"].default_value = 0.5
    shader.inputs["Sheen Tint"].default_value = (*(0.5 + 0.5 * part for part in rgb), 1.0)
    place = kit_place(material, size / 3.14159, uv=uv)
    wave = kit_node(material, "VectorMath", {0: place}, operation="SINE")
    parts = kit_node(material, "SeparateXYZ", {0: wave}).node.outputs
    next_wave = kit_node(material, "CombineXYZ", {0: parts[1], 1: parts[2], 2: parts[0]})
    weave = kit_node(material, "VectorMath", {0: wave, 1: next_wave}, 1, operation="DOT_PRODUCT")
    yarn = kit_place(material, size, uv=uv)
    fuzz = kit_node(material, "TexNoise", {"Vector": yarn, "Scale": 1.2, "Detail": 2.0, "Roughness": 0.7})
    cloud = kit_node(material, "TexNoise", {"Vector": yarn, "Scale": 0.06, "Detail": 3.0, "Roughness": 0.6})
    height = kit_math(material, "ADD", kit_math(material, "MULTIPLY", weave, 0.5), fuzz)
    mottled = kit_math(
        material, "ADD", kit_math(material, "MULTIPLY", height, 0.5), kit_math(material, "MULTIPLY", cloud, 0.4)
    )
    deep, pale = (tuple(min(part * times, 1.0) for part in rgb) for times in (1 - 0.5 * contrast, 1 + 0.5 * contrast))
    return kit_finish(material, kit_mix(material, mottled, deep, pale, 0.05, 0.85), None, height, 0.35 * bump * size)
