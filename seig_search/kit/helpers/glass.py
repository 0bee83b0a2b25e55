def kit_glass(name, rgb=(1.0, 1.0, 1.0), roughness=0.0, ior=1.45):
    """Clear or tinted glass of a linear colour (keep it above 0.7) that lets light through to what it shades."""
    material = kit_paint(name, rgb, roughness)
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Transmission Weight"].default_value = 1.0
    shader.inputs["IOR"].default_value = ior
    shadow = kit_node(material, "LightPath", {}, "Is Shadow Ray")
    clear = kit_node(material, "BsdfTransparent", {"Color": tuple(0.9 * part for part in rgb)})
    both = kit_node(material, "MixShader", {0: shadow, 1: shader.outputs[0], 2: clear})
    end = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL")
    tree.links.new(both, end.inputs["Surface"])
    if hasattr(material, "use_raytrace_refraction"):
        material.use_raytrace_refraction = True
    return material


def kit_liquid(name, rgb, clear=0.0, roughness=0.03, ior=1.33):
    """Glossy liquid of a linear colour: dark for coffee, (0.9, 0.5, 0.1) for juice; `clear` 0..1 lets light through."""
    material = kit_paint(name, rgb, roughness, coat=0.3)
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["IOR"].default_value = ior
    shader.inputs["Coat Roughness"].default_value = 0.02
    shader.inputs["Transmission Weight"].default_value = clear
    return material
