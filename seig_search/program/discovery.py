"""Tunable numbers in code that declares none.

A number counts when it flows, as a literal, into a property worth tuning: assigned to it directly, through
``radians``, a ``Vector``, a name that is bound once, an entry of a dictionary or table, an attribute of a class of the
program, or an argument of one of its functions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from seig_search.program.annotation import number_of, numbers_of
from seig_search.program.bindings import Bindings, Scope, Source, Step, last_word, parameters_of, self_of, title_in
from seig_search.program.parameter import Kind, Parameter, Slot
from seig_search.program.property_names import property_of
from seig_search.program.property_range import (
    Range,
    RangeRule,
    attribute_rule,
    component_rule,
    factor_rule,
    keyword_rule,
    operator_rule,
)
from seig_search.program.source_text import SourceText, Span
from seig_search.render import Value
from seig_search.stages import Stage

__all__ = ["Feeds", "found_slots", "literals_of"]

_WRAPPERS = frozenset({"Vector", "Euler", "Color", "tuple", "list", "float", "array"})
_DEPTH = 8
_MOST_STEPS = 50_000
"""A program made to be hard to follow is followed no further than this."""

Feeds = Mapping[str, tuple[str, ...]]
"""The properties that a parameter's literal ends up in, by the parameter's key."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal that flows into a property."""

    node: ast.expr
    rule: RangeRule
    name: str
    sets: str
    degrees: bool


def literals_of(tree: ast.Module) -> tuple[Literal, ...]:
    """Find every literal that flows into a property worth tuning; one that feeds several is given once for each."""
    try:
        return tuple(_Flow(Bindings(tree)).literals())
    except RecursionError:
        # A tree too deep to walk holds nothing that a person would tune.
        return ()


def found_slots(
    literals: Iterable[Literal],
    text: SourceText,
    stage_of: Callable[[int], Stage | None],
    declared: Iterable[Slot],
) -> tuple[tuple[Slot, ...], Feeds]:
    """Find the tunable literals of a program, none of them part of a declared parameter.

    Returns:
        One parameter per literal (a tuple is one), in the order of the source, however many properties it feeds; and what
        the declared and the found ones feed.
    """
    declared = tuple(declared)
    taken = [span for slot in declared for span in slot.spans]
    slots: dict[str, Slot] = {}
    feeds: dict[str, dict[str, None]] = {}
    for literal in literals:
        place = text.span(literal.node)
        key = f"{literal.node.lineno}:{literal.node.col_offset}"
        owner = next((s.parameter.key for s in declared if any(_meet(place, span) for span in s.spans)), None)
        if owner is None and key not in slots:
            slot = _slot(literal, key, text, stage_of)
            if slot is None or any(_meet(span, other) for span in slot.spans for other in taken):
                continue
            slots[key] = slot
            taken += slot.spans
        feeds.setdefault(owner or key, {})[literal.sets] = None
    ordered = sorted(slots.values(), key=lambda slot: slot.spans[0])
    return tuple(ordered), {key: tuple(names) for key, names in feeds.items()}


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _slot(literal: Literal, key: str, text: SourceText, stage_of: Callable[[int], Stage | None]) -> Slot | None:
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
        kind, value = ("rgb", values[:3]) if bounds.colour else ("vector", values)
        nodes = node.elts[: len(value)]  # type: ignore[attr-defined]
    parameter = Parameter(
        key, literal.name, value, kind, bounds.low, bounds.high, bounds.log, bounds.unit, (),
        stage_of(node.lineno), node.lineno, False,
    )  # fmt: skip
    return Slot(parameter, tuple(text.span(n) for n in nodes))


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where a value ends up: how its range is guessed, what it is called so far, which property it sets."""

    rule: RangeRule
    name: str
    sets: str
    degrees: bool = False
    added: bool = False

    def called(self, name: str) -> _Goal:
        return replace(self, name=name)

    @property
    def end(self) -> str:
        """The property's own name, without what owns it."""
        return self.sets.rpartition(".")[2].partition(" ")[2] or self.sets.rpartition(".")[2]


