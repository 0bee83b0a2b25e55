"""Metrics, one family a file, and the composite that weighs them.

Every family is found by name through the plug-in table and takes keyword settings only, all with defaults.
"""

from __future__ import annotations

from .colour import ColourEvaluator
from .composite import Composite
from .detail import DetailEvaluator
from .edges import EdgesEvaluator
from .judge import JudgeEvaluator
from .perceptual import PerceptualEvaluator
from .pixel import PixelEvaluator
from .regions import RegionsEvaluator
from .semantic import SemanticEvaluator
from .silhouette import SilhouetteEvaluator
from .structure import StructureEvaluator

__all__ = [
    "ColourEvaluator",
    "Composite",
    "DetailEvaluator",
    "EdgesEvaluator",
    "JudgeEvaluator",
    "PerceptualEvaluator",
    "PixelEvaluator",
    "RegionsEvaluator",
    "SemanticEvaluator",
    "SilhouetteEvaluator",
    "StructureEvaluator",
]
