"""The weights of neural metrics: what there is, where it comes from, and the folder that keeps it.

Metrics read weights from here only and never fetch any; ``seig weights`` fills the folder.
"""

from __future__ import annotations

from .catalogue import CATALOGUE, Checkpoint, HubFile, PackageMember, entry
from .store import MissingCheckpoint, Record, Store, default_folder

__all__ = [
    "CATALOGUE",
    "Checkpoint",
    "HubFile",
    "MissingCheckpoint",
    "PackageMember",
    "Record",
    "Store",
    "default_folder",
    "entry",
]
