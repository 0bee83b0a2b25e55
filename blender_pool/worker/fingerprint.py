"""What Blender would save of its data, as a digest: equal digests, equal scenes.

A .blend file is written to the process's own folder and read block by block with the file's own table of structures (its
"SDNA"). Addresses become the number of the block they point to, since the same scene made again lies elsewhere in memory;
addresses of nothing that is saved, and what stands behind the end of a text, are left out, and so are windows,
screens and preferences.
"""

from __future__ import annotations

import hashlib
import re
import struct
from array import array
from collections.abc import Set
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from operators import save_copy

__all__ = ["Fingerprint"]

LEFT_OUT = {b"GLOB", b"WM\0\0", b"SN\0\0", b"SR\0\0", b"WS\0\0", b"REND", b"TEST", b"DNA1", b"ENDB", b"USER", b"BR\0\0"}
# Fields that tell of updates under way, not of content, by structure.
PASSING = {
    "ID": {
        "recalc",
        "recalc_up_to_undo_push",
        "recalc_after_undo_push",
        "session_uid",
        "session_uuid",
        "icon_id",
        "tag",
    },
    # What an evaluation copies from the view layer.
    "Object": {"base_flag"},
}
# Structures with a texture space; while it is automatic, an evaluation works it out.
SPACED = {"Mesh", "Curve", "MetaBall"}
AUTOMATIC, WORKED_OUT = 1, 2
POINTER = 8
TEXT = 16

Spans = list[tuple[int, int]]
Block = tuple[bytes, int, int, int, int]


def _blocks(raw: bytes) -> list[Block]:
    """(code, old address, structure number, start, end) of each block."""
    if not raw.startswith(b"BLENDER"):
        raise ValueError("not an uncompressed .blend file")
    wide = raw[7:9].isdigit()
    place = int(raw[7:9]) if wide else 12
    found = []
    while place < len(raw):
        if wide:
            code, kind, old, size, _ = struct.unpack_from("<4siQqq", raw, place)
            place += 32
        else:
            code, size, old, kind, _ = struct.unpack_from("<4siQii", raw, place)
            place += 24
        if code == b"ENDB":
            break
        found.append((code, old, kind, place, place + size))
        place += size
    return found


class _Layout:
    """Where the pointers and the texts of each structure are, from the file's own table.

    Args:
        dna: The bytes of the DNA1 block.
    """

    def __init__(self, dna: bytes) -> None:
        place = dna.index(b"NAME") + 4
        (count,) = struct.unpack_from("<i", dna, place)
        parts = dna[place + 4 :].split(b"\0", count)
        names = [part.decode("ascii", "replace") for part in parts[:count]]
        place = dna.index(b"TYPE", place) + 4
        (count,) = struct.unpack_from("<i", dna, place)
        kinds = [part.decode("ascii", "replace") for part in dna[place + 4 :].split(b"\0", count)[:count]]
        place = dna.index(b"TLEN", place) + 4
        self._sizes = struct.unpack_from(f"<{count}H", dna, place)
        place = dna.index(b"STRC", place) + 4
        (count,) = struct.unpack_from("<i", dna, place)
        place += 4
        self._structs: list[tuple[int, list[tuple[int, str]]]] = []
        for _ in range(count):
            kind, fields = struct.unpack_from("<2H", dna, place)
            pairs = struct.unpack_from(f"<{2 * fields}H", dna, place + 4)
            self._structs.append((kind, [(pairs[2 * k], names[pairs[2 * k + 1]]) for k in range(fields)]))
            place += 4 + 4 * fields
        self._by_kind = {kind: index for index, (kind, _) in enumerate(self._structs)}
        self._char = kinds.index("char")
        self._passing = {kinds.index(name): fields for name, fields in PASSING.items()}
        self._known: dict[int, tuple[int, Any, Spans, Spans]] = {}
        self.spaces: dict[int, tuple[int, Spans]] = {}
        for name in SPACED & set(kinds):
            number = self._by_kind[kinds.index(name)]
            at, places = 0, {}
            for kind, field in self._structs[number][1]:
                size = self._field_size(kind, field)
                places[field.partition("[")[0]] = (at, at + size)
                at += size
            if {"texflag", "loc", "size"} <= places.keys():
                # Numbered by structure: where the flag is, and what it is about.
                self.spaces[number] = places["texflag"][0], [places["loc"], places["size"]]

    def _field_size(self, kind: int, name: str) -> int:
        count = 1
        for length in re.findall(r"\[(\d+)\]", name):
            count *= int(length)
        return count * (POINTER if name.startswith(("*", "(*")) else self._sizes[kind])

    def of(self, number: int) -> tuple[int, Any, Spans, Spans]:
        """Size in bytes, offsets of pointers, spans of texts, and spans that do not count, of a structure."""
        if number not in self._known:
            kind = self._structs[number][0]
            pointers: list[int] = []
            texts: Spans = []
            passing: Spans = []
            self._collect(number, 0, pointers, texts, passing)
            self._known[number] = self._sizes[kind], np.array(pointers, dtype=np.int64), texts, passing
        return self._known[number]

    def _collect(self, number: int, at: int, pointers: list[int], texts: Spans, passing: Spans) -> None:
        owner, fields = self._structs[number]
        for kind, name in fields:
            count = 1
            for length in re.findall(r"\[(\d+)\]", name):
                count *= int(length)
            if name.startswith(("*", "(*")):
                pointers += [at + POINTER * k for k in range(count)]
                at += POINTER * count
                continue
            size = self._sizes[kind]
            if name in self._passing.get(owner, ()):
                passing.append((at, at + size))
            elif kind == self._char and count >= TEXT:
                texts.append((at, at + count))
            elif kind in self._by_kind:
                for k in range(count):
                    self._collect(self._by_kind[kind], at + k * size, pointers, texts, passing)
            at += size * count


