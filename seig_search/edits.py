"""What a proposer returns: a change to a program, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from seig_search.errors import InvalidEdit
from seig_search.render import Value
from seig_search.stages import Stage

__all__ = ["Edit", "NewProgram", "ParameterValues", "Patch", "StageRewrite", "edit_from_dict", "edit_to_dict"]


@dataclass(frozen=True, slots=True)
class NewProgram:
    """A whole program; only the scaffold stage may bring one."""

    source: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class StageRewrite:
    """A stage's part written anew: its parameters, and its function, as top-level source text."""

    stage: Stage
    code: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """Search/replace blocks, applied in order; each search text must occur exactly once."""

    stage: Stage
    blocks: tuple[tuple[str, str], ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class ParameterValues:
    """New values by parameter key."""

    stage: Stage
    values: Mapping[str, Value]
    why: str = ""


Edit: TypeAlias = NewProgram | StageRewrite | Patch | ParameterValues


def edit_to_dict(edit: Edit) -> dict[str, Any]:
    """Give an edit as plain JSON values."""
    match edit:
        case NewProgram(source, why):
            return {"kind": "new_program", "source": source, "why": why}
        case StageRewrite(stage, code, why):
            return {"kind": "stage_rewrite", "stage": stage.value, "code": code, "why": why}
        case Patch(stage, blocks, why):
            return {"kind": "patch", "stage": stage.value, "blocks": [list(b) for b in blocks], "why": why}
        case ParameterValues(stage, values, why):
            plain = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
            return {"kind": "parameter_values", "stage": stage.value, "values": plain, "why": why}


def edit_from_dict(data: Mapping[str, Any]) -> Edit:
    """Read an edit back from ``edit_to_dict``.

    Raises:
        InvalidEdit: The data is not an edit.
    """
    try:
        why = str(data.get("why", ""))
        match data["kind"]:
            case "new_program":
                return NewProgram(data["source"], why)
            case "stage_rewrite":
                return StageRewrite(Stage(data["stage"]), data["code"], why)
            case "patch":
                return Patch(Stage(data["stage"]), tuple((a, b) for a, b in data["blocks"]), why)
            case "parameter_values":
                values = {k: tuple(v) if isinstance(v, list) else v for k, v in data["values"].items()}
                return ParameterValues(Stage(data["stage"]), values, why)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidEdit(f"not an edit: {error!r} in {data!r}") from error
    raise InvalidEdit(f"unknown kind of edit: {data['kind']!r}")
