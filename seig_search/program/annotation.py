"""Declared parameters: ``# @param`` behind a module-level assignment."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from seig_search.program.parameter import Kind, Parameter, Slot
from seig_search.program.problem import Problem
from seig_search.program.source_text import SourceText
from seig_search.stages import Stage

__all__ = ["ANNOTATION", "RANGE", "declared_slots", "number_of", "numbers_of"]

ANNOTATION = re.compile(r"#\s*@param\b(?P<body>[^#]*)")
FORMS = "'# @param LOW..HIGH [unit] [log]', '# @param rgb' or '# @param choice a|b|c'"
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
RANGE = re.compile(rf"(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})(?=\s|$)(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class _Form:
    kind: Kind
    low: float | None = None
    high: float | None = None
    whole: bool = False
    log: bool = False
    unit: str = ""
    choices: tuple[str, ...] = ()
    ignored: str = ""


def number_of(node: ast.expr) -> float | int | None:
    """Give a finite number literal's value, signed or not; None for anything else, booleans included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = number_of(node.operand) if isinstance(node.operand, ast.Constant) else None
        return inner if inner is None or isinstance(node.op, ast.UAdd) else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        try:
            finite = math.isfinite(node.value)  # type: ignore[arg-type]
        except OverflowError:
            return None
        return node.value if finite else None  # type: ignore[return-value]
    return None


def numbers_of(node: ast.expr) -> tuple[float, ...] | None:
    """Give the values of a tuple or list of number literals; None for anything else."""
    if not isinstance(node, ast.Tuple | ast.List) or not node.elts:
        return None
    values = [number_of(element) for element in node.elts]
    return tuple(float(v) for v in values if v is not None) if None not in values else None


def declared_slots(
    tree: ast.Module, text: SourceText, stage_of: Callable[[int], Stage | None]
) -> tuple[tuple[Slot, ...], tuple[Problem, ...]]:
    """Read every declared parameter of a program.

    Returns:
        The parameters that can be used, in source order, each name once; and what is wrong with the others.
    """
    slots: dict[str, Slot] = {}
    problems: list[Problem] = []
    if "@param" not in text.text:
        return (), ()
    for statement in tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        match, noted = _annotation(statement, text)
        if match is None:
            continue
        line = statement.lineno
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if len(targets) != 1 or not isinstance(targets[0], ast.Name):
            problems.append(Problem(line, "error", "a @param goes with an assignment to one name"))
            continue
        name = targets[0].id
        try:
            form = _form(match["body"].strip())
            slot = replace(_slot(name, form, statement.value, text, stage_of(line)), noted=noted)
        except ValueError as error:
            problems.append(Problem(line, "error", f"{name}: {error}"))
            continue
        if form.ignored:
            problems.append(Problem(line, "warning", f"{name}: {form.ignored!r} in its @param is ignored"))
        if name in slots:
            first = slots[name].parameter.line
            problems.append(Problem(line, "error", f"the parameter {name} is declared twice, first on line {first}"))
            continue
        problems.extend(_range_problems(slot))
        slots[name] = slot
    return tuple(slots.values()), tuple(problems)


def _annotation(statement: ast.Assign | ast.AnnAssign, text: SourceText) -> tuple[re.Match[str] | None, int]:
    """Give a statement's annotation and its line."""
    match, line = ANNOTATION.search(text.after(statement)), statement.end_lineno or statement.lineno
    value = statement.value
    if match is None and value is not None and value.end_lineno != value.lineno and numbers_of(value):
        # A tuple over several lines may carry it on its first line; numbers hold no '#'.
        match, line = ANNOTATION.search(text.line(value.lineno)), value.lineno
    return match, line


def _form(body: str) -> _Form:
    if found := RANGE.fullmatch(body):
        words = found["rest"].split()
        log = "log" in words
        words = [word for word in words if word != "log"]
        whole = not any(c in found["low"] + found["high"] for c in ".eE")
        low, high = float(found["low"]), float(found["high"])
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError(f"the range {found['low']}..{found['high']} is not finite")
        return _Form("float", low, high, whole, log, words[0] if words else "", ignored=" ".join(words[1:]))
    word, _, rest = body.partition(" ")
    if word == "rgb":
        return _Form("rgb", 0.0, 1.0, ignored=rest.strip())
    if word == "choice":
        choices = tuple(choice.strip().strip("'\"") for choice in rest.split("|"))
        if len(choices) < 2 or "" in choices or len(set(choices)) != len(choices):
            raise ValueError(f"a choice needs at least two different options 'a|b', got {rest.strip()!r}")
        return _Form("choice", choices=choices)
    raise ValueError(f"malformed @param {body!r}; expected {FORMS}")


def _slot(name: str, form: _Form, node: ast.expr, text: SourceText, stage: Stage | None) -> Slot:
    value: float | int | str | tuple[float, ...]
    nodes: list[ast.expr]
    kind = form.kind
    number, numbers = number_of(node), numbers_of(node)
    if form.kind == "choice":
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            raise ValueError(f"value must be a literal: a quoted string, got {ast.unparse(node)}")
        value, nodes = node.value, [node]
    elif form.kind == "rgb":
        if numbers is None or len(numbers) not in (3, 4):
            raise ValueError(f"value must be a literal of three numbers (r, g, b), got {ast.unparse(node)}")
        value, nodes = numbers[:3], node.elts[:3]  # type: ignore[attr-defined]
    elif numbers is not None:
        kind, value, nodes = "vector", numbers, node.elts  # type: ignore[attr-defined]
    elif number is not None:
        kind = "int" if form.whole and isinstance(number, int) else "float"
        value, nodes = (int(number) if kind == "int" else float(number)), [node]
    else:
        raise ValueError(f"value must be a literal number or a tuple of them, got {ast.unparse(node)}")
    parameter = Parameter(
        name, name, value, kind, form.low, form.high, form.log, form.unit, form.choices, stage, node.lineno, True
    )
    return Slot(parameter, tuple(text.span(n) for n in nodes))


def _range_problems(slot: Slot) -> list[Problem]:
    p = slot.parameter
    problems = []
    if p.kind == "choice":
        if p.value not in p.choices:
            problems.append(
                Problem(p.line, "error", f"{p.name} is {p.value!r}, which is not one of {'|'.join(p.choices)}")
            )
        return problems
    low, high = p.low or 0.0, p.high or 0.0
    if low >= high:
        problems.append(Problem(p.line, "error", f"{p.name}: the range {low:g}..{high:g} is empty"))
    elif p.log and low <= 0:
        problems.append(Problem(p.line, "error", f"{p.name}: a log range must start above 0, got {low:g}"))
    elif not all(low <= v <= high for v in (p.value if isinstance(p.value, tuple) else (p.value,))):  # type: ignore[operator]
        problems.append(Problem(p.line, "error", f"{p.name} is {p.value}, outside its range {low:g}..{high:g}"))
    return problems
