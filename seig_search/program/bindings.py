"""Where names, entries and attributes of a program get their values, as far as its text alone says."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias

__all__ = ["Bindings", "Scope", "Source", "Step", "last_word", "parameters_of", "title_in"]


class Take(Enum):
    """How an element is taken from a container in a loop."""

    EACH = "each element"
    VALUE = "each value of a dictionary"


Step: TypeAlias = int | str | Take
"""How to get from a container to a part of it: a place, a key, or each in turn."""

_TITLES = ("name", "label", "title", "id")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: the functions around it, innermost last, and the class whose body or method it is in."""

    functions: tuple[ast.FunctionDef, ...] = ()
    owner: ast.ClassDef | None = None

    @property
    def key(self) -> int:
        """What names of this scope are filed under."""
        return id(self.functions[-1]) if self.functions else id(self.owner) if self.owner else 0


@dataclass(frozen=True, slots=True)
class Source:
    """What a name is bound to: a part of an expression; in a loop, only on some lines (first, last)."""

    value: ast.expr
    scope: Scope
    steps: tuple[Step, ...] = ()
    lines: tuple[int, int] | None = None


@dataclass(slots=True)
class _Names:
    """The names of one scope: what they are bound to where that is understood, and how often they are bound at all."""

    sources: dict[str, list[Source]] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)


