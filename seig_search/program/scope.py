"""Edits applied, and held to the part of their own stage.

What an edit of a stage may change besides its own part: it may add imports. A patch of the geometry may also add
lines to the materials and the composition, so that a new object can get its material and its place at once; lines that
are there stay, in their order. Names that other code uses may not disappear, and names that others bind may not be
bound again.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seig_search.edits import Edit, NewProgram, ParameterValues, Patch, StageRewrite
from seig_search.errors import InvalidEdit, InvalidProgram, nearest
from seig_search.program.names import bound_names, global_reads
from seig_search.program.outline import is_import, single_imports
from seig_search.program.patching import patched
from seig_search.program.rewriting import rewritten
from seig_search.program.source_text import lines_of
from seig_search.stages import Stage

if TYPE_CHECKING:
    from seig_search.program.program import Program

__all__ = ["applied"]

_GROWS_WITH_GEOMETRY = (Stage.MATERIALS, Stage.COMPOSITION)


def applied(program: Program, edit: Edit) -> Program:
    """Apply an edit.

    Raises:
        InvalidEdit: It does not parse, does not apply or leaves its stage.
    """
    match edit:
        case NewProgram(source):
            return _parsed(program, source, "the new program").with_kit()
        case ParameterValues(stage):
            return _with_values(program, stage, edit)
        case StageRewrite(stage):
            new = _parsed(program, rewritten(program, edit), f"the program with the new {stage.value} part")
        case Patch(stage, blocks):
            if program.stages and stage not in program.stages:
                there = ", ".join(f"{s.value}()" for s in program.stages)
                raise InvalidEdit(f"the program has no {stage.value}() to patch; it has {there}")
            new = _parsed(program, patched(program.source, blocks), "the patched program")
    if program.stages:
        _check_stages(program, new)
        _check_others(program, new, edit)
        _check_shared(program, new, stage)
        _check_names(program, new, stage)
    return new.with_kit()


def _parsed(program: Program, source: str, what: str) -> Program:
    try:
        return type(program).parse(source)
    except InvalidProgram as error:
        raise InvalidEdit(f"{what} does not parse: {error}") from error


def _with_values(program: Program, stage: Stage, edit: ParameterValues) -> Program:
    if not edit.values:
        raise InvalidEdit("the edit gives no values")
    own = {parameter.key for parameter in program.tunable(stage)}
    every = {parameter.key: parameter for parameter in program.tunable()}
    for key in edit.values:
        if key not in own and key in every:
            owner = every[key].stage
            whose = f"to {owner.value}" if owner else "to no stage"
            raise InvalidEdit(f"{key} ({every[key].name}) belongs {whose}, not to {stage.value}")
        if key not in own:
            raise InvalidEdit(f"the {stage.value} stage has no parameter {key!r}{nearest(key, own)}")
    return program.with_values(edit.values)


def _check_stages(old: Program, new: Program) -> None:
    if list(old.stages) != list(new.stages):
        before = ", ".join(s.value for s in old.stages)
        after = ", ".join(s.value for s in new.stages) or "none"
        raise InvalidEdit(f"the edit changes which stage functions there are: {before} before, {after} after")


def _check_others(old: Program, new: Program, edit: Patch | StageRewrite) -> None:
    for stage, part in old.stages.items():
        now = new.stages[stage]
        if stage is edit.stage or part.text.rstrip("\r\n") == now.text.rstrip("\r\n"):
            continue
        may_grow = isinstance(edit, Patch) and edit.stage is Stage.GEOMETRY and stage in _GROWS_WITH_GEOMETRY
        before, after = lines_of(part.text.rstrip()), lines_of(now.text.rstrip())
        if may_grow:
            _check_growth(old, new, stage, before, after)
            continue
        at = next(
            (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
        )
        line = after[at].strip() if at < len(after) else "(lines removed)"
        raise InvalidEdit(
            f"the edit of {edit.stage.value} leaves its stage: it changes {stage.value} at line {now.first_line + at}: {line!r}"
        )


def _check_growth(old: Program, new: Program, stage: Stage, before: Sequence[str], after: Sequence[str]) -> None:
    rest = iter(after)
    for number, line in enumerate(before, old.stages[stage].first_line):
        if line.strip() and line not in rest:
            raise InvalidEdit(
                f"an edit of geometry may add lines to {stage.value}, but not change or remove any: line {number}: "
                f"{line.strip()!r}"
            )
    was = [name for s in old.outline.owned[stage] for name in bound_names(s)]
    now = [name for s in new.outline.owned[stage] for name in bound_names(s)]
    again = sorted(name for name in set(was) if now.count(name) > was.count(name))
    if again:
        raise InvalidEdit(f"an edit of geometry may not bind {again[0]} of {stage.value} anew")


def _check_shared(old: Program, new: Program, stage: Stage) -> None:
    """Outside the parts nothing may change, but imports may be added."""
    leaves = f"the edit of {stage.value} leaves its stage"
    lost = _imports(old).keys() - _imports(new).keys()
    if lost:
        raise InvalidEdit(f"{leaves}: it removes {min(lost)!r}, which all stages share")
    before, after = _shared(old), _shared(new)
    at = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a[1] != b[1]), None)
    if at is None and len(before) == len(after):
        return
    at = min(len(before), len(after)) if at is None else at
    came = at < len(after) and after[at][1] not in [text for _, text in before]
    stays = at >= len(before) or before[at][1] in [text for _, text in after]
    if came and stays:
        raise InvalidEdit(f"{leaves}: it adds, at line {after[at][0]}: {lines_of(after[at][1])[0].strip()!r}")
    if at >= len(before):
        raise InvalidEdit(f"{leaves}: it repeats what is shared, at line {after[at][0]}")
    line, text = before[at]
    was, now = lines_of(text), lines_of(after[at][1]) if at < len(after) and not stays else []
    offset = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a.rstrip() != b.rstrip()), 0)
    raise InvalidEdit(f"{leaves}: it changes, moves or removes line {line + offset}: {was[offset].strip()!r}")


def _imports(program: Program) -> dict[str, str]:
    """Give each imported thing, written as an import of its own, with the name that it binds."""
    singles: dict[str, str] = {}
    for statement in program.outline.shared:
        for single in single_imports(statement):
            singles[ast.unparse(single)] = min(bound_names(single))
    return singles


def _shared(program: Program) -> list[tuple[int, str]]:
    """Give the texts that belong to no part, imports left out, with their lines: statements, then loose comments."""
    text = program.text
    statements: list[tuple[int, str]] = []
    covered: set[int] = set()
    for statement in program.outline.shared:
        covered.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
        if not is_import(statement):
            statements.append((statement.lineno, text.piece(text.span(statement))))
    loose = [
        (number, text.line(number))
        for number in range(1, len(text.lines) + 1)
        if number not in covered and text.line(number).strip() and program.stage_of(number) is None
    ]
    return statements + loose


def _check_names(old: Program, new: Program, stage: Stage) -> None:
    removed = _bound(old.outline.owned[stage]) - _bound(new.tree.body)
    for owner, statements in [*old.outline.owned.items(), (None, old.outline.shared)]:
        for statement in statements if owner is not stage else ():
            reads = global_reads(statement)
            lost = sorted(removed & reads.keys())
            if lost:
                who = owner.value if owner else "the rest of the program"
                raise InvalidEdit(
                    f"the edit of {stage.value} removes or renames {lost[0]}, which {who} uses on line {reads[lost[0]]}"
                )
    others = {
        name: s.lineno
        for owner, statements in [*old.outline.owned.items(), (None, old.outline.shared)]
        for s in (statements if owner is not stage else ())
        for name in bound_names(s)
    }
    came = _bound(new.outline.owned[stage]) - _bound(old.outline.owned[stage])
    known = _imports(old)
    for single, name in _imports(new).items():
        # 'import a.b' beside 'import a' binds the same module again.
        plain = single.startswith("import ") and " as " not in single
        same = plain and any(single.split(".")[0] == other.split(".")[0] for other in known)
        if single not in known and not same:
            came.add(name)
    for name in sorted(came & others.keys()):
        raise InvalidEdit(
            f"the edit of {stage.value} binds {name} anew, which line {others[name]} binds; choose another name"
        )


def _bound(statements: Sequence[ast.stmt]) -> set[str]:
    return {name for statement in statements for name in bound_names(statement)}
