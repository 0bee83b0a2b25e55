"""Walls around a Blender process: the launcher that puts them up, and what the trusted side must tell it.

The launcher and the files that it imports run as a script before Blender; ``needs`` and ``demands`` belong to the pool.
"""

from pathlib import Path

from .demands import complaint, missing_layers
from .needs import child_environment, walls

__all__ = ["LAUNCHER", "child_environment", "complaint", "missing_layers", "walls"]

LAUNCHER = Path(__file__).resolve().parent / "launcher.py"
