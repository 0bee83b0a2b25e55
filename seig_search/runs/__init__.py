"""A run on disk: its folder, its journal, its summary and pictures.

Everything is written atomically; the journal alone is enough to go on after a crash.
"""

from __future__ import annotations

from seig_search.runs.atomic import write_bytes, write_json, write_text
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal

__all__ = ["Journal", "RunFolder", "write_bytes", "write_json", "write_text"]
