"""From a model's reply to an edit: tolerant in how it is wrapped, strict in what it is."""

from __future__ import annotations

import ast
import json
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from seig_search.edits import Edit, NewProgram, ParameterValues, Patch, StageRewrite
from seig_search.errors import InvalidEdit, InvalidProgram
from seig_search.program import Program
from seig_search.program.syntax import syntax_tree
from seig_search.render import Value
from seig_search.stages import EDIT_STAGES, Stage

__all__ = ["read_reply"]

WHY_LENGTH = 300
EXCERPT_LENGTH = 240

_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*$")
_PATCH = re.compile(
    r"^[ \t]*<{5,}[ \t]*SEARCH[^\n]*\n(?P<old>.*?)^[ \t]*={5,}[ \t]*\n(?P<new>.*?)^[ \t]*>{5,}[ \t]*REPLACE[^\n]*$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Args:
        language: The word after the fence, lower case; may be empty.
        text: What it holds, dedented.
        closed: Whether its closing fence came.
    """

    language: str
    text: str
    closed: bool


def read_reply(reply: str, stage: Stage, parent: Program | None, cut_off: bool = False) -> Edit:
    """Read the edit that a reply holds.

    Args:
        reply: The reply's text.
        stage: The active stage.
        parent: The program to edit; None in the scaffold stage.
        cut_off: Whether the reply ended at the token limit.

    Returns:
        A ``NewProgram`` in the scaffold stage; else a ``Patch``, ``StageRewrite`` or ``ParameterValues``.

    Raises:
        InvalidEdit: The reply holds no edit of the stage; the message says why and quotes the reply's beginning.
    """
    text = _THINKING.sub("", reply.replace("\r\n", "\n").replace("\r", "\n"))
    try:
        if not text.strip():
            raise InvalidEdit("the reply is empty")
        blocks = _blocks(text)
        if cut_off and any(not block.closed for block in blocks):
            raise InvalidEdit("its last block has no end")
        why = _why(text)
        if stage is Stage.SCAFFOLD or parent is None:
            return NewProgram(_whole_program(text, blocks), why)
        return _stage_edit(text, blocks, stage, parent, why)
    except InvalidEdit as error:
        end = "; the reply was cut off at the token limit, raise the proposer's max_tokens" if cut_off else ""
        excerpt = " ".join(reply.split())
        shown = excerpt[:EXCERPT_LENGTH] + ("..." if len(excerpt) > EXCERPT_LENGTH else "")
        raise InvalidEdit(f"unreadable reply: {error}{end}. It began: {shown!r}") from error


def _whole_program(text: str, blocks: Sequence[Block]) -> str:
    source = _largest_python(text, blocks, [f"def {stage.value}(" for stage in EDIT_STAGES])
    try:
        Program.parse(source)
    except InvalidProgram as error:
        raise InvalidEdit(str(error)) from error
    return source


def _stage_edit(text: str, blocks: Sequence[Block], stage: Stage, parent: Program, why: str) -> Edit:
    patches = [(match["old"], match["new"]) for match in _PATCH.finditer(text)]
    if patches:
        return Patch(stage, tuple((_without_end(old), _without_end(new)) for old, new in patches), why)
    if re.search(r"^[ \t]*<{5,}[ \t]*SEARCH", text, re.MULTILINE):
        raise InvalidEdit("a SEARCH block has no ======= or >>>>>>> REPLACE line after it")
    values = [found for block in blocks if (found := _values(block)) is not None]
    if values:
        return _known_values(values[-1], stage, parent, why)
    code = _largest_python(text, blocks, [f"def {stage.value}("])
    return StageRewrite(stage, _own_part(code, stage), why)


def _largest_python(text: str, blocks: Sequence[Block], wanted: Sequence[str]) -> str:
    """Pick the largest block that parses and defines every wanted function; bare code without a fence will do too."""
    candidates = [block.text for block in blocks if block.language in ("", "python", "py", "python3")]
    candidates = candidates or [block.text for block in blocks] or [text]
    complaint = ""
    for code in sorted(candidates, key=len, reverse=True):
        try:
            tree = syntax_tree(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            where = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
            said = error.msg if isinstance(error, SyntaxError) else str(error)
            fault = f"its code does not parse ({where}{said})" if blocks else "it holds no code block"
            complaint = complaint or fault
            continue
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        missing = [name for name in wanted if name.removeprefix("def ").removesuffix("(") not in defined]
        if not missing:
            return code.strip("\n") + "\n"
        complaint = complaint or "its code lacks " + ", ".join(f"'{name})'" for name in missing)
    raise InvalidEdit(complaint or "it holds no Python block")


def _own_part(code: str, stage: Stage) -> str:
    """Keep a stage's part of code that defines other stages too: models like to repeat the whole program."""
    others = [other.value for other in EDIT_STAGES if other is not stage]
    tree = syntax_tree(code)
    if not any(isinstance(node, ast.FunctionDef) and node.name in others for node in tree.body):
        return code
    try:
        part = Program.parse(code).stages[stage].text
    except (InvalidProgram, KeyError) as error:
        raise InvalidEdit(f"its code defines other stages too, and {stage.value} is not to be told apart") from error
    nodes = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    imports = [ast.get_source_segment(code, node) or "" for node in nodes]
    return "\n".join([line for line in imports if line not in part] + [part])


def _values(block: Block) -> dict[str, object] | None:
    """Read a block of parameter values: a JSON object, or nothing but ``NAME = literal`` lines."""
    if block.language in ("json", "json5", ""):
        try:
            found = json.loads(block.text)
        except ValueError:
            pass
        else:
            return found if isinstance(found, dict) and found else None
    if block.language not in ("", "python", "py", "python3"):
        return None
    try:
        nodes = syntax_tree(block.text).body
        if not nodes or not all(isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) for n in nodes):
            return None
        return {n.targets[0].id: ast.literal_eval(n.value) for n in nodes}  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _known_values(values: dict[str, object], stage: Stage, parent: Program, why: str) -> ParameterValues:
    if list(values) == ["parameters"] and isinstance(values["parameters"], dict):
        values = values["parameters"]
    kinds = {parameter.key: parameter.kind for parameter in parent.tunable(stage)}
    return ParameterValues(stage, {key: _value(key, v, kinds.get(key)) for key, v in values.items()}, why)


