"""Programs: what a Blender script's text says about its stages and parameters, and edits that keep to a stage.

Nothing here runs a program or needs Blender.
"""

from seig_search.program.kit_region import folded_kit
from seig_search.program.outline import StagePart
from seig_search.program.parameter import Kind, Parameter
from seig_search.program.problem import Problem
from seig_search.program.program import Program

__all__ = ["Kind", "Parameter", "Problem", "Program", "StagePart", "folded_kit"]
