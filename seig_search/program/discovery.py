"""Tunable numbers in code that declares none.

A number counts when it flows, as a literal, into a property worth tuning: assigned to it directly, through
``radians``, a ``Vector``, a name that is bound once, or an argument of a function of the program.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from seig_search.program.annotation import number_of, numbers_of
from seig_search.program.parameter import Kind, Parameter, Slot
from seig_search.program.property_range import Range, RangeRule, attribute_rule, keyword_rule, socket_rule
from seig_search.program.source_text import SourceText
from seig_search.render import Value
from seig_search.stages import Stage

__all__ = ["found_slots"]

_WRAPPERS = frozenset({"Vector", "Euler", "Color"})
_AXES = frozenset("xyzrgb")
_AXIS_OWNERS = frozenset({"location", "rotation_euler", "scale", "dimensions", "color"})
_DEPTH = 3
_Function = ast.FunctionDef


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where an expression stands: the functions around it, innermost last."""

    functions: tuple[_Function, ...] = ()


@dataclass(frozen=True, slots=True)
class _Literal:
    """A literal that flows into a property."""

    node: ast.expr
    rule: RangeRule
    name: str
    degrees: bool


def found_slots(
    tree: ast.Module,
    text: SourceText,
    stage_of: Callable[[int], Stage | None],
    declared: Iterable[Slot],
) -> tuple[Slot, ...]:
    """Find the tunable literals of a program, none of them part of a declared parameter.

    Returns:
        One parameter per literal (a tuple is one), in the order of the source.
    """
    taken = [span for slot in declared for span in slot.spans]
    slots: dict[str, Slot] = {}
    try:
        literals = list(_Flow(tree).literals())
    except RecursionError:
        # A tree too deep to walk holds nothing that a person would tune.
        return ()
    for literal in literals:
        slot = _slot(literal, text, stage_of)
        if slot is None or slot.parameter.key in slots:
            continue
        if not any(start < end_b and start_b < end for start, end in slot.spans for start_b, end_b in taken):
            slots[slot.parameter.key] = slot
            taken += slot.spans
    return tuple(sorted(slots.values(), key=lambda slot: slot.spans[0]))


def _slot(literal: _Literal, text: SourceText, stage_of: Callable[[int], Stage | None]) -> Slot | None:
    node = literal.node
    number, numbers = number_of(node), numbers_of(node)
    values = numbers if numbers is not None else () if number is None else (float(number),)
    bounds: Range | None = literal.rule(values, literal.degrees) if values else None
    if bounds is None or not bounds.low < bounds.high:
        return None
    value: Value = values[0]
    kind: Kind = "float"
    nodes = [node]
    if numbers is not None:
        if text.piece(text.span(node))[0] not in "([":
            return None  # a bare tuple begins where its first number does: the key would name both
        kind, value = ("rgb", values[:3]) if bounds.colour else ("vector", values)
        nodes = node.elts[: len(value)]  # type: ignore[attr-defined]
    line = node.lineno
    parameter = Parameter(
        f"{line}:{node.col_offset}", literal.name, value, kind, bounds.low, bounds.high, bounds.log, bounds.unit,
        (), stage_of(line), line, False,
    )  # fmt: skip
    return Slot(parameter, tuple(text.span(n) for n in nodes))


