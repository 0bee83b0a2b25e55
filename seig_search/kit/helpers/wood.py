def kit_wood(name, rgb, dark=None, size=0.02, axis="X", planks=0.0, contrast=1.0, roughness=0.45, coat=0.0):
    """Wood of a linear colour with grain along the object's `axis` and year rings about `size` metres apart.

    `dark` is the colour of the rings; without it rgb is the mean, and `contrast` 0..1 parts the two. `planks` > 0 makes
    boards of that width in metres, seen from above.
    """
    material = kit_paint(name, rgb, roughness, coat=coat)
    light = rgb if dark else tuple(min(part * (1 + 0.4 * contrast), 1.0) for part in rgb)
    dark = dark or tuple(part * (1 - 0.5 * contrast) for part in rgb)
    order = {"X": "XYZ", "Y": "YXZ", "Z": "ZYX"}[axis]
    metres = kit_place(material, 1.0, order)
    grain = kit_place(material, size, order, (14.0, 1.0, 1.0))
    joint = None
    if planks > 0:
        board = {"Color1": (0, 0, 0), "Color2": (1, 1, 1), "Mortar": (0, 0, 0), "Scale": 1.0, "Brick Width": 9 * planks}
        rows = {"Vector": metres, "Row Height": planks, "Mortar Size": 0.012 * planks, "Mortar Smooth": 0.2}
        brick = kit_node(material, "TexBrick", board | rows, offset=0.37).node
        joint = brick.outputs[1]
        shift = kit_node(material, "VectorMath", {0: brick.outputs[0], 1: (91.0, 17.0, 5.0)}, operation="MULTIPLY")
        grain = kit_node(material, "VectorMath", {0: grain, 1: shift}, operation="ADD")
    wobble = kit_node(material, "TexNoise", {"Vector": grain, "Scale": 0.16, "Detail": 2.0, "Roughness": 0.45})
    heart = kit_node(material, "VectorMath", {0: grain, 1: (0.0, 1.0, 1.0), 2: (0, 1.3, 6.2)}, operation="MULTIPLY_ADD")
    far = kit_node(material, "VectorMath", {0: heart}, 1, operation="LENGTH")
    rings = kit_math(
        material, "PINGPONG", kit_math(material, "ADD", far, kit_math(material, "MULTIPLY", wobble, 9.0)), 1.0
    )
    fine = kit_node(material, "VectorMath", {0: grain, 1: (1.6, 9.0, 9.0)}, operation="MULTIPLY")
    fibre = kit_node(material, "TexNoise", {"Vector": fine, "Scale": 1.0, "Detail": 3.0, "Roughness": 0.65})
    tone = kit_math(material, "ADD", kit_math(material, "MULTIPLY", rings, 0.5), fibre)
    if joint is not None:
        tone = kit_math(material, "ADD", tone, kit_math(material, "MULTIPLY", brick.outputs[0], 0.45))
    middle = 0.75 if joint is None else 0.97
    colour = kit_mix(material, tone, light, dark, middle - 0.55, middle + 0.55)
    height = fibre
    if joint is not None:
        colour = kit_mix(material, joint, colour, tuple(0.2 * part for part in dark))
        height = kit_math(material, "SUBTRACT", fibre, kit_math(material, "MULTIPLY", joint, 3.0))
    rough = kit_math(material, "ADD", kit_math(material, "MULTIPLY", fibre, 0.2), roughness - 0.1)
    return kit_finish(material, colour, rough, height, 0.01 * size)
