"""Which programs share a beginning: a program cut into stages, each with a key of all that it can depend on.

Two programs whose first stages have equal keys make the same scene up to there, so a process that has run one can go on with
the other from the first stage that differs - if the stages that have to be taken back are written in the part of the language
that ``ledger`` can take back (``is_plain``). Standard library only; used on both sides of the pipe.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

if __package__:
    from .dialect import is_plain, is_tame, lists_data
else:
    # Inside Blender the modules of this folder stand alone.
    from dialect import is_plain, is_tame, lists_data  # type: ignore[import-not-found,no-redef]

__all__ = ["TAIL", "Plan", "Section", "Split", "lines_of", "plan", "split", "values_in"]

TAIL = "(after the stages)"
MOST_KNOWN = 20_000


@dataclass(frozen=True)
class Section:
    """One stage's call in the main block, or what follows the calls.

    Args:
        name: The stage function's name.
        statements: Indexes into the module's body of all definitions that the stage can reach, ascending.
        plain: Whether all of it can be taken back.
        lists: Whether it may look at all objects or lamps that there are, in the scene or not.
    """

    name: str
    statements: tuple[int, ...]
    plain: bool
    lists: bool


@dataclass(frozen=True)
class Split:
    """A program cut into stages.

    Args:
        sections: In the order they run.
        guard: Index of the main block in the module's body.
        texts: By index into the body: its source text.
        spans: By index into the body: its first and last line, from 1.
        tail: First line of what follows the calls in the main block; 0 if nothing does.
        names: By index into the body: the names that it binds.
        is_function: By index into the body: whether it defines a function.
    """

    sections: tuple[Section, ...]
    guard: int
    texts: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    tail: int
    names: tuple[tuple[str, ...], ...]
    is_function: tuple[bool, ...]


@dataclass(frozen=True)
class Plan:
    """How a program with its values may be run beside others.

    Args:
        keys: By section: digest of the section, of all before it, and of all that they can depend on.
        settled: How many sections at the start cannot be taken back; they are shared only as a whole.
    """

    keys: tuple[str, ...]
    settled: int

    @property
    def root(self) -> str:
        """The key of what cannot be taken back."""
        return self.keys[self.settled - 1] if self.settled else "factory"


@dataclass
class _Scope:
    """What the module binds, and what each of its statements reads."""

    binds: list[tuple[str, ...]] = field(default_factory=list)
    reads: list[frozenset[str]] = field(default_factory=list)


def lines_of(source: str) -> list[str]:
    """The lines as Python counts them; ``str.splitlines`` ends lines at more characters than that."""
    return re.split(r"\r\n|\r|\n", source)


def _is_main_guard(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
        and len(node.test.ops) == 1
        and isinstance(node.test.ops[0], ast.Eq)
        and isinstance(node.test.comparators[0], ast.Constant)
        and node.test.comparators[0].value == "__main__"
    )


def _bound(node: ast.stmt) -> tuple[str, ...] | None:
    """Names that a module-level statement binds; None if it does more than that."""
    if isinstance(node, ast.FunctionDef):
        return None if node.decorator_list else (node.name,)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple((name.asname or name.name).partition(".")[0] for name in node.names)
    if isinstance(node, ast.Assign):
        names: list[str] = []
        for target in node.targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            if not all(isinstance(part, ast.Name) for part in parts):
                return None
            names += [part.id for part in parts if isinstance(part, ast.Name)]
        return tuple(names)
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return (node.target.id,)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return ()
    return None


def _reads(node: ast.AST) -> frozenset[str]:
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _reach(start: frozenset[str], scope: _Scope) -> tuple[int, ...]:
    """Statements that names lead to, and those that these lead to."""
    by_name: dict[str, list[int]] = {}
    for index, names in enumerate(scope.binds):
        for name in names:
            by_name.setdefault(name, []).append(index)
    seen: set[int] = set()
    todo = list(start)
    while todo:
        for index in by_name.get(todo.pop(), ()):
            if index not in seen:
                seen.add(index)
                todo += scope.reads[index]
    return tuple(sorted(seen))


@dataclass(frozen=True)
class _Traits:
    """What one module-level statement is.

    Args:
        binds: Names that it binds; None if it does more than bind names.
        reads: Names that it reads, or binds inside.
        tame: Whether it stays within Blender's data.
        plain: Whether a ledger can take it back.
        lists: Whether it may look at all objects or lamps that there are.
    """

    binds: tuple[str, ...] | None
    reads: frozenset[str]
    tame: bool
    plain: bool
    lists: bool


_known: dict[str, _Traits] = {}


def _traits(node: ast.stmt, text: str) -> _Traits:
    """Look at a statement, once for each text: programs of a search differ in few of their statements."""
    if text not in _known:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        value = isinstance(node, ast.Assign | ast.AnnAssign)
        guard = isinstance(node, ast.If)
        plain = not guard and is_plain([node], constant=value)
        binds = _bound(node)
        if value and not plain:
            binds = None
        _known[text] = _Traits(binds, _reads(node), is_tame(ast.Module([node], [])), plain, lists_data([node]))
    return _known[text]


@lru_cache(maxsize=64)
def split(source: str) -> Split | None:
    """Cut a program into stages.

    Args:
        source: The program's text.

    Returns:
        The stages, or None for a program that is no plain list of definitions with a main block that calls functions,
        or that does what could reach around its stages.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not body or not _is_main_guard(body[-1]) or any(_is_main_guard(node) for node in body[:-1]):
        return None
    spans = tuple((node.lineno, node.end_lineno or node.lineno) for node in body)
    if any(before[1] >= after[0] for before, after in pairwise(spans)):
        return None
    lines = lines_of(source)
    texts = tuple("\n".join(lines[first - 1 : last]) for first, last in spans)
    traits = [_traits(node, text) for node, text in zip(body, texts, strict=True)]
    if not all(trait.tame for trait in traits):
        return None
    scope = _Scope()
    for trait in traits[:-1]:
        if trait.binds is None:
            return None
        scope.binds.append(trait.binds)
        scope.reads.append(trait.reads)
    guard = body[-1]
    calls = _calls(guard.body) if isinstance(guard, ast.If) else []
    if not calls or not isinstance(guard, ast.If):
        return None
    sections = []
    groups = [(name, guard.body[index : index + 1]) for index, name in enumerate(calls)]
    if len(calls) < len(guard.body):
        groups.append((TAIL, guard.body[len(calls) :]))
    for name, rest in groups:
        statements = _reach(frozenset().union(*(_reads(node) for node in rest)), scope)
        plain = all(traits[index].plain for index in statements) and (name != TAIL or is_plain(rest))
        lists = any(traits[index].lists for index in statements) or (name == TAIL and lists_data(rest))
        sections.append(Section(name, statements, plain, lists))
    functions = tuple(isinstance(node, ast.FunctionDef) for node in body)
    tail = guard.body[len(calls)].lineno if len(calls) < len(guard.body) else 0
    return Split(tuple(sections), len(body) - 1, texts, spans, tail, (*scope.binds, ()), functions)


