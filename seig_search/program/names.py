"""Which module-level names a statement binds and which it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["bound_names", "global_reads"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def bound_names(statement: ast.stmt) -> set[str]:
    """Give the names that a top-level statement binds when the module runs."""
    return set(_bindings([statement]))


def _bindings(nodes: list[ast.AST] | list[ast.stmt]) -> Iterator[str]:
    stack: list[ast.AST] = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, _DEFINITIONS):
            yield node.name
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        stack.extend(ast.iter_child_nodes(node))


def global_reads(statement: ast.AST) -> dict[str, int]:
    """Give the module-level names that a statement reads, now or when its functions are called.

    Names that a function binds itself are its own. A name that a function declares ``global`` counts as read.

    Returns:
        The 1-based line of the first use, by name.
    """
    reads: dict[str, int] = {}
    _collect(statement, frozenset(), reads)
    return reads


def _collect(node: ast.AST, own: frozenset[str], reads: dict[str, int]) -> None:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in own:
            reads[node.id] = min(reads.get(node.id, node.lineno), node.lineno)
    elif isinstance(node, ast.Global):
        for name in node.names:
            reads.setdefault(name, node.lineno)
    if isinstance(node, _FUNCTIONS):
        arguments = node.args
        body: list[ast.AST] = list(node.body) if not isinstance(node, ast.Lambda) else [node.body]
        outside = [*arguments.defaults, *(d for d in arguments.kw_defaults if d)]
        if not isinstance(node, ast.Lambda):
            outside += node.decorator_list
        for child in outside:
            _collect(child, own, reads)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a]
        shared = {name for n in ast.walk(node) if isinstance(n, ast.Global) for name in n.names}
        inner = own | {a.arg for a in every} | (set(_bindings(body)) - shared)
        for part in body:
            _collect(part, frozenset(inner), reads)
        return
    for part in ast.iter_child_nodes(node):
        _collect(part, own, reads)
