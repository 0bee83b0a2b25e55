"""Equal jobs are one render: results by content, in memory for this pool and, if wanted, on disk for every run."""

from __future__ import annotations

import hashlib
import json
import struct
from collections import OrderedDict
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from seig_search.render import ProgramError, RenderJob, RenderResult

from .cache_folder import CacheFolder
from .layers import pack_layers, unpack_layers
from .pictures import decode_png, encode_png

__all__ = ["RenderCache"]

FORMAT = 3
"""Rises when entries are written, or equal jobs rendered, otherwise."""
DIGEST = hashlib.sha256().digest_size
UNREPEATABLE = {"Timeout", "Crash", "Protocol"}


def _encode(result: RenderResult) -> bytes:
    picture = b"" if result.pixels is None else encode_png(result.pixels)
    blend = result.blend or b""
    layers, numbers = pack_layers(result.layers)
    header = json.dumps(
        {
            "status": result.status,
            "facts": result.facts,
            "error": None if result.error is None else asdict(result.error),
            "warnings": result.warnings,
            "shape": None if result.pixels is None else result.pixels.shape[:2],
            "picture": len(picture),
            "blend": None if result.blend is None else len(blend),
            "layers": layers,
            "names": result.names,
        }
    ).encode()
    body = struct.pack(">I", len(header)) + header + picture + blend + numbers
    return hashlib.sha256(body).digest() + body


def _decode(raw: bytes) -> RenderResult:
    digest, body = raw[:DIGEST], raw[DIGEST:]
    if hashlib.sha256(body).digest() != digest:
        raise ValueError("checksum")
    size = struct.unpack(">I", body[:4])[0]
    header: dict[str, Any] = json.loads(body[4 : 4 + size])
    rest = body[4 + size :]
    end = header["picture"] + (header["blend"] or 0)
    pixels = None
    if header["shape"] is not None:
        height, width = header["shape"]
        pixels = decode_png(rest[: header["picture"]], width, height)
    return RenderResult(
        header["status"],
        pixels,
        header["facts"],
        None if header["blend"] is None else rest[header["picture"] : end],
        error=None if header["error"] is None else ProgramError(**header["error"]),
        warnings=tuple(header["warnings"]),
        layers=unpack_layers(header["layers"], rest[end:]),
        names={name: tuple(table) for name, table in header["names"].items()},
    )


class RenderCache:
    """Results of jobs on one version of Blender and one kind of device.

    Only what would come out the same again is kept: pictures, and programs that fail by their own doing. An entry on
    disk that is damaged counts as absent and is replaced by the next store.

    Args:
        version: Names the Blender that rendered; other versions' entries are not seen.
        folder: Folder on disk, shared by any number of runs at once; None for memory only.
        memory_mb: MiB of results to keep in memory, the least recently used go first.
        disk_mb: The same on disk.
        device: The kind of device that rendered; other devices' entries are not seen, as their pixels differ.
    """

    def __init__(
        self, version: str, folder: Path | None = None, memory_mb: int = 128, disk_mb: int = 2048, device: str = "CPU"
    ) -> None:
        self._about = f"{FORMAT}\n{version}\n{device}"
        self._folder = None if folder is None else CacheFolder(folder, disk_mb << 20)
        self._room = memory_mb << 20
        self._held = 0
        self._memory: OrderedDict[str, RenderResult] = OrderedDict()

    def _key(self, job: RenderJob) -> str:
        return hashlib.sha256(f"{self._about}\n{job.key}".encode()).hexdigest()

    def find(self, job: RenderJob) -> RenderResult | None:
        """Give the stored result of an equal job, marked as cached, or None."""
        key = self._key(job)
        result = self._memory.get(key)
        if result is None:
            raw = None if self._folder is None else self._folder.read(key)
            if raw is None:
                return None
            try:
                result = _decode(raw)
            except (ValueError, KeyError, TypeError, struct.error):
                return None
            self._remember(key, result)
        else:
            self._memory.move_to_end(key)
        return replace(result, cached=True, seconds=0.0, losses=())

    def store(self, job: RenderJob, result: RenderResult) -> None:
        """Keep a result, if an equal job would end the same way."""
        if result.status == "lost" or (result.error is not None and result.error.kind in UNREPEATABLE):
            return
        key = self._key(job)
        self._remember(key, result)
        if self._folder is not None:
            self._folder.write(key, _encode(result))

    def _remember(self, key: str, result: RenderResult) -> None:
        if key in self._memory:
            self._held -= _size(self._memory.pop(key))
        self._memory[key] = result
        self._held += _size(result)
        while self._held > self._room and self._memory:
            self._held -= _size(self._memory.popitem(last=False)[1])


def _size(result: RenderResult) -> int:
    pixels = 0 if result.pixels is None else result.pixels.nbytes
    facts = 0 if result.facts is None else 400 * (1 + len(result.facts.get("objects", ())))
    layers = sum(values.nbytes for values in result.layers.values())
    return 1000 + pixels + facts + layers + len(result.blend or b"")
