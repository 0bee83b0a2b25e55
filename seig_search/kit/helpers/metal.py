def kit_metal(name, rgb=(0.6, 0.6, 0.62), roughness=0.25, brushed="", size=0.002):
    """Metal of a linear colour; `brushed` "X", "Y" or "Z" scratches it along that axis, "ROUND" in circles about z.

    `size` is the width of the scratches in metres; plain metal has faint smudges instead.
    """
    material = kit_paint(name, rgb, roughness, metallic=1.0)
    if not brushed:
        smudge = kit_node(material, "TexNoise", {"Vector": kit_place(material, 40 * size), "Scale": 1.0, "Detail": 3.0})
        spread = kit_math(material, "MULTIPLY", kit_math(material, "SUBTRACT", smudge, 0.5), 0.3 * roughness)
        return kit_finish(material, roughness=kit_math(material, "ADD", spread, roughness))
    if brushed == "ROUND":
        place = kit_place(material, size)
        flat = kit_node(material, "VectorMath", {0: place, 1: (1, 1, 0)}, operation="MULTIPLY")
        radius = kit_node(material, "VectorMath", {0: flat}, 1, operation="LENGTH")
        height = kit_node(material, "SeparateXYZ", {0: place}, 2)
        place = kit_node(material, "CombineXYZ", {0: radius, 1: height})
    else:
        stretch = {"X": (80, 1, 1), "Y": (1, 80, 1), "Z": (1, 1, 80)}[brushed]
        place = kit_place(material, size, stretch=stretch)
    streak = kit_node(material, "TexNoise", {"Vector": place, "Scale": 1.0, "Detail": 5.0, "Roughness": 0.75})
    rough = kit_math(material, "ADD", kit_math(material, "MULTIPLY", streak, 0.5), roughness - 0.15)
    colour = kit_mix(material, streak, tuple(0.6 * part for part in rgb), rgb, 0.3, 0.65)
    return kit_finish(material, colour, rough, streak, 0.2 * size)
