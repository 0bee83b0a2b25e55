"""An exception with its place in the program, and what can be read there without doing anything."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from types import FrameType
from typing import Any

__all__ = ["Failure"]

HARMLESS = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Constant,
    ast.Tuple,
    ast.UnaryOp,
    ast.USub,
    ast.expr_context,
)


@dataclass(frozen=True)
class Failure:
    """An exception and the place in the program where it came up.

    Args:
        error: What was raised.
        node: The smallest piece of syntax that failed, or None.
        frame: The program's innermost frame, or None.
        tree: The program's syntax tree, or None.
    """

    error: BaseException
    node: ast.AST | None
    frame: FrameType | None
    tree: ast.AST | None

    @property
    def text(self) -> str:
        """The exception's message."""
        return str(self.error)

    def live(self, node: ast.AST | None) -> Any:
        """The value of an expression at the place of failure, or None where reading it could do something."""
        if not isinstance(node, ast.expr) or self.frame is None:
            return None
        if not all(isinstance(part, HARMLESS) for part in ast.walk(node)):
            return None
        try:
            return eval(ast.unparse(node), self.frame.f_globals, dict(self.frame.f_locals))  # noqa: S307
        except Exception:
            return None

    def meaning(self, node: ast.expr) -> ast.expr:
        """What a plain name was last assigned in the program's text, else the expression itself."""
        if not isinstance(node, ast.Name) or self.tree is None:
            return node
        found: ast.expr = node
        for statement in ast.walk(self.tree):
            if not isinstance(statement, ast.Assign) or statement.lineno > node.lineno:
                continue
            if any(isinstance(target, ast.Name) and target.id == node.id for target in statement.targets):
                found = statement.value
        return found
