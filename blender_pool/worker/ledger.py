"""Changes to Blender's data, noted as they are made, so that they can be taken back in reverse.

``instrument`` rewrites statements so that each assignment and each method call goes through a ``Ledger``. What it cannot take
back raises ``Refused`` and marks the ledger; whoever runs the code then uses a fresh process instead.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

import bpy
import mathutils
from dialect import METHODS, PURE_MODULES
from shelf import Shelf

__all__ = ["Ledger", "Refused", "instrument"]

LEDGER = "__ledger__"
WRAPPED = (mathutils.Vector, mathutils.Euler, mathutils.Quaternion, mathutils.Color, mathutils.Matrix)
PLACED_BY_PARENT = {"matrix_world", "matrix_local"}
PLACING = {"matrix_world", "matrix_basis", "matrix_local", "rotation_mode", "parent"}
PLACE = (
    "location",
    "rotation_mode",
    "rotation_euler",
    "rotation_quaternion",
    "rotation_axis_angle",
    "scale",
    "matrix_parent_inverse",
)
IN_PLACE = {
    "Add": "iadd",
    "Sub": "isub",
    "Mult": "imul",
    "Div": "itruediv",
    "FloorDiv": "ifloordiv",
    "Mod": "imod",
    "Pow": "ipow",
    "MatMult": "imatmul",
    "BitOr": "ior",
    "BitAnd": "iand",
    "BitXor": "ixor",
    "LShift": "ilshift",
    "RShift": "irshift",
}
# What takes a function and calls it is in a list of its own: it may be given the program's own functions only.
CALLERS = (max, min, sorted)
CALLED = (
    abs, all, any, bool, dict, divmod, enumerate, float, hasattr, int, isinstance, len, list, next, pow, print, range, repr, reversed, round,
    set, str, sum, tuple, zip, slice, *CALLERS, *WRAPPED,
)  # fmt: skip
READING = {"get", "items", "keys", "values", "find", "index", "count", "copy"}


class Refused(Exception):
    """Something that a ledger cannot take back."""


def _copy(value: Any) -> Any:
    """A value that later changes do not reach."""
    if isinstance(value, mathutils.Matrix):
        return [tuple(row) for row in value]
    if isinstance(value, WRAPPED):
        return tuple(value)
    if isinstance(value, bpy.types.bpy_prop_array):
        return tuple(_copy(item) for item in value)
    return set(value) if isinstance(value, set) else value


class Ledger:
    """Notes changes and takes them back.

    Attributes:
        refused: Why the code that ran cannot be trusted to have run as it stands; empty if it can.
        spent: What was done, rightly, that cannot be taken back; empty if all can.
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], Any]] = []
        self._made: set[int] = set()
        self._trees: set[int] = set()
        self._lamps: set[int] = set()
        self.refused = ""
        self.spent = ""
        self.shelf = Shelf()

    def refuse(self, why: str) -> Refused:
        """Mark the ledger, and give the exception to raise; a program that swallows it does not get by."""
        self.refused = self.refused or why
        return Refused(why)

    @property
    def mark(self) -> int:
        """The place in the ledger that ``back_to`` takes."""
        return len(self._undo)

    def back_to(self, mark: int) -> None:
        """Take back everything noted since a mark, last first."""
        while len(self._undo) > mark:
            self._undo.pop()()

    def _is_new(self, owner: Any) -> bool:
        """Whether a data-block was made under this ledger, and so goes away as a whole."""
        block = getattr(owner, "id_data", None)
        if block is None:
            return False
        if block.session_uid in self._made or block.as_pointer() in self._trees:
            return True
        if isinstance(block, bpy.types.NodeTree) and block.is_embedded_data:
            for pool in (bpy.data.materials, bpy.data.worlds, bpy.data.lights):
                for item in pool:
                    if item.session_uid in self._made and item.node_tree == block:
                        self._trees.add(block.as_pointer())
                        return True
        return False

    def set_attribute(self, owner: Any, name: str, value: Any) -> None:
        """``owner.name = value``."""
        if isinstance(owner, WRAPPED):
            self._keep_wrapped(owner)
        elif isinstance(owner, bpy.types.bpy_struct):
            if isinstance(owner, bpy.types.Object) and (
                name == "dimensions" or (name in PLACED_BY_PARENT and owner.parent is not None)
            ):
                # What comes of it depends on whether the scene was evaluated before.
                raise self.refuse(f"{name} is set")
            # The engine is nothing that plain stages read; it is set anew for each render.
            if not (self._is_new(owner) or (isinstance(owner, bpy.types.RenderSettings) and name == "engine")):
                self._keep(owner, name)
        else:
            raise self.refuse(f"an attribute of {type(owner).__name__} is set")
        setattr(owner, name, value)

    def change_attribute(self, owner: Any, name: str, change: Callable[[Any], Any]) -> None:
        """``owner.name += ...`` and the like."""
        self.set_attribute(owner, name, change(getattr(owner, name)))

    def _keep(self, owner: Any, name: str) -> None:
        if isinstance(owner, bpy.types.Object) and name in PLACING:
            old = [(part, _copy(getattr(owner, part))) for part in ("parent", *PLACE)]
            self._undo.append(lambda: [setattr(owner, part, was) for part, was in old])
        elif not owner.is_property_set(name):
            self._undo.append(lambda: owner.property_unset(name))
        else:
            was = _copy(getattr(owner, name))
            self._undo.append(lambda: setattr(owner, name, was))

    def _keep_wrapped(self, value: Any) -> None:
        if value.owner is not None and not self._is_new(value.owner):
            was = _copy(value)
            self._undo.append(lambda: value.__setitem__(slice(None), was))

    def augment(self, how: str, value: Any, other: Any) -> Any:
        """``name += ...`` and the like; ``how`` is the operator's name, such as ``iadd``."""
        if isinstance(value, WRAPPED):
            self._keep_wrapped(value)
        elif isinstance(value, list | dict | set):
            self._keep_container(value)
        elif not isinstance(value, int | float | str | tuple | frozenset):
            raise self.refuse(f"{how} on {type(value).__name__}")
        return getattr(operator, how)(value, other)

    def set_item(self, owner: Any, key: Any, value: Any) -> None:
        """``owner[key] = value``."""
        if isinstance(owner, list | dict):
            self._keep_container(owner)
        elif isinstance(owner, WRAPPED):
            self._keep_wrapped(owner)
        elif isinstance(owner, bpy.types.bpy_prop_array):
            was = tuple(owner)
            self._undo.append(lambda: owner.__setitem__(slice(None), was))
        elif isinstance(owner, bpy.types.bpy_prop_collection):
            if not self._is_new(owner):
                old = owner[key]
                self._undo.append(lambda: owner.__setitem__(key, old))
        else:
            raise self.refuse(f"an item of {type(owner).__name__} is set")
        owner[key] = value

    def change_item(self, owner: Any, key: Any, change: Callable[[Any], Any]) -> None:
        """``owner[key] += ...`` and the like."""
        self.set_item(owner, key, change(owner[key]))

    def _keep_container(self, owner: Any) -> None:
        was = owner.copy()
        if isinstance(owner, dict):
            self._undo.append(lambda: (owner.clear(), owner.update(was)))
        elif isinstance(owner, list):
            self._undo.append(lambda: owner.__setitem__(slice(None), was))
        else:
            self._undo.append(lambda: (owner.clear(), owner.update(was)))

    def call(self, owner: Any, name: str, *args: Any, **named: Any) -> Any:
        """``owner.name(...)``."""
        if name not in METHODS:
            raise self.refuse(f"the method {name} is called")
        if isinstance(owner, bpy.types.bpy_prop_collection):
            return self._call_collection(owner, name, *args, **named)
        if isinstance(owner, bpy.types.ID) and name == "copy":
            made = owner.copy()
            self._note_made(made, getattr(bpy.data, _pool_of(made)))
            return made
        if isinstance(owner, bpy.types.ViewLayer | bpy.types.Depsgraph) and name == "update":
            return owner.update()
        if isinstance(owner, WRAPPED):
            self._keep_wrapped(owner)
        elif isinstance(owner, list | dict | set):
            if name not in READING:
                self._keep_container(owner)
        elif not (isinstance(owner, str | tuple | float | int | frozenset) or owner in WRAPPED):
            raise self.refuse(f"{type(owner).__name__}.{name} is called")
        return getattr(owner, name)(*args, **named)

    def invoke(self, function: Any, *args: Any, **named: Any) -> Any:
        """``function(...)``: the program's own, and tools that call nothing themselves."""
        pure = isinstance(function, BuiltinFunctionType) and function.__module__ in PURE_MODULES
        known = pure or any(function is each for each in CALLED)
        failure = isinstance(function, type) and issubclass(function, Exception)
        if not (known or failure or isinstance(function, FunctionType)):
            raise self.refuse(f"{type(function).__name__} is called")
        if known and (not isinstance(named.get("key"), FunctionType | None) or "file" in named):
            raise self.refuse(f"{function.__name__} is given something to call")
        return function(*args, **named)

    def _call_collection(self, owner: Any, name: str, *args: Any, **named: Any) -> Any:
        method = getattr(owner, name)
        if name in READING:
            return method(*args, **named)
        if self._is_new(owner):
            return method(*args, **named)
        if name == "new":
            if owner == bpy.data.objects and len(args) == 2 and isinstance(args[1], bpy.types.Light):
                return self._lamp(*args)
            made = method(*args, **named)
            if isinstance(made, bpy.types.ID):
                self._note_made(made, owner)
            else:
                self._undo.append(lambda: owner.remove(made))
            return made
        if name == "link" and len(args) == 1:
            done = method(*args)
            self._undo.append(lambda: owner.unlink(args[0]))
            return done
        if name == "append" and len(args) == 1:
            done = method(*args)
            # Of a list that was empty, only ``clear`` gives the slots back as well.
            empty = len(owner) == 1
            self._undo.append(lambda: owner.clear() if empty else owner.pop(index=len(owner) - 1))
            return done
        if name == "remove" and isinstance(args[0], bpy.types.ID) and args[0].session_uid in self._made | self._lamps:
            # Its later removal finds it gone.
            return method(*args, **named)
        if name == "update" and not args:
            return method()
        if name == "clear" and not len(owner):
            # Nothing goes; whether it changed something else, the fingerprint tells.
            return method()
        self.spent = self.spent or f"{name} on a collection that was there before"
        return method(*args, **named)

    def _lamp(self, name: Any, data: Any) -> Any:
        """``bpy.data.objects.new`` for a lamp; what is then done to it is noted, so that it can be used again."""
        made = self.shelf.take(name, data) if isinstance(name, str) else None
        if made is None:
            made = bpy.data.objects.new(name, data)
            self.shelf.learn(made)
        uid = made.session_uid
        self._lamps.add(uid)

        def remove() -> None:
            self._lamps.discard(uid)
            for item in bpy.data.objects:
                if item.session_uid == uid:
                    if not self.shelf.lay(item):
                        bpy.data.objects.remove(item)
                    return

        self._undo.append(remove)
        return made

    def _note_made(self, made: Any, pool: Any) -> None:
        uid = made.session_uid
        self._made.add(uid)

        def remove() -> None:
            self._made.discard(uid)
            for item in pool:
                if item.session_uid == uid:
                    pool.remove(item)
                    return

        self._undo.append(remove)


