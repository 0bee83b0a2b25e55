"""The built-in evaluators and the proposer that needs no model hold to the public suites."""

from seig_search.plugins import make
from seig_search.testing import EvaluatorSuite, ProposerSuite


class TestPixel(EvaluatorSuite):
    def make(self):
        return make("evaluators", "pixel")


class TestStructure(EvaluatorSuite):
    def make(self):
        return make("evaluators", "structure")


class TestColour(EvaluatorSuite):
    def make(self):
        return make("evaluators", "colour")


class TestEdges(EvaluatorSuite):
    def make(self):
        return make("evaluators", "edges")


class TestDetail(EvaluatorSuite):
    def make(self):
        return make("evaluators", "detail")


class TestSilhouette(EvaluatorSuite):
    def make(self):
        return make("evaluators", "silhouette")


class TestPrimitives(ProposerSuite):
    def make(self):
        return make("proposers", "primitives")