class Bindings:
    """What a program's text says about who gets what.

    Args:
        tree: The program.

    Attributes:
        nodes: Every node with its scope, in the order of the source.
        functions: Functions at module level by name.
        classes: Classes at module level by name.
        calls: Calls by the name, or the last word, of what is called.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
        self.classes = {s.name: s for s in tree.body if isinstance(s, ast.ClassDef)}
        self.calls: dict[str, list[tuple[ast.Call, Scope]]] = {}
        self.nodes: list[tuple[ast.AST, Scope]] = []
        self._names: dict[int, _Names] = {}
        self._attributes: dict[tuple[int, str], list[Source]] = {}
        self._methods: dict[str, list[ast.FunctionDef]] = {}
        self._owners: dict[int, ast.ClassDef] = {}
        self._survey(tree)

    def _survey(self, tree: ast.Module) -> None:
        stack: list[tuple[ast.AST, Scope]] = [(child, Scope()) for child in ast.iter_child_nodes(tree)]
        while stack:
            node, scope = stack.pop()
            self.nodes.append((node, scope))
            here = scope
            if isinstance(node, ast.FunctionDef):
                if scope.owner is not None and not scope.functions:
                    self._methods.setdefault(node.name, []).append(node)
                    self._owners[id(node)] = scope.owner
                here = Scope((*scope.functions, node), scope.owner)
            elif isinstance(node, ast.ClassDef):
                here = Scope((), node)
            elif isinstance(node, ast.Call):
                self.calls.setdefault(last_word(node.func), []).append((node, scope))
            self._bind(node, scope)
            stack.extend((child, here) for child in ast.iter_child_nodes(node))
        self.nodes.reverse()
        for calls in self.calls.values():
            calls.reverse()

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        """Note what a node binds; every way of binding that is not understood makes its name unknown."""
        names = self._names.setdefault(scope.key, _Names())
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.bound[node.id] = names.bound.get(node.id, 0) + 1
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._take_apart(target, Source(node.value, scope), names)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._take_apart(node.target, Source(node.value, scope), names)
        elif isinstance(node, ast.For):
            self._loop(node.target, node.iter, scope, names, (node.lineno, node.end_lineno or node.lineno))
        elif isinstance(node, ast.comprehension):
            self._loop(node.target, node.iter, scope, names, None)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
            self._take_apart(node.target, Source(node.value, scope, (0,)), names)
        elif isinstance(node, ast.Global):
            module = self._names.setdefault(0, _Names())
            for name in node.names:
                module.bound[name] = module.bound.get(name, 0) + 2

    def _loop(
        self, target: ast.expr, source: ast.expr, scope: Scope, names: _Names, lines: tuple[int, int] | None
    ) -> None:
        word = last_word(source.func) if isinstance(source, ast.Call) else ""
        pair = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        if isinstance(source, ast.Call) and word == "enumerate" and source.args and len(pair) == 2:
            self._loop(pair[1], source.args[0], scope, names, lines)
        elif isinstance(source, ast.Call) and word == "zip":
            for one, iterable in zip(pair, source.args, strict=False):
                self._loop(one, iterable, scope, names, lines)
        elif isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and not source.args:
            if word == "items" and len(pair) == 2:
                self._take_apart(pair[1], Source(source.func.value, scope, (Take.VALUE,), lines), names)
            elif word == "values":
                self._take_apart(target, Source(source.func.value, scope, (Take.VALUE,), lines), names)
        else:
            self._take_apart(target, Source(source, scope, (Take.EACH,), lines), names)

    def _take_apart(self, target: ast.expr, source: Source, names: _Names) -> None:
        if isinstance(target, ast.Name):
            names.sources.setdefault(target.id, []).append(source)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            owner = source.scope.owner
            if owner is not None and target.value.id == self_of(source.scope):
                self._attributes.setdefault((id(owner), target.attr), []).append(source)
        elif isinstance(target, ast.Tuple | ast.List) and not any(isinstance(e, ast.Starred) for e in target.elts):
            for index, element in enumerate(target.elts):
                self._take_apart(element, replace(source, steps=(*source.steps, index)), names)

    def named(self, word: str, scope: Scope, line: int) -> tuple[Source | ast.FunctionDef | None, Scope]:
        """Look a name up from the inside out.

        Args:
            word: The name.
            scope: Where it is used.
            line: On which line; a name of several loops is that of the loop around it.

        Returns:
            What it is bound to and the scope of that: a source; a function that it is an argument of; or None where that is
            not known, or is not one thing.
        """
        rings = [Scope(scope.functions[:level], scope.owner) for level in range(len(scope.functions), 0, -1)]
        for around in [*rings, *([Scope((), scope.owner)] if scope.owner and not scope.functions else []), Scope()]:
            names = self._names.get(around.key, _Names())
            bound = names.bound.get(word, 0)
            if around.functions and word in {a.arg for a in _arguments(around.functions[-1])}:
                return (None if bound else around.functions[-1]), around
            if bound:
                sources = names.sources.get(word, [])
                if bound > 1 and len(sources) == bound and all(source.lines for source in sources):
                    sources = [s for s in sources if s.lines and s.lines[0] <= line <= s.lines[1]][-1:]
                    bound = len(sources)
                return (sources[0] if len(sources) == bound == 1 else None), around
        return None, scope

    def plain(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Give what a name stands for, where it is bound once and to the whole of something; else the node as it is."""
        if isinstance(node, ast.Name):
            bound, _ = self.named(node.id, scope, node.lineno)
            if isinstance(bound, Source) and not bound.steps:
                return bound.value
        return node

    def owner_of(self, function: ast.FunctionDef) -> ast.ClassDef | None:
        """Give the class that a function is a method of."""
        return self._owners.get(id(function))

    def member(self, owner: ast.ClassDef, word: str) -> Source | None:
        """Give what a class, or its objects, have under a name: the one assignment to ``self.word``, or to ``word`` in its body."""
        own = self._attributes.get((id(owner), word), [])
        body = self._names.get(id(owner), _Names()).sources.get(word, [])
        if own:
            return own[0] if len(own) == 1 else None
        return body[0] if len(body) == 1 else None

    def fields(self, owner: ast.ClassDef) -> list[str]:
        """Give the names that a dataclass or named tuple takes, in order; empty where it has an ``__init__`` of its own."""
        if any(isinstance(s, ast.FunctionDef) and s.name == "__init__" for s in owner.body):
            return []
        return [s.target.id for s in owner.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]

    def calls_of(self, function: ast.FunctionDef) -> tuple[list[tuple[ast.Call, Scope]], list[str]]:
        """Give the calls that reach a function, and its arguments in the order in which they are passed."""
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        owner = self._owners.get(id(function))
        if owner is None:
            if self.functions.get(function.name) is not function:
                return [], names
            return [c for c in self.calls.get(function.name, []) if isinstance(c[0].func, ast.Name)], names
        if not any(last_word(d) == "staticmethod" for d in function.decorator_list):
            names = names[1:]
        if function.name == "__init__":
            return self.calls.get(owner.name, []), names
        if len(self._methods.get(function.name, [])) != 1:
            return [], names
        calls = self.calls.get(function.name, [])
        return [c for c in calls if isinstance(c[0].func, ast.Attribute) and not _is_blenders(c[0])], names

    def is_own(self, call: ast.Call) -> bool:
        """Whether a call goes to a function, method or class of the program."""
        if isinstance(call.func, ast.Name):
            return call.func.id in self.functions or call.func.id in self.classes
        return isinstance(call.func, ast.Attribute) and call.func.attr in self._methods and not _is_blenders(call)

    def parts(self, node: ast.expr, scope: Scope, step: Step, title: str) -> Iterator[tuple[ast.expr, Scope, str]]:
        """Take parts out of a container that is written out, each with a title.

        Args:
            node: A tuple, list, dictionary, or call that makes something with named fields.
            scope: Where it stands.
            step: What to take.
            title: What the container is called.
        """
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            if any(isinstance(element, ast.Starred) for element in node.elts):
                return
            if step is Take.EACH:
                for index, element in enumerate(node.elts):
                    yield element, scope, _title_of(element) or f"{title}[{index}]"
            elif isinstance(step, int) and -len(node.elts) <= step < len(node.elts):
                yield node.elts[step], scope, f"{title}[{step}]"
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                word = key.value if isinstance(key, ast.Constant) else None
                if step is Take.VALUE or (word is not None and word == step and not isinstance(step, Take)):
                    yield value, scope, f"{title}.{word!s}" if step is not Take.VALUE else str(word or title)
        elif isinstance(node, ast.Call):
            yield from self._fields_of_call(node, scope, step, title)

    def _fields_of_call(
        self, call: ast.Call, scope: Scope, step: Step, title: str
    ) -> Iterator[tuple[ast.expr, Scope, str]]:
        owner = self.classes.get(call.func.id) if isinstance(call.func, ast.Name) else None
        names = self.fields(owner) if owner else []
        word = names[step] if isinstance(step, int) and 0 <= step < len(names) else step
        if not isinstance(word, str) or any(keyword.arg is None for keyword in call.keywords):
            return
        label = f"{_title_of(call) or title}.{word}"
        if owner is not None and not names:
            source = self.member(owner, word)
            if source is not None and not source.steps:
                yield source.value, source.scope, label
            return
        for keyword in call.keywords:
            if keyword.arg == word:
                yield keyword.value, scope, label
                return
        if word in names:
            index = names.index(word)
            if index < len(call.args):
                yield call.args[index], scope, label
            elif owner is not None and (source := self.member(owner, word)) is not None:
                yield source.value, source.scope, f"{owner.name}.{word}"


