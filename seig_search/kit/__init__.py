"""Modelling and material functions that are pasted as plain source into programs, and the catalogue of them.

The functions themselves are in ``helpers/*.py``: text for the driver, which never imports them.
"""

from seig_search.kit.catalogue import HELPERS, PARTS, VERSION, Helper, Kind, needed, source_of

__all__ = ["HELPERS", "PARTS", "VERSION", "Helper", "Kind", "needed", "source_of"]
