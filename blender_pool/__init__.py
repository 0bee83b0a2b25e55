"""A pool of headless Blenders: jobs in, pictures out, each program run behind walls in a warm process.

Names are handed out lazily, so that importing the package costs nothing: ``BlenderPool``, ``PoolOptions``,
``PoolStats``, ``WorkerInfo``, ``probe``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .diagnosis import probe as probe
    from .options import PoolOptions as PoolOptions
    from .pool import BlenderPool as BlenderPool
    from .pool import WorkerInfo as WorkerInfo
    from .posts import PoolStats as PoolStats

HOMES = {
    "BlenderPool": "pool",
    "PoolOptions": "options",
    "PoolStats": "posts",
    "WorkerInfo": "pool",
    "probe": "diagnosis",
}
__all__ = ["BlenderPool", "PoolOptions", "PoolStats", "WorkerInfo", "probe"]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{HOMES[name]}", __name__), name)