def _value(key: str, value: object, kind: str | None) -> Value:
    if isinstance(value, list | tuple) and value and all(_is_number(x) for x in value):
        return tuple(float(x) for x in value)
    if isinstance(value, str):
        return value
    if _is_number(value):
        # JSON has one kind of number: an int parameter given 3.0 means 3, a float one given 3 means 3.0.
        number = float(value)  # type: ignore[arg-type]
        return int(number) if kind == "int" and number.is_integer() else number
    raise InvalidEdit(f"the value of {key} must be a number, a list of numbers or a choice, got {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _blocks(text: str) -> list[Block]:
    """Find fenced blocks line by line; an unclosed one runs to the end."""
    found: list[Block] = []
    fence, language, lines = "", "", list[str]()
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if not fence and match:
            fence, language, lines = match[1], match[2].lower(), []
        elif fence and line.strip() == fence[0] * len(line.strip()) and len(line.strip()) >= len(fence):
            found.append(Block(language, textwrap.dedent("\n".join(lines)), True))
            fence = ""
        elif fence:
            lines.append(line)
    if fence:
        found.append(Block(language, textwrap.dedent("\n".join(lines)), False))
    return found


def _why(text: str) -> str:
    """Take the reason: what follows ``Why:``, else the prose before the first block."""
    match = re.search(r"^\W*why\W*:\W*(.+)$", text, re.IGNORECASE | re.MULTILINE)
    said = match[1] if match else re.split(r"^[ \t]*(?:`{3,}|~{3,}|<{5,})", text, maxsplit=1, flags=re.MULTILINE)[0]
    words = " ".join(said.split())
    return words if len(words) <= WHY_LENGTH else words[: WHY_LENGTH - 3] + "..."


def _without_end(text: str) -> str:
    return text.removesuffix("\n")
