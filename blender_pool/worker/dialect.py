"""Static checks of programs: *tame* (nothing reaches around the stages), *plain* (a ledger can take it back), *leaving nothing*.

Neither is a wall; the operating system's are. They only say whether a process may go on with another program of the same
beginning. What they do not know, they refuse: the program then gets a fresh process. Standard library only.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

__all__ = [
    "HARMLESS_MODULES",
    "METHODS",
    "PURE_MODULES",
    "SEEN_LATE",
    "is_plain",
    "is_tame",
    "leaves_nothing",
    "lists_data",
]

HARMLESS_MODULES = {
    "bmesh",
    "bpy",
    "collections",
    "colorsys",
    "dataclasses",
    "functools",
    "itertools",
    "math",
    "mathutils",
    "numpy",
    "random",
    "typing",
}
RESETTABLE = {"bmesh", "bpy", "colorsys", "itertools", "math", "mathutils", "random"}
PURE_MODULES = {"math", "mathutils", "colorsys"}
OUTSIDE = {"app", "handlers", "msgbus", "path", "utils", "types", "props", "libraries", "texts", "driver_namespace"}
FORBIDDEN = {
    "breakpoint",
    "compile",
    "delattr",
    "dir",
    "eval",
    "exec",
    "getattr",
    "globals",
    "help",
    "id",
    "input",
    "locals",
    "memoryview",
    "object",
    "open",
    "quit",
    "exit",
    "setattr",
    "super",
    "type",
    "vars",
}
METHODS = {
    # What a ledger can take back, or what changes nothing.
    "angle", "append", "copy", "count", "cross", "dot", "endswith", "extend", "find", "get", "index", "inverted", "items",
    "join", "keys", "lerp", "link", "lower", "new", "normalized", "pop", "remove", "replace", "rotated", "rotate",
    "select_get", "split", "startswith", "strip", "to_3x3", "to_4x4", "to_euler", "to_matrix", "to_quaternion", "to_track_quat",
    "to_translation", "to_tuple", "transposed", "unlink", "update", "upper", "values", "clear", "insert", "add", "is_integer",
    "Rotation", "Translation", "Scale", "Diagonal", "Identity", "LocRotScale",
}  # fmt: skip
# What a stage would find otherwise in a scene that has been rendered before: evaluated data, and the engine of that render.
SEEN_LATE = {"bound_box", "dimensions", "engine", "matrix_local", "matrix_world"}
LISTED = {"objects", "lights"}
BY_NAME = {"new", "get", "remove", "link", "unlink"}
NODES = (
    ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If,
    ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Raise, ast.Try, ast.ExceptHandler, ast.Assert, ast.Import, ast.ImportFrom,
    ast.alias, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.comprehension, ast.Compare, ast.Call, ast.keyword, ast.FormattedValue, ast.JoinedStr, ast.Constant,
    ast.Attribute, ast.Subscript, ast.Starred, ast.Lambda, ast.Name, ast.List, ast.Tuple, ast.Slice, ast.operator, ast.unaryop, ast.boolop,
    ast.cmpop, ast.expr_context,
)  # fmt: skip


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return ["?"] if node.level or node.module is None else [node.module]
    return [name.name for name in node.names]


def is_tame(tree: ast.Module) -> bool:
    """Whether a program stays within Blender's data and harmless modules: what its stages do follows from their text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            words = [
                word for name in (*_modules(node), *(part.name for part in node.names)) for word in name.split(".")
            ]
            if any(name.partition(".")[0] not in HARMLESS_MODULES for name in _modules(node)):
                return False
            if any(word.startswith("_") or word in OUTSIDE or word == "*" for word in words):
                return False
        elif isinstance(node, ast.Attribute):
            if node.attr.startswith("_") or node.attr in OUTSIDE:
                return False
        elif isinstance(node, ast.Name):
            if (node.id.startswith("__") and node.id != "__name__") or node.id in FORBIDDEN:
                return False
        elif isinstance(node, ast.Global | ast.Nonlocal | ast.ClassDef | ast.AsyncFunctionDef | ast.Await):
            return False
    return True


