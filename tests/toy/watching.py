"""Watches the journal of a run in another process."""

import json
import os
import subprocess
from pathlib import Path

__all__ = ["events", "wait_for_renders"]


def events(out, kind):
    path = Path(out) / "journal.jsonl"
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        event = json.loads(line)
        if event["kind"] == kind:
            found.append(event)
    return found


def wait_for_renders(process, out, count):
    while len(events(out, "rendered")) < count:
        assert process.poll() is None, "the run ended before it could be killed"
        os.sched_yield()
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
