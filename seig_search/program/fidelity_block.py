"""The render settings that a finished program carries, so that it renders alone at the size that was meant.

One comment line at the top says them for us, and a marked block at the end sets them for Blender.
"""

from __future__ import annotations

import ast
import re

from seig_search.errors import UsageError
from seig_search.fidelity import Denoise, Fidelity
from seig_search.program.outline import FIDELITY_LINE
from seig_search.program.source_text import SourceText

__all__ = ["main_block", "read_fidelity", "unreadable_fidelity_line", "with_fidelity"]

_BEGIN = "# seig: render settings"
_END = "# seig: end of render settings"
_FIELD = re.compile(r"(\w+)=([\w.+-]+)")
_CODING = re.compile(r"#!|#.*coding[:=]")
_DENOISE: dict[str, Denoise] = {"0": False, "1": True, "fast": "fast"}
_ENGINES = {
    "CYCLES": '"CYCLES"',
    # The identifier changed in 4.2 and back in 5.0.
    "EEVEE": '"BLENDER_EEVEE_NEXT" if (4, 2) <= bpy.app.version[:2] < (5, 0) else "BLENDER_EEVEE"',
    "WORKBENCH": '"BLENDER_WORKBENCH"',
}


def read_fidelity(tree: ast.Module, text: SourceText) -> Fidelity | None:
    """Read the fidelity line; None if there is none that can be read."""
    number = _comment_line(tree, text)
    if number is None:
        return None
    match = FIDELITY_LINE.match(text.line(number))
    fields = dict(_FIELD.findall(match["body"])) if match else {}
    try:
        return Fidelity(
            width=int(fields["width"]),
            height=int(fields["height"]),
            samples=int(fields["samples"]),
            engine=fields["engine"],
            denoise=_DENOISE[fields["denoise"]],
            seed=int(fields["seed"]),
            adaptive=float(fields.get("adaptive", 0)),
        )
    except (KeyError, ValueError, UsageError):
        return None


def with_fidelity(tree: ast.Module, text: SourceText, fidelity: Fidelity) -> str:
    """Give the program's text with its fidelity line and settings block written or replaced."""
    eol = text.newline
    lines = list(text.lines)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += eol
    denoise = next(word for word, kind in _DENOISE.items() if kind == fidelity.denoise)
    adaptive = f" adaptive={fidelity.adaptive!r}" if fidelity.adaptive else ""
    comment = (
        f"# seig: fidelity width={fidelity.width} height={fidelity.height} samples={fidelity.samples} "
        f"engine={fidelity.engine} denoise={denoise} seed={fidelity.seed}{adaptive}{eol}"
    )
    old = _block(tree, text)
    if old is not None:
        begin, end = old
        indent = text.line(begin)[: -len(_BEGIN)]
        # A block behind a one-line main block has its own 'if', which tells it from one inside.
        guarded = not indent and text.line(begin + 1).startswith("if ")
        lines[begin - 1 : end] = _settings(fidelity, indent, guarded, eol)
    else:
        at, indent, guarded = _place(tree, text)
        lines[at:at] = _settings(fidelity, indent, guarded, eol)
    number = _comment_line(tree, text)
    if number is not None:
        lines[number - 1] = comment
    else:
        head = 0
        while head < min(2, len(text.lines)) and _CODING.match(text.line(head + 1)):
            head += 1
        lines.insert(head, comment)
    return "".join(lines)


def _settings(fidelity: Fidelity, indent: str, guarded: bool, eol: str) -> list[str]:
    body = [
        "import bpy",
        "",
        "_scene = bpy.context.scene",
        f"_scene.render.engine = {_ENGINES[fidelity.engine]}",
        f"_scene.render.resolution_x = {fidelity.width}",
        f"_scene.render.resolution_y = {fidelity.height}",
        "_scene.render.resolution_percentage = 100",
    ]
    if fidelity.engine == "CYCLES":
        body += [
            # As in the search: Cycles rounds a little differently without it.
            "_scene.render.use_persistent_data = True",
            f"_scene.cycles.samples = {fidelity.samples}",
            f"_scene.cycles.seed = {fidelity.seed}",
            f"_scene.cycles.use_denoising = {bool(fidelity.denoise)}",
            f"_scene.cycles.use_adaptive_sampling = {bool(fidelity.adaptive)}",
        ]
        if fidelity.denoise:
            quality, prefilter = ("FAST", "FAST") if fidelity.denoise == "fast" else ("HIGH", "ACCURATE")
            body.append(f'_scene.cycles.denoising_quality = "{quality}"')
            body.append(f'_scene.cycles.denoising_prefilter = "{prefilter}"')
        if fidelity.adaptive:
            body.append(f"_scene.cycles.adaptive_threshold = {fidelity.adaptive!r}")
    elif fidelity.engine == "EEVEE":
        body.append(f"_scene.eevee.taa_render_samples = {fidelity.samples}")
    if guarded:
        body = ['if __name__ == "__main__":', *(f"    {line}" if line else "" for line in body)]
    return [(f"{indent}{line}" if line else "") + eol for line in [_BEGIN, *body, _END]]


def _place(tree: ast.Module, text: SourceText) -> tuple[int, str, bool]:
    """Say after how many lines the block goes, how it is indented, and whether it needs an ``if`` of its own."""
    main = main_block(tree)
    if main is None:
        return len(text.lines), "", False
    first, last = main.body[0], main.body[-1]
    at = last.end_lineno or last.lineno
    indent = text.line(first.lineno).encode()[: first.col_offset].decode()
    if indent.strip():
        return main.end_lineno or at, "", True
    return at, indent, False


def main_block(tree: ast.Module) -> ast.If | None:
    """Give the last top-level ``if __name__ == "__main__":`` of a program, or None."""
    for statement in reversed(tree.body):
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Compare):
            words = {ast.unparse(n) for n in (statement.test.left, *statement.test.comparators)}
            if words == {"__name__", "'__main__'"}:
                return statement
    return None


def _block(tree: ast.Module, text: SourceText) -> tuple[int, int] | None:
    """Give the first and last line of the settings block that is there."""
    inside = _string_lines(tree) if _BEGIN in text.text else set()
    begin = None
    for number in range(len(text.lines), 0, -1):
        word = text.line(number)
        if begin is None and word.strip() == _END and number not in inside:
            begin = number
        elif begin is not None and word.strip() == _BEGIN and number not in inside:
            return number, begin
    return None


def _comment_line(tree: ast.Module, text: SourceText) -> int | None:
    found = [n for n in range(1, len(text.lines) + 1) if FIDELITY_LINE.match(text.line(n))]
    if not found:
        return None
    inside = _string_lines(tree)
    return next((n for n in found if n not in inside), None)


def _string_lines(tree: ast.Module) -> set[int]:
    """Give the lines that belong to a string of several lines, its first excepted."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno:
            lines.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return lines


def unreadable_fidelity_line(tree: ast.Module, text: SourceText) -> int | None:
    """Give the line of a fidelity comment that says nothing usable; None if there is none such."""
    return _comment_line(tree, text) if read_fidelity(tree, text) is None else None