class _Flow:
    """Follows properties back to the literals that they get."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions = {s.name: s for s in tree.body if isinstance(s, _Function)}
        self.calls: dict[str, list[tuple[ast.Call, _Scope]]] = {}
        self.bindings: dict[int, dict[str, list[ast.expr | None]]] = {0: {}}
        self.nodes: list[tuple[ast.AST, _Scope]] = []
        self._survey(tree, _Scope())

    def _survey(self, root: ast.AST, scope: _Scope) -> None:
        stack = [(child, scope) for child in ast.iter_child_nodes(root)]
        while stack:
            node, scope = stack.pop()
            self.nodes.append((node, scope))
            here = scope
            if isinstance(node, _Function):
                here = _Scope((*scope.functions, node))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                self.calls.setdefault(node.func.id, []).append((node, scope))
            self._bind(node, scope)
            stack.extend((child, here) for child in ast.iter_child_nodes(node))
        self.nodes.reverse()

    def _bind(self, node: ast.AST, scope: _Scope) -> None:
        """Note a name that is bound; every other way of binding than ``NAME = value`` counts as unknown."""
        names = self.bindings.setdefault(_key(scope), {})
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            # The target of the two forms above is met here too: one None for each value.
            names.setdefault(node.id, []).append(None)
        elif isinstance(node, ast.Global):
            for name in node.names:
                self.bindings[0].setdefault(name, []).extend([None, None])

    def literals(self) -> Iterator[_Literal]:
        for node, scope in self.nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                rule, name = _target(node.targets[0])
                if rule is not None:
                    yield from self._flows(node.value, scope, rule, name, False, 0)
            elif isinstance(node, ast.Call):
                # Arguments of the program's own functions count by where they end up, not by their names.
                if isinstance(node.func, ast.Name) and node.func.id in self.functions:
                    continue
                for keyword in node.keywords:
                    rule = keyword_rule(keyword.arg or "")
                    if rule is not None:
                        name = f"{_callee(node.func)}.{keyword.arg}"
                        yield from self._flows(keyword.value, scope, rule, name, False, 0)

    def _flows(
        self, node: ast.expr, scope: _Scope, rule: RangeRule, name: str, degrees: bool, depth: int
    ) -> Iterator[_Literal]:
        """Give the literals that a value comes from."""
        if depth > _DEPTH:
            return
        if number_of(node) is not None or numbers_of(node) is not None:
            yield _Literal(node, rule, name, degrees)
        elif isinstance(node, ast.Tuple | ast.List):
            for index, element in enumerate(node.elts):
                # A zero beside numbers that are computed is an axis left alone on purpose.
                if number_of(element) == 0:
                    continue
                yield from self._flows(element, scope, rule, f"{name}[{index}]", degrees, depth)
        elif isinstance(node, ast.Call):
            function = _last(node.func)
            if function == "radians" and len(node.args) == 1:
                yield from self._flows(node.args[0], scope, rule, name, True, depth)
            elif function in _WRAPPERS and node.args:
                yield from self._flows(node.args[0], scope, rule, name, degrees, depth)
        elif isinstance(node, ast.Name):
            yield from self._named(node.id, scope, rule, name, degrees, depth + 1)

    def _named(
        self, word: str, scope: _Scope, rule: RangeRule, name: str, degrees: bool, depth: int
    ) -> Iterator[_Literal]:
        for level in range(len(scope.functions), -1, -1):
            around = _Scope(scope.functions[:level])
            bound = self.bindings.get(_key(around), {}).get(word)
            if level and word in _arguments(scope.functions[level - 1]):
                function = scope.functions[level - 1]
                if not bound and self.functions.get(function.name) is function:
                    yield from self._passed(function, word, rule, name, degrees, depth)
                return
            if bound is not None:
                values = [value for value in bound if value is not None]
                if len(values) == 1 and len(bound) == 2:
                    label = word if not level else name
                    yield from self._flows(values[0], around, rule, label, degrees, depth)
                return

    def _passed(
        self, function: _Function, word: str, rule: RangeRule, name: str, degrees: bool, depth: int
    ) -> Iterator[_Literal]:
        """Follow an argument to the calls of its function, and to its default."""
        arguments = function.args
        positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        end = name.rpartition(".")[2] if "." in name else name
        for call, scope in self.calls.get(function.name, []):
            value = next((k.value for k in call.keywords if k.arg == word), None)
            if value is None and word in positional and not any(isinstance(a, ast.Starred) for a in call.args):
                index = positional.index(word)
                value = call.args[index] if index < len(call.args) else None
            if value is not None:
                first = call.args[0] if call.args else None
                titled = isinstance(first, ast.Constant) and isinstance(first.value, str)
                label = f"{first.value}.{end}" if titled else f"{function.name}.{word}"  # type: ignore[union-attr]
                yield from self._flows(value, scope, rule, label, degrees, depth)
        default = _defaults(function).get(word)
        # A default of zero means "not used", by every call that does not say more.
        if default is not None and number_of(default) != 0:
            yield from self._flows(default, _Scope(), rule, f"{function.name}.{word}", degrees, depth)


def _key(scope: _Scope) -> int:
    return id(scope.functions[-1]) if scope.functions else 0


def _arguments(function: _Function) -> set[str]:
    a = function.args
    every = [*a.posonlyargs, *a.args, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x)]
    return {argument.arg for argument in every}


def _defaults(function: _Function) -> Mapping[str, ast.expr]:
    a = function.args
    positional = [x.arg for x in (*a.posonlyargs, *a.args)]
    pairs = dict(zip(reversed(positional), reversed(a.defaults), strict=False))
    pairs |= {x.arg: d for x, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None}
    return pairs


def _target(target: ast.expr) -> tuple[RangeRule | None, str]:
    """Say which property an assignment sets, if it is one worth tuning, and what to call it."""
    if isinstance(target, ast.Attribute):
        if target.attr == "default_value":
            return _socket(target.value)
        owner = target.value
        if target.attr in _AXES and isinstance(owner, ast.Attribute) and owner.attr in _AXIS_OWNERS:
            rule = _component(owner.attr)
            return rule, f"{_readable(owner.value)}.{owner.attr}.{target.attr}"
        return attribute_rule(target.attr), f"{_readable(owner)}.{target.attr}"
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute):
        owner = target.value
        if owner.attr in _AXIS_OWNERS and number_of(target.slice) is not None:
            rule = _component(owner.attr)
            return rule, f"{_readable(owner.value)}.{owner.attr}[{ast.unparse(target.slice)}]"
    return None, ""


def _component(owner: str) -> RangeRule | None:
    if owner == "color":
        return lambda values, degrees: Range(0.0, 1.0) if all(0 <= v <= 1 for v in values) else None
    return attribute_rule(owner)


def _socket(node: ast.expr) -> tuple[RangeRule | None, str]:
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute)):
        return None, ""
    if node.value.attr != "inputs" or not isinstance(node.slice, ast.Constant):
        return None, ""
    socket = node.slice.value
    if not isinstance(socket, str | int):
        return None, ""
    label = socket if isinstance(socket, str) else f"input {socket}"
    return socket_rule(socket), f"{_root(node.value.value)} {label}"


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
        return _last(node.func)
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


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _callee(node: ast.expr) -> str:
    return _last(node).removeprefix("primitive_").removesuffix("_add") or "call"
