"""Parameter values, laid over a program's literals in its syntax tree; lines and columns stay as they were."""

from __future__ import annotations

import ast
from typing import Any

__all__ = ["UnknownParameter", "parse_with_values"]


class UnknownParameter(Exception):
    """A key names no literal of the program."""


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub | ast.UAdd) and isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Tuple | ast.List):
        return all(_is_literal(item) for item in node.elts)
    return isinstance(node, ast.Constant)


def _declared(tree: ast.Module, lines: list[str]) -> dict[str, ast.expr]:
    """Literals assigned to a plain name at module level; of several, the first with ``@param``, else the first."""
    found: dict[str, ast.expr] = {}
    annotated: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        else:
            continue
        if isinstance(target, ast.Name) and _is_literal(value):
            found.setdefault(target.id, value)
            if any("@param" in line for line in lines[statement.lineno - 1 : statement.end_lineno]):
                annotated.setdefault(target.id, value)
    return found | annotated


def _fit(value: Any, old: ast.expr) -> Any:
    """Give a value the shape of the literal it replaces: whole numbers over integers, alpha kept."""
    if isinstance(value, list | tuple):
        items = list(value)
        if isinstance(old, ast.Tuple | ast.List):
            if len(old.elts) == 4 and len(items) == 3:
                items.append(ast.literal_eval(old.elts[3]))
            if len(old.elts) == len(items):
                items = [_fit(item, was) for item, was in zip(items, old.elts, strict=True)]
        return items if isinstance(old, ast.List) else tuple(items)
    was = ast.literal_eval(old)
    if type(was) is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class _Overlay(ast.NodeTransformer):
    def __init__(self, new: dict[int, Any]) -> None:
        self.new = new

    def visit(self, node: ast.AST) -> Any:
        if id(node) not in self.new:
            return self.generic_visit(node)
        fresh = ast.parse(repr(self.new[id(node)]), mode="eval").body
        for part in ast.walk(fresh):
            if isinstance(part, ast.expr):
                ast.copy_location(part, node)
        return fresh


def parse_with_values(source: str, values: dict[str, Any]) -> ast.Module:
    """Parse a program and write values into it.

    Args:
        source: The program's text.
        values: By key: a module-level name, or ``"LINE:COLUMN"`` of a literal (1-based line, 0-based column in
            UTF-8 bytes). A number, a text, or a list of numbers.

    Returns:
        The syntax tree with the literals replaced.

    Raises:
        SyntaxError: The program cannot be parsed.
        UnknownParameter: A key names no literal.
    """
    tree = ast.parse(source, "program.py")
    if not values:
        return tree
    declared = _declared(tree, source.split("\n"))
    placed: dict[tuple[str, bool], ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and _is_literal(node):
            # A tuple without brackets begins where its first item does; the value's shape tells which is meant.
            many = isinstance(node, ast.Tuple | ast.List)
            placed.setdefault((f"{node.lineno}:{node.col_offset}", many), node)
    new: dict[int, Any] = {}
    for key, value in values.items():
        many = isinstance(value, list | tuple)
        literal = placed.get((key, many)) if key[:1].isdigit() else declared.get(key)
        if literal is None:
            known = ", ".join(sorted(declared)) or "none"
            raise UnknownParameter(f"the program has no literal at {key!r}; module-level literals: {known}")
        new[id(literal)] = _fit(value, literal)
    overlaid: ast.Module = _Overlay(new).visit(tree)
    return overlaid