def self_of(scope: Scope) -> str:
    """Give what a method calls its own object; empty outside of methods."""
    arguments = scope.functions[0].args.args if scope.owner is not None and scope.functions else []
    return arguments[0].arg if arguments else ""


def _is_blenders(call: ast.Call) -> bool:
    """Whether a call goes to ``bpy``: a method of the program that has the same name is another."""
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name) and node.id == "bpy"


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    a = function.args
    return [*a.posonlyargs, *a.args, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x)]


def parameters_of(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """Give the defaults of a function's arguments by name."""
    a = function.args
    positional = [x.arg for x in (*a.posonlyargs, *a.args)]
    pairs = dict(zip(reversed(positional), reversed(a.defaults), strict=False))
    pairs |= {x.arg: d for x, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None}
    return pairs


def last_word(node: ast.expr) -> str:
    """Give the last word of a dotted name; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def title_in(arguments: Sequence[ast.expr]) -> str:
    """Give the text that a call or a row begins with, as its title; empty if it begins with something else."""
    first = arguments[0] if arguments else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _title_of(node: ast.expr) -> str:
    """Give what a row of a table calls itself."""
    if isinstance(node, ast.Tuple | ast.List):
        return title_in(node.elts)
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in _TITLES:
                return title_in([value])
    if isinstance(node, ast.Call):
        named = [k.value for k in node.keywords if k.arg in _TITLES]
        return title_in(named or node.args)
    return ""
