"""How vision-language models are called: through litellm, within a budget, recorded, and replayed.

``endpoint`` says which model, ``seam`` how it is called, ``litellm_call`` sends one request, ``live`` keeps caps and the
tape around it, ``tape`` keeps requests and replies, ``replay`` answers from a tape, ``faults`` turns errors into a way out.
"""

from seig_search.models.endpoint import Endpoint, ModelCall, Reply, ToolCall
from seig_search.models.live import LiveModels, Metered, Unmetered
from seig_search.models.replay import ReplayedModels
from seig_search.models.seam import Messages, Models, Tools
from seig_search.models.tape import Tape, copy_tape

__all__ = [
    "Endpoint",
    "LiveModels",
    "Messages",
    "Metered",
    "ModelCall",
    "Models",
    "ReplayedModels",
    "Reply",
    "Tape",
    "ToolCall",
    "Tools",
    "Unmetered",
    "copy_tape",
]
