"""The trusted end of a child's pipes: frames with declared sizes, checked before they are read, under a deadline."""

from __future__ import annotations

import json
import os
import re
import select
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

from .complaints import Complaints

__all__ = ["ChildGone", "DeadlinePassed", "ForgedFrame", "Tail", "Wire"]

MAX_HEADER = 32 << 20
# Well under the time in which a pipe of ordinary size is filled by a render.
LOOK_S = 0.02
PIECE = 1 << 18
LONE = re.compile(rb"\\u[dD][89a-fA-F]")


class DeadlinePassed(Exception):
    """The child did not answer in time."""


class ChildGone(Exception):
    """The child closed its end of the pipe."""


class ForgedFrame(Exception):
    """What came is no frame, or is larger than it may be."""


class Tail:
    """The last bytes of what a process printed; what came before is forgotten.

    Args:
        size: Bytes to keep.
    """

    def __init__(self, size: int = 16384) -> None:
        self._size = size
        self._kept = bytearray()

    def add(self, piece: bytes) -> None:
        """Append, and forget what is too old."""
        self._kept += piece
        if len(self._kept) > self._size:
            del self._kept[: len(self._kept) - self._size]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    @property
    def text(self) -> str:
        """What is kept, as text."""
        return self._kept.decode("utf-8", errors="replace")


def _parsed(body: bytes) -> Any:
    header = json.loads(body)
    if LONE.search(body):
        # Halves of characters are no text: who writes them to a file in good faith would fail.
        header = json.loads(json.dumps(header, ensure_ascii=False).encode("utf-8", "replace"))
    return header


class Wire:
    """Three pipe ends: requests out, replies in, and what the process prints.

    Nothing here blocks without a deadline, and what is printed is drained all the while, so that a flood stops nobody.

    Args:
        requests: Descriptor to write requests to.
        replies: Descriptor to read replies from.
        printed: Descriptor to read the process's output from.
    """

    def __init__(self, requests: int, replies: int, printed: int) -> None:
        self._requests, self._replies, self._printed = requests, replies, printed
        self._open = True
        self._printing = True
        self.tail = Tail()
        self.complaints = Complaints()
        for fd in (requests, replies, printed):
            os.set_blocking(fd, False)

    def close(self) -> None:
        """Close all three ends."""
        if self._open:
            self._open = False
            for fd in (self._requests, self._replies, self._printed):
                os.close(fd)

    def forget(self) -> None:
        """Forget what was printed so far."""
        self.drain()
        self.tail.clear()
        self.complaints.clear()

    def drain(self) -> None:
        """Take what has been printed so far, at most 1 MiB of it."""
        for _ in range(4):
            if not (self._printing and self._take_printed()):
                return

    def _take_printed(self) -> bool:
        try:
            piece = os.read(self._printed, PIECE)
        except BlockingIOError:
            return False
        if not piece:
            self._printing = False
        self.tail.add(piece)
        self.complaints.add(piece)
        return bool(piece)

    def _wait(self, fd: int, writing: bool, due: float) -> None:
        # Cycles prints dozens of lines per render; to be woken by each would cost more than to look now and then.
        poll = select.poll()
        poll.register(fd, select.POLLOUT if writing else select.POLLIN)
        while True:
            left = due - time.monotonic()
            if left <= 0:
                raise DeadlinePassed
            ready = poll.poll(min(left, LOOK_S if self._printing else left) * 1000)
            self.drain()
            if ready:
                return

    def send(self, request: Mapping[str, Any], due: float) -> None:
        """Write one request.

        Args:
            request: Plain JSON data.
            due: ``time.monotonic()`` at which patience ends.

        Raises:
            ChildGone: Nobody reads any more.
            DeadlinePassed: It took too long.
        """
        body = json.dumps(request).encode()
        view = memoryview(struct.pack(">I", len(body)) + body)
        while view:
            self._wait(self._requests, True, due)
            try:
                view = view[os.write(self._requests, view[:65536]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise ChildGone from error

    def _read(self, size: int, due: float) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            self._wait(self._replies, False, due)
            try:
                piece = os.read(self._replies, min(size - len(parts), PIECE))
            except BlockingIOError:
                continue
            if not piece:
                raise ChildGone
            parts += piece
        return bytes(parts)

    def receive(self, due: float, limits: Callable[[dict[str, Any]], list[int]]) -> tuple[dict[str, Any], list[bytes]]:
        """Read one reply.

        Args:
            due: ``time.monotonic()`` at which patience ends.
            limits: From the header, the largest size that each blob may have, in bytes.

        Returns:
            The header and its blobs.

        Raises:
            ChildGone: The pipe ended.
            DeadlinePassed: It took too long.
            ForgedFrame: What came is not a frame of that size.
        """
        size = struct.unpack(">I", self._read(4, due))[0]
        if not 2 <= size <= MAX_HEADER:
            raise ForgedFrame(f"a header of {size} bytes")
        try:
            header = _parsed(self._read(size, due))
            sizes = header["blobs"]
            allowed = limits(header)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ForgedFrame(f"a header that cannot be read ({type(error).__name__})") from error
        if (
            not isinstance(sizes, list)
            or len(sizes) != len(allowed)
            or not all(type(n) is int and 0 <= n <= most for n, most in zip(sizes, allowed, strict=True))
        ):
            raise ForgedFrame(f"blobs of sizes {str(sizes)[:80]}, expected at most {allowed}")
        return header, [self._read(n, due) for n in sizes]
