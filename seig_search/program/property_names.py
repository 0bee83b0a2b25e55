"""Which property an assignment sets, and what people would call it."""

from __future__ import annotations

import ast
from collections.abc import Callable

from seig_search.program.annotation import number_of
from seig_search.program.bindings import last_word
from seig_search.program.property_range import RangeRule, attribute_rule, component_rule, socket_rule

__all__ = ["property_of"]

_AXES = frozenset("xyzrgb")
_AXIS_OWNERS = frozenset({"location", "rotation_euler", "scale", "dimensions", "color", "diffuse_color"})


Plain = Callable[[ast.expr], ast.expr]


def property_of(target: ast.expr, plain: Plain = lambda node: node) -> tuple[RangeRule | None, str]:
    """Say which property an assignment sets, if it is one worth tuning, and what to call it.

    Args:
        target: What is assigned to.
        plain: Gives what a name stands for; sockets are often kept under one.
    """
    if isinstance(target, ast.Attribute):
        if target.attr == "default_value":
            return _socket(target.value, plain)
        owner = target.value
        if target.attr in _AXES and isinstance(owner, ast.Attribute) and owner.attr in _AXIS_OWNERS:
            rule = _component(attribute_rule(owner.attr))
            return rule, f"{_readable(owner.value)}.{owner.attr}.{target.attr}"
        return attribute_rule(target.attr), f"{_readable(owner)}.{target.attr}"
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute):
        owner, index = target.value, number_of(target.slice)
        if owner.attr == "default_value":
            rule, name = _socket(owner.value, plain)
            if isinstance(target.slice, ast.Slice):
                return rule, name
            # The fourth of a colour is its alpha.
            return (None if rule is None or index is None or index == 3 else _component(rule)), f"{name}[{index}]"
        if owner.attr in _AXIS_OWNERS and index is not None and index != 3:
            rule = _component(attribute_rule(owner.attr))
            return rule, f"{_readable(owner.value)}.{owner.attr}[{ast.unparse(target.slice)}]"
    return None, ""


def _component(rule: RangeRule | None) -> RangeRule | None:
    return None if rule is None else component_rule(rule, 3)[0]


def _socket(node: ast.expr, plain: Plain) -> tuple[RangeRule | None, str]:
    node = plain(node)
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)):
        return None, ""
    inputs = plain(node.value)
    if not isinstance(inputs, ast.Attribute) or inputs.attr != "inputs":
        return None, ""
    socket = node.slice.value
    if not isinstance(socket, str | int):
        return None, ""
    label = socket if isinstance(socket, str) else f"input {socket}"
    return socket_rule(socket), f"{_root(inputs.value)} {label}"


def _readable(node: ast.expr) -> str:
    """Name the thing whose property is set: ``cam`` for ``cam.data``, ``Key`` for ``bpy.data.objects["Key"]``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        if node.attr == "data":
            return _readable(node.value)
        return (
            node.attr if node.attr in ("object", "world", "view_settings") else f"{_readable(node.value)}.{node.attr}"
        )
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        return _readable(node.value)
    if isinstance(node, ast.Call):
        return last_word(node.func)
    return "value"


def _root(node: ast.expr) -> str:
    """Name a socket's owner: the material or node variable that the chain begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            inner = node.value
            if isinstance(inner, ast.Attribute) and inner.attr in ("materials", "worlds"):
                return str(node.slice.value)
        node = node.value
    return node.id if isinstance(node, ast.Name) else "node"