def _calls(body: Sequence[ast.stmt]) -> list[str]:
    """Names of the functions called, without arguments, by the first statements of the main block."""
    names = []
    for node in body:
        call = node.value if isinstance(node, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args and not call.keywords):
            break
        names.append(call.func.id)
    return names


def values_in(first: int, last: int, names: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values laid over some lines, by name or by a place counted from the first of them.

    Args:
        first: First line, from 1.
        last: Last line.
        names: Names bound there at module level.
        values: Values by parameter key of the whole program.
    """
    found: dict[str, Any] = {}
    for key in sorted(values):
        if not key[:1].isdigit():
            if key in names:
                found[key] = values[key]
            continue
        line, _, column = key.partition(":")
        if first <= int(line) <= last:
            found[f"{int(line) - first + 1}:{column}"] = values[key]
    return found


def plan(source: str, values: Mapping[str, Any]) -> Plan | None:
    """Find the keys of a program's stages.

    Args:
        source: The program's text.
        values: Values laid over it, as in a render job.

    Returns:
        The plan, or None if nothing of the program can be taken back.
    """
    cut = split(source)
    if cut is None or not cut.sections[-1].plain:
        return None
    settled = max((index + 1 for index, section in enumerate(cut.sections) if not section.plain), default=0)
    digest = hashlib.sha256()
    keys = []
    told: set[int] = set()
    for section in cut.sections:
        digest.update(f"\n--- {section.name}\n".encode())
        for index in section.statements:
            if index not in told:
                told.add(index)
                laid = values_in(*cut.spans[index], cut.names[index], values)
                digest.update(f"{cut.texts[index]}\n{laid!r}\n".encode())
        if section.name == TAIL:
            laid = values_in(*cut.spans[cut.guard], (), values)
            digest.update(f"{cut.texts[cut.guard]}\n{laid!r}\n".encode())
        keys.append(digest.hexdigest())
    return Plan(tuple(keys), settled)
