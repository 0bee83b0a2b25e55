"""Search strategies, one file each: which candidate to expand next, and nothing else.

They know the frame's values and each other not at all; ``Ledger`` is the bookkeeping they share.
"""

from .beam import Beam
from .best_of_n import BestOfN
from .greedy import Greedy
from .ledger import Ledger, Node

__all__ = ["Beam", "BestOfN", "Greedy", "Ledger", "Node"]
