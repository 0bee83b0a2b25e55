"""Writes a scene as a program, and each stage's part of it alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from seig_search.camera import GivenCamera
from seig_search.stages import EDIT_STAGES, Stage

from . import kit
from .scene import Aim, Lamp, Scene
from .solids import KINDS, Finish, Solid, coaxial, extent

__all__ = ["addition", "constant", "number", "write_part", "write_program"]

Lines = list[str]


def number(value: float, digits: int = 5) -> str:
    """Spell a number with a few significant digits, always as a float."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        text = f"{value:.7f}".rstrip("0")
    text = "0.0" if float(text) == 0 else text
    return text if "." in text else text + ".0"


def constant(name: str) -> str:
    """Turn an object's CamelCase name into the prefix of its constants."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def write_program(scene: Scene) -> str:
    """Write the whole program, parameters and all.

    Args:
        scene: The scene.

    Returns:
        Python source that runs alone in Blender 4.5 and later.
    """
    head = f'"""{scene.title}"""\n\nfrom math import cos, pi, radians, sin, tan\n\nimport bpy  # first: it brings the modules below along\n\nimport bmesh\n'
    head += "from mathutils import Matrix, Vector\n"
    calls = "\n".join(f"    {stage.value}()" for stage in EDIT_STAGES)
    parts = "\n\n".join(write_part(scene, stage) for stage in EDIT_STAGES)
    return f'{head}\n{parts}\n\nif __name__ == "__main__":\n{calls}\n'


def write_part(scene: Scene, stage: Stage) -> str:
    """Write one stage's part: its parameters, the functions it uses, and its own function.

    Args:
        scene: The scene.
        stage: Any stage but the scaffold.
    """
    match stage:
        case Stage.GEOMETRY:
            return _geometry(scene)
        case Stage.MATERIALS:
            return _materials(scene)
        case Stage.COMPOSITION:
            return _composition(scene)
        case Stage.LIGHTING:
            return _lighting(scene)
    raise ValueError(f"{stage.value} has no part of its own")


def addition(solid: Solid) -> tuple[tuple[str, str], tuple[str, str]]:
    """Write the lines that give a new solid its surface and its place.

    Returns:
        Search and replacement in the materials part, then in the composition part; both only add lines.
    """
    surfaces: Lines = []
    painted = _surface(solid.name, solid.finish, surfaces)
    places: Lines = []
    placed = _standing(solid, places)
    blocks = []
    for stage, constants, line in ((Stage.MATERIALS, surfaces, painted), (Stage.COMPOSITION, places, placed)):
        head = f'def {stage.value}():\n    """{_SAYS[stage]}"""\n'
        blocks.append((head, "\n".join(constants) + f"\n\n\n{head}    {line}\n"))
    return blocks[0], blocks[1]


_SAYS = {
    Stage.GEOMETRY: "Every mesh, resting on its own origin, in metres.",
    Stage.MATERIALS: "Every surface.",
    Stage.COMPOSITION: "Where things stand, and the camera.",
    Stage.LIGHTING: "The lights, and what comes from all around.",
}


def _param(name: str, value: float, low: float, high: float, unit: str = "", log: bool = False) -> str:
    # Bounds are spelled with fewer digits, which must not leave the value outside.
    least, most = number(min(low, value), 3), number(max(high, value), 3)
    if float(least) > value:
        least = number(value - 0.01 * abs(value), 3)
    if float(most) < value:
        most = number(value + 0.01 * abs(value), 3)
    tail = (f" {unit}" if unit else "") + (" log" if log else "")
    return f"{name} = {number(value)}  # @param {least}..{most}{tail}"


def _rgb(name: str, value: Iterable[float]) -> str:
    return f"{name} = ({', '.join(f'{min(1.0, max(0.0, v)):.4g}' for v in value)})  # @param rgb"


def _function(stage: Stage, body: Lines) -> str:
    return "\n".join([f"def {stage.value}():", f'    """{_SAYS[stage]}"""', *(f"    {line}" for line in body)]) + "\n"


def _part(constants: Lines, pasted: Iterable[str], function: str) -> str:
    blocks = ["\n".join(constants), *(text.strip("\n") for text in pasted), function]
    return "\n\n\n".join(block for block in blocks if block)


def _geometry(scene: Scene) -> str:
    constants: Lines = []
    body = ["bpy.ops.wm.read_factory_settings(use_empty=True)"]
    used: set[str] = set()
    if scene.ground is not None:
        size = scene.ground.size
        constants.append(_param("GROUND_SIZE", size, 0.5 * size, 2 * size, "m"))
        body.append('ground("Ground", GROUND_SIZE)')
        used.add("ground")
    for solid in scene.solids:
        prefix = constant(solid.name)
        names = [f"{prefix}_{part.upper()}" for part in KINDS[solid.kind]]
        largest = max(extent(solid.kind, solid.size))
        for name, part, value in zip(names, KINDS[solid.kind], solid.size, strict=True):
            small = part in ("bevel", "wall", "tube", "top")
            low, high = (0.0, 0.25 * largest) if small else (0.6 * value, 1.6 * value)
            constants.append(_param(name, value, low, high, "m"))
        body.append(f'{solid.kind}("{solid.name}", {", ".join(names)})')
        used.add(solid.kind)
    for kind in tuple(used):
        used.update(kit.GEOMETRY_NEEDS[kind])
    pasted = [text for name, text in kit.GEOMETRY.items() if name in used]
    return _part(constants, pasted, _function(Stage.GEOMETRY, body))


def _surface(name: str, finish: Finish, constants: Lines) -> str:
    prefix = constant(name)
    constants.append(_rgb(f"{prefix}_RGB", finish.rgb))
    rough = _param(f"{prefix}_ROUGHNESS", finish.roughness, 0.02, 1.0)
    if finish.look == "wood":
        constants += [_rgb(f"{prefix}_SECOND_RGB", finish.second), rough]
        streaks = finish.streaks
        constants.append(_param(f"{prefix}_STREAKS", streaks, 0.2 * streaks, 5 * streaks, "1/m", log=True))
        constants.append(_param(f"{prefix}_GRAIN_TURN", finish.grain, -90.0, 90.0, "deg"))
        return (
            f'wood("{name}", {prefix}_RGB, {prefix}_SECOND_RGB, {prefix}_ROUGHNESS,'
            f" {prefix}_STREAKS, {prefix}_GRAIN_TURN)"
        )
    constants.append(rough)
    if finish.look == "glass":
        return f'glass("{name}", {prefix}_RGB, {prefix}_ROUGHNESS)'
    constants.append(_param(f"{prefix}_METALLIC", finish.metallic, 0.0, 1.0))
    return f'paint("{name}", {prefix}_RGB, {prefix}_ROUGHNESS, {prefix}_METALLIC)'


def _materials(scene: Scene) -> str:
    constants: Lines = []
    finishes = [(solid.name, solid.finish) for solid in scene.solids]
    if scene.ground is not None:
        finishes.insert(0, ("Ground", scene.ground.finish))
    body = [_surface(name, finish, constants) for name, finish in finishes]
    looks = {finish.look for _, finish in finishes}
    pasted = [text for name, text in kit.MATERIALS.items() if name in looks or name == "surface"]
    return _part(constants, pasted, _function(Stage.MATERIALS, body))


def _composition(scene: Scene) -> str:
    constants: Lines = []
    body = [_standing(solid, constants, scene.solids[:index]) for index, solid in enumerate(scene.solids)]
    pasted = [kit.PLACE["place"], kit.PLACE["the_camera"]]
    if isinstance(scene.camera, Aim):
        body.append(_aimed(scene.camera, constants))
        pasted.append(kit.PLACE["aim"])
    else:
        body += _exactly(scene.camera)
    body += [
        "scene = bpy.context.scene",
        'scene.render.engine = "CYCLES"',
        f"scene.render.film_transparent = {scene.transparent}",
    ]
    return _part(constants, pasted, _function(Stage.COMPOSITION, body))


def _standing(solid: Solid, constants: Lines, before: Sequence[Solid] = ()) -> str:
    """Write where a solid stands; one on the axis of another before it shares that one's constants."""
    prefix = constant(solid.name)
    reach = 1.2 * max(extent(solid.kind, solid.size)[:2])
    axis = next((constant(other.name) for other in before if coaxial(solid, other)), prefix)
    if axis == prefix:
        constants.append(_param(f"{prefix}_X", solid.x, solid.x - reach, solid.x + reach, "m"))
        constants.append(_param(f"{prefix}_Y", solid.y, solid.y - reach, solid.y + reach, "m"))
    words = [f'"{solid.name}"', f"{axis}_X", f"{axis}_Y"]
    if abs(solid.z) > 1e-9:
        constants.append(_param(f"{prefix}_Z", solid.z, solid.z - reach, solid.z + reach, "m"))
        words.append(f"z={prefix}_Z")
    if solid.kind in ("box", "egg") or solid.turn:
        constants.append(_param(f"{prefix}_TURN", solid.turn, solid.turn - 50, solid.turn + 50, "deg"))
        words.append(f"turn={prefix}_TURN")
    if solid.tilt:
        constants.append(_param(f"{prefix}_TILT", solid.tilt, solid.tilt - 40, solid.tilt + 40, "deg"))
        words.append(f"tilt={prefix}_TILT")
    return f"place({', '.join(words)})"