def _pool_of(block: Any) -> str:
    for name in (
        "objects",
        "materials",
        "lights",
        "cameras",
        "worlds",
        "meshes",
        "curves",
        "node_groups",
        "collections",
    ):
        pool = getattr(bpy.data, name)
        if pool.get(block.name) == block:
            return name
    raise Refused(f"a copy of a {type(block).__name__}")


class _Instrument(ast.NodeTransformer):
    def __init__(self) -> None:
        self._count = 0

    def _ledger(self, method: str, at: ast.AST, *args: ast.expr, **rest: Any) -> ast.Call:
        function = ast.Attribute(ast.Name(LEDGER, ast.Load()), method, ast.Load())
        call = ast.Call(function, list(args), rest.get("keywords", []))
        for part in ast.walk(call):
            if isinstance(part, ast.expr | ast.keyword) and not hasattr(part, "lineno"):
                ast.copy_location(part, at)
        return call

    def _store(self, target: ast.expr, value: ast.expr) -> ast.stmt:
        if isinstance(target, ast.Attribute):
            owner = self.visit(target.value)
            call = self._ledger("set_attribute", target, owner, ast.Constant(target.attr), value)
        elif isinstance(target, ast.Subscript):
            call = self._ledger("set_item", target, self.visit(target.value), _key(self.visit(target.slice)), value)
        else:
            return ast.copy_location(ast.Assign([target], value), target)
        return ast.copy_location(ast.Expr(call), target)

    def visit_Assign(self, node: ast.Assign) -> Any:
        value = self.visit(node.value)
        if len(node.targets) == 1 and not isinstance(node.targets[0], ast.Tuple | ast.List):
            return self._store(node.targets[0], value)
        self._count += 1
        held = f"__held_{self._count}__"
        out: list[ast.stmt] = [ast.Assign([ast.Name(held, ast.Store())], value)]
        for target in node.targets:
            if not isinstance(target, ast.Tuple | ast.List):
                out.append(self._store(target, ast.Name(held, ast.Load())))
                continue
            parts = [f"{held}{index}" for index in range(len(target.elts))]
            names: list[ast.expr] = []
            for part, item in zip(parts, target.elts, strict=True):
                name: ast.expr = ast.Name(part, ast.Store())
                names.append(ast.Starred(name, ast.Store()) if isinstance(item, ast.Starred) else name)
            out.append(ast.Assign([ast.Tuple(names, ast.Store())], ast.Name(held, ast.Load())))
            for part, item in zip(parts, target.elts, strict=True):
                bare = item.value if isinstance(item, ast.Starred) else item
                out.append(self._store(bare, ast.Name(part, ast.Load())))
        return [_located(statement, node) for statement in out]

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        value = self.visit(node.value)
        if isinstance(node.target, ast.Name):
            # On a list or a vector this changes the value in place, wherever else it is held.
            how = ast.Constant(IN_PLACE[type(node.op).__name__])
            changed = self._ledger("augment", node, how, ast.Name(node.target.id, ast.Load()), value)
            return _located(ast.Assign([node.target], changed), node)
        arguments = ast.arguments([], [ast.arg("old")], None, [], [], None, [])
        change = ast.Lambda(arguments, ast.BinOp(ast.Name("old", ast.Load()), node.op, value))
        owner = self.visit(node.target.value)
        if isinstance(node.target, ast.Attribute):
            call = self._ledger("change_attribute", node, owner, ast.Constant(node.target.attr), change)
        else:
            call = self._ledger("change_item", node, owner, _key(self.visit(node.target.slice)), change)
        return _located(ast.Expr(call), node)

    def visit_Call(self, node: ast.Call) -> Any:
        function = node.func
        args = [self.visit(part) for part in node.args]
        keywords = [self.visit(part) for part in node.keywords]
        pure = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
        if isinstance(function, ast.Attribute) and not (pure and _is_module(function.value)):
            owner = self.visit(function.value)
            return self._ledger("call", node, owner, ast.Constant(function.attr), *args, keywords=keywords)
        if pure and isinstance(function, ast.Attribute):
            return ast.copy_location(ast.Call(function, args, keywords), node)
        return self._ledger("invoke", node, self.visit(function), *args, keywords=keywords)


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in PURE_MODULES


def _key(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Slice):
        parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
        return ast.copy_location(ast.Call(ast.Name("slice", ast.Load()), parts, []), node)
    return node


def _located(statement: ast.stmt, at: ast.stmt) -> ast.stmt:
    for part in ast.walk(statement):
        if isinstance(part, ast.stmt | ast.expr | ast.arg | ast.keyword) and not hasattr(part, "lineno"):
            ast.copy_location(part, at)
    return statement


def instrument(nodes: list[ast.stmt]) -> ast.Module:
    """Rewrite statements so that a ledger, under its name in their namespace, notes what they change."""
    tree = ast.Module([_Instrument().visit(node) for node in nodes], [])
    flat: list[ast.stmt] = []
    for node in tree.body:
        flat += node if isinstance(node, list) else [node]
    return ast.fix_missing_locations(ast.Module(flat, []))