class _Flow:
    """Follows properties back to the literals that they get."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._steps = 0

    def literals(self) -> Iterator[Literal]:
        for node, scope in self._bindings.nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    yield from self._assigned(target, node.value, scope)
            elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
                yield from self._assigned(node.target, node.value, scope)
            elif isinstance(node, ast.Call):
                yield from self._called(node, scope)

    def _assigned(self, target: ast.expr, value: ast.expr, scope: Scope) -> Iterator[Literal]:
        if isinstance(target, ast.Tuple | ast.List):
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                for one, part in zip(target.elts, value.elts, strict=True):
                    yield from self._assigned(one, part, scope)
            return
        rule, name = property_of(target, lambda node: self._bindings.plain(node, scope))
        if rule is not None:
            yield from self._flows(value, scope, _Goal(rule, name, name), 0)

    def _called(self, call: ast.Call, scope: Scope) -> Iterator[Literal]:
        word = last_word(call.func)
        if word == "to_track_quat" and isinstance(call.func, ast.Attribute):
            # The usual way of looking at a point: (point - camera.location).to_track_quat("-Z", "Y").
            rule = attribute_rule("location")
            if rule is not None:
                yield from self._flows(call.func.value, scope, _Goal(rule, "look at", "look at"), 0)
        # Arguments of the program's own functions count by where they end up, not by their names.
        if self._bindings.is_own(call):
            return
        if word == "Translation" and call.args and (rule := attribute_rule("location")) is not None:
            yield from self._flows(call.args[0], scope, _Goal(rule, "matrix.translation", "matrix.translation"), 0)
        for keyword in call.keywords:
            rule = operator_rule(word, keyword.arg or "") or keyword_rule(keyword.arg or "")
            if rule is not None:
                name = f"{word.removeprefix('primitive_').removesuffix('_add') or 'call'}.{keyword.arg}"
                yield from self._flows(keyword.value, scope, _Goal(rule, name, name), 0)

    def _flows(self, node: ast.expr, scope: Scope, goal: _Goal, depth: int) -> Iterator[Literal]:
        """Give the literals that a value comes from."""
        for value, here, name in self._origins(node, scope, goal.name, goal.end, depth):
            at = goal.called(name)
            if number_of(value) is not None or (numbers_of(value) is not None and not _is_bare(value)):
                # A zero in a sum says nothing.
                if not at.added or any(numbers_of(value) or (number_of(value),)):
                    yield Literal(value, at.rule, at.name, at.sets, at.degrees)
            elif isinstance(value, ast.Tuple | ast.List):
                yield from self._elements(value, here, at, depth)
            elif isinstance(value, ast.Call):
                function = last_word(value.func)
                if function in ("radians", "deg2rad") and len(value.args) == 1:
                    turned = replace(at, degrees=True)
                    yield from self._flows(value.args[0], here, turned, depth + 1)
                elif function in _WRAPPERS and value.args:
                    yield from self._flows(value.args[0], here, at, depth + 1)
                elif value.args and self._is_tuple_class(function):
                    yield from self._elements(ast.Tuple(value.args), here, at, depth)
            elif isinstance(value, ast.BinOp):
                yield from self._sum(value, here, at, depth + 1)

    def _is_tuple_class(self, name: str) -> bool:
        owner = self._bindings.classes.get(name)
        return owner is not None and any(last_word(base) == "NamedTuple" for base in owner.bases)

    def _elements(self, node: ast.Tuple | ast.List, scope: Scope, goal: _Goal, depth: int) -> Iterator[Literal]:
        part, alpha = component_rule(goal.rule, len(node.elts))
        computed = numbers_of(node) is None
        for index, element in enumerate(node.elts):
            if isinstance(element, ast.Starred):
                yield from self._flows(element.value, scope, goal, depth + 1)
            # A zero beside numbers that are computed is an axis left alone on purpose.
            elif index != alpha and not (computed and number_of(element) == 0):
                whole = any(isinstance(e, ast.Starred) for e in node.elts)
                if not whole:
                    at = replace(goal, rule=part, name=f"{goal.name}[{index}]")
                    yield from self._flows(element, scope, at, depth + 1)

    def _sum(self, node: ast.BinOp, scope: Scope, goal: _Goal, depth: int) -> Iterator[Literal]:
        """Follow the parts of a calculation that are worth turning: terms, names with a factor, degrees by hand."""
        if isinstance(node.op, ast.Add | ast.Sub):
            colour = isinstance(node.right, ast.Tuple | ast.List) and len(node.right.elts) == 1
            for side in (node.left,) if colour else (node.left, node.right):
                yield from self._flows(side, scope, goal if colour else replace(goal, added=True), depth)
        elif (degrees := _degrees_in(node)) is not None:
            yield from self._flows(degrees, scope, replace(goal, degrees=True), depth)
        elif isinstance(node.op, ast.Mult | ast.Div):
            for side in (node.left, node.right) if isinstance(node.op, ast.Mult) else (node.left,):
                if number_of(side) is None:
                    yield from self._flows(side, scope, replace(goal, rule=factor_rule(goal.rule)), depth)

    def _origins(
        self, node: ast.expr, scope: Scope, name: str, end: str, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        """Follow names, entries, attributes and arguments back to expressions that are none of these, with what to call them."""
        self._steps += 1
        if depth > _DEPTH or self._steps > _MOST_STEPS:
            return
        if isinstance(node, ast.Name):
            yield from self._named(node, scope, name, end, depth + 1)
        elif isinstance(node, ast.Subscript):
            key = node.slice.value if isinstance(node.slice, ast.Constant) else number_of(node.slice)
            if isinstance(key, int | str) and not isinstance(key, bool):
                yield from self._entries(node.value, scope, key, name, end, depth + 1)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node, scope, name, end, depth + 1)
        elif isinstance(node, ast.IfExp):
            for side in (node.body, node.orelse):
                yield from self._origins(side, scope, name, end, depth + 1)
        elif isinstance(node, ast.Call) and last_word(node.func) == "get" and isinstance(node.func, ast.Attribute):
            if title_in(node.args):
                yield from self._entries(node.func.value, scope, title_in(node.args), name, end, depth + 1)
        else:
            yield node, scope, name

    def _entries(
        self, container: ast.expr, scope: Scope, step: Step, name: str, end: str, depth: int, called: str = ""
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        yield from self._parts_of(self._origins(container, scope, name, end, depth), step, called, end, depth)

    def _parts_of(
        self, wholes: Iterable[tuple[ast.expr, Scope, str]], step: Step, called: str, end: str, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        """Take a part of each container, and follow it; it is called by its place unless ``called`` says how."""
        for whole, here, title in wholes:
            for part, there, label in self._bindings.parts(whole, here, step, title):
                yield from self._origins(part, there, f"{title}.{called}" if called else label, end, depth + 1)

    def _named(
        self, node: ast.Name, scope: Scope, name: str, end: str, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        word = node.id
        bound, around = self._bindings.named(word, scope, node.lineno)
        if isinstance(bound, ast.FunctionDef):
            yield from self._passed(bound, word, name, end, depth)
        elif bound is not None:
            yield from self._source(bound, word, word if not around.functions else name, end, depth)

    def _source(
        self, source: Source, word: str, name: str, end: str, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        """Follow what a name is bound to, a part of something at times."""
        found = self._origins(source.value, source.scope, name, end, depth)
        for number, step in enumerate(source.steps):
            found = self._parts_of(list(found), step, word if number else "", end, depth)
        plain = (
            bool(source.steps) and isinstance(source.value, ast.Tuple | ast.List) and isinstance(source.steps[0], int)
        )
        for value, scope, label in found:
            yield value, scope, name if plain else label

    def _attribute(
        self, node: ast.Attribute, scope: Scope, name: str, end: str, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        """Follow ``self.word``, ``Config.word``, and ``word`` of an object that the program makes."""
        base = node.value
        if isinstance(base, ast.Name):
            mine = scope.owner if base.id == self_of(scope) else None
            owner = mine or self._bindings.classes.get(base.id)
            if owner is not None:
                source = self._bindings.member(owner, node.attr)
                if source is not None:
                    yield from self._source(source, node.attr, f"{owner.name}.{node.attr}", end, depth)
                if mine is not None and node.attr in self._bindings.fields(owner):
                    for call, there in self._bindings.calls.get(owner.name, []):
                        yield from self._field(call, there, node.attr, end, depth)
                return
        for whole, here, title in self._origins(base, scope, name, end, depth):
            if isinstance(whole, ast.Call):
                yield from self._field(whole, here, node.attr, end, depth, title)

    def _field(
        self, call: ast.Call, scope: Scope, word: str, end: str, depth: int, title: str = ""
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        for part, there, label in self._bindings.parts(call, scope, word, title or last_word(call.func)):
            yield from self._origins(part, there, label, end, depth + 1)

    def _passed(
        self, function: ast.FunctionDef, word: str, name: str, end: str, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        """Follow an argument to the calls of its function, and to its default."""
        calls, positional = self._bindings.calls_of(function)
        component = name[name.rindex("[") :] if name.endswith("]") and "[" in name else ""
        owner = self._bindings.owner_of(function)
        mine = f"{owner.name if owner and function.name == '__init__' else function.name}.{word}"
        unsaid = not calls
        for call, scope in calls:
            title = title_in([*call.args, *(k.value for k in call.keywords if k.arg == "name")])
            label = f"{title}.{end}{component}" if title else mine
            value = self._argument(call, word, positional)
            if value is not None:
                part, entry = value
                if entry is None:
                    yield from self._origins(part, scope, label, end, depth + 1)
                else:
                    yield from self._entries(part, scope, entry, title or function.name, end, depth + 1, word)
                continue
            unsaid = True
            for keyword in call.keywords:
                if keyword.arg is None:
                    yield from self._entries(keyword.value, scope, word, title or function.name, end, depth + 1)
        default = parameters_of(function).get(word) if unsaid else None
        # A default of zero means "not used", by every call that does not say more.
        if default is not None and number_of(default) != 0 and any(numbers_of(default) or (1,)):
            yield from self._origins(default, Scope(), mine, end, depth + 1)

    @staticmethod
    def _argument(call: ast.Call, word: str, positional: list[str]) -> tuple[ast.expr, int | None] | None:
        """Give what a call passes for an argument: an expression, and which entry of it if it is starred."""
        named = next((k.value for k in call.keywords if k.arg == word), None)
        if named is not None:
            return named, None
        if word not in positional:
            return None
        index = positional.index(word)
        for place, argument in enumerate(call.args[: index + 1]):
            if isinstance(argument, ast.Starred):
                return argument.value, index - place
        return (call.args[index], None) if index < len(call.args) else None


def _is_bare(node: ast.expr) -> bool:
    """Whether a tuple stands without parentheses: it begins where its first number does, so their keys would be one."""
    return isinstance(node, ast.Tuple) and node.col_offset == node.elts[0].col_offset


def _degrees_in(node: ast.BinOp) -> ast.expr | None:
    """Give the degrees in ``x * pi / 180`` and its like."""

    def is_pi(one: ast.expr) -> bool:
        return last_word(one) == "pi"

    left, right = node.left, node.right
    if isinstance(node.op, ast.Div) and number_of(right) == 180 and isinstance(left, ast.BinOp):
        if isinstance(left.op, ast.Mult) and (is_pi(left.left) or is_pi(left.right)):
            return left.left if is_pi(left.right) else left.right
    elif isinstance(node.op, ast.Mult):
        for one, other in ((left, right), (right, left)):
            if isinstance(other, ast.BinOp) and isinstance(other.op, ast.Div) and is_pi(other.left):
                return one if number_of(other.right) == 180 else None
    return None
