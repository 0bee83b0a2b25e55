"""Conformance suites for plug-ins: subclass one in a test module, say how to make yours, and let pytest run it.

They need pytest, which the rest of the package does not.
"""

from seig_search.testing.evaluators import EvaluatorSuite
from seig_search.testing.proposers import ProposerSuite
from seig_search.testing.simulation import Event, SimulatedStage
from seig_search.testing.strategies import StrategySuite

__all__ = ["EvaluatorSuite", "Event", "ProposerSuite", "SimulatedStage", "StrategySuite"]