class Fingerprint:
    """Takes digests of the open file.

    Args:
        folder: Where to write; the same path each time, since it is part of what is written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fingerprint.blend"
        self._layout: _Layout | None = None

    def take(self, left_out: Set[int] = frozenset()) -> str:
        """Digest what Blender would save now, without its windows and preferences.

        Args:
            left_out: Addresses of data-blocks that do not count.
        """
        for scene in bpy.data.scenes:
            for layer in scene.view_layers:
                # Which objects a layer has is settled when it is asked for, and saved as it is.
                len(layer.objects)
        save_copy(str(self._path), compress=False)
        raw = self._path.read_bytes()
        self._path.unlink()
        return self._digest(raw, left_out)

    def _digest(self, raw: bytes, left_out: Set[int]) -> str:
        blocks = _blocks(raw)
        if self._layout is None:
            dna = next(raw[start:end] for code, _, _, start, end in blocks if code == b"DNA1")
            self._layout = _Layout(dna)
        owner = b""
        kept = []
        for block in blocks:
            if block[0] != b"DATA":
                owner = b"REND" if block[1] in left_out else block[0]
                if owner == b"IM\0\0" and b"IMRender Result\0" in raw[block[3] : block[4]]:
                    # Every render makes it; it holds no pixels of its own.
                    owner = b"REND"
            if owner not in LEFT_OUT:
                kept.append(block)
        addresses = np.frombuffer(array("Q", [block[1] for block in kept]), dtype=np.uint64)
        order = np.argsort(addresses, kind="stable")
        known = addresses[order]
        found = hashlib.sha256()
        groups: dict[int, list[Block]] = {}
        for block in kept:
            found.update(struct.pack("<4siq", block[0], block[2], block[4] - block[3]))
            groups.setdefault(block[2], []).append(block)
        view = memoryview(raw)
        for kind, members in groups.items():
            size, pointers, texts, passing = self._layout.of(kind)
            if not (len(pointers) or texts) or any((end - start) % size for *_, start, end in members):
                for *_, start, end in members:
                    found.update(view[start:end])
                continue
            items = np.frombuffer(bytearray().join(view[start:end] for *_, start, end in members), np.uint8)
            items = items.reshape(-1, size)
            if len(pointers):
                words = np.ascontiguousarray(items[:, pointers[:, None] + np.arange(POINTER)]).view("<u8")[..., 0]
                place = np.minimum(np.searchsorted(known, words), len(known) - 1)
                number = np.where((known[place] == words) & (words != 0), order[place] + 1, 0).astype("<u8")
                items[:, pointers[:, None] + np.arange(POINTER)] = number[..., None].view(np.uint8)
            for first, last in texts:
                text = items[:, first:last]
                text[np.maximum.accumulate(text == 0, axis=1)] = 0
            for first, last in passing:
                items[:, first:last] = 0
            if kind in self._layout.spaces:
                flag, spans = self._layout.spaces[kind]
                for first, last in spans:
                    items[items[:, flag] & AUTOMATIC > 0, first:last] = 0
                items[:, flag] &= 255 - WORKED_OUT
            found.update(items.tobytes())
        return found.hexdigest()
