"""Reads a program back as a scene, with the values that tuning has written into it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seig_search.camera import GivenCamera
from seig_search.program import Program
from seig_search.stages import EDIT_STAGES, Stage

from .colour import Colour
from .scene import Aim, Ground, Lamp, Scene, World
from .solids import KINDS, Finish, Solid

__all__ = ["read_program"]


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    args: tuple[Any, ...]
    words: Mapping[str, Any]


def read_program(program: Program) -> Scene | None:
    """Read what a program says.

    Args:
        program: Any program.

    Returns:
        The scene, or None where the program was not written in this proposer's manner.
    """
    if set(program.stages) != set(EDIT_STAGES):
        return None
    try:
        values = dict(_constants(program.tree))
        calls = {stage: list(_calls(program.tree, stage, values)) for stage in EDIT_STAGES}
        return _scene(program, calls, values)
    except (_UnknownFormError, ValueError, TypeError, KeyError, IndexError):
        return None


class _UnknownFormError(Exception):
    """The program says something in a way that is not known here."""


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                try:
                    yield target.id, ast.literal_eval(statement.value)
                except ValueError:
                    continue


def _calls(tree: ast.Module, stage: Stage, values: Mapping[str, Any]) -> Iterator[_Call]:
    function = next(s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == stage.value)
    for statement in function.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            if isinstance(call.func, ast.Name):
                args = tuple(_value(arg, values) for arg in call.args)
                yield _Call(call.func.id, args, {str(w.arg): _value(w.value, values) for w in call.keywords})
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
            value = statement.value
            if isinstance(value, ast.Call) and value.args:
                value = value.args[0]
            try:
                yield _Call(f"set {ast.unparse(statement.targets[0])}", (ast.literal_eval(value),), {})
            except ValueError:
                continue


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return values[node.id]
    return ast.literal_eval(node)


def _rgb(value: Any) -> Colour:
    r, g, b = (float(v) for v in value)
    return r, g, b


def _scene(program: Program, calls: Mapping[Stage, Sequence[_Call]], values: Mapping[str, Any]) -> Scene:
    finishes = {call.args[0]: _finish(call) for call in calls[Stage.MATERIALS] if call.name in _LOOKS}
    places = {call.args[0]: call for call in calls[Stage.COMPOSITION] if call.name == "place"}
    solids = []
    ground = None
    for call in calls[Stage.GEOMETRY]:
        if call.name == "ground":
            ground = Ground(finishes.get("Ground", Finish((0.5, 0.5, 0.5))), float(call.args[1]))
        elif call.name in KINDS:
            name, *size = call.args
            if len(size) != len(KINDS[call.name]):
                raise _UnknownFormError(name)
            solid = Solid(str(name), call.name, tuple(float(v) for v in size))
            solids.append(replace(_placed(solid, places.get(name)), finish=finishes.get(name, Finish((0.5, 0.5, 0.5)))))
    world = next((call for call in calls[Stage.LIGHTING] if call.name == "surroundings"), None)
    if world is None:
        raise _UnknownFormError("surroundings")
    sets = {call.name[4:]: call.args[0] for call in calls[Stage.COMPOSITION] if call.name.startswith("set ")}
    x, y, z = (float(v) for v in values.get("MIDDLE", (0, 0, 0)))
    return Scene(
        title=ast.get_docstring(program.tree) or "A scene.",
        solids=tuple(solids),
        ground=ground,
        camera=_camera(calls[Stage.COMPOSITION], sets),
        lamps=tuple(_lamp(call) for call in calls[Stage.LIGHTING] if call.name == "lamp"),
        world=World(_rgb(world.args[0]), _rgb(world.args[1]), float(world.args[2])),
        transparent=bool(sets.get("scene.render.film_transparent", False)),
        centre=(x, y, z),
    )


_LOOKS = ("paint", "wood", "glass")


def _finish(call: _Call) -> Finish:
    if call.name == "wood":
        _, rgb, second, roughness, streaks, turn = call.args
        return Finish(_rgb(rgb), float(roughness), 0.0, "wood", _rgb(second), float(streaks), float(turn))
    if call.name == "glass":
        return Finish(_rgb(call.args[1]), float(call.args[2]), 0.0, "glass")
    return Finish(_rgb(call.args[1]), float(call.args[2]), float(call.args[3]))


def _placed(solid: Solid, call: _Call | None) -> Solid:
    if call is None:
        return solid
    z, turn, tilt = (float(call.words.get(word, 0.0)) for word in ("z", "turn", "tilt"))
    return replace(solid, x=float(call.args[1]), y=float(call.args[2]), z=z, turn=turn, tilt=tilt)


def _camera(calls: Sequence[_Call], sets: Mapping[str, Any]) -> Aim | GivenCamera:
    for call in calls:
        if call.name == "aim":
            elevation, distance, fov, height, roll = (float(v) for v in call.args)
            return Aim(elevation, distance, fov, height, roll)
    rows = tuple(tuple(float(v) for v in row) for row in sets["camera.matrix_world"])
    return GivenCamera(rows, float(sets["camera.data.lens"]), float(sets["camera.data.sensor_width"]))


def _lamp(call: _Call) -> Lamp:
    name, kind, azimuth, elevation, energy, size, distance, rgb = call.args
    return Lamp(
        str(name), str(kind), float(azimuth), float(elevation), float(energy), float(size), float(distance), _rgb(rgb)
    )
