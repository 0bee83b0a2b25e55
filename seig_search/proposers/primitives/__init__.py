"""The proposer that needs no model: it reads the target with plain image analysis, writes a Blender program of
primitive solids, and proposes edits where render and target differ most.
"""

from __future__ import annotations

from .proposer import PrimitivesProposer

__all__ = ["PrimitivesProposer"]
