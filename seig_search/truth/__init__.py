"""3D truth: what is in a scene, and how far another scene is from it.

Scenes are read from programs, .blend files, scene facts and truth files, brought into one gauge, and compared object
by object, camera to camera and light to light.
"""

from seig_search.truth.alignment import ALIGNMENTS, Alignment, aligning, least_squares_similarity
from seig_search.truth.comparison import TRUTH_METRICS, TruthReport, compared
from seig_search.truth.facts_scene import scene_of_facts
from seig_search.truth.held_out_views import held_out_errors, held_out_views
from seig_search.truth.inspection import Looking, blend_program, look
from seig_search.truth.matching import TOLERANCE, matched
from seig_search.truth.scene_truth import SceneTruth, Similarity, Surface, TruthCamera, TruthLight, TruthObject
from seig_search.truth.truth_file import scene_of_file, scene_of_truth

__all__ = [
    "ALIGNMENTS",
    "TOLERANCE",
    "TRUTH_METRICS",
    "Alignment",
    "Looking",
    "SceneTruth",
    "Similarity",
    "Surface",
    "TruthCamera",
    "TruthLight",
    "TruthObject",
    "TruthReport",
    "aligning",
    "blend_program",
    "compared",
    "held_out_errors",
    "held_out_views",
    "least_squares_similarity",
    "look",
    "matched",
    "scene_of_facts",
    "scene_of_file",
    "scene_of_truth",
]
