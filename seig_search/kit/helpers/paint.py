def kit_paint(name, rgb, roughness=0.5, metallic=0.0, coat=0.0):
    """Plain material of a linear colour (r, g, b), for kit_dress; everything from 0 to 1."""
    import bpy

    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.diffuse_color = (*rgb, 1.0)
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*rgb, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    shader.inputs["Coat Weight"].default_value = coat
    return material


def kit_dress(thing, material):
    """Give an object this material in place of those it had; returns the object."""
    thing.data.materials.clear()
    thing.data.materials.append(material)
    return thing


def kit_node(material, kind, inputs, output=0, **settings):
    """Output socket of a new shader node, such as "TexNoise" for ShaderNodeTexNoise.

    `inputs` maps names or numbers of sockets to values or to sockets to link; `settings` are the node's properties.
    """
    tree = material.node_tree
    node = tree.nodes.new(f"ShaderNode{kind}")
    for key, value in settings.items():
        setattr(node, key, value)
    for key, value in inputs.items():
        socket = node.inputs[key]
        if hasattr(value, "is_output"):
            tree.links.new(value, socket)
        else:
            colour = socket.type == "RGBA" and len(value) == 3
            socket.default_value = (*value, 1.0) if colour else value
    return node.outputs[output]


def kit_place(material, size, order="XYZ", stretch=(1.0, 1.0, 1.0), uv=False):
    """Texture coordinate socket that counts in units of `size` metres from the object's origin, or along its UV map.

    `order` swaps axes ("ZYX" puts z first); `stretch` (x, y, z) makes features that many times as long.
    """
    place = kit_node(material, "TexCoord", {}, "UV" if uv else "Object")
    if order != "XYZ":
        parts = kit_node(material, "SeparateXYZ", {0: place}).node.outputs
        place = kit_node(material, "CombineXYZ", {i: parts["XYZ".index(axis)] for i, axis in enumerate(order)})
    scale = tuple(1.0 / (size * times) for times in stretch)
    return kit_node(material, "VectorMath", {0: place, 1: scale}, operation="MULTIPLY")


def kit_finish(material, colour=None, roughness=None, height=None, depth=0.001):
    """Link sockets of colour, roughness and height to a material's shader; `depth` is the bump's height in metres."""
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    if height is not None:
        bump = kit_node(material, "Bump", {"Strength": 1.0, "Distance": depth, "Height": height})
        tree.links.new(bump, shader.inputs["Normal"])
    for name, socket in (("Base Color", colour), ("Roughness", roughness)):
        if socket is not None:
            tree.links.new(socket, shader.inputs[name])
    return material


def kit_mix(material, factor, first, second, low=0.0, high=1.0):
    """Colour socket from `first` to `second` (linear colours or sockets) as socket `factor` goes from low to high."""
    ranged = kit_node(
        material, "MapRange", {0: factor, 1: low, 2: high, 3: 0.0, 4: 1.0}, interpolation_type="SMOOTHSTEP"
    )
    return kit_node(material, "Mix", {0: ranged, 6: first, 7: second}, 2, data_type="RGBA")


def kit_math(material, operation, first, second=0.0):
    """Socket of one operation of Blender's Math node, such as "ADD", on two numbers or sockets."""
    return kit_node(material, "Math", {0: first, 1: second}, operation=operation)
