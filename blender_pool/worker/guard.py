"""Whether a scene is modelled or pasted: pictures brought in as pixels are told of, and refused where that is plain.

A program that copies a picture pixel by pixel scores well and is worth nothing. No text of bounded length can hold much of a picture
unless it holds much data, so what a program *computes* is let pass with a warning, and what it carries with it is refused.
This judges a scene; it is no wall against a program that works on the judge.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np

__all__ = ["Dishonest", "carried", "check_honesty"]

TEXTURE_DATA = 192
COLOUR_DATA = 500
LONG_TEXT = 200
CHARACTERS_PER_NUMBER = 4
FEW_COLOURS, MANY_COLOURS = 64, 256
LEVELS = 32
THIN = 0.02
FACING = 0.5
MOST_SAMPLES = 100_000
SHAPED = {"MESH", "POINTCLOUD", "CURVES"}
COLOUR_TYPES = {"FLOAT_COLOR", "BYTE_COLOR", "FLOAT_VECTOR"}
NO_COLOURS = {"position", "custom_normal", "UVMap"}
MADE_BY_BLENDER = {"RENDER_RESULT", "COMPOSITING"}


class Dishonest(Exception):
    """The scene shows a picture that was brought in instead of being modelled.

    Attributes:
        hint: What to do instead.
    """

    hint = (
        "model what is seen: geometry, lights, and materials of procedural nodes (Noise, Voronoi, Wave, Color Ramp, ...); "
        "pictures from files or from lists of pixels are not accepted"
    )


def carried(source: str) -> int:
    """Count the data in a program's text: numbers in lists and tuples, and long texts at four characters a number.

    Args:
        source: The program's text; docstrings and comments do not count.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    numbers, characters = 0, 0
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            numbers += sum(_is_number(part) for part in node.elts)
        elif isinstance(node, ast.Dict):
            numbers += sum(_is_number(part) for part in (*node.keys, *node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in lone:
            characters += len(node.value) if len(node.value) >= LONG_TEXT else 0
    return numbers + characters // CHARACTERS_PER_NUMBER


def _is_number(node: ast.AST | None) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and isinstance(inner.value, int | float)


def _is_shown(item: Any, users: Any) -> bool:
    """Whether anything that a render shows leads to a datablock."""
    seen, todo = {item}, [item]
    while todo:
        for user in users.get(todo.pop(), ()):
            if isinstance(user, bpy.types.World):
                return True
            if isinstance(user, bpy.types.Object):
                # Empties and the pictures behind a camera are seen in the viewport only.
                if user.type not in {"EMPTY", "CAMERA"}:
                    return True
            elif not isinstance(user, bpy.types.Scene) and user not in seen:
                seen.add(user)
                todo.append(user)
    return False


def _is_blenders_own(image: Any) -> bool:
    folder = bpy.utils.system_resource("DATAFILES")
    path = bpy.path.abspath(image.filepath)
    return bool(folder) and not image.is_dirty and ".." not in path and path.startswith(folder)


def _check_images(source: str) -> list[str]:
    pasted = [
        image
        for image in bpy.data.images
        if image.type not in MADE_BY_BLENDER
        and (image.packed_file or image.is_dirty or (image.source != "GENERATED" and any(image.size)))
    ]
    warnings = [f"{clip.name!r} is a film, and there is no use for it" for clip in bpy.data.movieclips]
    if not pasted:
        return warnings
    users = bpy.data.user_map()
    for image in pasted:
        if not _is_shown(image, users):
            warnings.append(f"the picture {image.name!r} is in the scene, but not seen")
        elif image.packed_file or (image.source != "GENERATED" and not _is_blenders_own(image)):
            raise Dishonest(f"the image {image.name!r}, which was read from a file, is used as a texture")
        elif image.is_dirty and carried(source) >= TEXTURE_DATA:
            raise Dishonest(f"the image {image.name!r} is used as a texture, and the program brings pixels for it")
        elif image.is_dirty:
            warnings.append(f"the pixels of {image.name!r} were computed; procedural nodes would stay editable")
    return warnings


def _distinct(colours: Any) -> int:
    """Number of clearly different colours among (N, 3) linear ones."""
    step = max(1, len(colours) // MOST_SAMPLES)
    levels = np.clip(np.nan_to_num(colours[::step]) * LEVELS, 0, 255).astype(np.int64)
    return len(np.unique(levels @ np.array([1, 256, 65536])))


def _node_colour(material: Any) -> tuple[float, ...]:
    """The colour that a material mainly shows, as far as plain values tell it."""
    nodes = material.node_tree.nodes if material.node_tree is not None else ()
    for node in nodes:
        if node.type == "EMISSION":
            return tuple(node.inputs["Color"].default_value)[:3]
        if node.type == "BSDF_PRINCIPLED":
            glows = node.inputs["Emission Strength"].default_value > 0
            return tuple(node.inputs["Emission Color" if glows else "Base Color"].default_value)[:3]
    return tuple(material.diffuse_color)[:3]


def _colours_on(data: Any) -> int:
    """The most clearly different colours that one attribute of a shape, or its materials, give it."""
    most = 0
    for attribute in data.attributes:
        if attribute.data_type not in COLOUR_TYPES or attribute.name in NO_COLOURS or attribute.name[:1] == ".":
            continue
        plain = attribute.data_type == "FLOAT_VECTOR"
        width = 3 if plain else 4
        values = np.empty(len(attribute.data) * width, dtype=np.float32)
        if len(values) >= FEW_COLOURS * width:
            attribute.data.foreach_get("vector" if plain else "color", values)
            most = max(most, _distinct(values.reshape(-1, width)[:, :3]))
    materials = {material for material in data.materials if material is not None}
    if len(materials) >= FEW_COLOURS:
        most = max(most, _distinct(np.array([_node_colour(material) for material in materials])))
    return most


def _positions(data: Any) -> Any:
    """(N, 3) places of a shape's points, in its own space."""
    attribute = data.attributes.get("position")
    values = np.empty(0 if attribute is None else 3 * len(attribute.data), dtype=np.float32)
    if len(values):
        attribute.data.foreach_get("vector", values)
    return values.reshape(-1, 3)


def _is_canvas(points: Any, camera: Any) -> bool:
    """Whether (N, 3) world points lie in a plane that faces the camera."""
    if len(points) < FEW_COLOURS:
        return False
    points = np.nan_to_num(points[:: max(1, len(points) // MOST_SAMPLES)].astype(float))
    middle = points.mean(0)
    _, extents, axes = np.linalg.svd(points - middle, full_matrices=False)
    if extents[2] > THIN * extents[1]:
        return False
    if camera is None:
        return True
    place = np.array(camera.matrix_world)
    across = place[:3, 2] if camera.data.type == "ORTHO" else place[:3, 3] - middle
    return bool(abs(across @ axes[2]) >= FACING * np.linalg.norm(across))


def _judge(what: str, colours: int, is_canvas: bool, source: str, warnings: list[str]) -> None:
    is_brought = carried(source) >= COLOUR_DATA
    if is_canvas and is_brought and colours >= MANY_COLOURS:
        raise Dishonest(f"{what} a flat picture of {colours} colours, made from data in the program")
    if is_canvas and (is_brought or colours >= MANY_COLOURS):
        warnings.append(f"{what} a flat picture of {colours} colours")
    elif is_brought and colours >= MANY_COLOURS:
        warnings.append(f"{what} {colours} colours, made from data in the program")


def _tiles(items: Iterable[Any]) -> tuple[Any, Any]:
    """(N, 3) places and (N, 3) colours of the shapes of one colour each."""
    places, colours = [], []
    own: dict[Any, tuple[float, ...]] = {}
    for item in items:
        material = item.active_material
        colour = tuple(item.color)[:3]
        if colour == (1.0, 1.0, 1.0) and material is not None:
            if material not in own:
                own[material] = _node_colour(material)
            colour = own[material]
        places.append(tuple(item.matrix_world.translation))
        colours.append(colour)
    return np.array(places).reshape(-1, 3), np.array(colours).reshape(-1, 3)


def check_honesty(scene: Any, source: str) -> list[str]:
    """Judge the scene that a program left; nothing of it is changed.

    Refused are pictures from files, and those whose pixels the program's text brings, where a render shows them: as a texture, as
    colours of a flat shape that faces the camera, or as a wall of shapes of one colour each. Not refused are textures of nodes,
    Blender's own test pictures and sky pictures, and colours that a program computes.

    Args:
        scene: The scene that is rendered.
        source: The program's text.

    Returns:
        What is only suspicious, as warnings.

    Raises:
        Dishonest: A picture was plainly brought in.
    """
    warnings = _check_images(source)
    shapes = [item for item in scene.objects if item.type in SHAPED and item.data is not None and not item.hide_render]
    coloured: dict[Any, int] = {}
    for item in shapes:
        if item.data not in coloured:
            coloured[item.data] = _colours_on(item.data)
    painted = [item for item in shapes if coloured[item.data] >= FEW_COLOURS]
    if painted or len(shapes) >= FEW_COLOURS:
        # Places that the program set are known to matrices only after an update.
        bpy.context.view_layer.update()
    camera = scene.camera if scene.camera is not None and scene.camera.type == "CAMERA" else None
    for item in painted:
        place = np.array(item.matrix_world)
        is_canvas = _is_canvas(_positions(item.data) @ place[:3, :3].T + place[:3, 3], camera)
        _judge(f"{item.name!r} shows", coloured[item.data], is_canvas, source, warnings)
    if len(shapes) >= FEW_COLOURS:
        places, colours = _tiles(shapes)
        count = _distinct(colours)
        if count >= FEW_COLOURS:
            _judge(f"{len(shapes)} objects make", count, _is_canvas(places, camera), source, warnings)
    return warnings