def _aimed(aim: Aim, constants: Lines) -> str:
    constants += [
        _param("CAMERA_ELEVATION", aim.elevation, max(-10.0, aim.elevation - 20), min(89.0, aim.elevation + 20), "deg"),
        _param("CAMERA_DISTANCE", aim.distance, 0.5 * aim.distance, 2 * aim.distance, "m", log=True),
        _param("CAMERA_FOV", aim.fov, max(10.0, 0.6 * aim.fov), min(90.0, 1.5 * aim.fov), "deg"),
        _param("CAMERA_HEIGHT", aim.height, aim.height - 0.15 * aim.distance, aim.height + 0.15 * aim.distance, "m"),
        _param("CAMERA_ROLL", aim.roll, -15.0, 15.0, "deg"),
    ]
    return "aim(CAMERA_ELEVATION, CAMERA_DISTANCE, CAMERA_FOV, CAMERA_HEIGHT, CAMERA_ROLL)"


def _exactly(camera: GivenCamera) -> Lines:
    rows = [f"    ({', '.join(repr(float(v)) for v in row)})," for row in camera.matrix_world]
    return [
        "camera = the_camera()",
        "camera.matrix_world = Matrix((",
        *rows,
        "))",
        f"camera.data.lens = {camera.lens_mm!r}",
        f"camera.data.sensor_width = {camera.sensor_width_mm!r}",
    ]


