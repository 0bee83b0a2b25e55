"""From a verifier's reply to values: one JSON object, held to numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from seig_search.chat import json_object
from seig_search.errors import InvalidEdit
from seig_search.stages import Stage
from seig_search.verification import Box, Coverage, Review, Thing, ToDo

__all__ = ["Unreadable", "read_coverage", "read_inventory", "read_review"]

MOST_THINGS = 40
MOST_ITEMS = 8
TEXT_LENGTH = 160

_PRESENCE = re.compile(r"\b(absent|missing|none|present|there|nothing)\b", re.IGNORECASE)


class Unreadable(InvalidEdit):
    """A reply that is no verdict; the message says what was expected, for the model."""


def read_inventory(text: str, width: int, height: int) -> tuple[Thing, ...]:
    """Read what the target shows.

    Args:
        text: The reply.
        width: Of the shown picture, in pixels.
        height: Likewise.

    Raises:
        Unreadable: It names no thing.
    """
    listed = _listed(text, "things")
    found: dict[str, Thing] = {}
    for entry in ({"name": one} if isinstance(one, str) else one for one in listed):
        name = _words(entry.get("name")) if isinstance(entry, Mapping) else ""
        if name and name not in found:
            found[name] = Thing(name, _words(entry.get("what")), _box(entry.get("box"), width, height))
    if not found:
        raise Unreadable('"things" names nothing; it must be a list of objects with a "name"')
    return tuple(found.values())[:MOST_THINGS]


def read_coverage(text: str, things: Sequence[Thing]) -> Coverage:
    """Read which things are there; a thing that the reply does not mention counts as missing.

    Raises:
        Unreadable: Neither list is there, or none of the names is known.
    """
    data = _object(text)
    if not isinstance(data.get("present"), list) and not isinstance(data.get("missing"), list):
        raise Unreadable('it must have the lists "present" and "missing"')
    names = [thing.name for thing in things]
    said = {key: {_known(name, names) for name in data.get(key) or ()} - {""} for key in ("present", "missing")}
    if not said["present"] | said["missing"]:
        raise Unreadable(f"it names none of the things asked about: {', '.join(names)}")
    here = tuple(name for name in names if name in said["present"] and name not in said["missing"])
    return Coverage(here, tuple(name for name in names if name not in here))


def read_review(text: str, key: str, earlier: Sequence[Stage], width: int, height: int) -> Review:
    """Read a verdict on one stage.

    Args:
        text: The reply.
        key: Prefix of the items' ids.
        earlier: The stages that came before; only they may be at fault.
        width: Of the shown picture, in pixels.
        height: Likewise.

    Raises:
        Unreadable: It neither approves nor says, with numbers, what is to be done.
    """
    data = _object(text)
    if not isinstance(data.get("approved"), bool):
        raise Unreadable('"approved" must be true or false')
    todo = data.get("todo") or []
    if not isinstance(todo, list):
        raise Unreadable('"todo" must be a list')
    items = tuple(_items(todo, key, width, height))
    fault = _fault(data.get("fault"), earlier)
    if not data["approved"] and not items and fault is None:
        wrong = f"; of {len(todo)} items none gives now and wanted as numbers" if todo else ""
        raise Unreadable(f'it does not approve, so "todo" must say what is left, with numbers{wrong}')
    approved = data["approved"] and not items
    return Review(approved, () if approved else items, _words(data.get("summary")), None if approved else fault)


def _items(todo: Sequence[Any], key: str, width: int, height: int) -> Iterator[ToDo]:
    number = 0
    for entry in todo:
        if not isinstance(entry, Mapping) or number >= MOST_ITEMS:
            continue
        part, attribute, now, wanted = (_words(entry.get(name)) for name in ("part", "attribute", "now", "wanted"))
        if not part or not all(re.search(r"\d", value) or _PRESENCE.search(value) for value in (now, wanted)):
            continue
        number += 1
        yield ToDo(f"{key}.{number}", part, attribute, now, wanted, _box(entry.get("box"), width, height))


def _fault(value: Any, earlier: Sequence[Stage]) -> Stage | None:
    return next((one for one in earlier if isinstance(value, str) and value.strip().lower() == one.value), None)


def _object(text: str) -> dict[str, Any]:
    found = json_object(text)
    if found is None:
        raise Unreadable("it holds no JSON object" if text.strip() else "it is empty")
    return found


def _listed(text: str, name: str) -> list[Any]:
    value = _object(text).get(name)
    if not isinstance(value, list):
        raise Unreadable(f'it must have the list "{name}"')
    return value


def _known(name: Any, names: Sequence[str]) -> str:
    if not isinstance(name, str):
        return ""
    lower = {known.lower(): known for known in names}
    close = get_close_matches(name.strip().lower(), lower, n=1, cutoff=0.8)
    return lower[close[0]] if close else ""


def _words(value: Any) -> str:
    """Give a value of a reply as one short line."""
    if isinstance(value, list):
        value = ", ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in value)
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 3] + "..."


def _box(value: Any, width: int, height: int) -> Box | None:
    """Give a box in pixels as shares; None if it is none."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    if not all(isinstance(side, int | float) and not isinstance(side, bool) for side in value):
        return None
    left, right = sorted((value[0] / width, value[2] / width))
    top, bottom = sorted((value[1] / height, value[3] / height))
    cut = [min(1.0, max(0.0, side)) for side in (left, top, right, bottom)]
    return (cut[0], cut[1], cut[2], cut[3]) if cut[0] < cut[2] and cut[1] < cut[3] else None
