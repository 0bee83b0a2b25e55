import os
import struct
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seig_search.blender_pool.wire import ChildGone, DeadlinePassed, ForgedFrame, Tail, Wire
from seig_search.blender_pool.worker.framing import read_frame, write_frame


class Ends:
    """A wire, and the child's ends of its pipes."""

    def __init__(self):
        self.requests, write_requests = os.pipe()
        read_replies, self.replies = os.pipe()
        read_printed, self.printed = os.pipe()
        self.wire = Wire(write_requests, read_replies, read_printed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()
        for fd in (self.requests, self.replies, self.printed):
            try:
                os.close(fd)
            except OSError:
                continue


def soon():
    return time.monotonic() + 30


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(header=st.dictionaries(st.text(), JSON, max_size=4), blobs=st.lists(st.binary(max_size=200_000), max_size=3))
def test_what_a_child_writes_is_what_the_supervisor_reads(header, blobs):
    header.pop("blobs", None)
    with Ends() as ends:
        writer = threading.Thread(target=write_frame, args=(ends.replies, header, blobs))
        writer.start()
        got, parts = ends.wire.receive(soon(), lambda _: [200_000] * len(blobs))
        writer.join()
    assert {key: value for key, value in got.items() if key != "blobs"} == header
    assert parts == blobs


@given(request=st.dictionaries(st.text(), JSON, max_size=4))
def test_what_the_supervisor_sends_is_what_a_child_reads(request):
    with Ends() as ends:
        ends.wire.send(request, soon())
        assert read_frame(ends.requests) == request


def test_a_request_larger_than_the_pipe_crosses_while_the_child_reads():
    with Ends() as ends:
        got = []
        reader = threading.Thread(target=lambda: got.append(read_frame(ends.requests)))
        reader.start()
        ends.wire.send({"source": "x" * 3_000_000}, soon())
        reader.join()
    assert len(got[0]["source"]) == 3_000_000


@pytest.mark.parametrize(
    "raw",
    [
        struct.pack(">I", 2**32 - 1),
        struct.pack(">I", 0),
        struct.pack(">I", 4) + b"nope",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 14) + b'{"blobs": [9]}',
        struct.pack(">I", 15) + b'{"blobs": [-1]}',
        struct.pack(">I", 17) + b'{"blobs": [true]}',
        struct.pack(">I", 13) + b'{"blobs": {}}',
        b"hello, I am a print\n" * 3,
    ],
)
def test_forged_frames_are_refused_before_their_size_is_believed(raw):
    with Ends() as ends:
        os.write(ends.replies, raw)
        with pytest.raises(ForgedFrame):
            ends.wire.receive(soon(), lambda _: [8])


def test_a_closed_pipe_is_told_from_a_late_answer():
    with Ends() as ends:
        with pytest.raises(DeadlinePassed):
            ends.wire.receive(time.monotonic(), lambda _: [])
        os.close(ends.replies)
        with pytest.raises(ChildGone):
            ends.wire.receive(soon(), lambda _: [])


def test_a_flood_of_output_neither_blocks_the_answer_nor_fills_memory():
    with Ends() as ends:

        def child():
            for _ in range(200):
                os.write(ends.printed, b"flood " * 5000)
            os.write(ends.printed, b"the end")
            write_frame(ends.replies, {"status": "ok"})

        thread = threading.Thread(target=child)
        thread.start()
        header, _ = ends.wire.receive(soon(), lambda _: [])
        thread.join()
        ends.wire.drain()
    assert header["status"] == "ok"
    assert ends.wire.tail.text.endswith("the end")
    assert len(ends.wire.tail.text) <= 16384


@given(pieces=st.lists(st.binary(max_size=50)), size=st.integers(1, 60))
def test_a_tail_is_the_end_of_everything(pieces, size):
    tail = Tail(size)
    for piece in pieces:
        tail.add(piece)
    assert tail.text == b"".join(pieces)[-size:].decode("utf-8", errors="replace")