def _lighting(scene: Scene) -> str:
    x, y, z = (number(v) for v in scene.centre)
    constants: Lines = [f"MIDDLE = ({x}, {y}, {z})"]
    body = [
        'for light in [thing for thing in bpy.data.objects if thing.type == "LIGHT"]:',
        "    bpy.data.objects.remove(light)",
    ]
    body += [_lamp(lamp, constants) for lamp in scene.lamps]
    constants += [
        _rgb("BACKGROUND_RGB", scene.world.background),
        _rgb("AMBIENT_RGB", scene.world.ambient),
        _param("AMBIENT_STRENGTH", scene.world.strength, 0.0, max(1.5, 2 * scene.world.strength)),
    ]
    body += [
        "surroundings(BACKGROUND_RGB, AMBIENT_RGB, AMBIENT_STRENGTH)",
        'bpy.context.scene.view_settings.view_transform = "Standard"',
    ]
    pasted = [text for name, text in kit.LIGHTING.items() if name != "lamp" or scene.lamps]
    return _part(constants, pasted, _function(Stage.LIGHTING, body))


def _lamp(lamp: Lamp, constants: Lines) -> str:
    prefix = constant(lamp.name)
    unit = "W/m2" if lamp.kind == "sun" else "W"
    size = (0.1, 60.0, "deg") if lamp.kind == "sun" else (0.1 * lamp.size, 3 * lamp.size, "m")
    constants += [
        _param(f"{prefix}_AZIMUTH", lamp.azimuth, lamp.azimuth - 90, lamp.azimuth + 90, "deg"),
        _param(f"{prefix}_ELEVATION", lamp.elevation, 8.0, 88.0, "deg"),
        _param(f"{prefix}_ENERGY", lamp.energy, 0.1 * lamp.energy, 5 * lamp.energy, unit, log=lamp.energy > 0),
        _param(f"{prefix}_SIZE", lamp.size, size[0], size[1], size[2]),
        _rgb(f"{prefix}_RGB", lamp.rgb),
    ]
    return (
        f'lamp("{lamp.name}", "{lamp.kind}", {prefix}_AZIMUTH, {prefix}_ELEVATION, {prefix}_ENERGY,'
        f" {prefix}_SIZE, {number(lamp.distance)}, {prefix}_RGB)"
    )
