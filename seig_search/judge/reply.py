"""From a judge's reply to its choice or its marks: tolerant in how it is dressed, strict in what it says."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from seig_search.errors import SeigError
from seig_search.judge.verdicts import ASPECTS, TOP_MARK, Grade, Place

__all__ = ["Unreadable", "read_grade", "read_place"]

WHY_LENGTH = 600
ASPECT_WHY_LENGTH = 160

_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_VERDICT = re.compile(r"^\W*(?:final )?verdict\W*[:=]\s*(?P<said>.+)$", re.IGNORECASE | re.MULTILINE)
_WORDS: Mapping[str, Place] = {"first": "first", "second": "second", "tie": "tie", "draw": "tie"}
_WORD = re.compile(r"\b(first|second|tie|draw)\b", re.IGNORECASE)
_MARK = re.compile(r"^(?P<mark>-?\d+(?:\.\d+)?)(?:\s*/\s*(?P<top>\d+))?\b(?!\s*(?:\.\.|-\s*\d|\d))(?P<why>.*)$")


class Unreadable(SeigError):
    """A reply without a choice or marks in the form that was asked for."""


def read_place(reply: str) -> tuple[Place, str]:
    """Read which picture a reply chooses.

    Args:
        reply: Its text; ``verdict: FIRST``, ``SECOND`` or ``TIE``, the last such line counts. Also a JSON object with
            ``verdict``.

    Returns:
        The choice, and what was said, on one line.

    Raises:
        Unreadable: No choice, or several in one line.
    """
    text = _bare(reply)
    found = _json(text)
    said = str(found["verdict"]) if "verdict" in found else ""
    lines = [match["said"] for match in _VERDICT.finditer(text)]
    if not said and lines:
        said = lines[-1]
    if not said:
        raise Unreadable("it has no line 'verdict: FIRST', 'verdict: SECOND' or 'verdict: TIE'")
    # What follows a dash or a full stop explains the choice, and may name the other picture.
    head = re.split(r"\s[-–—]+\s|[.;,(]", said.strip(" *_`\"'"))[0]
    words = {_WORDS[word.lower()] for word in _WORD.findall(head)}
    if len(words) != 1:
        raise Unreadable(f"its verdict is {said.strip()[:80]!r}; expected FIRST, SECOND or TIE")
    return words.pop(), _one_line(text, WHY_LENGTH)


def read_grade(reply: str) -> Grade:
    """Read the marks that a reply gives.

    Args:
        reply: Its text, one line per aspect as in ``geometry: 7 - why``; or a JSON object with a number, or with
            ``score`` and ``why``, per aspect.

    Raises:
        Unreadable: An aspect has no mark, or one outside 0..10.
    """
    text = _bare(reply)
    found = {str(key).lower(): value for key, value in _json(text).items()}
    marks: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for aspect in ASPECTS:
        lines = re.findall(rf"^\W*{aspect}\W*[:=]\W*?(?=[-\d])(.+)$", text, re.IGNORECASE | re.MULTILINE)
        if aspect in found:
            mark, why = _of_json(found[aspect])
        elif lines:
            mark, why = _of_line(lines[-1])
        else:
            mark, why = None, ""
        if mark is None:
            raise Unreadable(f"it has no line '{aspect}: MARK - why' with a mark of 0..10")
        if not 0 <= mark <= TOP_MARK:
            raise Unreadable(f"its mark for {aspect} is {mark:g}; expected 0..10")
        marks[aspect], reasons[aspect] = mark, _one_line(why, ASPECT_WHY_LENGTH)
    return Grade(marks, reasons)


def _bare(reply: str) -> str:
    text = _THINKING.sub("", reply.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        raise Unreadable("it is empty")
    return text


def _json(text: str) -> Mapping[str, object]:
    match = _OBJECT.search(text)
    try:
        found = json.loads(match[0]) if match else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_json(value: object) -> tuple[float | None, str]:
    why = ""
    if isinstance(value, Mapping):
        why = str(value.get("why", value.get("reason", "")))
        value = value.get("score", value.get("mark"))
    if isinstance(value, str):
        return _of_line(value)
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return (float(value), why) if number else (None, "")  # type: ignore[arg-type]


def _of_line(line: str) -> tuple[float | None, str]:
    match = _MARK.match(line.strip(" *_`"))
    if match is None or (match["top"] and float(match["top"]) != TOP_MARK):
        return None, ""
    return float(match["mark"]), match["why"].lstrip(" *_`-–—:.,;")


def _one_line(text: str, length: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 3] + "..."