def leaves_nothing(source: str) -> bool:
    """Whether a program can change nothing that a return to Blender's factory settings does not bring back.

    A program that cannot be parsed does nothing at all. numpy is refused here: it has settings that outlive a program.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    if not is_tame(tree):
        return False
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            if any(name.partition(".")[0] not in RESETTABLE for name in _modules(node)):
                return False
            imported |= {(name.asname or name.name).partition(".")[0] for name in node.names}
    looked_into: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name):
                looked_into.add(id(node.value))
            if not isinstance(node.ctx, ast.Load) and _root(node) in imported and not _is_data(node):
                return False
        elif isinstance(node, ast.Call):
            looked_into.add(id(node.func))
    # A module or class under another name could be changed unseen.
    return all(
        id(node) in looked_into or node.id not in imported or not isinstance(node.ctx, ast.Load)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_data(node: ast.expr) -> bool:
    """Whether an attribute is reached through ``bpy.data`` or ``bpy.context``."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return isinstance(node, ast.Name) and node.id == "bpy" and len(names) > 1 and names[-1] in ("data", "context")


class _Plain(ast.NodeVisitor):
    """Sets ``ok`` to False at what a ledger cannot take back."""

    def __init__(self) -> None:
        self.ok = True

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, NODES):
            self.ok = False
        if self.ok:
            super().visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            if name.name not in ("bpy", *PURE_MODULES) or name.asname not in (None, name.name):
                self.ok = False

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module not in PURE_MODULES or any(name.asname for name in node.names):
            self.ok = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.decorator_list:
            self.ok = False
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr.startswith("_") or node.attr in OUTSIDE or node.attr == "ops":
            self.ok = False
        if node.attr in SEEN_LATE and isinstance(node.ctx, ast.Load):
            self.ok = False
        base = node.value
        if isinstance(base, ast.Name) and base.id == "bpy":
            self.ok = self.ok and node.attr in ("data", "context") and isinstance(node.ctx, ast.Load)
        elif isinstance(base, ast.Name) and base.id in PURE_MODULES:
            self.ok = self.ok and isinstance(node.ctx, ast.Load)
        else:
            self.visit(base)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in ("bpy", *PURE_MODULES) or node.id in FORBIDDEN or node.id.startswith("__"):
            self.ok = False

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute):
            pure = isinstance(function.value, ast.Name) and function.value.id in PURE_MODULES
            if not pure and function.attr not in METHODS:
                self.ok = False
            self.visit(function)
        elif isinstance(function, ast.Name):
            self.visit(function)
        else:
            self.ok = False
        for part in (*node.args, *node.keywords):
            self.visit(part)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Attribute) and node.target.attr in SEEN_LATE:
            self.ok = False
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) > 1 and not all(isinstance(target, ast.Name) for target in node.targets):
            self.ok = False
        self.generic_visit(node)


def _has_stored_target(node: ast.AST) -> bool:
    """Whether a loop binds something other than names."""
    targets = [part.target for part in ast.walk(node) if isinstance(part, ast.For | ast.comprehension)]
    return any(isinstance(leaf, ast.Attribute | ast.Subscript) for target in targets for leaf in ast.walk(target))


def is_plain(nodes: Sequence[ast.stmt], constant: bool = False) -> bool:
    """Whether all that statements can do is changed data that a ledger can take back.

    Args:
        nodes: Statements with all the definitions that they can reach.
        constant: Whether they must not touch Blender at all.
    """
    check = _Plain()
    for node in nodes:
        check.visit(node)
        if not check.ok or _has_stored_target(node):
            return False
    if constant:
        return not any(isinstance(part, ast.Name) and part.id == "bpy" for node in nodes for part in ast.walk(node))
    return True


def lists_data(nodes: Sequence[ast.stmt]) -> bool:
    """Whether statements may look at all objects or lamps of the file, not only at those of a scene or of a name."""
    safe: set[int] = set()
    for node in (part for top in nodes for part in ast.walk(top)):
        inner: ast.expr | None = None
        if isinstance(node, ast.Attribute):
            named = isinstance(node.value, ast.Attribute) and node.value.attr in LISTED and node.attr in BY_NAME
            inner = node.value if named or _is_bpy_data(node.value) else None
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant | ast.JoinedStr | ast.Name):
            inner = node.value
        if inner is not None:
            safe.add(id(inner))
    for node in (part for top in nodes for part in ast.walk(top)):
        if isinstance(node, ast.Attribute) and id(node) not in safe:
            of_scene = isinstance(node.value, ast.Attribute) and node.value.attr in (
                "scene",
                "collection",
                "view_layer",
            )
            if (node.attr in LISTED and not of_scene) or _is_bpy_data(node):
                return True
    return False


def _is_bpy_data(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "data"
        and _root(node) == "bpy"
        and isinstance(node.value, ast.Name)
    )
