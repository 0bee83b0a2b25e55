"""What a run ran on: versions and machine, for ``env.json``."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

import seig_search

__all__ = ["environment"]

PACKAGES = (
    "bpy",
    "cmaes",
    "litellm",
    "numpy",
    "optuna",
    "pillow",
    "pydantic",
    "ray",
    "scikit-image",
    "scipy",
)


def environment() -> dict[str, Any]:
    """Give versions and machine facts; nothing from the environment variables, which may hold keys."""
    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "seig_search": seig_search.__version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": versions,
    }
