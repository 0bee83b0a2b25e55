"""Lights, materials and the world as plain data, where their settings tell how they look."""

from __future__ import annotations

import math
from typing import Any

from mathutils import Vector

__all__ = ["light_facts", "material_facts", "numbers", "rows", "world_facts"]

SOCKETS = {
    "base_color": "Base Color",
    "metallic": "Metallic",
    "roughness": "Roughness",
    "ior": "IOR",
    "alpha": "Alpha",
    "transmission": "Transmission Weight",
    "emission_color": "Emission Color",
    "emission_strength": "Emission Strength",
}


def numbers(values: Any) -> list[float]:
    """Plain floats; what is not finite becomes 0, since JSON has no word for it."""
    return [float(value) if math.isfinite(value) else 0.0 for value in values]


def rows(matrix: Any) -> list[list[float]]:
    """A matrix as lists of plain floats."""
    return [numbers(row) for row in matrix]


def _source(tree: Any, kind: str, into: str) -> Any:
    """The node of a type that feeds the tree's output, else the first of that type, else None."""
    output = tree.get_output_node("CYCLES") if hasattr(tree, "get_output_node") else None
    links = output.inputs[into].links if output is not None else ()
    if links and links[0].from_node.type == kind:
        return links[0].from_node
    return next((node for node in tree.nodes if node.type == kind), None)


def _sockets(node: Any, wanted: dict[str, str]) -> dict[str, Any]:
    """Values of sockets by our names; ``textured`` lists those that another node feeds."""
    told: dict[str, Any] = {"textured": []}
    for name, socket_name in wanted.items():
        socket = node.inputs.get(socket_name)
        if socket is None:
            continue
        if socket.is_linked:
            told["textured"].append(name)
        value = socket.default_value
        told[name] = numbers([value])[0] if isinstance(value, float | int) else numbers(value)[:3]
    return told


def material_facts(material: Any) -> dict[str, Any]:
    """Describe a material.

    Returns:
        ``name``, and, where a Principled node tells them, ``base_color``, ``metallic``, ``roughness`` and the like, with
        ``textured``: those of them that a node feeds, so that the value told is not what is seen.
    """
    told: dict[str, Any] = {"name": material.name}
    if not (material.use_nodes and material.node_tree):
        look = {"base_color": material.diffuse_color, "metallic": material.metallic, "roughness": material.roughness}
        return {
            **told,
            **{name: numbers(v)[:3] if name == "base_color" else float(v) for name, v in look.items()},
            "textured": [],
        }
    node = _source(material.node_tree, "BSDF_PRINCIPLED", "Surface")
    return told if node is None else {**told, **_sockets(node, SOCKETS)}


def light_facts(item: Any, live: Any) -> dict[str, Any]:
    """Describe a light object.

    Args:
        item: The object.
        live: The same, evaluated.

    Returns:
        ``name``, ``type``, ``energy`` (watts; W/m2 for a sun), ``color`` (linear), ``location``, ``direction`` (unit,
        whither it shines), ``matrix_world``, and its size: metres, or degrees for ``angle`` and ``cone``.
    """
    light = item.data
    told = {
        "name": item.name,
        "type": light.type,
        "energy": numbers([light.energy])[0],
        "color": numbers(light.color),
        "location": numbers(live.matrix_world.translation),
        "direction": numbers((live.matrix_world.to_3x3() @ Vector((0, 0, -1))).normalized()),
        "matrix_world": rows(live.matrix_world),
    }
    if light.type == "AREA":
        wide = light.shape in {"RECTANGLE", "ELLIPSE"}
        told |= {"shape": light.shape, "size": numbers([light.size, light.size_y if wide else light.size])}
    elif light.type == "SUN":
        told["angle"] = math.degrees(light.angle)
    else:
        told["radius"] = float(light.shadow_soft_size)
        if light.type == "SPOT":
            told |= {"cone": math.degrees(light.spot_size), "blend": float(light.spot_blend)}
    return told


def world_facts(world: Any) -> dict[str, Any] | None:
    """Describe the world: ``name``, ``color`` (linear), ``strength``, ``textured``; None if there is none."""
    if world is None:
        return None
    told: dict[str, Any] = {"name": world.name}
    if not (world.use_nodes and world.node_tree):
        return {**told, "color": numbers(world.color), "strength": 1.0, "textured": []}
    node = _source(world.node_tree, "BACKGROUND", "Surface")
    return told if node is None else {**told, **_sockets(node, {"color": "Color", "strength": "Strength"})}
