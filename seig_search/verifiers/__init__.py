"""Verifiers: who approves a candidate for a stage, or says what is left to do.

``vlm_verifier`` asks a vision-language model with the texts in ``prompts/``; ``reading`` holds its replies to numbers.
"""

from seig_search.verifiers.vlm_verifier import VlmVerifier

__all__ = ["VlmVerifier"]
