"""What a vision-language model is shown of a render beside its target: pictures, and tables of measurements.

``look`` holds what there is to see, ``pictures`` draws it, ``measurements`` tells it in numbers, ``views`` lays other views of the scene
side by side, ``sections`` chooses what is sent within a token budget, ``tools`` answers what a model asks to see itself.
"""

from seig_search.sight.look import Look
from seig_search.sight.sections import DEFAULT_SECTIONS, SECTIONS, Section, chosen, sections
from seig_search.sight.tools import TOOLS, Looker

__all__ = ["DEFAULT_SECTIONS", "SECTIONS", "TOOLS", "Look", "Looker", "Section", "chosen", "sections"]
