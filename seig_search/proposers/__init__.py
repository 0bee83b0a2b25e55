"""Proposers: ``primitives`` needs no model, ``vlm`` asks one through litellm. The seam is ``seig_search.proposal``."""
