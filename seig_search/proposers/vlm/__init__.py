"""The proposer that asks a vision-language model through litellm.

``prompt`` says what the model is shown, ``call`` calls it, ``reply`` reads its edit.
"""

from seig_search.proposers.vlm.proposer import VlmProposer

__all__ = ["VlmProposer"]
