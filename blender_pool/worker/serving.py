"""The loop of a process that runs programs: a job in, an answer out, until the pipe ends."""

from __future__ import annotations

import gc
import io
import sys
import traceback
from typing import Any

__all__ = ["exit_code_of", "serve"]


def serve(requests: int, replies: int, slate: Any, greeting: dict[str, Any]) -> None:
    """Answer jobs one after the other.

    Args:
        requests: Descriptor to read jobs from.
        replies: Descriptor to write answers to.
        slate: What brings the process back to its start.
        greeting: The first frame to send.
    """
    from framing import read_frame, write_frame
    from job import run_job

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What was printed before a hang or a crash has to be out by then.
            stream.reconfigure(line_buffering=True)
    write_frame(replies, greeting)
    while True:
        request = read_frame(requests)
        if request is None:
            return
        header, blobs = run_job(request, slate)
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None and not stream.closed:
                stream.flush()
        write_frame(replies, {**header, "id": request["id"], "worn": slate.worn()}, blobs)
        gc.collect()


def exit_code_of(work: Any) -> int:
    """Run ``work`` and give the exit code that tells how it ended; a closed pipe is a normal end."""
    try:
        work()
    except BrokenPipeError:
        return 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 70
    return 0
